# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards made by the backend over a reader: ordered, torn at any APDU and finished, proved by their first load."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from backend.cards import desk
from backend.cards.making import order_card
from backend.cards.models import CardOrder
from backend.cards.relay import SessionRefused
from backend.minting.cards import CardRefused
from backend.minting.models import Card as CardRow
from firmware_sim.card.blank import blank_ev2, blank_ev3, blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage, MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.acceptance import ListedKey, Shop
from heitje.card import sale
from heitje.card.acceptance import CardContext, check_certificate
from heitje.card.certificate import decode
from heitje.card.layout import KEY_TERMINAL
from heitje.card.session import run
from heitje.money import Cents
from heitje.relay import End, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from heitje.programme import TestProgramme
    from tests.backend.cards.conftest import Reader
    from tests.backend.conftest import City

UID = bytes.fromhex("04A1B2C3D4E5F6")
NOW = 1_795_500_000
BLANK: dict[str, Callable[[bytes], CardImage]] = {
    "light": blank_light,
    "ev2": blank_ev2,
    "ev3": blank_ev3,
}


@pytest.mark.parametrize("chip", BLANK)
def test_from_order_to_first_load(
    city: City, reader: Reader, programme: TestProgramme, books: Callable[..., object], chip: str
) -> None:
    card = Card(MemoryStore(BLANK[chip](UID)))
    order_card("citizen-7", NOW, ("category:bakery",), years=2)
    made = reader.tap(card, Work.PERSONALISE)
    assert (made.end, made.balance) == (End.MADE, 0)
    row = CardRow.objects.get(uid=UID.hex())
    assert (row.citizen, row.made_at, row.proven_at, desk.state_of(row)) == ("citizen-7", NOW, None, "made")
    city.earn("citizen-7", 2000)
    desk.order_load(UID, Cents(2000), "wish:1", NOW)
    loaded = reader.tap(card)
    assert (loaded.end, loaded.amount, loaded.balance) == (End.LOADED, 2000, 2000)
    row.refresh_from_db()
    assert (row.proven_at, desk.state_of(row)) == (NOW, "in use")
    assert books(card, "citizen-7") == (0, 0, 2000)

    key = programme.masters.card_keys(UID, programme.df_name)(KEY_TERMINAL)
    application = sale.Programme(programme.df_name, [key])
    contact = run(sale.greet([application], [secrets.token_bytes(16)]), card.transmit)
    signed = decode(contact.certificate)
    listed = (ListedKey(programme.mint.public, 0, 2 * NOW),)
    context = CardContext(NOW, Shop("bakker-1", "bakery", "centrum"), 1, programme.iss, listed)
    assert check_certificate(signed, UID, context) is None
    assert (signed.certificate.scope, signed.certificate.exp) == (("category:bakery",), row.expires_at)


EVERY = 13
"""Every single tear of the exchange itself is in tests/heitje/card; here each step of it is torn somewhere."""


@pytest.mark.parametrize("chip", ["light", "ev2"])
def test_torn_all_over_and_finished(reader: Reader, chip: str) -> None:
    """The card leaves, unheard or unanswered in turn, and is held again: it is finished where it was left."""
    order_card("citizen-7", NOW)
    whole = Card(MemoryStore(BLANK[chip](UID)))
    assert reader.tap(whole, Work.PERSONALISE).end is End.MADE
    count = len(reader.apdus)
    assert count > 30
    CardRow.objects.update(made_at=None)
    for apdu in range(1, count + 1, EVERY):
        card = Card(MemoryStore(BLANK[chip](UID)))
        reader.apdus = []
        reply = reader.open(reader.opening(card, Work.PERSONALISE))
        while len(reader.apdus) < apdu - 1:
            reply = reader.forward(card, reply)
        assert reply.apdu is not None
        if apdu % 2:
            card.transmit(reply.apdu)
        card.power_off()
        assert reader.answer(reply, None).end is End.NOT_DONE
        assert reader.tap(card, Work.PERSONALISE).end is End.MADE, apdu
        assert card.image.application == whole.image.application
    assert CardOrder.objects.count() == 1


def test_a_person_is_told_what_is_done(reader: Reader) -> None:
    order_card("", NOW)
    card = Card(MemoryStore(blank_light(UID)))
    reply, told = reader.open(reader.opening(card, Work.PERSONALISE)), []
    while reply.end is None:
        reply = reader.forward(card, reply)
        if reply.told is not None and reply.told not in told:
            told.append(reply.told)
    assert told[0] == "the application and its name"
    assert told[-1] == "the proof that it is one"


def test_a_card_of_the_stock_is_linked_once(reader: Reader) -> None:
    order_card("", NOW)
    with pytest.raises(CardRefused, match="not known"):
        desk.link(UID, "citizen-7")
    reply = reader.open(reader.opening(Card(MemoryStore(blank_light(UID))), Work.PERSONALISE))
    assert reply.apdu is not None
    with pytest.raises(CardRefused, match="not made"):
        desk.link(UID, "citizen-7")
    reader.tap(Card(MemoryStore(blank_light(UID))), Work.PERSONALISE)
    with pytest.raises(CardRefused, match="nobody's"):
        desk.order_load(UID, Cents(100), "wish:1", NOW)
    assert desk.link(UID, "citizen-7").citizen == "citizen-7"
    assert desk.link(UID, "citizen-7").citizen == "citizen-7"
    with pytest.raises(CardRefused, match="another"):
        desk.link(UID, "citizen-8")


def test_what_is_not_ordered_is_not_made(reader: Reader, other_reader: Reader, card: Card) -> None:
    blank = Card(MemoryStore(blank_light(UID)))
    with pytest.raises(SessionRefused, match="no card is ordered"):
        reader.open(reader.opening(blank, Work.PERSONALISE))
    first, second = order_card("citizen-7", NOW), order_card("citizen-8", NOW)
    with pytest.raises(SessionRefused, match="pick-up point"):
        other_reader.open(reader.opening(blank, Work.PERSONALISE))
    with pytest.raises(SessionRefused, match="once"):
        reader.open(reader.opening(card, Work.PERSONALISE))
    reader.tap(blank, Work.PERSONALISE, second.pk)
    assert CardRow.objects.get(uid=UID.hex()).citizen == "citizen-8"
    with pytest.raises(SessionRefused, match=f"order {second.pk}"):
        reader.open(reader.opening(blank, Work.PERSONALISE, first.pk))
    other = Card(MemoryStore(blank_light(bytes.fromhex("04A1B2C3D4E5F7"))))
    with pytest.raises(SessionRefused, match="does not wait"):
        reader.open(reader.opening(other, Work.PERSONALISE, second.pk))


def test_a_foreign_card_is_left_as_it_is(
    reader: Reader, new_plastic: Callable[..., Card], programme: TestProgramme
) -> None:
    order_card("citizen-7", NOW)
    loaded = new_plastic(personalise(programme, UID, Cents(0)))
    keys = programme.masters.card_keys(UID, programme.df_name)
    contact = run(sale.greet([sale.Programme(programme.df_name, [keys(KEY_TERMINAL)])], [bytes(16)]), loaded.transmit)
    run(sale.commit_reader_id(contact.session, bytes(16)), loaded.transmit)
    run(sale.commit(contact.session), loaded.transmit)
    image = loaded.image
    reply = reader.tap(loaded, Work.PERSONALISE)
    assert (reply.end, loaded.image) == (End.UNFIT, image)
    assert "loaded before" in str(reply.reason)
    assert CardRow.objects.get(uid=UID.hex()).made_at is None
    assert reader.tap(loaded).reason == "this card is not known here"
