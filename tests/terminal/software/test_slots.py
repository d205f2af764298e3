# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Two places and a link: wherever the power goes, what runs is whole, and a trial that was cut off is taken back."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from terminal.software.release import Release
from terminal.software.slots import Slots

OLD = Release("0.1.0", "heitje-till-0.1.0.tar", "heitje==0.1.0")
NEW = Release("0.2.0", "heitje-till-0.2.0.tar", "heitje==0.2.0")


def put(slots: Slots, release: Release) -> Path:
    place = slots.clear_spare()
    place.mkdir()
    slots.complete(place, release)
    return place


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    """A machine on which the old release runs."""
    slots = Slots(tmp_path)
    slots.try_out(put(slots, OLD))
    slots.confirm()
    assert (slots.current, slots.release(), slots.trying) == ("a", OLD, False)
    return slots


def test_the_first_one(tmp_path: Path) -> None:
    slots = Slots(tmp_path)
    assert (slots.current, slots.release()) == (None, None)
    slots.try_out(put(slots, OLD))
    assert slots.take_back(refuse=True), "there is nothing to go back to"
    assert slots.current == "a"


def test_a_trial_that_is_confirmed_stays(slots: Slots) -> None:
    slots.try_out(put(slots, NEW))
    assert (slots.current, slots.release(), slots.trying) == ("b", NEW, True)
    slots.confirm()
    assert not slots.take_back(refuse=True)
    assert slots.release() == NEW
    assert slots.spare.name == "a"


@pytest.mark.parametrize("refuse", [True, False])
def test_a_trial_that_is_taken_back(slots: Slots, refuse: bool) -> None:
    slots.try_out(put(slots, NEW))
    assert slots.take_back(refuse=refuse)
    assert (slots.current, slots.release(), slots.trying) == ("a", OLD, False)
    assert slots.refused() == (NEW if refuse else None)
    assert not slots.take_back(refuse=refuse)


def test_wherever_it_is_cut_off_what_runs_is_whole(slots: Slots) -> None:
    """Killed at every change of the disk in turn; after a start that settles, the old or the new one runs."""
    cut = []
    for at in range(1, 40):
        cut.append(run_cut_off(lambda: slots.try_out(put(slots, NEW)), at))
        assert slots.release() in (OLD, NEW)
        if slots.current != "a":
            assert slots.trying
        run_cut_off(lambda: slots.take_back(refuse=False), at % 7 + 1)
        slots.take_back(refuse=False)
        assert (slots.current, slots.release(), slots.trying) == ("a", OLD, False)
    assert (cut[0], cut[-1]) == (True, False), "the first was cut off, and the last was not"


def run_cut_off(act: Callable[[], object], at: int) -> bool:
    """Do something in a process that is gone at its nth change of the disk; whether it came to that."""
    child = os.fork()
    if child == 0:
        left = at

        def cut(event: str, _: tuple[object, ...]) -> None:
            nonlocal left
            if event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "open"):
                left -= 1
                if left == 0:
                    os._exit(9)

        sys.addaudithook(cut)
        try:
            act()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 9
