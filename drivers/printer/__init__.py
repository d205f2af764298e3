# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Receipt printers: paper in, and an honest word on whether it came out."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from drivers.printer.paper import Paper, PaperWidth


class Condition(Enum):
    """What a printer says of itself. `FINE` stands alone, and only where it was asked and answered."""

    FINE = "fine"
    PAPER_LOW = "paper low"
    PAPER_OUT = "paper out"
    COVER_OPEN = "cover open"
    OFFLINE = "offline"
    SILENT = "silent"


Status = frozenset[Condition]

STOPS_PRINTING: Status = frozenset({Condition.PAPER_OUT, Condition.COVER_OPEN, Condition.OFFLINE})
"""With one of these nothing is sent."""


class Printed(Enum):
    """What became of a receipt."""

    PRINTED = "printed"
    """The printer said, after the last byte, that it had worked through all of them."""
    NOT_PRINTED = "not printed"
    """Nothing was sent."""
    UNKNOWN = "unknown"
    """Something was sent, and the printer did not confirm it: a person has to look."""


@dataclass(frozen=True, slots=True)
class PrintReport:
    """A receipt's end, with the printer's status before it and after it."""

    printed: Printed
    before: Status
    after: Status


class Printer(Protocol):
    """A printer. It belongs to one thread. Its faults are answers, not exceptions: no sale fails by them."""

    @property
    def width(self) -> PaperWidth:
        """The paper that it is loaded with."""

    def print_receipt(self, paper: Paper) -> PrintReport:
        """Print and cut. Raises `LibraryMissing`."""

    def status(self) -> Status:
        """Ask now. Raises `LibraryMissing`."""

    def close(self) -> None:
        """Give the printer back. It can be used again afterwards."""
