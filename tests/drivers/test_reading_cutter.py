# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cutting a scanner's bytes: in any portions, with any pauses, and never more memory than one reading."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.scanner import Scan
from drivers.scanner.framing import IDLE_S, ReadingCutter

READINGS = st.lists(st.binary(min_size=1, max_size=30).filter(lambda data: not set(data) & set(b"\r\n")), max_size=6)


@given(READINGS, st.integers(1, 7), st.sampled_from((b"\r\n", b"\n", b"\r")))
def test_any_portions(readings: list[bytes], portion: int, end: bytes) -> None:
    cutter = ReadingCutter()
    data = b"".join(reading + end for reading in readings)
    scans = [
        scan for at in range(0, len(data), portion) for scan in cutter.feed(data[at : at + portion], at * IDLE_S / 100)
    ]
    assert scans == [Scan(reading) for reading in readings]


def test_silence_ends_a_reading() -> None:
    cutter = ReadingCutter()
    assert cutter.feed(b"half", 0.0) == []
    assert cutter.idle_in_s(0.04) == IDLE_S - 0.04
    assert cutter.feed(b" and half", 0.05) == []
    assert cutter.look(0.05 + IDLE_S) == [Scan(b"half and half")]
    assert cutter.idle_in_s(1.0) is None
    assert cutter.look(9.0) == []


def test_bytes_after_a_pause_begin_the_next() -> None:
    cutter = ReadingCutter()
    cutter.feed(b"one", 0.0)
    assert cutter.feed(b"two\r\n", 1.0) == [Scan(b"one"), Scan(b"two")]


def test_too_long_is_told_once_and_dropped_up_to_its_end() -> None:
    for end in (b"\r\n", b""):
        cutter = ReadingCutter(reading_max=10)
        assert cutter.feed(b"0123456789", 0.0) == []
        assert cutter.feed(b"ABCDEFGHIJ", 0.01) == [Scan(b"", over_long=True)]
        assert cutter.feed(b"KLM" + end, 0.02) == []
        assert cutter.feed(b"next\r\n", 0.02 if end else 0.02 + IDLE_S) == [Scan(b"next")]


@given(st.lists(st.tuples(st.binary(max_size=40), st.floats(0, 0.3)), max_size=30))
def test_nothing_is_kept_beyond_one_reading(portions: list[tuple[bytes, float]]) -> None:
    cutter, now = ReadingCutter(reading_max=16), 0.0
    for data, pause in portions:
        now += pause
        for scan in cutter.feed(data, now):
            assert len(scan.data) <= 16
            assert bool(scan.data) != scan.over_long
    now += 2 * IDLE_S
    assert len(cutter.look(now)) <= 1
    assert cutter.idle_in_s(now) is None


def test_clear_forgets() -> None:
    cutter = ReadingCutter()
    cutter.feed(b"old", 0.0)
    cutter.clear()
    assert cutter.feed(b"new\n", 0.01) == [Scan(b"new")]
