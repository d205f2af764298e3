# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The status bytes of an ESC/POS printer (Epson's ESC/POS command reference, DLE EOT and GS r).

    DLE EOT n   10 04 n   answered at once, even while printing: 1 printer, 2 why offline, 3 error, 4 paper
    GS r 1      1D 72 01  answered in its turn, after everything before it: so it confirms a receipt

A DLE EOT answer is 0xx1xx10, a GS r answer 0xx0xxxx: neither can be taken for the other.
"""

from dataclasses import dataclass
from typing import Final

from drivers.printer import Condition, Status


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent, and the fixed bits of its one-byte answer."""

    sent: bytes
    mask: int
    value: int

    def fits(self, byte: int) -> bool:
        """Whether a byte can be the answer."""
        return byte & self.mask == self.value


ASK_PRINTER: Final = Question(b"\x10\x04\x01", 0x93, 0x12)
ASK_OFFLINE_CAUSE: Final = Question(b"\x10\x04\x02", 0x93, 0x12)
ASK_ERROR: Final = Question(b"\x10\x04\x03", 0x93, 0x12)
ASK_PAPER: Final = Question(b"\x10\x04\x04", 0x93, 0x12)
ASK_IN_TURN: Final = Question(b"\x1d\x72\x01", 0x90, 0x00)

_OFFLINE: Final = 0x08
_COVER_OPEN: Final = 0x04
_STOPPED_BY_PAPER: Final = 0x20
_ERROR: Final = 0x40
_ERRORS: Final = 0x6C
_PAPER_NEAR_END: Final = 0x0C
_PAPER_END: Final = 0x60


def conditions(printer: int | None, cause: int | None, error: int | None, paper: int | None) -> Status:
    """The status that four answers give. A question without an answer is `SILENT`, never `FINE`."""
    found: set[Condition] = set()
    if None in (printer, cause, error, paper):
        found.add(Condition.SILENT)
    printer, cause, error, paper = printer or 0, cause or 0, error or 0, paper or 0
    if printer & _OFFLINE or cause & _ERROR or error & _ERRORS:
        found.add(Condition.OFFLINE)
    if cause & _COVER_OPEN:
        found.add(Condition.COVER_OPEN)
    if cause & _STOPPED_BY_PAPER or paper & _PAPER_END:
        found.add(Condition.PAPER_OUT)
    elif paper & _PAPER_NEAR_END:
        found.add(Condition.PAPER_LOW)
    return frozenset(found or {Condition.FINE})


def stopped(cause: int | None) -> bool:
    """Whether an answer to `ASK_OFFLINE_CAUSE` names something that stops a receipt in its middle."""
    return cause is not None and bool(cause & (_COVER_OPEN | _STOPPED_BY_PAPER | _ERROR))
