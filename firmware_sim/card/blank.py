# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards as they leave the factory (NXP MF2DL(H)x0 data sheet section 8.2; what is assumed: docs/silicon.md).

DESFire Light   one application under the chip's own DF name, six files, five AES keys of zeros
EV2, EV3        no application; one key of its own, of zeros, and that for triple DES
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from firmware_sim.card.image import NO_APPLICATION, Application, CardImage, Key, Kind
from heitje.card.file_settings import (
    FILE_UNUSED_04,
    FILE_UNUSED_1F,
    NOBODY,
    RECORDS_MADE,
    Communication,
    FileSettings,
    FileType,
    Rights,
)
from heitje.card.layout import (
    CERTIFICATE_FILE_SIZE,
    FILE_CERTIFICATE,
    FILE_RECORDS,
    FILE_TRANSACTION_MAC,
    FILE_VALUE,
    KEY_COUNT,
    KEY_LENGTH,
    LIGHT_DF_NAME,
    RECORD_SIZE,
    UID_LENGTH,
)

ZERO_KEY: Final = Key(bytes(KEY_LENGTH))

_OPEN: Final = Rights(read=1, write=2, read_write=3, change=0)
FACTORY_FILES: Final[Mapping[int, FileSettings]] = MappingProxyType(
    {
        FILE_CERTIFICATE: FileSettings(FileType.STANDARD, Communication.FULL, _OPEN, CERTIFICATE_FILE_SIZE),
        FILE_UNUSED_04: FileSettings(FileType.STANDARD, Communication.FULL, _OPEN, CERTIFICATE_FILE_SIZE),
        FILE_UNUSED_1F: FileSettings(FileType.STANDARD, Communication.MAC, _OPEN, 32),
        FILE_RECORDS: FileSettings(FileType.CYCLIC, Communication.FULL, _OPEN, RECORD_SIZE, records=RECORDS_MADE),
        FILE_VALUE: FileSettings(FileType.VALUE, Communication.FULL, _OPEN, upper=0x7FFFFFFF, options=0x01),
        FILE_TRANSACTION_MAC: FileSettings(
            FileType.TRANSACTION_MAC, Communication.MAC, Rights(read=1, write=NOBODY, read_write=1, change=0)
        ),
    }
)
"""Sizes and numbers are the data sheet's; rights and communication are one guess, which nothing may depend upon."""


def blank_light(uid: bytes, files: Mapping[int, FileSettings] = FACTORY_FILES) -> CardImage:
    """A DESFire Light as it is bought. Raises `ValueError` unless the UID is 7 bytes."""
    return CardImage(_checked(uid), new_application(LIGHT_DF_NAME, files))


def blank_ev2(uid: bytes) -> CardImage:
    """A DESFire EV2 as it is bought. Raises `ValueError` unless the UID is 7 bytes."""
    return CardImage(_checked(uid), NO_APPLICATION, Kind.EV2)


def blank_ev3(uid: bytes) -> CardImage:
    """A DESFire EV3 as it is bought. Raises `ValueError` unless the UID is 7 bytes."""
    return CardImage(_checked(uid), NO_APPLICATION, Kind.EV3)


def new_application(df_name: bytes, files: Mapping[int, FileSettings], aid: bytes = b"") -> Application:
    """An application with nothing in its files, all keys zeros."""
    return Application(
        df_name=df_name,
        keys=(ZERO_KEY,) * KEY_COUNT,
        transaction_mac_key=ZERO_KEY,
        certificate=bytes(CERTIFICATE_FILE_SIZE),
        balance=0,
        files=files,
        aid=aid,
    )


def _checked(uid: bytes) -> bytes:
    if len(uid) != UID_LENGTH:
        raise ValueError("a card's UID is 7 bytes")
    return uid
