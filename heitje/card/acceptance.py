# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a till checks of a card before it debits it (CARD.md section 7 step 2, DESIGN.md sections 4 and 6)."""

from collections.abc import Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from heitje import cose
from heitje.acceptance import ENTRIES_PER_TENDER, ListedKey, Shop, is_signed_by
from heitje.card.certificate import SignedCertificate
from heitje.cose import AAD_CARD, Sign1
from heitje.keys import PublicKey
from heitje.limits import CardLimits, Limits
from heitje.refusals import Refusal

CERTIFICATES_REMEMBERED: Final = 4096


@dataclass(frozen=True, slots=True)
class CardContext:
    """All that the decision on a card depends on; times in Unix seconds.

    `amount`: what this tender takes, cents. `taken_today`: what this till has taken of this card today,
    `unsent_cents`: of all cards since the last upload, `unsent_entries` and `unsent_age_s` of the journal; each before
    this tender.
    """

    now: int
    shop: Shop
    amount: int
    iss: str
    keys: tuple[ListedKey, ...]
    deny: Set[bytes] = frozenset()
    bundle_age_s: int = 0
    online_only: bool = False
    taken_today: int = 0
    unsent_cents: int = 0
    unsent_entries: int = 0
    unsent_age_s: int = 0
    limits: Limits = Limits()
    card_limits: CardLimits = CardLimits()


def check_certificate(signed: SignedCertificate, uid: bytes, context: CardContext) -> Refusal | None:
    """Step 2: signature, programme, UID, expiry and scope, and the deny list (which names cards by UID)."""
    certificate = signed.certificate
    if certificate.iss != context.iss:
        return Refusal.UNKNOWN_PROGRAMME
    if not is_signed_by(signed.sign1, AAD_CARD, context.keys, context.now, verify_once) or certificate.uid != uid:
        return Refusal.BAD_SIGNATURE
    if context.now > certificate.exp:
        return Refusal.EXPIRED
    if not context.shop.covered_by(certificate.scope):
        return Refusal.NOT_VALID_HERE
    return Refusal.BLOCKED if uid in context.deny else None


def check_card_offline(context: CardContext) -> Refusal | None:
    """The offline limits of a card payment."""
    within = not context.online_only and card_is_within(
        context.limits,
        context.card_limits,
        context.bundle_age_s,
        context.amount,
        context.taken_today,
        context.unsent_cents,
        context.unsent_entries,
        context.unsent_age_s,
    )
    return None if within else Refusal.NEEDS_A_CONNECTION


def card_is_within(
    limits: Limits,
    card_limits: CardLimits,
    bundle_age_s: int,
    amount: int,
    taken_today: int,
    unsent_cents: int,
    unsent_entries: int,
    unsent_age_s: int,
) -> bool:
    """Whether a card may pay `amount` cents offline; the rest as `CardContext` names it."""
    now, card_now = limits.at_age(bundle_age_s), card_limits.at_age(bundle_age_s, limits)
    return (
        amount <= card_now.card_payment_cents
        and taken_today + amount <= card_now.card_day_cents
        and unsent_cents + amount <= card_now.terminal_card_cents
        and unsent_entries + ENTRIES_PER_TENDER <= now.terminal_entries
        and unsent_age_s <= now.unsent_age_s
    )


def verify_once(sign1: Sign1, external_aad: bytes, key: PublicKey) -> bool:
    """`cose.verify`, which is done once for a certificate and a key: a card shows the same at every tap.

    Remembered is only that a signature holds, which no time changes; whether the key is valid now is looked at each
    time, and a signature that does not hold is verified again and again.
    """
    try:
        _holds(sign1, external_aad, key)
    except _DoesNotHold:
        return False
    return True


class _DoesNotHold(Exception):
    """An exception, for what is returned is remembered."""


@lru_cache(maxsize=CERTIFICATES_REMEMBERED)
def _holds(sign1: Sign1, external_aad: bytes, key: PublicKey) -> None:
    if not cose.verify(sign1, external_aad, key):
        raise _DoesNotHold
