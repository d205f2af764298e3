# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A recorded exchange with a card, read with the card's keys in hand: MACs checked, data deciphered, TMI built.

Neither the reader's nor the card's code is used, so that a recording holds both to the specification.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from heitje.card import messaging, transaction
from heitje.card.apdu import unwrap, wrap
from heitje.card.certificate import LENGTH_BYTES, length_of
from heitje.card.layout import BLOCK, FILE_CERTIFICATE, FILE_TRANSACTION_MAC, Command, Status
from heitje.card.messaging import MAC_LENGTH, SessionKeys

_NATIVE: Final = b"\x90"
_HEAD_LENGTH: Final = 5
_TI_LENGTH: Final = 4
_TMC_LENGTH: Final = 4
_HEADER_LENGTH: Final = {
    Command.GET_FILE_SETTINGS: 1,
    Command.GET_CARD_UID: 0,
    Command.READ_DATA: 7,
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
_ENCIPHERED_ANSWERS: Final = frozenset({Command.GET_CARD_UID, Command.GET_VALUE, Command.READ_RECORDS})
_CHALLENGES: Final = frozenset({Command.AUTHENTICATE_EV2_FIRST, Command.AUTHENTICATE_EV2_NON_FIRST})


class Authentication(NamedTuple):
    """One authentication that succeeded; NonFirst repeats the TI of the first."""

    key_number: int
    rnda: bytes
    rndb: bytes
    ti: bytes
    keys: SessionKeys


class Payment(NamedTuple):
    """What a whole recording amounts to. `committed`: TMC and TMV; None where no authentic answer proves it."""

    certificate: bytes
    tmc_before: int
    tmv_before: bytes
    tmri: bytes
    enc_tmri: bytes
    balance_before: int
    amount: int
    record: bytes
    tmi_parts: tuple[bytes, ...]
    committed: tuple[int, bytes] | None


@dataclass
class Transcript:
    """A recording, followed APDU by APDU."""

    card_keys: Mapping[int, bytes]
    authentications: list[Authentication] = field(default_factory=list)
    _challenge: tuple[int, int, bytes] | None = None
    _counter: int = 0
    _said: dict[str, Any] = field(default_factory=dict)
    _certificate_file: bytes = b""
    _tmi_parts: list[bytes] = field(default_factory=list)

    def payment(self) -> Payment:
        """The payment that was recorded. Raises `ValueError` where a part of it is missing."""
        end = LENGTH_BYTES + length_of(self._certificate_file)
        certificate = self._certificate_file[LENGTH_BYTES:end]
        missing = sorted(set(Payment._fields) - {"certificate", "tmi_parts"} - self._said.keys())
        if missing:
            raise ValueError(f"the recording does not tell {', '.join(missing)}")
        return Payment(certificate=certificate, tmi_parts=tuple(self._tmi_parts), **self._said)

    def follow(self, sent: bytes, received: bytes | None) -> None:
        """Take in one APDU and its answer (None: the card left). Raises `ValueError` for what cannot have been."""
        if sent[:1] != _NATIVE:
            return
        command, data = Command(sent[1]), sent[_HEAD_LENGTH:-1]
        if sent != wrap(command, data):
            raise ValueError(f"{command.name} is not wrapped as it should be")
        answer, status = (None, None) if received is None else unwrap(received)
        if command in _CHALLENGES:
            if answer is None or status != Status.MORE_FRAMES:
                raise ValueError("the card gave no challenge")
            self._challenge = command, data[0], messaging.cbc_decrypt(self.card_keys[data[0]], answer)
        elif command is Command.ADDITIONAL_FRAME and self._challenge is not None:
            if answer is None or status != Status.OK:
                raise ValueError("the card did not accept the reader")
            self._open(*self._challenge, data, answer)
        else:
            self._follow_command(command, data, answer, status)

    def _open(self, command: int, key_number: int, rndb: bytes, proof: bytes, answer: bytes) -> None:
        key = self.card_keys[key_number]
        plain, said = messaging.cbc_decrypt(key, proof), messaging.cbc_decrypt(key, answer)
        rnda = plain[:BLOCK]
        if plain[BLOCK:] != messaging.rotate_left(rndb):
            raise ValueError("the reader did not answer the card's challenge")
        if command == Command.AUTHENTICATE_EV2_FIRST:
            ti, said, self._counter = said[:_TI_LENGTH], said[_TI_LENGTH : _TI_LENGTH + BLOCK], 0
        else:
            ti = self._session.ti
        if said != messaging.rotate_left(rnda):
            raise ValueError("the card did not answer the reader's challenge")
        keys = messaging.derive(key, rnda, rndb)
        self.authentications.append(Authentication(key_number, rnda, rndb, ti, keys))
        self._challenge = None

    @property
    def _session(self) -> Authentication:
        if not self.authentications:
            raise ValueError("a command before any authentication")
        return self.authentications[-1]

    def _follow_command(self, command: Command, data: bytes, answer: bytes | None, status: int | None) -> None:
        session, header_length = self._session, _HEADER_LENGTH.get(command)
        if header_length is None:
            raise ValueError(f"{command.name} has no place in a payment")
        body, mac = data[:-MAC_LENGTH], data[-MAC_LENGTH:]
        if mac != messaging.command_mac(session.keys.mac, command, self._counter, session.ti, body):
            raise ValueError(f"{command.name} has a wrong MAC")
        header, plain = body[:header_length], body[header_length:]
        if command in _ENCIPHERED_COMMANDS:
            plain = messaging.decrypt_command(session.keys.enc, self._counter, session.ti, plain)
        self._counter += 1
        said = None if answer is None or status != Status.OK else self._read_answer(command, answer)
        self._take(command, header, plain, said)

    def _read_answer(self, command: Command, answer: bytes) -> bytes | None:
        session, body, mac = self._session, answer[:-MAC_LENGTH], answer[-MAC_LENGTH:]
        if mac != messaging.answer_mac(session.keys.mac, self._counter, session.ti, body):
            return None
        if command in _ENCIPHERED_ANSWERS:
            return messaging.decrypt_answer(session.keys.enc, self._counter, session.ti, body)
        return body

    def _take(self, command: Command, header: bytes, plain: bytes, said: bytes | None) -> None:
        if command is Command.COMMIT_TRANSACTION:  # without an authentic answer it proves nothing (CARD.md section 9)
            self._said["committed"] = None if said is None else _tmc_and_tmv(said)
        elif said is None:
            raise ValueError(f"{command.name} has no authentic answer")
        elif command is Command.ABORT_TRANSACTION:
            self._tmi_parts.clear()
        elif command is Command.READ_DATA and header[0] == FILE_TRANSACTION_MAC:
            self._said["tmc_before"], self._said["tmv_before"] = _tmc_and_tmv(said)
        elif part := self._tmi_part(command, header, plain, said):
            self._tmi_parts.append(part)

    def _tmi_part(self, command: Command, header: bytes, plain: bytes, said: bytes) -> bytes:
        match command:
            case Command.COMMIT_READER_ID:
                self._said["tmri"], self._said["enc_tmri"] = header, said
                return transaction.tmi_commit_reader_id(header, said)
            case Command.GET_VALUE:
                self._said["balance_before"] = _int(said)
                return transaction.tmi_value(command, header[0], _int(said))
            case Command.DEBIT | Command.CREDIT:
                self._said["amount"] = _int(plain)
                return transaction.tmi_value(command, header[0], _int(plain))
            case Command.WRITE_RECORD:
                self._said["record"] = plain
                return transaction.tmi_write_record(header[0], _int(header[1:4]), plain)
            case Command.READ_DATA:
                if header[0] == FILE_CERTIFICATE and _int(header[1:4]) == len(self._certificate_file):
                    self._certificate_file += said
                return transaction.tmi_data(command, header[0], _int(header[1:4]), said)
            case Command.READ_RECORDS:
                return transaction.tmi_read_records(header[0], _int(header[1:4]), _int(header[4:7]), said)
        return b""


def _tmc_and_tmv(data: bytes) -> tuple[int, bytes]:
    return _int(data[:_TMC_LENGTH]), data[_TMC_LENGTH:]


def _int(data: bytes) -> int:
    return int.from_bytes(data, "little")
