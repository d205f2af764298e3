# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The commands that make a Heitje card of a blank one, as exchanges (CARD.md section 5; docs/silicon.md).

SetConfiguration          06 | E(80 + length | DF name, filled to 16 | ISO file id (2))
                          09 | E(file | lower (4) | upper (4) | value (4) | options (1))
ChangeFileSettings        file | E(communication | rights (2))
CreateTransactionMACFile  file | communication | rights (2) | key type 02 | E(key (16) | version)
DeleteTransactionMACFile  file
CreateApplication         AID (3) | settings | 85 | ISO file id (2) | DF name
CreateStandardDataFile    file | communication | rights (2) | size (3)
CreateValueFile           file | communication | rights (2) | lower (4) | upper (4) | value (4) | options
CreateCyclicRecordFile    file | communication | rights (2) | record size (3) | records (3)

Each raises `StatusFault` and `NotAuthentic`.
"""

import struct
from enum import Enum
from typing import Final

from heitje.card import session as sessions
from heitje.card.apdu import wrap
from heitje.card.file_settings import AES_KEY, FileSettings, FileType, MalformedSettings
from heitje.card.layout import KEY_COUNT, Command, MakingCommand, Status
from heitje.card.session import Exchange, Session, StatusFault

CARD_LEVEL: Final = bytes(3)
"""The AID by which an EV2's own level is selected."""
ISO_FILE_ID: Final = 0xDF01
"""An ISO file id belongs to a DF name; this is the one that a DESFire Light's application has from the factory."""
WRITE_MAX: Final = 240
"""A command carries at most 255 bytes: seven of header and eight of MAC go with the data."""

APPLICATION_SETTINGS: Final = 0x0B
"""Key 0 changes keys and settings, and makes files; whoever has a session may look at files' settings."""
CARD_SETTINGS: Final = 0x0B
"""The same for the card's own key: nobody else makes an application, anybody may list them."""

_OPTION_DF_NAME: Final = b"\x06"
_OPTION_VALUE_FILE: Final = b"\x09"
_NAME_GIVEN: Final = 0x80
_NAME_FORM: Final = struct.Struct("<B16sH")
_LIMITS_FORM: Final = struct.Struct("<BiiiB")
_AES_KEYS: Final = 0x80
_AID_HEAD: Final = b"\x48"


class Kind(Enum):
    """A chip that a Heitje card can be made of."""

    LIGHT = "DESFire Light"
    EV2 = "DESFire EV2"
    EV3 = "DESFire EV3"


_KINDS: Final = {(0x08, 0x30): Kind.LIGHT, (0x01, 0x12): Kind.EV2, (0x01, 0x33): Kind.EV3}
"""Hardware type and major version, out of the first answer to GetVersion."""


def aid_of(df_name: bytes) -> bytes:
    """The AID of a programme's application on an EV2; a till selects by the DF name and never sees it."""
    return _AID_HEAD + df_name[-2:]


def get_version(uid: bytes) -> Exchange[Kind | None]:
    """GetVersion, whose three answers are not authentic: which chip it says it is.

    None for another chip, for no DESFire at all, or for one whose UID is not the one of anticollision.
    """
    parts: list[bytes] = []
    for expected in (Status.MORE_FRAMES, Status.MORE_FRAMES, Status.OK):
        answer, status = sessions.unwrapped((yield wrap(Command.ADDITIONAL_FRAME if parts else Command.GET_VERSION)))
        if status != expected:
            return None
        parts.append(answer)
    hardware, _, production = parts
    if len(hardware) < 4 or production[: len(uid)] != uid:
        return None
    return _KINDS.get((hardware[1], hardware[3]))


def plain(command: int, data: bytes = b"") -> Exchange[bytes]:
    """One command outside a session. Raises `StatusFault`."""
    answer, status = sessions.unwrapped((yield wrap(command, data)))
    if status != Status.OK:
        raise StatusFault(command, status)
    return answer


def get_card_uid(session: Session) -> Exchange[bytes]:
    """The UID, which only the card can have said."""
    return (yield from session.command(Command.GET_CARD_UID, answer_full=True))


