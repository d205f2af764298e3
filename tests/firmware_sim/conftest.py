# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards of the test programme, and a reader that holds one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.card.apdu import select, unwrap
from heitje.card.layout import Command, Status
from heitje.card.session import Session, StatusFault, authenticate_first, run
from heitje.money import Cents
from heitje.programme import TestProgramme

UID = bytes.fromhex("04A1B2C3D4E580")
RNDA = bytes(range(16))
VALUE = b"\x03"


@pytest.fixture(scope="session")
def programme(vectors: Path) -> TestProgramme:
    """The programme whose keys the known answers use."""
    return TestProgramme.parse((vectors / "test-programme.json").read_text())


class Reader:
    """A reader with one card on it, and the card's keys."""

    def __init__(self, programme: TestProgramme, balance: int) -> None:
        self.card = Card(MemoryStore(personalise(programme, UID, Cents(balance))))
        self.keys = [key.value for key in self.card.image.application.keys]
        self.df_name = programme.df_name
        self.session: Session | None = None

    def send(self, apdu: bytes) -> tuple[bytes, int]:
        return unwrap(self.card.transmit(apdu))

    def select(self) -> None:
        assert self.send(select(self.df_name)) == (b"", Status.ISO_OK)

    def authenticate(self, number: int) -> "Reader":
        self.select()
        self.session = run(authenticate_first(number, self.keys[number], RNDA), self.card.transmit)
        return self

    def command(self, command: int, header: bytes = b"", data: bytes = b"", *, full: bool = False) -> bytes:
        assert self.session is not None
        return run(self.session.command(command, header, data, answer_full=full), self.card.transmit)

    def status(self, command: int, header: bytes = b"", data: bytes = b"") -> int:
        try:
            self.command(command, header, data)
        except StatusFault as fault:
            return fault.status
        return Status.OK

    def elsewhere(self) -> "Reader":
        """The card in another field: a new firmware on the same memory."""
        self.card = Card(MemoryStore(self.card.image))
        return self

    @property
    def balance(self) -> int:
        return self.card.image.application.balance

    def debit(self, cents: int) -> None:
        self.command(Command.DEBIT, VALUE, cents.to_bytes(4, "little"))


@pytest.fixture
def make_reader(programme: TestProgramme) -> Callable[..., Reader]:
    """A reader with a new card on it; `balance` in cents."""

    def make(balance: int = 2500) -> Reader:
        return Reader(programme, balance)

    return make
