# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A sale on a card, command by command (CARD.md section 7), in the stages between which the till acts.

greet     steps 1, 2    select, authenticate, certificate, transaction counter
(records  section 9     only to resolve an open intent of this card)
prepare   steps 3 to 6  reader id, balance, debit, record: nothing of it is real yet
commit    step 8        after the intent is on disk
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from heitje.card import record as records
from heitje.card import session as sessions
from heitje.card.certificate import LENGTH_BYTES, length_of
from heitje.card.layout import (
    CERTIFICATE_FIRST_READ,
    FILE_CERTIFICATE,
    FILE_RECORDS,
    FILE_TRANSACTION_MAC,
    FILE_VALUE,
    KEY_TERMINAL,
    RECORD_SIZE,
    RECORDS_READABLE,
    Command,
    Status,
)
from heitje.card.messaging import Key
from heitje.card.record import Record, RecordKind
from heitje.card.session import Exchange, NotAuthentic, Session, StatusFault
from heitje.cose import MalformedToken

_RETURN_TMC_AND_TMV: Final = b"\x01"
_TMC_LENGTH: Final = 4
_TMV_LENGTH: Final = 8
_VALUE_LENGTH: Final = 4
_READER_ID_LENGTH: Final = 16


class ForeignCard(sessions.CardFault):
    """No application of a programme that this till accepts: a bank card, a transit pass, another town's card."""


class Committed(NamedTuple):
    """What the card answers to a commit and keeps in file 0F: TMC after it, and TMV."""

    tmc: int
    tmv: bytes


@dataclass(frozen=True, slots=True)
class Contact:
    """A card that has proved to know its key. `certificate` is not checked yet; `last` is file 0F."""

    session: Session
    certificate: bytes
    last: Committed


@dataclass(frozen=True, slots=True)
class Programme:
    """An application to look for: its DF name, and this card's key 1 by version, the newest first."""

    df_name: bytes
    keys: Sequence[Key]


@dataclass(frozen=True, slots=True)
class Debited:
    """The card would pay: EncTMRI, the balance before, and the record, for the intent."""

    enc_tmri: bytes
    balance_before: int
    record: bytes


@dataclass(frozen=True, slots=True)
class TooLittle:
    """The balance is below the amount; the transaction was aborted and the card is as it was."""

    balance: int


def greet(programmes: Sequence[Programme], random_numbers: Sequence[bytes]) -> Exchange[Contact]:
    """Steps 1 and 2. `random_numbers`: 16 fresh bytes for each key that may be tried.

    Raises `ForeignCard`, `StatusFault`, `NotAuthentic`.
    """
    programme = yield from _selected(programmes)
    session = yield from _authenticated(programme.keys, random_numbers)
    certificate = yield from read_certificate(session)
    return Contact(session, certificate, (yield from last_commit(session)))


def read_certificate(session: Session) -> Exchange[bytes]:
    """File 00's certificate, unchecked. Raises `ForeignCard` where none can be there, `StatusFault`, `NotAuthentic`."""
    beginning = yield from read_data(session, FILE_CERTIFICATE, 0, CERTIFICATE_FIRST_READ)
    try:
        end = LENGTH_BYTES + length_of(beginning)
    except MalformedToken as error:
        raise ForeignCard("the card has no certificate") from error
    if end > CERTIFICATE_FIRST_READ:
        beginning += yield from read_data(
            session, FILE_CERTIFICATE, CERTIFICATE_FIRST_READ, end - CERTIFICATE_FIRST_READ
        )
    return beginning[LENGTH_BYTES:end]


def last_commit(session: Session) -> Exchange[Committed]:
    """File 0F: the last transaction's TMC and TMV. Raises `StatusFault`, `NotAuthentic`."""
    return _committed((yield from read_data(session, FILE_TRANSACTION_MAC, 0, _TMC_LENGTH + _TMV_LENGTH)))


def read_records(session: Session) -> Exchange[tuple[Record, ...]]:
    """The card's last four transactions, the newest last; for resolving this till's own intent, and kept nowhere.

    Raises `StatusFault`, `NotAuthentic`. A status that says "no records" is a fault like any other: it carries no MAC,
    and to believe it would void a payment that the card has made.
    """
    header = bytes((FILE_RECORDS,)) + bytes(3) + bytes(3)
    data = yield from session.command(Command.READ_RECORDS, header, answer_full=True)
    if len(data) % RECORD_SIZE or len(data) > RECORDS_READABLE * RECORD_SIZE:
        raise NotAuthentic("the records have a wrong length")
    return tuple(records.unpack(data[at : at + RECORD_SIZE]) for at in range(0, len(data), RECORD_SIZE))


