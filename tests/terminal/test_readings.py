# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Readings in pieces: joined where they are a code's, in whatever pieces it comes, and nothing else is held back."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.scanner import Scanner
from terminal.counter import Till
from terminal.readings import WAITS_S, Readings
from terminal.sale import Verdict


def texts(new_note: Callable[..., str], new_code: Callable[..., str]) -> tuple[str, str]:
    return new_note(), new_code()


def test_a_whole_code_waits_for_nothing(new_note: Callable[..., str], new_code: Callable[..., str]) -> None:
    for text in texts(new_note, new_code):
        assert Readings().feed(text, 0.0) == [text]


def test_a_code_cut_anywhere_is_joined(new_note: Callable[..., str], new_code: Callable[..., str]) -> None:
    for text in texts(new_note, new_code):
        for cut in range(1, len(text)):
            readings = Readings()
            assert readings.feed(text[:cut], 0.0) == [], cut
            assert readings.feed(text[cut:], 0.9 * WAITS_S) == [text], cut
            assert readings.rest_in_s(1.0) is None


def test_a_code_in_many_pieces_at_a_slow_pace(new_code: Callable[..., str]) -> None:
    text, readings, now_s = new_code(), Readings(), 0.0
    found: list[str] = []
    for place in range(0, len(text), 40):
        now_s += 0.9 * WAITS_S
        found = readings.feed(text[place : place + 40], now_s)
    assert found == [text]


def test_what_does_not_go_on_is_told_after_a_moment(new_code: Callable[..., str]) -> None:
    readings, half = Readings(), new_code()[:100]
    assert readings.feed(half, 5.0) == []
    assert readings.rest_in_s(5.25) == pytest.approx(WAITS_S - 0.25)
    assert readings.look(5.0 + 0.99 * WAITS_S) == []
    assert readings.look(5.0 + WAITS_S) == [half]
    assert readings.look(99.0) == []


def test_a_code_that_is_held_up_again_begins_anew(new_code: Callable[..., str]) -> None:
    text, readings = new_code(), Readings()
    readings.feed(text[:100], 0.0)
    assert readings.feed(text, 0.5) == [text]


@pytest.mark.parametrize("noise", ["", "8710398503968", "\x02?%noise;$\x7f", "https://example.org", "hv1:abc", "HV1:é"])
def test_what_is_no_code_is_told_at_once(noise: str) -> None:
    assert Readings().feed(noise, 0.0) == [noise]


def test_noise_in_a_code_ends_it(new_code: Callable[..., str]) -> None:
    text, readings = new_code(), Readings()
    readings.feed(text[:100], 0.0)
    assert readings.feed("\x02?noise", 0.2) == [text[:100] + "\x02?noise"]
    assert readings.feed(text, 0.4) == [text]


@given(st.lists(st.text(max_size=30), max_size=20))
def test_whatever_comes_nothing_is_lost(pieces: list[str]) -> None:
    readings, found = Readings(), []
    for place, piece in enumerate(pieces):
        found += readings.feed(piece, place * (WAITS_S + 1))
    found += readings.look(1e9)
    assert found == pieces


def test_at_the_till_a_code_that_pauses_in_the_middle_pays(
    till: Till, scanner: Scanner, new_note: Callable[..., str], kinds: Callable[[], list[str]]
) -> None:
    """Two readings of one note, as a scanner without a suffix sends them on a line that stalls: the driver ends the
    first at the pause.
    """
    text = new_note().encode()

    def scan() -> None:
        scanner.scan(text[:200])
        scanner.scan(text[200:])

    till.on_ready = scan
    state = till.sell(500, 20.0)
    assert state.verdict is Verdict.ACCEPTED
    assert kinds() == ["intent paper 500", "redemption paper 500 of 1"]
