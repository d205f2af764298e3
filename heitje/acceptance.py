# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a terminal checks of a code or a note, in this order, and what it answers (VOUCHERS.md section 4).

The steps are numbered here as they are there. Nothing is read but the context that is passed in: the clock, the trust
bundle and the journal were looked at once, before. Every text is answered with a value; nothing is raised.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from heitje import cose, qr
from heitje.codes import SignedCode
from heitje.cose import AAD_CODE, AAD_VOUCHER, MalformedToken, Sign1
from heitje.keys import EDDSA, PublicKey
from heitje.limits import Limits
from heitje.money import Cents
from heitje.refusals import Refusal
from heitje.vouchers import SignedVoucher, Voucher

AUD_WINDOW_S: Final = 120
NO_AUD_WINDOW_S: Final = 60
ENTRIES_PER_TENDER: Final = 2
"""A tender writes an intent and what completes it (JOURNAL.md section 1)."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What a scope can name of a shop."""

    id: str
    category: str
    area: str

    def covered_by(self, scope: tuple[str, ...] | None) -> bool:
        """Whether a scope covers this shop; no scope covers every shop of the programme."""
        if scope is None:
            return True
        return not {f"shop:{self.id}", f"category:{self.category}", f"area:{self.area}"}.isdisjoint(scope)


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key that the trust bundle lists, valid from its first to its last second."""

    public: PublicKey
    valid_from: int
    valid_until: int


class Unsent(NamedTuple):
    """What the journal holds since the last upload, before this tender; `age_s` of its oldest entry."""

    phone_cents: int = 0
    paper_cents: int = 0
    entries: int = 0
    age_s: int = 0


class Taken(NamedTuple):
    """What this terminal's journal holds of one allowance, voided intents apart."""

    seq: int
    taken: int


@dataclass(frozen=True, slots=True)
class Context:
    """All that a decision depends on. `amount`: what is still to be paid, cents; times in Unix seconds.

    `clock_floor` and `server_time` are JOURNAL.md section 1's (None: no server time is known). `spent` are notes and
    `allowances` what was taken of allowances, as this terminal's journal has them, voided intents apart.
    """

    now: int
    shop: Shop
    terminal: str
    paper_till: bool
    amount: int
    programmes: Set[str]
    keys: tuple[ListedKey, ...]
    deny: Set[bytes] = frozenset()
    spent: Set[bytes] = frozenset()
    allowances: Mapping[bytes, Taken] = field(default_factory=dict)
    bundle_age_s: int = 0
    clock_floor: int = 0
    server_time: int | None = None
    unsent: Unsent = Unsent()
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Accepted:
    """`amount` cents may be taken by this code or note."""

    signed: SignedVoucher | SignedCode
    amount: Cents


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not, for this reason."""

    reason: Refusal


Answer: TypeAlias = Accepted | Refused
Verify: TypeAlias = Callable[[Sign1, bytes, PublicKey], bool]


def check(text: str, context: Context) -> Answer:
    """Decide on what a scanner saw, offline: steps 1 to 8."""
    try:
        signed = qr.read(text)  # step 1
    except MalformedToken:
        return Refused(Refusal.MALFORMED)
    return judge(signed, context)


def judge(signed: SignedVoucher | SignedCode, context: Context, offline: bool = True) -> Answer:
    """Steps 2 to 7 on a token that was read, and step 8 where the decision is made offline."""
    refusal = check_voucher(_voucher_of(signed), context)
    if refusal is not None:
        return Refused(refusal)
    if isinstance(signed, SignedCode):
        amount, refusal = check_code(signed, context)
    else:
        amount, refusal = check_note(signed.voucher, context)
    if refusal is None and offline:
        refusal = check_offline(signed, amount, context)
    return Accepted(signed, amount) if refusal is None else Refused(refusal)


def check_voucher(signed: SignedVoucher, context: Context, verify: Verify = cose.verify) -> Refusal | None:
    """Steps 2 to 6, on a note or on the allowance inside a code; `verify` answers what `cose.verify` does."""
    voucher = signed.voucher
    if voucher.iss not in context.programmes:  # step 2
        return Refusal.UNKNOWN_PROGRAMME
    if not is_signed_by(signed.sign1, AAD_VOUCHER, context.keys, context.now, verify):  # step 3
        return Refusal.BAD_SIGNATURE
    if voucher.nbf is not None and context.now < voucher.nbf:  # step 4
        return Refusal.NOT_YET_VALID
    if context.now > voucher.exp:
        return Refusal.EXPIRED
    if not context.shop.covered_by(voucher.scope):  # step 5
        return Refusal.NOT_VALID_HERE
    if voucher.cti in context.deny:  # step 6
        return Refusal.BLOCKED
    if voucher.cti in context.spent:
        return Refusal.ALREADY_USED
    return None


def is_signed_by(
    sign1: Sign1,
    external_aad: bytes,
    keys: tuple[ListedKey, ...],
    now: int,
    verify: Verify = cose.verify,
) -> bool:
    """Whether a listed key that is valid now signed it; every key with that kid is tried, and no other.

    A programme signs with Ed25519 alone (VOUCHERS.md section 1): another algorithm is a no, whatever key is listed.
    """
    return sign1.algorithm == EDDSA and any(
        verify(sign1, external_aad, key.public)
        for key in keys
        if key.public.kid == sign1.kid and key.valid_from <= now <= key.valid_until
    )


def check_code(signed: SignedCode, context: Context, verify: Verify = cose.verify) -> tuple[Cents, Refusal | None]:
    """Step 7 for a phone's code: what it takes, or why it does not."""
    code, allowance = signed.code, signed.allowance.voucher
    amount = Cents(context.amount) if code.aud is None else code.max
    phone = allowance.cnf
    if phone is None or phone.kid != signed.sign1.kid or not verify(signed.sign1, AAD_CODE, phone):
        return amount, Refusal.BAD_SIGNATURE
    window_s = NO_AUD_WINDOW_S if code.aud is None else AUD_WINDOW_S
    if abs(context.now - code.iat) > window_s:
        return amount, Refusal.CODE_TOO_OLD
    if code.aud is not None and code.aud != context.terminal:
        return amount, Refusal.NOT_VALID_HERE
    before = context.allowances.get(allowance.cti, Taken(0, 0))
    if code.seq <= before.seq:
        return amount, Refusal.ALREADY_USED
    if code.aud is not None and code.max > context.amount:
        return amount, Refusal.MORE_THAN_THE_SALE
    if amount > code.max or before.taken + amount > allowance.amount:
        return amount, Refusal.TOO_LITTLE_LEFT
    return amount, None


