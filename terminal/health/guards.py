# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Guards over what a sale stands on: room on the disk, and a clock that can be right."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

ROOM_LOW: Final = 256 * 1024 * 1024
"""Bytes below which somebody should make room."""
ROOM_NONE: Final = 16 * 1024 * 1024
"""Bytes below which nothing new is begun: what is begun must fit into the journal, at the worst with its log."""
CLOCK_JUMP_S: Final = 120


class Room(StrEnum):
    """How much there is on the till's disk."""

    ENOUGH = "enough"
    LOW = "low"
    NONE = "none"
    READ_ONLY = "read-only"


class Clock(StrEnum):
    """What can be said of the till's clock (JOURNAL.md section 1)."""

    TRUSTED = "trusted"
    BEHIND = "behind"
    UNKNOWN = "unknown"
    """Too long since a server said the time."""


def room_on(directory: Path) -> tuple[Room, int]:
    """How it stands with the disk of a directory, and its free bytes. Raises `OSError`."""
    found = os.statvfs(directory)
    free = found.f_bavail * found.f_frsize
    if found.f_flag & os.ST_RDONLY:
        return Room.READ_ONLY, free
    if free < ROOM_NONE:
        return Room.NONE, free
    return (Room.LOW if free < ROOM_LOW else Room.ENOUGH), free


def clock_at(now: int, floor: int, server_time: int | None, good_for_s: int) -> Clock:
    """How it stands with the clock: never below the floor, never too far past the last time that a server signed."""
    if now < floor:
        return Clock.BEHIND
    if server_time is None or now > server_time + good_for_s:
        return Clock.UNKNOWN
    return Clock.TRUSTED


@dataclass
class ClockWatch:
    """Sees a clock that jumps while the till runs: `wall` seconds against seconds that only count up."""

    wall: float
    steady: float

    def jump_s(self, wall: float, steady: float) -> int:
        """Whole seconds by which the clock was moved since the last look; 0 for less than two minutes."""
        moved = (wall - self.wall) - (steady - self.steady)
        self.wall, self.steady = wall, steady
        return round(moved) if abs(moved) >= CLOCK_JUMP_S else 0
