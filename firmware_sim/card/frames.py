# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card's reading of an APDU (CARD.md section 1).

    native   90 | CMD | 00 | 00 | Lc | data (1..255) | 00     or   90 | CMD | 00 | 00 | 00
    select   00 | A4  | 04 | 00 | Lc | DF name (1..16) | [00]

A reader's driver need not check lengths, so the card does: what is not of this form is `6700`, an instruction
of another class `911C`.
"""

from dataclasses import dataclass
from typing import Final

from firmware_sim.card.fault import CardFault
from heitje.card.layout import Status

CLASS_NATIVE: Final = 0x90
CLASS_ISO: Final = 0x00
INSTRUCTION_SELECT: Final = 0xA4
SELECT_BY_NAME: Final = 0x04
SELECT_ANSWERS: Final = (0x00, 0x0C)
"""P2: first or only occurrence, with FCI or with none; this card has no FCI to give."""

_HEADER: Final = 4
_NAME_MAX: Final = 16
APDU_MAX: Final = _HEADER + 1 + 255 + 1


@dataclass(frozen=True, slots=True)
class Native:
    """A native command and its data."""

    command: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Select:
    """Selection of an application by its DF name."""

    name: bytes


def read(apdu: bytes) -> Native | Select:
    """Parse an APDU. Raises `CardFault`."""
    if not _HEADER < len(apdu) <= APDU_MAX:
        raise CardFault(Status.ISO_WRONG_LENGTH)
    class_, instruction, p1, p2 = apdu[:_HEADER]
    if class_ == CLASS_NATIVE:
        data = _data(apdu, le_needed=True)
        if p1 or p2:
            raise CardFault(Status.PARAMETER_ERROR)
        return Native(instruction, data)
    if class_ != CLASS_ISO or instruction != INSTRUCTION_SELECT:
        raise CardFault(Status.ILLEGAL_COMMAND)
    name = _data(apdu, le_needed=False)
    if p1 != SELECT_BY_NAME or p2 not in SELECT_ANSWERS:
        raise CardFault(Status.ISO_APPLICATION_NOT_FOUND)
    if not 0 < len(name) <= _NAME_MAX:
        raise CardFault(Status.ISO_WRONG_LENGTH)
    return Select(name)


def _data(apdu: bytes, *, le_needed: bool) -> bytes:
    """The command data: Lc must tell the truth, Le is 00."""
    body = apdu[_HEADER:]
    if body == b"\x00":
        return b""
    length = body[0]
    data, le = body[1 : 1 + length], body[1 + length :]
    if length == 0 or len(data) != length or (le != b"\x00" and (le_needed or le)):
        raise CardFault(Status.ISO_WRONG_LENGTH)
    return data
