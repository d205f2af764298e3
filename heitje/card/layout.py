# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Names of what a card understands and answers: commands, status words, files, keys (CARD.md sections 1, 5 and 8)."""

from enum import IntEnum
from typing import Final


class Command(IntEnum):
    """Native command codes (CARD.md section 1; those that make a card: docs/silicon.md)."""

    AUTHENTICATE_EV2_FIRST = 0x71
    AUTHENTICATE_EV2_NON_FIRST = 0x77
    ADDITIONAL_FRAME = 0xAF
    GET_VERSION = 0x60
    GET_CARD_UID = 0x51
    GET_FILE_SETTINGS = 0xF5
    READ_DATA = 0xAD
    WRITE_DATA = 0x8D
    GET_VALUE = 0x6C
    DEBIT = 0xDC
    CREDIT = 0x0C
    LIMITED_CREDIT = 0x1C
    READ_RECORDS = 0xAB
    WRITE_RECORD = 0x8B
    COMMIT_READER_ID = 0xC8
    COMMIT_TRANSACTION = 0xC7
    ABORT_TRANSACTION = 0xA7
    CHANGE_KEY = 0xC4
    GET_KEY_VERSION = 0x64
    GET_FILE_IDS = 0x6F
    SET_CONFIGURATION = 0x5C
    CHANGE_FILE_SETTINGS = 0x5F
    CREATE_TRANSACTION_MAC_FILE = 0xCE
    DELETE_TRANSACTION_MAC_FILE = 0xDF


class MakingCommand(IntEnum):
    """Commands of an EV2 or EV3 alone: its card level, and the making of an application (docs/silicon.md)."""

    SELECT_APPLICATION = 0x5A
    GET_APPLICATION_IDS = 0x6A
    GET_KEY_SETTINGS = 0x45
    CHANGE_KEY_SETTINGS = 0x54
    AUTHENTICATE_ISO = 0x1A
    CREATE_APPLICATION = 0xCA
    CREATE_STANDARD_DATA_FILE = 0xCD
    CREATE_VALUE_FILE = 0xCC
    CREATE_CYCLIC_RECORD_FILE = 0xC0


class Status(IntEnum):
    """Status words (CARD.md section 8)."""

    OK = 0x9100
    MORE_FRAMES = 0x91AF
    NOTHING_TO_COMMIT = 0x910C
    ILLEGAL_COMMAND = 0x911C
    INTEGRITY_ERROR = 0x911E
    NO_SUCH_KEY = 0x9140
    LENGTH_ERROR = 0x917E
    PERMISSION_DENIED = 0x919D
    PARAMETER_ERROR = 0x919E
    AUTHENTICATION_DELAY = 0x91AD
    AUTHENTICATION_ERROR = 0x91AE
    BOUNDARY_ERROR = 0x91BE
    COMMAND_ABORTED = 0x91CA
    FILE_NOT_FOUND = 0x91F0
    NO_SUCH_APPLICATION = 0x91A0
    ALREADY_THERE = 0x91DE
    ISO_OK = 0x9000
    ISO_WRONG_LENGTH = 0x6700
    ISO_APPLICATION_NOT_FOUND = 0x6A82


UID_LENGTH: Final = 7
KEY_LENGTH: Final = 16
BLOCK: Final = 16

KEY_ISSUER: Final = 0
KEY_TERMINAL: Final = 1
KEY_LOADER: Final = 2
KEY_TRANSACTION_MAC: Final = 0xF0
"""The key number under which the transaction-MAC key is diversified (CARD.md section 4)."""
KEY_CARD: Final = 0xF1
"""The key number under which an EV2's or EV3's own master key is diversified (docs/decisions.md)."""
KEY_COUNT: Final = 5
KEY_VERSION_FIRST: Final = 1
"""The version of keys 0 to 4 of a new card; a factory key has version 0."""

FILE_CERTIFICATE: Final = 0x00
FILE_RECORDS: Final = 0x01
FILE_VALUE: Final = 0x03
FILE_TRANSACTION_MAC: Final = 0x0F

CERTIFICATE_FILE_SIZE: Final = 256
CERTIFICATE_FIRST_READ: Final = 160
MACED_READ_MAX: Final = 248
"""An answer carries at most 256 bytes, 8 of them the MAC (CARD.md section 1)."""

RECORD_SIZE: Final = 16
RECORDS_READABLE: Final = 4
BALANCE_MAX: Final = 15_000
"""Upper limit of the value file, cents (CARD.md section 5)."""

LIGHT_DF_NAME: Final = bytes.fromhex("A00000039656434103F015400000000B")
"""The DF name of a DESFire Light's application as it leaves the factory."""
DF_NAME_PREFIX: Final = bytes.fromhex("F0484549544A")
NO_READER: Final = bytes(16)
"""TMRIPrev of a card that has committed nothing yet."""


def df_name(programme_number: bytes) -> bytes:
    """The 8-byte DF name of a programme's application; `programme_number` is 2 bytes (CARD.md section 5)."""
    if len(programme_number) != 2:
        raise ValueError("a programme number is two bytes")
    return DF_NAME_PREFIX + programme_number