def prepare(session: Session, tmri: bytes, amount: int, time: int) -> Exchange[Debited | TooLittle]:
    """Steps 3 to 6: debit `amount` cents in the card's shadow copy; `time` Unix seconds goes into the record.

    Raises `StatusFault`, `NotAuthentic`; the card is then as it was.
    """
    yield from abort(session)
    enc_tmri = yield from commit_reader_id(session, tmri)
    balance = yield from get_balance(session)
    if balance < amount:
        yield from abort(session)
        return TooLittle(balance)
    record = Record(RecordKind.SALE, time, records.reference_of(tmri), amount).pack()
    yield from change_balance(session, Command.DEBIT, amount, record)
    return Debited(enc_tmri, balance, record)


def commit_reader_id(session: Session, tmri: bytes) -> Exchange[bytes]:
    """CommitReaderID: bind the transaction to `tmri`; returns EncTMRI. Raises `StatusFault`, `NotAuthentic`."""
    enc_tmri = yield from session.command(Command.COMMIT_READER_ID, tmri)
    if len(enc_tmri) != _READER_ID_LENGTH:
        raise NotAuthentic("EncTMRI is not 16 bytes")
    return enc_tmri


def get_balance(session: Session) -> Exchange[int]:
    """GetValue: the balance as last committed, cents. Raises `StatusFault`, `NotAuthentic`."""
    value = yield from session.command(Command.GET_VALUE, bytes((FILE_VALUE,)), answer_full=True)
    if len(value) != _VALUE_LENGTH:
        raise NotAuthentic("the balance is not 4 bytes")
    return int.from_bytes(value, "little", signed=True)


def change_balance(session: Session, command: Command, amount: int, record: bytes) -> Exchange[None]:
    """Debit or Credit `amount` cents and write the record, both in the shadow. Raises `StatusFault`, `NotAuthentic`."""
    yield from session.command(command, bytes((FILE_VALUE,)), amount.to_bytes(_VALUE_LENGTH, "little"))
    header = bytes((FILE_RECORDS,)) + bytes(3) + RECORD_SIZE.to_bytes(3, "little")
    yield from session.command(Command.WRITE_RECORD, header, record)


def commit(session: Session) -> Exchange[Committed]:
    """Step 8. Any fault after this APDU was sent proves nothing: the intent is unresolved (section 9)."""
    answer = yield from session.command(Command.COMMIT_TRANSACTION, _RETURN_TMC_AND_TMV)
    return _committed(answer)


def abort(session: Session) -> Exchange[None]:
    """AbortTransaction: what was read or prepared stays out of the transaction."""
    yield from session.command(Command.ABORT_TRANSACTION)


class Fate(Enum):
    """What became of an intent whose commit had no answer (CARD.md section 9)."""

    NEVER_HAPPENED = "never happened"
    PAID = "paid"
    PAID_BUT_UNPROVEN = "paid, but the proof is overwritten"
    UNKNOWN = "unknown"


def fate_by_counter(tmc_before: int, tmc_now: int) -> Fate | None:
    """What the card's counter alone says of an intent; None: its records must tell."""
    if tmc_now == tmc_before:
        return Fate.NEVER_HAPPENED
    return None if tmc_now > tmc_before else Fate.UNKNOWN


def fate_by_records(tmc_before: int, tmc_now: int, intent_record: bytes, on_card: Sequence[Record]) -> Fate:
    """What the card's records say of an intent: other tills may have sold to the card since."""
    if records.unpack(intent_record) in on_card:
        return Fate.PAID if tmc_now == tmc_before + 1 else Fate.PAID_BUT_UNPROVEN
    return Fate.NEVER_HAPPENED if tmc_now <= tmc_before + RECORDS_READABLE else Fate.UNKNOWN


def _selected(programmes: Sequence[Programme]) -> Exchange[Programme]:
    for programme in programmes:
        if (yield from sessions.selected(programme.df_name)):
            return programme
    raise ForeignCard("no application of a programme that this till accepts")


def _authenticated(keys: Sequence[Key], random_numbers: Sequence[bytes]) -> Exchange[Session]:
    for place, (key, rnda) in enumerate(zip(keys, random_numbers, strict=False), start=1):
        try:
            return (yield from sessions.authenticate_first(KEY_TERMINAL, key, rnda))
        except StatusFault as fault:
            if fault.status != Status.AUTHENTICATION_ERROR or place == len(keys):
                raise
    raise ForeignCard("no key for this programme")


def read_data(session: Session, file: int, offset: int, length: int) -> Exchange[bytes]:
    """ReadData of `length` bytes, at most 248, of a file in MAC mode. Raises `StatusFault`, `NotAuthentic`."""
    header = bytes((file,)) + offset.to_bytes(3, "little") + length.to_bytes(3, "little")
    data = yield from session.command(Command.READ_DATA, header)
    if len(data) != length:
        raise NotAuthentic(f"{len(data)} bytes were read instead of {length}")
    return data


def _committed(data: bytes) -> Committed:
    if len(data) != _TMC_LENGTH + _TMV_LENGTH:
        raise NotAuthentic("TMC and TMV are not 12 bytes")
    return Committed(int.from_bytes(data[:_TMC_LENGTH], "little"), data[_TMC_LENGTH:])
