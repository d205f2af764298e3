# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The desk's work on cards: whose they are, what goes onto them, blocking and replacing (LEDGER.md section 1)."""

from typing import Final

from django.db import transaction
from django.db.models import Sum

from backend.cards.models import CardOrder, SpoiledCard
from backend.ledger import accounts
from backend.ledger.accounts import AccountName
from backend.ledger.posting import balance
from backend.minting.cards import CardRefused
from backend.minting.models import Card, LoadCause, LoadOrder, LoadState
from backend.redemption.holes import UPLOAD_WINDOW_S
from heitje.money import Cents

AT_ONCE: Final = Cents(2000)
"""What a replaced card's successor gets at once; the rest comes after the upload window."""


def link(uid: bytes, citizen: str) -> Card:
    """Give a card that was made for the stock to a citizen. Again is as once. Raises `CardRefused`."""
    with transaction.atomic():
        card = _card(uid)
        if card.made_at is None:
            raise CardRefused("this card is not made yet")
        if card.citizen not in ("", citizen):
            raise CardRefused("this card is another citizen's")
        card.citizen = citizen
        card.save(update_fields=["citizen"])
        return card


def order_load(uid: bytes, amount: Cents, event: str, at: int) -> LoadOrder:
    """Put money from the citizen's account in wait for a card; the same event again is the same order.

    Raises `CardRefused`.
    """
    with transaction.atomic():
        card = _card(uid)
        known = LoadOrder.objects.filter(event=event).first()
        if known is not None:
            if (known.card_id, known.amount) != (card.uid, amount):
                raise CardRefused(f"{event} is another load")
            return known
        if not card.citizen or card.made_at is None:
            raise CardRefused("this card is nobody's yet")
        if card.denied_at is not None:
            raise CardRefused("this card is blocked")
        citizen = accounts.citizen(card.citizen)
        if balance(citizen) - _promised(citizen) < amount:
            raise CardRefused("the citizen's account holds less")
        return LoadOrder.objects.create(card=card, amount=amount, cause=LoadCause.DESK, event=event, ordered_at=at)


def cancel_load(order: int, at: int) -> LoadOrder:
    """Take a waiting order of the desk's back. Raises `CardRefused` for one that does not wait."""
    with transaction.atomic():
        found = LoadOrder.objects.select_for_update().filter(pk=order, cause=LoadCause.DESK, load=None).first()
        if found is None:
            raise CardRefused(f"order {order} of the desk does not wait")
        found.cancelled_at = found.cancelled_at or at
        found.save(update_fields=["cancelled_at"])
        return found


def block(uid: bytes, at: int) -> Card:
    """At its citizen's word; tills know with the next publication. Again is as once. Raises `CardRefused`."""
    with transaction.atomic():
        card = _card(uid)
        if card.blocked_at is None:
            card.blocked_at = at
            card.save(update_fields=["blocked_at"])
        return card


def unblock(uid: bytes) -> Card:
    """The card was found. Raises `CardRefused` where it was replaced, or stopped by an alarm."""
    with transaction.atomic():
        card = _card(uid)
        if card.replaced_at is not None:
            raise CardRefused("this card was replaced; it stays blocked")
        if card.suspended_at is not None:
            raise CardRefused("an alarm stopped this card: a person has to look first")
        if card.loads.filter(given_up__isnull=False).exists():
            raise CardRefused("what was on its way to this card went back to the citizen; it stays blocked")
        if SpoiledCard.objects.filter(card=card).exists():
            raise CardRefused("this card was spoiled in the making")
        card.blocked_at = None
        card.save(update_fields=["blocked_at"])
        return card


def replace(old: bytes, new: bytes, at: int) -> Card:
    """Another card for a citizen's lost one: 20 euro at once, the rest after the window, each by a load.

    The old one is blocked if it was not; what waited for it waits for the new one. Again is as once. Raises
    `CardRefused`.
    """
    with transaction.atomic():
        lost, successor = _card(old), _card(new)
        if lost.replaced_by_id == successor.uid:
            return successor
        if lost.replaced_at is not None:
            raise CardRefused(f"this card was replaced by {lost.replaced_by_id}")
        if not lost.citizen or successor.uid == lost.uid:
            raise CardRefused("there is nothing to replace")
        if successor.made_at is None or successor.citizen not in ("", lost.citizen):
            raise CardRefused("the new card is not made, or is another citizen's")
        if successor.denied_at is not None or Card.objects.filter(replaced_by=successor).exists():
            raise CardRefused("the new card is blocked, or replaces another one already")
        successor.citizen = lost.citizen
        successor.save(update_fields=["citizen"])
        lost.blocked_at = lost.blocked_at or at
        lost.replaced_at, lost.replaced_by = at, successor
        lost.save(update_fields=["blocked_at", "replaced_at", "replaced_by"])
        LoadOrder.objects.filter(card=lost, load=None, cancelled_at=None).update(card=successor)
        _order_of_purse(lost, "at once", AT_ONCE, at)
        return successor


