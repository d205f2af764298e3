# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Key 1 moves to a newer master at an online contact, torn anywhere and repeated (CARD.md section 4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from backend.assembly import programme_of
from backend.cards import desk
from backend.cards.models import MasterHolder
from backend.cards.waiting import at_next_tap
from backend.minting.models import Card as CardRow
from backend.shops.models import Terminal
from heitje.card.keys import diversify
from heitje.card.layout import KEY_TERMINAL
from heitje.money import Cents
from heitje.relay import End, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_sim.card.firmware import Card
    from heitje.programme import TestProgramme
    from tests.backend.cards.conftest import Reader
    from tests.backend.conftest import City

NOW = 1_795_500_000
SECOND = bytes(range(16, 32))
APDUS = 7


@pytest.fixture
def second(city: City) -> None:
    """The key store has a second master of key 1."""
    path = city.configuration.key_store_path
    document = json.loads(path.read_text("ascii"))
    document["card_masters"]["terminal"]["2"] = SECOND.hex()
    path.write_text(json.dumps(document), "ascii")


@pytest.fixture
def renewed(second: None) -> None:
    """And every till holds it."""
    for terminal in Terminal.objects.all():
        MasterHolder.objects.create(terminal=terminal, newest=2, asked_at=NOW)


def version_of(card: Card) -> int:
    return card.image.application.keys[KEY_TERMINAL].version


@pytest.mark.usefixtures("renewed")
def test_a_card_moves_to_the_newest(reader: Reader, card: Card, programme: TestProgramme) -> None:
    assert at_next_tap(card.uid, programme_of(reader.city.configuration), NOW).renew
    assert reader.tap(card, Work.RENEW).end is End.RENEWED
    assert len(reader.apdus) == APDUS
    key = card.image.application.keys[KEY_TERMINAL]
    assert (key.version, key.value) == (2, diversify(SECOND, card.uid, programme.df_name, KEY_TERMINAL))
    assert CardRow.objects.get(uid=card.uid.hex()).key_version == 2
    assert not at_next_tap(card.uid, programme_of(reader.city.configuration), NOW).renew
    assert reader.tap(card, Work.RENEW).end is End.RENEWED
    assert reader.tap(card).end is End.NOTHING_WAITS


@pytest.mark.usefixtures("renewed")
@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("apdu", range(1, APDUS + 1))
def test_torn_anywhere_it_is_moved_later(city: City, reader: Reader, card: Card, apdu: int, heard: bool) -> None:
    reply = reader.open(reader.opening(card, Work.RENEW))
    while len(reader.apdus) < apdu - 1:
        reply = reader.forward(card, reply)
    assert reply.apdu is not None
    if heard:
        card.transmit(reply.apdu)
    card.power_off()
    assert reader.answer(reply, None).end is End.NOT_DONE
    city.earn("citizen-1", 100)
    desk.order_load(card.uid, Cents(100), "wish:1", NOW)
    assert reader.tap(card).amount == 100, "a load finds the key, whichever it is"
    assert reader.tap(card, Work.RENEW).end is End.RENEWED
    assert version_of(card) == 2
    assert CardRow.objects.get(uid=card.uid.hex()).key_version == 2


def test_with_one_master_there_is_nothing_to_do(reader: Reader, card: Card) -> None:
    assert reader.tap(card, Work.RENEW).end is End.RENEWED
    assert version_of(card) == 1


def test_a_card_that_is_not_known_is_left(reader: Reader, card: Card, new_plastic: Callable[..., Card]) -> None:
    CardRow.objects.filter(uid=card.uid.hex()).update(made_at=None)
    assert reader.tap(card, Work.RENEW).end is End.NOT_DONE
    assert reader.apdus == []
