# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What waits for a card, and what of it one load can carry (CARD.md section 7, LEDGER.md section 1)."""

from collections.abc import Sequence

from backend.cards.masters import version_for
from backend.minting.models import Card, LoadOrder, LoadState
from backend.redemption.intake import Programme
from heitje.card.layout import BALANCE_MAX
from heitje.relay import Waiting


def waiting_orders(card: Card) -> list[list[LoadOrder]]:
    """A card's waiting orders by where their money comes from, the source of the oldest one first."""
    by_source: dict[str | None, list[LoadOrder]] = {}
    for order in card.orders.filter(load=None, cancelled_at=None).select_related("source").order_by("id"):
        by_source.setdefault(order.source_id, []).append(order)
    return list(by_source.values())


def planned(orders: Sequence[LoadOrder], held: int, room: int | None) -> list[LoadOrder]:
    """The orders that one load carries: the oldest first, each whole, as long as account and card allow."""
    left = min(held, BALANCE_MAX if room is None else room)
    chosen = []
    for order in orders:
        if order.amount <= left:
            chosen.append(order)
            left -= order.amount
    return chosen


def at_next_tap(uid: bytes, programme: Programme, now: int) -> Waiting:
    """What an online tap of this card would do at Unix time `now`; nothing for one that is not known."""
    card = Card.objects.filter(uid=uid.hex()).exclude(made_at=None).first()
    if card is None:
        return Waiting(uid, 0, in_flight=False, renew=False)
    orders = [] if card.denied_at is not None else waiting_orders(card)
    cents = sum(order.amount for group in orders for order in group)
    in_flight = card.loads.filter(state=LoadState.IN_FLIGHT).exists()
    renew = card.denied_at is None and card.key_version < version_for(card, programme.key_store, now)
    return Waiting(uid, cents, in_flight, renew)
