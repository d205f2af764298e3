# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The printer's body: paper, cover, and what its status bytes say of them (DLE EOT, GS r)."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class PaperLevel(Enum):
    """What the roll's two sensors see."""

    ENOUGH = "ok"
    LOW = "low"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Body:
    """What a person can change. A silent printer prints, and says nothing."""

    paper: PaperLevel = PaperLevel.ENOUGH
    cover_open: bool = False
    offline: bool = False
    silent: bool = False

    @property
    def stopped(self) -> bool:
        """Whether it prints nothing now; what it is sent waits."""
        return self.cover_open or self.offline or self.paper is PaperLevel.OUT


_FIXED: Final = 0x12
_OFFLINE: Final = 0x08
_COVER_OPEN: Final = 0x04
_STOPPED_BY_PAPER: Final = 0x20
_NEAR_END: Final = 0x0C
_END: Final = 0x60
_IN_TURN_NEAR_END: Final = 0x03
_IN_TURN_END: Final = 0x0C


def real_time_status(body: Body, question: int) -> int:
    """The answer to DLE EOT 1 to 4."""
    status = _FIXED
    if question == 1 and body.stopped:
        status |= _OFFLINE
    if question == 2:
        status |= _COVER_OPEN if body.cover_open else 0
        status |= _STOPPED_BY_PAPER if body.paper is PaperLevel.OUT else 0
    if question == 4:
        status |= _NEAR_END if body.paper is not PaperLevel.ENOUGH else 0
        status |= _END if body.paper is PaperLevel.OUT else 0
    return status


def paper_status(body: Body) -> int:
    """The answer to GS r 1."""
    status = _IN_TURN_NEAR_END if body.paper is not PaperLevel.ENOUGH else 0
    return status | (_IN_TURN_END if body.paper is PaperLevel.OUT else 0)
