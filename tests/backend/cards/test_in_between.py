# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A thief with key 1's master between card and backend: what is said under key 1 can be changed, to no avail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from backend.cards import desk
from backend.minting.models import Load, LoadState
from heitje.card.keys import diversify
from heitje.card.layout import KEY_TERMINAL, Command
from heitje.card.messaging import SessionKeys, answer_mac, cbc_decrypt, derive
from heitje.money import Cents
from heitje.relay import End

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_sim.card.firmware import Card
    from heitje.programme import TestProgramme
    from tests.backend.cards.conftest import Reader, Shop
    from tests.backend.conftest import City

NOW = 1_795_500_000
APDUS = 13


@dataclass
class InBetween:
    """Passes everything on, and says another TMC than the card does where it is asked under key 1."""

    card: Card
    key: bytes
    tmc: int
    rndb: bytes = b""
    keys: SessionKeys | None = None
    ti: bytes = b""
    counter: int = 0
    changed: int = 0

    @property
    def uid(self) -> bytes:
        """The card's."""
        return self.card.uid

    def power_off(self) -> None:
        """The card leaves."""
        self.card.power_off()
        self.keys, self.counter = None, 0

    def transmit(self, apdu: bytes) -> bytes:
        """One APDU to the card; its answer, or what the thief makes of it."""
        answer = self.card.transmit(apdu)
        command, data = apdu[1], apdu[5:-1]
        if command == Command.AUTHENTICATE_EV2_FIRST:
            self.rndb = cbc_decrypt(self.key, answer[:16])
        elif command == Command.AUTHENTICATE_EV2_NON_FIRST:
            self.keys = None  # from here on it is key 2's session: nothing of it can be made
        elif command == Command.ADDITIONAL_FRAME and self.rndb and self.keys is None and len(answer) == 34:
            rnda = cbc_decrypt(self.key, data)[:16]
            self.keys, self.ti, self.counter = (
                derive(self.key, rnda, self.rndb),
                cbc_decrypt(self.key, answer[:32])[:4],
                0,
            )
        elif self.keys is not None:
            self.counter += 1
            if command == Command.READ_DATA and data[0] == 0x0F:
                said = self.tmc.to_bytes(4, "little") + answer[4:12]
                self.changed += 1
                return said + answer_mac(self.keys.mac, self.counter, self.ti, said) + answer[-2:]
        return answer


@pytest.fixture
def thief(card: Card, programme: TestProgramme) -> InBetween:
    """With key 1 of this card, and the card."""
    key = diversify(programme.master_terminal, card.uid, programme.df_name, KEY_TERMINAL)
    return InBetween(card, key, 0)


@pytest.fixture(autouse=True)
def _waiting(city: City, card: Card) -> None:
    city.earn("citizen-1", 2000)
    desk.order_load(card.uid, Cents(750), "wish:1", NOW)


@pytest.mark.parametrize(("committed", "said"), [(True, 1), (True, 7), (False, 2), (False, 5)])
def test_a_load_in_flight_is_not_talked_away(
    reader: Reader,
    shop: Shop,
    card: Card,
    thief: InBetween,
    books: Callable[..., object],
    committed: bool,
    said: int,
) -> None:
    """Said to have stood still, a card that has its load would be loaded again."""
    shop.sell(card, 100)
    shop.till.upload()
    reply = reader.open(reader.opening(card))
    while len(reader.apdus) < APDUS - 1:
        reply = reader.forward(card, reply)
    assert reply.apdu is not None
    if committed:
        card.transmit(reply.apdu)
    card.power_off()
    assert reader.answer(reply, None).end is End.IN_FLIGHT
    thief.tmc = said
    reply = reader.tap(thief)  # type: ignore[arg-type]  # a card as far as a reader sees
    assert (reply.end, thief.changed) == (End.NOT_DONE, 1)
    assert "do not belong together" in str(reply.reason)
    assert books(card) == (1250, 750, 2400)
    thief.tmc = card.image.application.tmc  # the truth
    assert reader.tap(thief).amount == 750  # type: ignore[arg-type]
    assert books(card) == (1250, 0, 3150)


def test_a_load_is_not_given_another_place(reader: Reader, thief: InBetween, books: Callable[..., object]) -> None:
    thief.tmc = 9
    reply = reader.tap(thief)  # type: ignore[arg-type]
    assert (reply.end, reply.reason) == (End.NOT_DONE, "its last reader is nobody's")
    assert books(thief) == (2000, 0, 2500)
    assert Load.objects.get().state == LoadState.DROPPED
