# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A recorded exchange with a card, read with the card's keys in hand: MACs checked, data deciphered, TMI built.

Neither the reader's nor the card's code is used, so that a recording holds both to the specification.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from heitje.card import messaging, transaction
from heitje.card.layout import BLOCK, FILE_TRANSACTION_MAC, Command
from heitje.card.messaging import MAC_LENGTH, SessionKeys

_HEADER_LENGTH: Final = {
    Command.GET_FILE_SETTINGS: 1,
    Command.READ_DATA: 7,
    Command.WRITE_DATA: 7,
    Command.GET_VALUE: 1,
    Command.DEBIT: 1,
    Command.CREDIT: 1,
    Command.READ_RECORDS: 7,
    Command.WRITE_RECORD: 7,
    Command.COMMIT_READER_ID: 16,
    Command.COMMIT_TRANSACTION: 1,
    Command.ABORT_TRANSACTION: 0,
}
_ENCIPHERED_COMMANDS: Final = frozenset({Command.DEBIT, Command.CREDIT, Command.WRITE_RECORD})
_ENCIPHERED_ANSWERS: Final = frozenset({Command.GET_VALUE, Command.READ_RECORDS})
_CHALLENGES: Final = {0x71: 2 * BLOCK, 0x77: BLOCK}


@dataclass
class Transcript:
    """What a recording said: session keys and TI, the transaction MAC's input by parts, and what was committed."""

    card_keys: Mapping[int, bytes]
    keys: SessionKeys = field(default_factory=lambda: SessionKeys(b"", b""))
    ti: bytes = b""
    counter: int = 0
    tmi_parts: list[bytes] = field(default_factory=list)
    amount: int | None = None
    balance_before: int | None = None
    record: bytes | None = None
    tmri: bytes | None = None
    enc_tmri: bytes | None = None
    tmc_before: int | None = None
    committed: tuple[int, bytes] | None = None
    _challenge: tuple[int, bytes, bytes] | None = None

    def follow(self, sent: bytes, received: bytes | None) -> None:
        """Take in one APDU and its answer (None: the card left). Raises `ValueError` for what cannot have been."""
        if sent[0] != 0x90:
            return
        command, data = sent[1], sent[5:-1] if len(sent) > 5 else b""
        answer = b"" if received is None else received[:-2]
        if command in _CHALLENGES:
            key = self.card_keys[data[0]]
            self._challenge = command, key, messaging.cbc_decrypt(key, answer)
        elif command == Command.ADDITIONAL_FRAME and self._challenge is not None:
            self._open(*self._challenge, data, answer)
        else:
            self._follow_command(Command(command), data, answer if received is not None else None)

    def _open(self, command: int, key: bytes, rndb: bytes, proof: bytes, answer: bytes) -> None:
        plain = messaging.cbc_decrypt(key, proof)
        rnda = plain[:BLOCK]
        if plain[BLOCK:] != messaging.rotate_left(rndb):
            raise ValueError("the reader did not answer the card's challenge")
        said = messaging.cbc_decrypt(key, answer)
        first = command == Command.AUTHENTICATE_EV2_FIRST
        if (said[4 : 4 + BLOCK] if first else said) != messaging.rotate_left(rnda):
            raise ValueError("the card did not answer the reader's challenge")
        self.keys = messaging.derive(key, rnda, rndb)
        if first:
            self.ti, self.counter = said[:4], 0
        self._challenge = None

    def _follow_command(self, command: Command, data: bytes, answer: bytes | None) -> None:
        body, mac = data[:-MAC_LENGTH], data[-MAC_LENGTH:]
        if mac != messaging.command_mac(self.keys.mac, command, self.counter, self.ti, body):
            raise ValueError(f"{command.name} has a wrong MAC")
        header, plain = body[: _HEADER_LENGTH[command]], body[_HEADER_LENGTH[command] :]
        if command in _ENCIPHERED_COMMANDS:
            plain = messaging.decrypt_command(self.keys.enc, self.counter, self.ti, plain)
        self.counter += 1
        said = None if answer is None else self._read_answer(command, answer)
        self._take(command, header, plain, said)

    def _read_answer(self, command: Command, answer: bytes) -> bytes:
        body, mac = answer[:-MAC_LENGTH], answer[-MAC_LENGTH:]
        if mac != messaging.answer_mac(self.keys.mac, self.counter, self.ti, body):
            raise ValueError(f"the answer to {command.name} has a wrong MAC")
        if command in _ENCIPHERED_ANSWERS:
            return messaging.decrypt_answer(self.keys.enc, self.counter, self.ti, body)
        return body

    def _take(self, command: Command, header: bytes, plain: bytes, said: bytes | None) -> None:
        if command is Command.ABORT_TRANSACTION:
            self.tmi_parts.clear()
        elif command is Command.COMMIT_READER_ID and said is not None:
            self.tmri, self.enc_tmri = header, said
            self.tmi_parts.append(transaction.tmi_commit_reader_id(header, said))
        elif command is Command.GET_VALUE and said is not None:
            self.balance_before = int.from_bytes(said, "little", signed=True)
            self.tmi_parts.append(transaction.tmi_value(command, header[0], self.balance_before))
        elif command in (Command.DEBIT, Command.CREDIT):
            self.amount = int.from_bytes(plain, "little")
            self.tmi_parts.append(transaction.tmi_value(command, header[0], self.amount))
        elif command is Command.WRITE_RECORD:
            self.record = plain
            self.tmi_parts.append(transaction.tmi_write_record(header[0], _int(header[1:4]), plain))
        elif command is Command.READ_DATA and header[0] == FILE_TRANSACTION_MAC and said is not None:
            self.tmc_before = int.from_bytes(said[:4], "little")
        elif command in (Command.READ_DATA, Command.WRITE_DATA):
            read = plain if command is Command.WRITE_DATA else said or b""
            self.tmi_parts.append(transaction.tmi_data(command, header[0], _int(header[1:4]), read))
        elif command is Command.READ_RECORDS and said is not None:
            part = transaction.tmi_read_records(header[0], _int(header[1:4]), _int(header[4:7]), said)
            self.tmi_parts.append(part)
        elif command is Command.COMMIT_TRANSACTION and said is not None:
            self.committed = int.from_bytes(said[:4], "little"), said[4:]


def _int(data: bytes) -> int:
    return int.from_bytes(data, "little")
