# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""PINs: kept as salted hashes, tried a limited number of times."""

import json
from pathlib import Path
from typing import ClassVar

import pytest

from terminal.configuration import ConfigurationError
from terminal.flows.events import PinAnswer, PinChecked
from terminal.operators import FILE_NAME, FIRST_WAIT_S, MOST_WAIT_S, TRIES, Operator, Operators
from terminal.status import OPERATORS_MAX


class Steady:
    """Seconds that only count up, when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steady() -> Steady:
    """The time of these tests."""
    return Steady()


def opened(directory: Path, steady: Steady) -> Operators:
    people = Operators.load(directory)
    return Operators(people.path, people.people, steady)


def test_a_pin_is_right_or_wrong(tmp_path: Path, steady: Steady) -> None:
    people = opened(tmp_path, steady)
    people.put("Anouk", "2580")
    assert people.check("Anouk", "2580") == PinChecked(PinAnswer.RIGHT)
    assert people.check("Anouk", "2581") == PinChecked(PinAnswer.WRONG, attempts_left=TRIES - 1)
    assert people.check("Anouk", "2580") == PinChecked(PinAnswer.RIGHT)
    assert people.check("Anouk", "0000").attempts_left == TRIES - 1  # counted from the beginning again
    assert people.check("Nobody", "2580") == PinChecked(PinAnswer.WRONG)


def test_no_pin_is_in_the_file_and_equal_pins_look_different(tmp_path: Path, steady: Steady) -> None:
    people = opened(tmp_path, steady)
    people.put("Anouk", "2580")
    people.put("Bilal", "2580")
    file = tmp_path / FILE_NAME
    assert "2580" not in file.read_text("utf-8")
    assert file.stat().st_mode & 0o077 == 0
    one, other = json.loads(file.read_text("utf-8"))
    assert one["hash"] != other["hash"]
    assert one["salt"] != other["salt"]


def test_five_wrong_pins_wait_longer_each_time_and_survive_a_restart(tmp_path: Path, steady: Steady) -> None:
    people = opened(tmp_path, steady)
    people.put("Anouk", "2580")
    for left in range(TRIES - 1, 0, -1):
        assert people.check("Anouk", "1111") == PinChecked(PinAnswer.WRONG, attempts_left=left)
    assert people.check("Anouk", "1111") == PinChecked(PinAnswer.LOCKED, wait_s=FIRST_WAIT_S)
    assert people.check("Anouk", "2580").answer is PinAnswer.LOCKED  # the right one too
    steady.now += FIRST_WAIT_S - 1
    assert people.check("Anouk", "2580") == PinChecked(PinAnswer.LOCKED, wait_s=1)
    again = opened(tmp_path, steady)
    assert again.check("Anouk", "2580") == PinChecked(PinAnswer.LOCKED, wait_s=FIRST_WAIT_S)
    steady.now += FIRST_WAIT_S
    assert again.check("Anouk", "1111") == PinChecked(PinAnswer.LOCKED, wait_s=2 * FIRST_WAIT_S)
    steady.now += 2 * FIRST_WAIT_S
    assert again.check("Anouk", "2580") == PinChecked(PinAnswer.RIGHT)


def test_the_wait_has_an_end(tmp_path: Path, steady: Steady) -> None:
    people = opened(tmp_path, steady)
    people.put("Anouk", "2580")
    for _ in range(TRIES + 12):
        people.check("Anouk", "1111")
        steady.now += MOST_WAIT_S
    assert people.check("Anouk", "1111") == PinChecked(PinAnswer.LOCKED, wait_s=MOST_WAIT_S)


class Watched(Operators):
    """Remembers what is in the file while a PIN is tried."""

    kept: ClassVar[list[int]] = []

    def _keep(self, people: dict[str, Operator]) -> None:
        super()._keep(people)
        [written] = json.loads(self.path.read_text("utf-8"))
        self.kept.append(written["wrong"])


def test_a_try_is_counted_before_it_is_answered(tmp_path: Path, steady: Steady) -> None:
    """Pulling the plug wins no try: before the PIN is looked at, the try is in the file."""
    opened(tmp_path, steady).put("Anouk", "2580")
    Watched.kept.clear()
    Watched.load(tmp_path).check("Anouk", "2580")
    assert Watched.kept == [1, 0]


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "١٢٣٤", "12 4"])
def test_a_pin_has_four_to_eight_digits(tmp_path: Path, steady: Steady, pin: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        opened(tmp_path, steady).put("Anouk", pin)


@pytest.mark.parametrize("name", ["", " ", " Anouk", "x" * 21, "An\nouk"])
def test_a_name_can_be_shown(tmp_path: Path, steady: Steady, name: str) -> None:
    with pytest.raises(ValueError, match="letters"):
        opened(tmp_path, steady).put(name, "2580")


def test_people_come_and_go(tmp_path: Path, steady: Steady) -> None:
    people = opened(tmp_path, steady)
    for number in range(OPERATORS_MAX):
        people.put(f"P{number}", "2580")
    with pytest.raises(ValueError, match="at most"):
        people.put("One too many", "2580")
    people.put("P0", "1357")
    assert people.check("P0", "1357").answer is PinAnswer.RIGHT
    people.remove("P0")
    assert "P0" not in opened(tmp_path, steady).names
    with pytest.raises(KeyError):
        people.remove("P0")


@pytest.mark.parametrize("text", ["{", "[1]", '[{"name": "Anouk"}]', '{"a": 1}'])
def test_a_file_that_is_none_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=FILE_NAME):
        Operators.load(tmp_path)
