# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Commands on the application's files (CARD.md sections 1, 5 and 6).

Each takes the card's state and the command's data, MAC included, and gives the answer's data. Raises
`CardFault`.
"""

import struct
from dataclasses import replace
from typing import Final

from firmware_sim.card.fault import CardFault
from firmware_sim.card.state import State
from heitje.card.file_settings import Communication, FileType
from heitje.card.layout import BLOCK, FILE_CERTIFICATE, MACED_READ_MAX, Command, Status
from heitje.card.messaging import MAC_LENGTH
from heitje.card.transaction import tmi_data, tmi_read_records, tmi_value, tmi_write_record

FULL_READ_MAX: Final = 239
"""With padding to whole blocks and the MAC it still fits a frame of 256 bytes."""

_RANGE_HEADER: Final = 7  # file, offset or record number(3), length or count(3)
_VALUE_HEADER: Final = 1
_AMOUNT: Final = struct.Struct("<i")


def get_file_settings(state: State, data: bytes) -> bytes:
    """Type, communication, rights, then what the type adds."""
    _, file = state.file(data)
    session = state.need_session()
    _exactly(data, 1 + MAC_LENGTH)
    session.open(Command.GET_FILE_SETTINGS, data)
    application = state.image.application
    if file.type is FileType.CYCLIC:
        file = replace(file, records_present=len(application.records))
    if file.type is FileType.TRANSACTION_MAC:
        file = replace(file, key_version=application.transaction_mac_key.version)
    return session.close(file.pack())


def get_file_ids(state: State, data: bytes) -> bytes:
    """The numbers of the files that there are."""
    session = state.need_session()
    _exactly(data, MAC_LENGTH)
    session.open(Command.GET_FILE_IDS, data)
    return session.close(bytes(sorted(state.image.application.files)))


def read_data(state: State, data: bytes) -> bytes:
    """Bytes of a standard file, or TMC and TMV; length 0 means up to the end. Only file 00 keeps anything."""
    number, file = state.file(data)
    match file.type:
        case FileType.STANDARD:
            content = state.image.application.certificate if number == FILE_CERTIFICATE else bytes(file.size)
            session = state.permit(file.rights.read, file.rights.read_write)
        case FileType.TRANSACTION_MAC:
            application = state.image.application
            content = application.tmc.to_bytes(4, "little") + application.tmv
            session = state.permit(file.rights.read)  # its ReadWrite right is CommitReaderID's
        case _:
            raise CardFault(Status.PERMISSION_DENIED)
    _exactly(data, _RANGE_HEADER + MAC_LENGTH)
    offset, length = _range(session.open(Command.READ_DATA, data))
    length = length or len(content) - offset
    if length <= 0 or offset + length > len(content):
        raise CardFault(Status.BOUNDARY_ERROR)
    full = file.communication is Communication.FULL
    if length > (FULL_READ_MAX if full else MACED_READ_MAX):
        raise CardFault(Status.LENGTH_ERROR)
    part = content[offset : offset + length]
    if file.type is not FileType.TRANSACTION_MAC:
        state.transaction.tmi += tmi_data(Command.READ_DATA, number, offset, part)
    return session.close_full(part) if full else session.close(part)


def write_data(state: State, data: bytes) -> bytes:
    """Write the certificate file: at once, for a standard file has no shadow. The other standard files are closed."""
    number, file = state.file(data, FileType.STANDARD)
    session = state.permit(file.rights.write, file.rights.read_write)
    if len(data) <= _RANGE_HEADER + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    if number != FILE_CERTIFICATE:
        raise CardFault(Status.PERMISSION_DENIED)
    if file.communication is Communication.FULL:
        header, written = session.open_full(Command.WRITE_DATA, data, _RANGE_HEADER)
    else:
        body = session.open(Command.WRITE_DATA, data)
        header, written = body[:_RANGE_HEADER], body[_RANGE_HEADER:]
    offset, length = _range(header)
    if length == 0:
        raise CardFault(Status.PARAMETER_ERROR)
    if len(written) != length:
        raise CardFault(Status.LENGTH_ERROR)
    if offset + length > file.size:
        raise CardFault(Status.BOUNDARY_ERROR)
    application = state.image.application
    certificate = application.certificate[:offset] + written + application.certificate[offset + length :]
    state.commit(replace(state.image, application=replace(application, certificate=certificate)))
    state.transaction.tmi += tmi_data(Command.WRITE_DATA, number, offset, written)
    return session.close()


def get_value(state: State, data: bytes) -> bytes:
    """The balance as last committed."""
    number, file = state.file(data, FileType.VALUE)
    session = state.permit(file.rights.read, file.rights.write, file.rights.read_write)
    _exactly(data, _VALUE_HEADER + MAC_LENGTH)
    session.open(Command.GET_VALUE, data)
    balance = state.image.application.balance
    state.transaction.tmi += tmi_value(Command.GET_VALUE, number, balance)
    return session.close_full(_AMOUNT.pack(balance))


def debit(state: State, data: bytes) -> bytes:
    """Take from the shadow of the balance."""
    _, file = state.file(data, FileType.VALUE)
    return _change_value(state, Command.DEBIT, data, file.rights.read, file.rights.write, file.rights.read_write)


def credit(state: State, data: bytes) -> bytes:
    """Add to the shadow of the balance."""
    _, file = state.file(data, FileType.VALUE)
    return _change_value(state, Command.CREDIT, data, file.rights.read_write)


def limited_credit(state: State, data: bytes) -> bytes:
    """Disabled, whatever the key: else one extracted master would refill a card after every sale."""
    state.file(data, FileType.VALUE)
    raise CardFault(Status.PERMISSION_DENIED)


def read_records(state: State, data: bytes) -> bytes:
    """Records as last committed, oldest first; count 0 means all from the record number on."""
    number, file = state.file(data, FileType.CYCLIC)
    session = state.permit(file.rights.read, file.rights.read_write)
    _exactly(data, _RANGE_HEADER + MAC_LENGTH)
    first, count = _range(session.open(Command.READ_RECORDS, data))
    records = state.image.application.records
    if first >= len(records) or first + count > len(records):
        raise CardFault(Status.BOUNDARY_ERROR)
    last = first + count if count else len(records)
    content = b"".join(reversed(records[first:last]))
    state.transaction.tmi += tmi_read_records(number, first, count, content)
    return session.close_full(content)


def write_record(state: State, data: bytes) -> bytes:
    """Write into the transaction's new record."""
    number, file = state.file(data, FileType.CYCLIC)
    session = state.permit(file.rights.write, file.rights.read_write)
    if len(data) < _RANGE_HEADER + BLOCK + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    header, record = session.open_full(Command.WRITE_RECORD, data, _RANGE_HEADER)
    offset, length = _range(header)
    if length == 0:
        raise CardFault(Status.PARAMETER_ERROR)
    if len(record) != length:
        raise CardFault(Status.LENGTH_ERROR)
    state.transaction.write_record(offset, record)
    state.transaction.tmi += tmi_write_record(number, offset, record)
    return session.close()


def _change_value(state: State, command: Command, data: bytes, *rights: int) -> bytes:
    session = state.permit(*rights)
    _exactly(data, _VALUE_HEADER + BLOCK + MAC_LENGTH)
    header, plain = session.open_full(command, data, _VALUE_HEADER)
    _exactly(plain, _AMOUNT.size)
    (amount,) = _AMOUNT.unpack(plain)
    if amount < 0:
        raise CardFault(Status.PARAMETER_ERROR)
    state.transaction.change_balance(state.image, -amount if command is Command.DEBIT else amount)
    state.transaction.tmi += tmi_value(command, header[0], amount)
    return session.close()


def _exactly(data: bytes, length: int) -> None:
    if len(data) != length:
        raise CardFault(Status.LENGTH_ERROR)


def _range(header: bytes) -> tuple[int, int]:
    return int.from_bytes(header[1:4], "little"), int.from_bytes(header[4:7], "little")
