# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The application's files: their settings and who may do what (CARD.md section 5).

A right is a half byte: 0 to 4 a key, E free, F nobody.
"""

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from heitje.card.layout import (
    CERTIFICATE_FILE_SIZE,
    FILE_CERTIFICATE,
    FILE_RECORDS,
    FILE_TRANSACTION_MAC,
    FILE_VALUE,
)

FREE: Final = 0xE
NOBODY: Final = 0xF

FILE_UNUSED_04: Final = 0x04
FILE_UNUSED_1F: Final = 0x1F
"""Two standard files that a DESFire Light cannot lose; all their rights are F."""

RECORDS_MADE: Final = 5
"""File 01 is made with five records: one is the shadow."""


class FileType(IntEnum):
    """First byte of a file's settings."""

    STANDARD = 0x00
    VALUE = 0x02
    CYCLIC = 0x04
    TRANSACTION_MAC = 0x05


class Communication(IntEnum):
    """Second byte of a file's settings."""

    MAC = 0x01
    FULL = 0x03


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


@dataclass(frozen=True, slots=True)
class File:
    """What does not change in a file; `size` in bytes, of one record in a cyclic file."""

    type: FileType
    communication: Communication
    rights: Rights
    size: int


_CLOSED: Final = Rights(NOBODY, NOBODY, NOBODY, NOBODY)

FILES: Final = MappingProxyType(
    {
        FILE_CERTIFICATE: File(FileType.STANDARD, Communication.MAC, Rights(1, NOBODY, 0, 0), CERTIFICATE_FILE_SIZE),
        FILE_RECORDS: File(FileType.CYCLIC, Communication.FULL, Rights(1, 1, 2, 0), 16),
        FILE_VALUE: File(FileType.VALUE, Communication.FULL, Rights(1, NOBODY, 2, 0), 4),
        FILE_TRANSACTION_MAC: File(FileType.TRANSACTION_MAC, Communication.MAC, Rights(1, NOBODY, FREE, 0), 12),
        FILE_UNUSED_04: File(FileType.STANDARD, Communication.FULL, _CLOSED, 256),
        FILE_UNUSED_1F: File(FileType.STANDARD, Communication.FULL, _CLOSED, 32),
    }
)
