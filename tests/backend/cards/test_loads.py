# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""One load is one posting, exactly once: under lost answers, repeats, and a card torn at every APDU (CARD.md section 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.cards import desk
from backend.cards.models import CardSession
from backend.cards.relay import NoSuchSession, SessionRefused
from backend.cards.waiting import at_next_tap
from backend.minting.models import Load, LoadOrder, LoadState
from heitje.money import Cents
from heitje.relay import End, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_sim.card.firmware import Card
    from tests.backend.cards.conftest import Reader
    from tests.backend.conftest import City

Books = "Callable[[Card], tuple[int, int, int]]"
APDUS = 13
NOW = 1_795_500_000


@pytest.fixture
def waiting(city: City, card: Card) -> LoadOrder:
    """7.50 euro wait for the card, of 10 that its citizen has earned."""
    city.earn("citizen-1", 1000)
    return desk.order_load(card.uid, Cents(750), "wish:1", NOW)


def test_what_waits_is_loaded(waiting: LoadOrder, reader: Reader, card: Card, books: Callable[..., object]) -> None:
    assert books(card) == (1000, 0, 2500)
    reply = reader.tap(card)
    assert (reply.end, reply.amount, reply.balance) == (End.LOADED, 750, 3250)
    assert (len(reader.apdus), card.image.application.balance) == (APDUS, 3250)
    assert books(card) == (250, 0, 3250)
    reply = reader.tap(card)
    assert (reply.end, reply.amount, reply.balance) == (End.NOTHING_WAITS, None, 3250)
    assert books(card) == (250, 0, 3250)