def spoil(uid: bytes, at: int) -> CardOrder:
    """A blank was spoiled before anything was on it: it is thrown away, its order and what waits for it are free again.

    Again is as once. Raises `CardRefused`.
    """
    with transaction.atomic():
        card = _card(uid)
        known = SpoiledCard.objects.filter(card=card).select_related("order").first()
        if known is not None:
            return known.order
        order = CardOrder.objects.select_for_update().filter(card=card).first()
        if order is None or card.proven_at is not None or card.loads.filter(state=LoadState.IN_FLIGHT).exists():
            raise CardRefused("this card was loaded, or never ordered: block it, or replace it")
        SpoiledCard.objects.create(card=card, order=order, at=at)
        order.card = None
        order.save(update_fields=["card"])
        card.blocked_at = card.blocked_at or at
        card.save(update_fields=["blocked_at"])
        return order


def release_replaced(at: int) -> list[LoadOrder]:
    """Put the rest in wait of those cards that were replaced a window ago; safe to run again."""
    _hand_on_orders()
    over = Card.objects.filter(replaced_at__lt=at - UPLOAD_WINDOW_S).exclude(replaced_by=None).order_by("uid")
    orders = []
    for card in over:
        with transaction.atomic():
            order = _order_of_purse(_card(bytes.fromhex(card.uid)), "rest", None, at)
        if order is not None:
            orders.append(order)
    return orders


def newest(card: Card) -> Card:
    """The card that stands for this one now."""
    while card.replaced_by is not None:
        card = card.replaced_by
    return card


def _hand_on_orders() -> None:
    """What a load carried that never happened waits again, and its card may have been replaced meanwhile."""
    for order in LoadOrder.objects.filter(load=None, cancelled_at=None).exclude(card__replaced_by=None):
        with transaction.atomic():
            waiting = LoadOrder.objects.select_for_update().filter(pk=order.pk, load=None, cancelled_at=None)
            waiting.update(card=newest(order.card))


def _order_of_purse(lost: Card, part: str, most: Cents | None, at: int) -> LoadOrder | None:
    """What a lost card's purse holds, as far as it may go now, and is not ordered yet. Once for each part."""
    event = f"replacement:{lost.uid}:{part}"
    purse = accounts.purse(lost.uid)
    left = balance(purse) - _promised(purse)
    amount = left if most is None else min(left, most)
    if amount <= 0 or LoadOrder.objects.filter(event=event).exists():
        return None
    return LoadOrder.objects.create(
        card=newest(lost), source=lost, amount=amount, cause=LoadCause.REPLACEMENT, event=event, ordered_at=at
    )


def _promised(account: AccountName) -> int:
    """What of an account waits for cards already."""
    waiting = LoadOrder.objects.filter(load=None, cancelled_at=None)
    if account.kind == accounts.AccountKind.PURSE:
        waiting = waiting.filter(source=account.owner)
    else:
        waiting = waiting.filter(source=None, card__citizen=account.owner)
    return waiting.aggregate(sum=Sum("amount"))["sum"] or 0


def _card(uid: bytes) -> Card:
    card = Card.objects.select_for_update().filter(uid=uid.hex()).first()
    if card is None:
        raise CardRefused("this card is not known here")
    return card


def state_of(card: Card) -> str:
    """Where a card stands, in one word for the desk."""
    if SpoiledCard.objects.filter(card=card).exists():
        return "spoiled"
    if card.replaced_at is not None:
        return "replaced"
    if card.suspended_at is not None:
        return "suspended"
    if card.blocked_at is not None:
        return "blocked"
    if card.made_at is None:
        return "being made"
    if card.proven_at is None:
        return "made"
    return "in use"


def in_flight_cents(card: Card) -> int:
    """What is on its way to a card."""
    return card.loads.filter(state=LoadState.IN_FLIGHT).aggregate(sum=Sum("amount"))["sum"] or 0
