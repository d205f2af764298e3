# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The guards over disk and clock."""

from pathlib import Path

import pytest

from terminal.health.guards import ROOM_LOW, ROOM_NONE, Clock, ClockWatch, Room, clock_at, room_on

NOW = 1_795_000_000
WEEK_S = 7 * 86_400


def test_a_disk_tells_its_room(tmp_path: Path) -> None:
    room, free = room_on(tmp_path)
    assert room is (Room.NONE if free < ROOM_NONE else Room.LOW if free < ROOM_LOW else Room.ENOUGH)
    with pytest.raises(FileNotFoundError):
        room_on(tmp_path / "nothing")


def test_a_disk_that_cannot_be_written_says_so() -> None:
    assert room_on(Path("/sys"))[0] in (Room.READ_ONLY, Room.NONE)


@pytest.mark.parametrize(
    ("now", "floor", "server_time", "expected"),
    [
        (NOW, NOW, NOW, Clock.TRUSTED),
        (NOW - 1, NOW, NOW, Clock.BEHIND),
        (0, NOW, NOW, Clock.BEHIND),
        (NOW + WEEK_S, NOW, NOW, Clock.TRUSTED),
        (NOW + WEEK_S + 1, NOW, NOW, Clock.UNKNOWN),
        (NOW, NOW, None, Clock.UNKNOWN),
    ],
)
def test_a_clock_is_trusted_between_floor_and_a_week(
    now: int, floor: int, server_time: int | None, expected: Clock
) -> None:
    assert clock_at(now, floor, server_time, WEEK_S) is expected


def test_a_jump_is_seen_and_drift_is_not() -> None:
    watch = ClockWatch(1000.0, 10.0)
    assert watch.jump_s(1060.0, 70.0) == 0
    assert watch.jump_s(1180.0, 131.0) == 0, "an hour's drift in one step is no jump"
    assert watch.jump_s(4780.0, 131.0) == 3600
    assert watch.jump_s(1180.0, 131.0) == -3600
