# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What makes a Heitje card of a DESFire Light: SetConfiguration, ChangeFileSettings, and the transaction-MAC file's
making and unmaking (NXP MF2DL(H)x0 data sheet section 10; assumptions: docs/silicon.md). Each raises `CardFault`.

    SetConfiguration          06 | E(80 + length | DF name (16) | ISO file id (2))                    once only
                              09 | E(file | lower (4) | upper (4) | value (4) | options (1))
    ChangeFileSettings        file | E(communication | rights (2))
    CreateTransactionMACFile  file | communication | rights (2) | key type 02 | E(key (16) | version)  TMC begins at 0
    DeleteTransactionMACFile  file

Other configurations are refused, and communications other than those that the file's commands here speak.
"""

import struct
from dataclasses import replace
from typing import Final

from firmware_sim.card.fault import CardFault
from firmware_sim.card.image import DF_NAME_MAX, Key
from firmware_sim.card.state import State
from heitje.card.file_settings import AES_KEY, Communication, FileSettings, FileType, Rights
from heitje.card.layout import (
    BLOCK,
    FILE_TRANSACTION_MAC,
    KEY_ISSUER,
    KEY_LENGTH,
    LIGHT_DF_NAME,
    NO_READER,
    Command,
    Status,
)
from heitje.card.messaging import MAC_LENGTH

SPOKEN: Final = {
    FileType.STANDARD: frozenset({Communication.MAC, Communication.FULL}),
    FileType.VALUE: frozenset({Communication.FULL}),
    FileType.CYCLIC: frozenset({Communication.FULL}),
    FileType.TRANSACTION_MAC: frozenset({Communication.MAC}),
}

_OPTION_DF_NAME: Final = 0x06
_OPTION_VALUE_FILE: Final = 0x09
_NAME_GIVEN: Final = 0x80
_NAME_FORM: Final = struct.Struct(f"<B{DF_NAME_MAX}sH")
_LIMITS_FORM: Final = struct.Struct("<BiiiB")
_OPTIONS_KNOWN: Final = 0x03
_SETTINGS_LENGTH: Final = 3
_MAC_FILE_HEADER: Final = 5


def set_configuration(state: State, data: bytes) -> bytes:
    """Give the application its name, or the value file its limits, value and options."""
    session = state.permit(KEY_ISSUER)
    if len(data) < 1 + BLOCK + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    header, plain = session.open_full(Command.SET_CONFIGURATION, data, 1)
    if header[0] == _OPTION_DF_NAME:
        _rename(state, plain)
    elif header[0] == _OPTION_VALUE_FILE:
        _set_limits(state, plain)
    else:
        raise CardFault(Status.PARAMETER_ERROR)
    return session.close()


def change_file_settings(state: State, data: bytes) -> bytes:
    """New communication and rights, by the key that has the file's Change right."""
    number, file = state.file(data)
    session = state.permit(file.rights.change)
    if len(data) != 1 + BLOCK + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    _, plain = session.open_full(Command.CHANGE_FILE_SETTINGS, data, 1)
    if len(plain) != _SETTINGS_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    communication = spoken(plain[0], file.type)
    keep_file(state, number, replace(file, communication=communication, rights=Rights.unpack(plain[1:])))
    return session.close()


def create_transaction_mac_file(state: State, data: bytes) -> bytes:
    """A new counter and a new key."""
    session = state.permit(KEY_ISSUER)
    if len(data) != _MAC_FILE_HEADER + 2 * BLOCK + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    header, plain = session.open_full(Command.CREATE_TRANSACTION_MAC_FILE, data, _MAC_FILE_HEADER)
    if len(plain) != KEY_LENGTH + 1:
        raise CardFault(Status.LENGTH_ERROR)
    if header[0] != FILE_TRANSACTION_MAC or header[4] != AES_KEY:
        raise CardFault(Status.PARAMETER_ERROR)
    application = state.image.application
    if header[0] in application.files:
        raise CardFault(Status.ALREADY_THERE)
    communication = spoken(header[1], FileType.TRANSACTION_MAC)
    file = FileSettings(FileType.TRANSACTION_MAC, communication, Rights.unpack(header[2:4]))
    application = replace(
        application,
        files={**application.files, header[0]: file},
        transaction_mac_key=Key(plain[:KEY_LENGTH], plain[KEY_LENGTH]),
        tmc=0,
        tmv=bytes(8),
        tmri_prev=NO_READER,
    )
    state.commit(replace(state.image, application=application))
    return session.close()


def delete_transaction_mac_file(state: State, data: bytes) -> bytes:
    """Take the file, its counter and its key away."""
    number, file = state.file(data)
    session = state.permit(KEY_ISSUER)
    if len(data) != 1 + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    session.open(Command.DELETE_TRANSACTION_MAC_FILE, data)
    if file.type is not FileType.TRANSACTION_MAC:
        raise CardFault(Status.PERMISSION_DENIED)
    application = state.image.application
    files = {left: settings for left, settings in application.files.items() if left != number}
    state.commit(replace(state.image, application=replace(application, files=files)))
    return session.close()


def spoken(communication: int, file_type: FileType) -> Communication:
    """A communication that this type of file has here. Raises `CardFault`."""
    if communication not in SPOKEN[file_type]:
        raise CardFault(Status.PARAMETER_ERROR)
    return Communication(communication)


def keep_file(state: State, number: int, file: FileSettings, balance: int | None = None) -> None:
    """Make a file's settings real, and the value file's `balance` (cents) with them."""
    application = state.image.application
    application = replace(
        application,
        files={**application.files, number: file},
        balance=application.balance if balance is None else balance,
    )
    state.commit(replace(state.image, application=application))


def _rename(state: State, plain: bytes) -> None:
    if len(plain) != _NAME_FORM.size:
        raise CardFault(Status.LENGTH_ERROR)
    option, name, _ = _NAME_FORM.unpack(plain)
    length = option & ~_NAME_GIVEN
    if not option & _NAME_GIVEN or not 0 < length <= DF_NAME_MAX or any(name[length:]):
        raise CardFault(Status.PARAMETER_ERROR)
    application = state.image.application
    if application.df_name != LIGHT_DF_NAME:
        raise CardFault(Status.PERMISSION_DENIED)
    state.commit(replace(state.image, application=replace(application, df_name=name[:length])))


def _set_limits(state: State, plain: bytes) -> None:
    if len(plain) != _LIMITS_FORM.size:
        raise CardFault(Status.LENGTH_ERROR)
    number, lower, upper, value, options = _LIMITS_FORM.unpack(plain)
    _, file = state.file(bytes((number,)), FileType.VALUE)
    if not 0 <= lower <= value <= upper or options & ~_OPTIONS_KNOWN:
        raise CardFault(Status.PARAMETER_ERROR)
    keep_file(state, number, replace(file, lower=lower, upper=upper, options=options), value)
