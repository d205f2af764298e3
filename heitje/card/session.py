# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The reader's side of an EV2 session: commands out, answers checked, no I/O (CARD.md sections 1 to 3).

An `Exchange` is a generator that yields one APDU at a time and is sent the card's answer; whoever owns the reader
drives it with `run`. So the same code serves a reader on the counter and one at the far end of a relay.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from heitje.card import messaging
from heitje.card.apdu import MalformedAnswer, select, unwrap, wrap
from heitje.card.layout import BLOCK, Command, Status
from heitje.card.messaging import MAC_LENGTH, CardKey, Key, PaddingError, SessionKeys, key_of

Result = TypeVar("Result")
Exchange: TypeAlias = Generator[bytes, bytes, Result]
Transmit: TypeAlias = Callable[[bytes], bytes]

_TI_LENGTH = 4


class CardFault(Exception):
    """The exchange with the card has ended; what it means depends on how far it was (CARD.md section 9)."""


class StatusFault(CardFault):
    """The card answered another status than success. It is not authentic, and proves nothing after a commit."""

    def __init__(self, command: int, status: int) -> None:
        super().__init__(f"command {command:02X} was answered {status:04X}")
        self.status = status


class NotAuthentic(CardFault):
    """An answer with a wrong MAC, padding, length or random number: nothing that the card said is believed."""


@dataclass
class Session:
    """Keys, transaction identifier and command counter of one authentication."""

    keys: SessionKeys
    ti: bytes
    counter: int = 0

    def command(
        self, command: int, header: bytes = b"", data: bytes = b"", *, answer_full: bool = False
    ) -> Exchange[bytes]:
        """One command; `data` is enciphered, so is the answer where `answer_full`. Returns the answer's plain data.

        Raises `StatusFault`, `NotAuthentic`.
        """
        sent = header + (messaging.encrypt_command(self.keys.enc, self.counter, self.ti, data) if data else b"")
        mac = messaging.command_mac(self.keys.mac, command, self.counter, self.ti, sent)
        answer, status = unwrapped((yield wrap(command, sent + mac)))
        if status != Status.OK:
            raise StatusFault(command, status)
        self.counter += 1
        received, mac = answer[:-MAC_LENGTH], answer[-MAC_LENGTH:]
        if mac != messaging.answer_mac(self.keys.mac, self.counter, self.ti, received):
            raise NotAuthentic(f"the answer to command {command:02X} has a wrong MAC")
        if not (answer_full and received):
            return received
        try:
            return messaging.decrypt_answer(self.keys.enc, self.counter, self.ti, received)
        except PaddingError as error:
            raise NotAuthentic(f"the answer to command {command:02X} cannot be deciphered") from error


def authenticate_first(key_number: int, key: Key, rnda: bytes) -> Exchange[Session]:
    """AuthenticateEV2First; `rnda` is 16 fresh random bytes. The key may be kept elsewhere, as in a hardware store.

    Raises `StatusFault` (91AE: another key), `NotAuthentic`.
    """
    card_key = key_of(key)
    rndb, answer = yield from _challenge(
        wrap(Command.AUTHENTICATE_EV2_FIRST, bytes((key_number, 0))), card_key, rnda, answer_length=2 * BLOCK
    )
    plain = card_key.decrypt(answer)
    if plain[_TI_LENGTH : _TI_LENGTH + BLOCK] != messaging.rotate_left(rnda):
        raise NotAuthentic("the card did not prove that it knows the key")
    return Session(messaging.derive(card_key, rnda, rndb), plain[:_TI_LENGTH])


def authenticate_non_first(session: Session, key_number: int, key: Key, rnda: bytes) -> Exchange[None]:
    """AuthenticateEV2NonFirst: another key in the same session; TI and counter go on. Raises as the first does."""
    card_key = key_of(key)
    rndb, answer = yield from _challenge(
        wrap(Command.AUTHENTICATE_EV2_NON_FIRST, bytes((key_number,))), card_key, rnda, answer_length=BLOCK
    )
    if card_key.decrypt(answer) != messaging.rotate_left(rnda):
        raise NotAuthentic("the card did not prove that it knows the key")
    session.keys = messaging.derive(card_key, rnda, rndb)


def _challenge(first: bytes, key: CardKey, rnda: bytes, answer_length: int) -> Exchange[tuple[bytes, bytes]]:
    answer, status = unwrapped((yield first))
    if status != Status.MORE_FRAMES:
        raise StatusFault(first[1], status)
    if len(answer) != BLOCK:
        raise NotAuthentic("the card's challenge is not 16 bytes")
    rndb = key.decrypt(answer)
    proof = key.encrypt(rnda + messaging.rotate_left(rndb))
    answer, status = unwrapped((yield wrap(Command.ADDITIONAL_FRAME, proof)))
    if status != Status.OK:
        raise StatusFault(first[1], status)
    if len(answer) != answer_length:
        raise NotAuthentic("the card's proof has a wrong length")
    return rndb, answer


def selected(df_name: bytes) -> Exchange[bool]:
    """Select an application; False where the card has none of that name, or is no card with applications."""
    answer = yield select(df_name)
    return answer[-2:] == Status.ISO_OK.to_bytes(2, "big")


def unwrapped(answer: bytes) -> tuple[bytes, int]:
    """An answer's data and status word. Raises `NotAuthentic` for what is no answer."""
    try:
        return unwrap(answer)
    except MalformedAnswer as error:
        raise NotAuthentic(str(error)) from error


def run(exchange: Exchange[Result], transmit: Transmit) -> Result:
    """Drive an exchange over a reader. What `transmit` raises (the card left) and the faults above come through."""
    try:
        sent = next(exchange)
        while True:
            sent = exchange.send(transmit(sent))
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]  # the generator's return value is its Result
