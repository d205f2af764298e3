# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""An EV2's own level, and the making of an application and its files (docs/silicon.md). Each raises `CardFault`.

    SelectApplication         AID (3)            000000: the card itself
    GetApplicationIDs         -> AID (3)
    GetKeySettings            -> settings | keys, 80 added where they are AES
    ChangeKeySettings         E(settings)
    CreateApplication         AID (3) | settings | 85 | ISO file id (2) | DF name (1..16)
    CreateStandardDataFile    file | communication | rights (2) | size (3)
    CreateValueFile           file | communication | rights (2) | lower (4) | upper (4) | value (4) | options
    CreateCyclicRecordFile    file | communication | rights (2) | record size (3) | records (3)

Bit 1 of the card's settings lets anybody list, bit 2 anybody make an application; else a session of its key is
needed. This card has room for one application, with the files of a Heitje card: another number or size is `919E`.
"""

import struct
from dataclasses import replace
from typing import Any, Final

from firmware_sim.card.blank import new_application
from firmware_sim.card.configuration_commands import keep_file, spoken
from firmware_sim.card.fault import CardFault
from firmware_sim.card.image import AID_LENGTH, DF_NAME_MAX
from firmware_sim.card.state import Place, State
from heitje.card.file_settings import RECORDS_MADE, FileSettings, FileType, Rights
from heitje.card.layout import (
    BLOCK,
    CERTIFICATE_FILE_SIZE,
    FILE_CERTIFICATE,
    FILE_RECORDS,
    FILE_VALUE,
    KEY_COUNT,
    KEY_ISSUER,
    RECORD_SIZE,
    MakingCommand,
    Status,
)
from heitje.card.messaging import MAC_LENGTH

FREE_LISTING: Final = 0x02
FREE_MAKING: Final = 0x04

_CARD_LEVEL: Final = bytes(AID_LENGTH)
_AES_KEYS: Final = 0x80
_APPLICATION_HEADER: Final = AID_LENGTH + 4
_STANDARD: Final = struct.Struct("<BB2s3s")
_VALUE: Final = struct.Struct("<BB2siiiB")
_CYCLIC: Final = struct.Struct("<BB2s3s3s")


def select_application(state: State, data: bytes) -> bytes:
    """Go to an application by its number, or to the card itself."""
    if len(data) != AID_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    if data == _CARD_LEVEL:
        state.select(Place.CARD)
    elif data == state.image.application.aid:
        state.select(Place.APPLICATION)
    else:
        raise CardFault(Status.NO_SUCH_APPLICATION)
    return b""


def get_application_ids(state: State, data: bytes) -> bytes:
    """The numbers of the applications that there are."""
    _open_or_free(state, MakingCommand.GET_APPLICATION_IDS, data, FREE_LISTING)
    return _close(state, state.image.application.aid)


def get_key_settings(state: State, data: bytes) -> bytes:
    """The card's own settings, and of which kind its key is."""
    _open_or_free(state, MakingCommand.GET_KEY_SETTINGS, data, FREE_LISTING)
    image = state.image
    return _close(state, bytes((image.card_settings, 1 | (_AES_KEYS if image.card_key_is_aes else 0))))


def change_key_settings(state: State, data: bytes) -> bytes:
    """New settings of the card, in a session of its AES key."""
    session = state.permit(KEY_ISSUER)
    if len(data) != BLOCK + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    _, plain = session.open_full(MakingCommand.CHANGE_KEY_SETTINGS, data, 0)
    if len(plain) != 1:
        raise CardFault(Status.LENGTH_ERROR)
    state.commit(replace(state.image, card_settings=plain[0]))
    return session.close()


def create_application(state: State, data: bytes) -> bytes:
    """The application, all of its keys zeros, no file in it."""
    body = _open_or_free(state, MakingCommand.CREATE_APPLICATION, data, FREE_MAKING)
    aid, keys, df_name = body[:AID_LENGTH], body[AID_LENGTH + 1 :][:1], body[_APPLICATION_HEADER:]
    if not 0 < len(df_name) <= DF_NAME_MAX:
        raise CardFault(Status.LENGTH_ERROR)
    if aid == _CARD_LEVEL or keys != bytes((_AES_KEYS | KEY_COUNT,)):
        raise CardFault(Status.PARAMETER_ERROR)
    if state.image.application.df_name:
        raise CardFault(Status.ALREADY_THERE)
    state.commit(replace(state.image, application=new_application(df_name, {}, aid)))
    return _close(state, b"")


def create_standard_data_file(state: State, data: bytes) -> bytes:
    """The certificate's file."""
    number, communication, rights, size = _body(state, MakingCommand.CREATE_STANDARD_DATA_FILE, data, _STANDARD)
    file = _file(FileType.STANDARD, communication, rights)
    return _create(state, number, replace(file, size=_int(size)), (FILE_CERTIFICATE, CERTIFICATE_FILE_SIZE, 0))


def create_value_file(state: State, data: bytes) -> bytes:
    """The balance, at its first value."""
    body = _body(state, MakingCommand.CREATE_VALUE_FILE, data, _VALUE)
    number, communication, rights, lower, upper, value, options = body
    if not 0 <= lower <= value <= upper:
        raise CardFault(Status.PARAMETER_ERROR)
    file = replace(_file(FileType.VALUE, communication, rights), lower=lower, upper=upper, options=options)
    return _create(state, number, file, (FILE_VALUE, 0, 0), value)


def create_cyclic_record_file(state: State, data: bytes) -> bytes:
    """The recovery file, empty."""
    body = _body(state, MakingCommand.CREATE_CYCLIC_RECORD_FILE, data, _CYCLIC)
    number, communication, rights, size, records = body
    file = replace(_file(FileType.CYCLIC, communication, rights), size=_int(size), records=_int(records))
    return _create(state, number, file, (FILE_RECORDS, RECORD_SIZE, RECORDS_MADE))


def _open_or_free(state: State, command: MakingCommand, data: bytes, freedom: int) -> bytes:
    """What stands before the MAC in a session, or all of it where the card's settings let anybody do this."""
    if state.session is not None:
        return state.session.open(command, data)
    if not state.image.card_settings & freedom:
        raise CardFault(Status.AUTHENTICATION_ERROR)
    return data


def _close(state: State, answer: bytes) -> bytes:
    return answer if state.session is None else state.session.close(answer)


def _body(state: State, command: MakingCommand, data: bytes, form: struct.Struct) -> tuple[Any, ...]:
    session = state.permit(KEY_ISSUER)
    if len(data) != form.size + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    return form.unpack(session.open(command, data))


def _file(file_type: FileType, communication: int, rights: bytes) -> FileSettings:
    return FileSettings(file_type, spoken(communication, file_type), Rights.unpack(rights))


def _create(
    state: State, number: int, file: FileSettings, room: tuple[int, int, int], balance: int | None = None
) -> bytes:
    if (number, file.size, file.records) != room:
        raise CardFault(Status.PARAMETER_ERROR)
    if number in state.image.application.files:
        raise CardFault(Status.ALREADY_THERE)
    keep_file(state, number, file, balance)
    return state.need_session().close()


def _int(data: bytes) -> int:
    return int.from_bytes(data, "little")
