# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Allowances and notes: signed, and paid for from an account at once (VOUCHERS.md section 2).

Each is paid by an account that holds coins: a citizen's, a team's, or a citizen's money of one grant, which carries the
grant's scope. Nothing is signed that the account cannot pay.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from backend.ledger import accounts, events
from backend.ledger.accounts import AccountKind, AccountName
from backend.ledger.posting import Event, LedgerRefused, Overdrawn, post_all
from backend.minting.keystore import KeyStore
from backend.minting.measures import revoked_kids
from backend.minting.models import IssuedVoucher
from backend.shops.models import Shop
from heitje.key_soundness import flaw_of
from heitje.keys import PublicKey
from heitje.money import Cents
from heitje.vouchers import CTI_LENGTH, Voucher

ALLOWANCE_MAX: Final = Cents(2500)
DAY_S: Final = 86_400
ALLOWANCE_LIFE_S: Final = 7 * DAY_S
NOTE_VALUES: Final = frozenset({100, 200, 500, 1000, 2000})
NOTE_LIFE_S: Final = 365 * DAY_S
_SOURCES: Final = frozenset({AccountKind.CITIZEN, AccountKind.TEAM, AccountKind.EARMARKED, AccountKind.NOTE})
"""A note pays for another only where a refund waits as one (`backend.settlement.note_refunds`)."""


class NotIssued(Exception):
    """The mint does not issue this; the text says why."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Which account pays, whose the voucher is (nobody's: empty), and where it may be spent (empty: anywhere)."""

    account: AccountName
    citizen: str
    scope: tuple[str, ...] = ()


def own(citizen: str) -> Payer:
    """A citizen pays from what they earned."""
    return Payer(accounts.citizen(citizen), citizen)


def issue_allowance(
    *,
    programme: str,
    citizen: str,
    amount: Cents,
    phone: PublicKey,
    key_store: KeyStore,
    at: int,
    payer: Payer | None = None,
) -> IssuedVoucher:
    """Move up to 25 euro from an account, the citizen's own unless another is named, to a phone, for 7 days.

    Raises `NotIssued`, also for an unsound key.
    """
    if amount > ALLOWANCE_MAX:
        raise NotIssued("an allowance is 25 euro at most")
    if flaw := flaw_of(phone):
        raise NotIssued(flaw)
    paid_by = payer or own(citizen)
    voucher = Voucher(
        iss=programme,
        exp=at + ALLOWANCE_LIFE_S,
        iat=at,
        cti=secrets.token_bytes(CTI_LENGTH),
        amount=amount,
        cnf=phone,
        scope=paid_by.scope or None,
    )
    [issued] = issue((voucher,), paid_by, key_store, handed_out_at=at)
    return issued


def draft_note(programme: str, amount: int, home: Shop, at: int, scope: tuple[str, ...] = ()) -> Voucher:
    """A note of 1, 2, 5, 10 or 20 euro, not signed yet. Raises `NotIssued`."""
    if amount not in NOTE_VALUES:
        raise NotIssued("a note is of 1, 2, 5, 10 or 20 euro")
    if not home.terminals.filter(paper_till=True).exists():
        raise NotIssued(f"{home.id} has no paper till")
    return Voucher(
        iss=programme,
        exp=last_second(at + NOTE_LIFE_S),
        iat=at,
        cti=secrets.token_bytes(CTI_LENGTH),
        amount=Cents(amount),
        home=home.id,
        scope=scope or None,
    )


def last_second(at: int) -> int:
    """The end of a day (UTC, which is past midnight here): a note is good on the whole of the day that it names."""
    return at - at % DAY_S + DAY_S - 1


def issue(
    drafts: Sequence[Voucher],
    payer: Payer,
    key_store: KeyStore,
    home: Shop | None = None,
    handed_out_at: int | None = None,
) -> list[IssuedVoucher]:
    """Pay for vouchers and sign them, all or none, in one transaction: nothing is signed that is not paid.

    Raises `NotIssued`, `KeysRefused`.
    """
    if payer.account.kind not in _SOURCES:
        raise NotIssued(f"a {payer.account.kind} account pays for no voucher")
    revoked = revoked_kids()
    with transaction.atomic():
        try:
            post_all([_paid(voucher, payer) for voucher in drafts], drafts[0].iat)
        except Overdrawn as error:
            raise NotIssued(f"the {payer.account.kind}'s account holds less") from error
        except LedgerRefused as error:
            raise NotIssued(str(error)) from error
        return IssuedVoucher.objects.bulk_create(
            [
                IssuedVoucher(
                    cti=voucher.cti.hex(),
                    paper=voucher.cnf is None,
                    citizen=payer.citizen,
                    source_kind=payer.account.kind,
                    source_owner=payer.account.owner,
                    amount=voucher.amount,
                    issued_at=voucher.iat,
                    expires_at=voucher.exp,
                    home=home,
                    handed_out_at=handed_out_at,
                    token=key_store.sign_voucher(voucher, revoked),
                )
                for voucher in drafts
            ]
        )


def _paid(voucher: Voucher, payer: Payer) -> Event:
    cti = voucher.cti.hex()
    made = events.note_issued if voucher.cnf is None else events.allowance_issued
    name = "note" if voucher.cnf is None else "allowance"
    return made(f"{name}:{cti}", voucher.amount, payer.citizen, cti, payer.account)
