# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A record of the card's recovery file (CARD.md section 7).

kind(1) | Unix time(4, LE) | SHA-256(TMRI)[:7] | amount(4, LE)     16 bytes
"""

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from heitje.card.layout import RECORD_SIZE

_FORM: Final = struct.Struct("<BI7sI")


class RecordKind(IntEnum):
    """What a record tells of."""

    SALE = 0x01
    LOAD = 0x03


@dataclass(frozen=True, slots=True)
class Record:
    """One transaction as the card remembers it; `time` Unix seconds, `amount` cents."""

    kind: int
    time: int
    reference: bytes
    amount: int

    def pack(self) -> bytes:
        """The record's 16 bytes."""
        return _FORM.pack(self.kind, self.time, self.reference, self.amount)


def unpack(data: bytes) -> Record:
    """Read a record. Raises `ValueError` unless it is 16 bytes."""
    if len(data) != RECORD_SIZE:
        raise ValueError("a record is 16 bytes")
    return Record(*_FORM.unpack(data))


def reference_of(tmri: bytes) -> bytes:
    """The 7 bytes by which a record names its transaction: it tells a stranger neither shop nor number."""
    return hashlib.sha256(tmri).digest()[:7]
