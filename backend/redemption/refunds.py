# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Refunds: out of what is owed to the shop, as far as it goes; the rest waits and comes first out of the next sales."""

from collections.abc import Collection, Iterable

from django.db.models import F

from backend.ledger import accounts, events
from backend.ledger.accounts import AccountName
from backend.ledger.locking import lock
from backend.ledger.posting import post
from backend.ledger.rows import TEXT, among, listed, select
from backend.minting.models import Card, IssuedVoucher, LoadCause, LoadOrder
from backend.redemption.models import JournalEntry, Refund
from heitje.journal import Instrument
from heitje.messages import Outcome
from heitje.money import Cents


def has_waiting(shops: Collection[str]) -> bool:
    """Whether a refund of these shops waits."""
    if not shops:
        return False
    waiting = f"SELECT 1 FROM redemption_refund WHERE paid < amount AND {among('shop_id', TEXT)} LIMIT 1"  # noqa: S608  # our own words
    return bool(select(waiting, listed(TEXT, shops)))


def cover_waiting(shops: Iterable[str], now: int) -> None:
    """Pay the waiting refunds of these shops, oldest first, as far as payable goes. Inside the caller's transaction."""
    waiting = Refund.objects.filter(shop__in=set(shops), paid__lt=F("amount")).order_by("entry_id")
    for refund in waiting.select_related("claim"):
        owed = accounts.payable(refund.shop_id)
        held = lock((owed,)).get(owed)
        covered = min(0 if held is None else held.balance, refund.amount - refund.paid)
        if covered <= 0:
            continue
        refund.paid += covered
        refund.parts += 1
        refund.save(update_fields=["paid", "parts"])
        entry = JournalEntry.objects.get(pk=refund.entry_id)
        reference = f"{entry.terminal_id}/{entry.seq}"
        event_id = f"refund:{entry.terminal_id}:{entry.seq}:{refund.parts}"
        post(events.refunded(event_id, refund.shop_id, _receiver(refund), Cents(covered), reference), now)
        if refund.claim.instrument == Instrument.CARD:
            wait_for_card(refund.claim.item, Cents(covered), event_id, now)
        if refund.paid == refund.amount:
            entry.outcome, entry.reason = Outcome.ACCEPTED, ""
            entry.save(update_fields=["outcome", "reason"])


def wait_for_card(uid: str, amount: Cents, event_id: str, now: int) -> None:
    """A refund comes back to the card at its next online tap; to the one that replaced it, where it was replaced."""
    card = Card.objects.get(uid=uid)
    while card.replaced_by is not None:
        card = card.replaced_by
    LoadOrder.objects.create(card=card, amount=amount, cause=LoadCause.REFUND, event=event_id, ordered_at=now)


def _receiver(refund: Refund) -> AccountName:
    """The citizen, for a card as a waiting load; for a phone the account that paid for its allowance.

    A note has nobody: its value waits for new notes at the desk (`heitje backend note refund`).
    """
    claim = refund.claim
    if claim.instrument == Instrument.CARD:
        return accounts.citizen(Card.objects.get(uid=claim.item).citizen)
    voucher = IssuedVoucher.objects.filter(cti=claim.item).first()
    if voucher is None or voucher.paper:
        return accounts.note(f"refund {refund.pk}")
    return voucher.source