def check_note(note: Voucher, context: Context) -> tuple[Cents, Refusal | None]:
    """Step 7 for a paper note: it is spent whole."""
    return note.amount, Refusal.MORE_THAN_THE_SALE if context.amount < note.amount else None


def check_offline(signed: SignedVoucher | SignedCode, amount: int, context: Context) -> Refusal | None:
    """Step 8: every offline limit holds, the clock is trusted, and a note is at home."""
    limits, unsent, bundle_age_s = context.limits, context.unsent, context.bundle_age_s
    within = context.now >= context.clock_floor
    if isinstance(signed, SignedCode):
        taken = context.allowances.get(signed.allowance.voucher.cti, Taken(0, 0)).taken
        is_for_one = signed.code.aud is not None
        within = within and phone_is_within(limits, bundle_age_s, amount, is_for_one, taken, unsent.phone_cents)
    else:
        at_home = context.paper_till and signed.voucher.home == context.shop.id
        within = within and at_home and paper_is_within(limits, bundle_age_s, amount, unsent.paper_cents)
    if not within or not till_is_within(limits, bundle_age_s, context.now, context.server_time, unsent):
        return Refusal.NEEDS_A_CONNECTION
    return None


def till_is_within(limits: Limits, bundle_age_s: int, now: int, server_time: int | None, unsent: Unsent) -> bool:
    """Whether a till may decide alone on phone and paper: its trust, its clock and its queue."""
    limits = limits.at_age(bundle_age_s)
    return (
        bundle_age_s <= limits.bundle_age_s
        and server_time is not None
        and now <= server_time + limits.server_time_age_s
        and unsent.entries + ENTRIES_PER_TENDER <= limits.terminal_entries
        and unsent.age_s <= limits.unsent_age_s
    )


def phone_is_within(
    limits: Limits, bundle_age_s: int, amount: int, is_for_one: bool, taken: int, unsent_cents: int
) -> bool:
    """Whether an allowance of which `taken` cents were taken here may pay `amount` more, offline.

    `is_for_one`: the code names this terminal. `unsent_cents`: what the till took from phones and has not sent.
    """
    limits = limits.at_age(bundle_age_s)
    return (
        amount <= (limits.phone_payment_cents if is_for_one else limits.phone_payment_no_aud_cents)
        and taken + amount <= limits.phone_allowance_cents
        and unsent_cents + amount <= limits.terminal_phone_cents
    )


def paper_is_within(limits: Limits, bundle_age_s: int, amount: int, unsent_cents: int) -> bool:
    """Whether the till may take a note of `amount` cents, offline."""
    return unsent_cents + amount <= limits.at_age(bundle_age_s).terminal_paper_cents


def _voucher_of(signed: SignedVoucher | SignedCode) -> SignedVoucher:
    return signed.allowance if isinstance(signed, SignedCode) else signed
