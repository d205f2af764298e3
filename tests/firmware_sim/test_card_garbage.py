# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whatever a reader sends, the card answers with a status word of CARD.md section 8 and keeps what it had."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import Application, CardImage, Key, MemoryStore
from heitje.card.apdu import select, unwrap, wrap
from heitje.card.layout import Command, Status
from heitje.card.session import NotAuthentic, Session, StatusFault, authenticate_first, run

DF_NAME = bytes.fromhex("F0484549544A4501")
KEYS = tuple(bytes((number,)) * 16 for number in range(1, 6))
IMAGE = CardImage(
    bytes.fromhex("04A1B2C3D4E580"),
    Application(DF_NAME, tuple(map(Key, KEYS)), Key(bytes(16)), bytes(256), 2500, (bytes(16),)),
)
COMMANDS = st.one_of(st.sampled_from(Command), st.integers(0, 255))
DATA = st.binary(max_size=255)


def card() -> Card:
    return Card(MemoryStore(IMAGE))


def status_of(answer: bytes) -> Status:
    data, status = unwrap(answer)
    if status not in (Status.OK, Status.MORE_FRAMES):
        assert data == b""
    return Status(status)  # a ValueError for a word that is not in the specification


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_any_bytes(apdus: list[bytes]) -> None:
    one = card()
    for apdu in apdus:
        status_of(one.transmit(apdu))
    assert one.image == IMAGE


@given(st.lists(st.tuples(COMMANDS, DATA), max_size=8), st.booleans())
def test_any_commands_in_their_frames(commands: list[tuple[int, bytes]], selected: bool) -> None:
    one = card()
    if selected:
        one.transmit(select(DF_NAME))
    for command, data in commands:
        status_of(one.transmit(wrap(command, data)))
    application = one.image.application
    assert (application.balance, application.tmc, application.records) == (2500, 0, (bytes(16),))


@given(st.integers(0, 4), COMMANDS, DATA, st.binary(max_size=40))
def test_any_command_with_a_right_mac(key: int, command: int, header: bytes, data: bytes) -> None:
    one = card()
    one.transmit(select(DF_NAME))
    session = run(authenticate_first(key, KEYS[key], bytes(16)), one.transmit)
    with suppress(StatusFault, NotAuthentic):  # NotAuthentic: an answer that has no MAC, as to a changed own key
        run(session.command(command, header[: 255 - 64], data), lambda apdu: said(one, apdu))


def said(one: Card, apdu: bytes) -> bytes:
    answer = one.transmit(apdu)
    status_of(answer)
    return answer


class CardInAnyOrder(RuleBasedStateMachine):
    """Good commands in any order, tears included: the balance is what was committed, the counter counts commits."""

    @initialize()
    def begin(self) -> None:
        self.card = card()
        self.session: Session | None = None
        self.balance, self.pending, self.commits, self.bound = 2500, 0, 0, False

    def attempt(self, exchange: Callable[[Session], Any]) -> bool:
        """Do a command; a refusal has ended the session."""
        if self.session is None:
            return False
        try:
            run(exchange(self.session), self.card.transmit)
        except StatusFault:
            self.over()
            return False
        return True

    def over(self) -> None:
        self.session, self.pending, self.bound = None, 0, False

    @rule(key=st.integers(0, 4))
    def authenticate(self, key: int) -> None:
        self.over()
        self.card.transmit(select(DF_NAME))
        self.session = run(authenticate_first(key, KEYS[key], bytes(16)), self.card.transmit)

    @rule()
    def tear(self) -> None:
        self.over()
        self.card.power_off()

    @rule(cents=st.integers(-2000, 20_000), command=st.sampled_from((Command.DEBIT, Command.CREDIT)))
    def change_value(self, cents: int, command: Command) -> None:
        amount = (cents & 0xFFFFFFFF).to_bytes(4, "little")
        if self.attempt(lambda session: session.command(command, b"\x03", amount)):
            self.pending += cents if command is Command.CREDIT else -cents
            assert cents >= 0

    @rule()
    def bind(self) -> None:
        if self.attempt(lambda session: session.command(Command.COMMIT_READER_ID, bytes(16))):
            assert not self.bound
            self.bound = True

    @rule(answer_full=st.booleans())
    def read_balance(self, answer_full: bool) -> None:
        self.attempt(lambda session: session.command(Command.GET_VALUE, b"\x03", answer_full=answer_full))

    @rule()
    def abort(self) -> None:
        if self.attempt(lambda session: session.command(Command.ABORT_TRANSACTION)):
            self.pending, self.bound = 0, False

    @rule()
    def commit(self) -> None:
        bound, pending = self.bound, self.pending
        if self.attempt(lambda session: session.command(Command.COMMIT_TRANSACTION, b"\x01")):
            assert bound
            self.balance += pending
            self.commits += 1
            self.pending, self.bound = 0, False

    @invariant()
    def card_keeps_what_was_committed(self) -> None:
        application = self.card.image.application
        assert application.balance == self.balance
        assert 0 <= application.balance <= 15_000
        assert application.tmc == self.commits


TestCardInAnyOrder = CardInAnyOrder.TestCase