def get_file_ids(session: Session) -> Exchange[frozenset[int]]:
    """The numbers of the application's files."""
    return frozenset((yield from session.command(Command.GET_FILE_IDS)))


def get_file_settings(session: Session, number: int) -> Exchange[FileSettings | None]:
    """A file's settings; None for a kind of file that a Heitje card has none of."""
    answer = yield from session.command(Command.GET_FILE_SETTINGS, bytes((number,)))
    try:
        return FileSettings.parse(answer)
    except MalformedSettings:
        return None


def rename(session: Session, df_name: bytes) -> Exchange[None]:
    """Give a DESFire Light's application its DF name. The application is then selected anew."""
    data = _NAME_FORM.pack(_NAME_GIVEN | len(df_name), df_name, ISO_FILE_ID)
    yield from session.command(Command.SET_CONFIGURATION, _OPTION_DF_NAME, data)


def set_limits(session: Session, number: int, file: FileSettings) -> Exchange[None]:
    """Give a DESFire Light's value file its limits and options, and the value 0."""
    data = _LIMITS_FORM.pack(number, file.lower, file.upper, 0, file.options)
    yield from session.command(Command.SET_CONFIGURATION, _OPTION_VALUE_FILE, data)


def change_file_settings(session: Session, number: int, file: FileSettings) -> Exchange[None]:
    """Give a file communication and rights; the session's key has the Change right."""
    data = bytes((file.communication,)) + file.rights.pack()
    yield from session.command(Command.CHANGE_FILE_SETTINGS, bytes((number,)), data)


def create_transaction_mac_file(session: Session, number: int, file: FileSettings, key: bytes) -> Exchange[None]:
    """Make the transaction-MAC file: its counter begins at 0."""
    header = _head(number, file) + bytes((AES_KEY,))
    yield from session.command(Command.CREATE_TRANSACTION_MAC_FILE, header, key + bytes((file.key_version,)))


def delete_transaction_mac_file(session: Session, number: int) -> Exchange[None]:
    """Take the transaction-MAC file away, its counter and key with it."""
    yield from session.command(Command.DELETE_TRANSACTION_MAC_FILE, bytes((number,)))


def change_card_settings(session: Session) -> Exchange[None]:
    """From now on only the card's own key makes an application."""
    yield from session.command(MakingCommand.CHANGE_KEY_SETTINGS, b"", bytes((CARD_SETTINGS,)))


def create_application(session: Session, df_name: bytes) -> Exchange[None]:
    """Make the application, five AES keys of zeros and no file in it."""
    head = aid_of(df_name) + bytes((APPLICATION_SETTINGS, _AES_KEYS | KEY_COUNT))
    yield from session.command(MakingCommand.CREATE_APPLICATION, head + ISO_FILE_ID.to_bytes(2, "little") + df_name)


def create_file(session: Session, number: int, file: FileSettings) -> Exchange[None]:
    """Make a file of an EV2's application, with its final settings."""
    head = _head(number, file)
    match file.type:
        case FileType.STANDARD:
            yield from session.command(MakingCommand.CREATE_STANDARD_DATA_FILE, head + _three(file.size))
        case FileType.VALUE:
            limits = struct.pack("<iiiB", file.lower, file.upper, 0, file.options)
            yield from session.command(MakingCommand.CREATE_VALUE_FILE, head + limits)
        case FileType.CYCLIC:
            records = _three(file.size) + _three(file.records)
            yield from session.command(MakingCommand.CREATE_CYCLIC_RECORD_FILE, head + records)
        case FileType.TRANSACTION_MAC:
            raise ValueError("a transaction-MAC file is made with its key")


def write_data(session: Session, number: int, data: bytes) -> Exchange[None]:
    """Write a standard file in MAC mode from its beginning, in as many commands as it takes. It can tear in between."""
    for offset in range(0, len(data), WRITE_MAX):
        part = data[offset : offset + WRITE_MAX]
        header = bytes((number,)) + _three(offset) + _three(len(part))
        yield from session.command(Command.WRITE_DATA, header + part)


def _head(number: int, file: FileSettings) -> bytes:
    return bytes((number, file.communication)) + file.rights.pack()


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")
