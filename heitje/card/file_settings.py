# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A file's settings as GetFileSettings answers them, and those of a Heitje card's files (CARD.md section 5).

type(1) | communication(1) | rights(2) | then by type
    standard          size(3)
    value             lower(4) | upper(4) | limited credit left(4) | options(1)
    cyclic records    record size(3) | records(3) | records present(3)
    transaction MAC   key type(1) | key version(1)

A right is a half byte: 0 to 4 a key, E free, F nobody.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from types import MappingProxyType
from typing import Final, Self

from heitje.card.layout import (
    BALANCE_MAX,
    CERTIFICATE_FILE_SIZE,
    FILE_CERTIFICATE,
    FILE_RECORDS,
    FILE_TRANSACTION_MAC,
    FILE_VALUE,
    KEY_ISSUER,
    KEY_LOADER,
    KEY_TERMINAL,
    RECORD_SIZE,
)

FREE: Final = 0xE
NOBODY: Final = 0xF
AES_KEY: Final = 0x02
RECORDS_MADE: Final = 5
"""File 01 is made with five records: one is the shadow."""
FILE_UNUSED_04: Final = 0x04
FILE_UNUSED_1F: Final = 0x1F
"""Two standard files that a DESFire Light cannot lose; on a Heitje card all their rights are F."""

_VALUE: Final = struct.Struct("<iiiB")


class FileType(IntEnum):
    """First byte of a file's settings."""

    STANDARD = 0x00
    VALUE = 0x02
    CYCLIC = 0x04
    TRANSACTION_MAC = 0x05


class Communication(IntEnum):
    """Second byte of a file's settings."""

    PLAIN = 0x00
    MAC = 0x01
    FULL = 0x03


class MalformedSettings(ValueError):
    """Bytes that are no settings of a file type known here."""


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may read, write, do both, and change the settings."""

    read: int
    write: int
    read_write: int
    change: int

    def pack(self) -> bytes:
        """ReadWrite and Change, then Read and Write: half a byte each."""
        return bytes((self.read_write << 4 | self.change, self.read << 4 | self.write))

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Read the two bytes."""
        return cls(data[1] >> 4, data[1] & 0xF, data[0] >> 4, data[0] & 0xF)


@dataclass(frozen=True, slots=True)
class FileSettings:
    """One file. `size` in bytes, of one record in a cyclic file; what another type has stays 0."""

    type: FileType
    communication: Communication
    rights: Rights
    size: int = 0
    lower: int = 0
    upper: int = 0
    limited_credit_left: int = 0
    options: int = 0
    records: int = 0
    records_present: int = 0
    key_version: int = 0

    def pack(self) -> bytes:
        """The bytes that GetFileSettings answers."""
        head = bytes((self.type, self.communication)) + self.rights.pack()
        match self.type:
            case FileType.STANDARD:
                return head + _three(self.size)
            case FileType.VALUE:
                return head + _VALUE.pack(self.lower, self.upper, self.limited_credit_left, self.options)
            case FileType.CYCLIC:
                return head + _three(self.size) + _three(self.records) + _three(self.records_present)
            case FileType.TRANSACTION_MAC:
                return head + bytes((AES_KEY, self.key_version))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what GetFileSettings answered. Raises `MalformedSettings`."""
        try:
            file_type, communication = FileType(data[0]), Communication(data[1])
            rights, rest = Rights.unpack(data[2:4]), data[4:]
            settings = cls(file_type, communication, rights)
            match file_type:
                case FileType.STANDARD:
                    settings = replace(settings, size=_int(rest[:3]))
                case FileType.VALUE:
                    lower, upper, left, options = _VALUE.unpack(rest)
                    settings = replace(settings, lower=lower, upper=upper, limited_credit_left=left, options=options)
                case FileType.CYCLIC:
                    size, records, present = (_int(rest[at : at + 3]) for at in (0, 3, 6))
                    settings = replace(settings, size=size, records=records, records_present=present)
                case FileType.TRANSACTION_MAC:
                    settings = replace(settings, key_version=rest[1])
        except (ValueError, IndexError, struct.error) as error:
            raise MalformedSettings(f"these are no file settings: {data.hex()}") from error
        if settings.pack() != data:
            raise MalformedSettings(f"these file settings have more to them than is known: {data.hex()}")
        return settings


_ISSUER_WRITES: Final = Rights(KEY_TERMINAL, NOBODY, KEY_ISSUER, KEY_ISSUER)
_LOADER_ADDS: Final = Rights(KEY_TERMINAL, NOBODY, KEY_LOADER, KEY_ISSUER)
_CLOSED: Final = Rights(NOBODY, NOBODY, NOBODY, NOBODY)

HEITJE_FILES: Final[Mapping[int, FileSettings]] = MappingProxyType(
    {
        FILE_CERTIFICATE: FileSettings(FileType.STANDARD, Communication.MAC, _ISSUER_WRITES, CERTIFICATE_FILE_SIZE),
        FILE_RECORDS: FileSettings(
            FileType.CYCLIC,
            Communication.FULL,
            Rights(KEY_TERMINAL, KEY_TERMINAL, KEY_LOADER, KEY_ISSUER),
            RECORD_SIZE,
            records=RECORDS_MADE,
        ),
        FILE_VALUE: FileSettings(FileType.VALUE, Communication.FULL, _LOADER_ADDS, upper=BALANCE_MAX),
        FILE_TRANSACTION_MAC: FileSettings(
            FileType.TRANSACTION_MAC,
            Communication.MAC,
            Rights(KEY_TERMINAL, NOBODY, FREE, KEY_ISSUER),
        ),
    }
)
"""The files of a new card, by number: no record written yet; the transaction-MAC key is never changed: version 0."""

LIGHT_FILES: Final[Mapping[int, FileSettings]] = MappingProxyType(
    {
        **HEITJE_FILES,
        FILE_UNUSED_04: FileSettings(FileType.STANDARD, Communication.FULL, _CLOSED, CERTIFICATE_FILE_SIZE),
        FILE_UNUSED_1F: FileSettings(FileType.STANDARD, Communication.FULL, _CLOSED, 32),
    }
)
"""The same on a DESFire Light, which cannot lose two files more."""


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def _int(data: bytes) -> int:
    return int.from_bytes(data, "little")
