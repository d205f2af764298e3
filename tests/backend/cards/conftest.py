# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A reader that only forwards, between the backend's sessions and the simulated card's firmware."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from backend.assembly import programme_of
from backend.audit.invariants import check
from backend.cards.relay import open_session, take_answer
from backend.configuration import Engine
from backend.ledger import accounts
from backend.shops.models import Terminal
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage, MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.card import sale
from heitje.card.layout import KEY_TERMINAL
from heitje.card.session import Session, run
from heitje.journal import CardEvidence, Instrument
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.relay import CardAnswer, Opening, Reply, Work

if TYPE_CHECKING:
    from tests.backend.conftest import City, Till

NOW = 1_795_500_000


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that keeps the books: every test here runs on both."""
    return str(request.param)


@dataclass
class Reader:
    """A terminal's reader with a card on it. `apdus`: what went to the card in the last session."""

    city: City
    terminal: str
    clock: int = NOW
    apdus: list[bytes] = field(default_factory=list)

    def opening(self, card: Card, what: Work = Work.LOAD, order: int | None = None) -> Opening:
        """A fresh session's opening."""
        return Opening(secrets.token_bytes(16), card.uid, what, order)

    def open(self, opening: Opening) -> Reply:
        """Ask for a session."""
        terminal = Terminal.objects.select_related("shop").get(id=self.terminal)
        return open_session(terminal, opening, programme_of(self.city.configuration), self.clock)

    def answer(self, reply: Reply, answer: bytes | None) -> Reply:
        """Bring an answer."""
        terminal = Terminal.objects.select_related("shop").get(id=self.terminal)
        told = CardAnswer(reply.step, answer)
        return take_answer(terminal, reply.session, told, programme_of(self.city.configuration), self.clock)

    def forward(self, card: Card, reply: Reply) -> Reply:
        """One APDU to the card, and its answer back."""
        assert reply.apdu is not None
        self.apdus.append(reply.apdu)
        return self.answer(reply, card.transmit(reply.apdu))

    def finish(self, card: Card, reply: Reply) -> Reply:
        """Go on to the end."""
        while reply.end is None:
            reply = self.forward(card, reply)
        return reply

    def tap(self, card: Card, what: Work = Work.LOAD, order: int | None = None) -> Reply:
        """The card comes into the field, has one whole session, and leaves."""
        card.power_off()
        self.apdus = []
        reply = self.finish(card, self.open(self.opening(card, what, order)))
        card.power_off()
        return reply


@dataclass
class Shop:
    """A till with a reader, and no network until it uploads: the whole sale of CARD.md section 7, on the true card."""

    till: Till
    programme: TestProgramme

    def prepare(self, card: Card, amount: int) -> tuple[int, Session]:
        """Steps 1 to 7: the intent is on disk; its number, and the session that is left."""
        card.power_off()
        keys = self.programme.masters.card_keys(card.uid, self.programme.df_name)
        application = sale.Programme(self.programme.df_name, [keys(KEY_TERMINAL)])
        contact = run(sale.greet([application], [secrets.token_bytes(16)]), card.transmit)
        tmri = self.till.id + (len(self.till.entries) + 1).to_bytes(8, "big")
        debited = run(sale.prepare(contact.session, tmri, amount, self.till.clock), card.transmit)
        assert isinstance(debited, sale.Debited)
        evidence = CardEvidence(
            card.uid, tmri, debited.enc_tmri, debited.balance_before, debited.record, tmc_before=contact.last.tmc
        )
        return self.till.intent(Instrument.CARD, amount, evidence), contact.session

    def sell(self, card: Card, amount: int) -> int:
        """A whole sale; its intent's number."""
        intent, session = self.prepare(card, amount)
        committed = run(sale.commit(session), card.transmit)
        evidence = self.till.entry(intent).evidence
        assert isinstance(evidence, CardEvidence)
        proof = replace(evidence, tmc=committed.tmc, tmv=committed.tmv, tmc_before=None)
        self.till.complete(intent, evidence=proof)
        card.power_off()
        return intent

    def tear(self, card: Card, amount: int, *, committed: bool) -> int:
        """The card left before it answered the commit; its intent's number."""
        intent, session = self.prepare(card, amount)
        if committed:
            run(sale.commit(session), card.transmit)
        card.power_off()
        return intent


@pytest.fixture
def shop(city: City, programme: TestProgramme) -> Shop:
    """The baker's, after a contact."""
    city.till.anchor()
    return Shop(city.till, programme)


@pytest.fixture
def other_shop(city: City, programme: TestProgramme) -> Shop:
    """The butcher's, after a contact."""
    till = city.open_till("00112233445566aa", "slager-1")
    till.anchor()
    return Shop(till, programme)


@pytest.fixture
def reader(city: City) -> Reader:
    """The test programme's terminal, which is a pick-up point's as well."""
    return Reader(city, city.till.name)


@pytest.fixture
def other_reader(city: City, other_shop: Shop) -> Reader:
    """The butcher's, which makes no cards."""
    return Reader(city, other_shop.till.name)


@pytest.fixture
def new_plastic(programme: TestProgramme) -> Callable[..., Card]:
    """A card with chip and all: the test programme's first one unless another image is given."""

    def make(image: CardImage | None = None) -> Card:
        first = programme.cards[0]
        return Card(MemoryStore(image or personalise(programme, first.uid, Cents(first.balance))))

    return make


@pytest.fixture
def card(new_plastic: Callable[..., Card]) -> Card:
    """The test programme's first card, with 25 euro."""
    return new_plastic()


@pytest.fixture
def books(city: City) -> Callable[[Card], tuple[int, int, int]]:
    """Citizen's account, in flight, and purse of a card, in cents; every invariant holds."""

    def look(card: Card, citizen: str = "citizen-1") -> tuple[int, int, int]:
        assert [finding for finding in check() if not finding.holds] == []
        uid = card.uid.hex()
        return city.earned(citizen), city.holds(accounts.load_in_flight(uid)), city.holds(accounts.purse(uid))

    return look
