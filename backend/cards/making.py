# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Orders for cards, and the beginning of a card's making: its certificate, and its place in the books."""

import json
from datetime import UTC, datetime
from typing import Final

from backend.cards.models import CardOrder
from backend.minting.cards import CardRefused
from backend.minting.models import Card, LoadOrder
from backend.redemption.intake import Programme
from backend.shops.models import Terminal
from heitje.card.certificate import CardCertificate

CARD_LIFE_YEARS: Final = 8
"""How long a certificate is valid unless told otherwise: it is never rewritten, so it is the card's life."""


def order_card(citizen: str, at: int, scope: tuple[str, ...] = (), years: int = CARD_LIFE_YEARS) -> CardOrder:
    """Order a card for a citizen, or (empty) for the stock of the desk, at Unix time `at`."""
    return CardOrder.objects.create(
        citizen=citizen, scope=json.dumps(scope) if scope else "", years=years, ordered_at=at
    )


def begin_making(uid: bytes, order: int | None, terminal: Terminal, programme: Programme, now: int) -> CardOrder:
    """The order that this card is made for: the one that it was begun for, the one named, or the oldest.

    With it goes the card's entry in the books, and its certificate. Raises `CardRefused`.
    """
    if not terminal.card_desk:
        raise CardRefused("cards are made at a pick-up point only")
    begun = CardOrder.objects.filter(card=uid.hex()).first()
    if begun is not None:
        if order not in (None, begun.pk):
            raise CardRefused(f"this card is made for order {begun.pk}")
        return begun
    if Card.objects.filter(uid=uid.hex()).exists():
        raise CardRefused("a UID is issued once")
    waiting = CardOrder.objects.select_for_update().filter(card=None)
    found = (waiting.filter(pk=order) if order is not None else waiting.order_by("id")).first()
    if found is None:
        raise CardRefused("no card is ordered" if order is None else f"order {order} does not wait for a card")
    certificate = CardCertificate(
        iss=programme.iss,
        exp=_years_later(now, found.years),
        iat=now,
        uid=uid,
        scope=tuple(json.loads(found.scope)) if found.scope else None,
    )
    found.card = Card.objects.create(
        uid=uid.hex(),
        citizen=found.citizen,
        opening_balance=0,
        issued_at=now,
        certificate=programme.key_store.sign_certificate(certificate),
        expires_at=certificate.exp,
    )
    found.save(update_fields=["card"])
    loads = LoadOrder.objects.filter(card__spoiled__order=found, load=None, cancelled_at=None)
    loads.update(card=found.card)  # what waited for a blank that was spoiled
    return found


def _years_later(now: int, years: int) -> int:
    """The same day so many years later, 1 March for 29 February; Unix seconds."""
    day = datetime.fromtimestamp(now, UTC)
    try:
        return int(day.replace(year=day.year + years).timestamp())
    except ValueError:
        return int(day.replace(year=day.year + years, month=3, day=1).timestamp())
