# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till is killed anywhere in a sale, and started again: nothing is lost, nothing is doubled.

A kill is a kill of the process, at lines of the till's own code spread over a whole sale and before each of its SQL
statements. Reader, scanner and card are at the far end of their cables and live on.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.card.firmware import Card
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.scanner import Scanner
from heitje.journal import Entry, Instrument, Kind, check_chain, head_of
from heitje.programme import TestProgramme
from terminal.configuration import TerminalConfiguration
from terminal.journal_store import JournalStore
from terminal.provisioning import initialise

PROGRAM = Path(__file__).with_name("killed_till.py")
ROOT = PROGRAM.parents[2]
COARSE, FINE = 12, 16
TIMEOUT_S = "10"


@dataclass(frozen=True)
class Point:
    """Where a run is killed: at its nth line or statement; neither: nowhere."""

    line: int | None = None
    statement: int | None = None


NOWHERE = Point()


@dataclass
class Killed:
    """A till's directory, and the program that runs and kills tills on it."""

    directory: Path
    terminal: bytes
    process: "subprocess.Popen[str]"

    def run(
        self,
        *argv: str,
        point: Point = NOWHERE,
        on_ready: Callable[[], object] = lambda: None,
    ) -> dict[str, Any]:
        """One command; `on_ready` is called when the till waits for its customer."""
        words = [*argv, "--dir", str(self.directory), "--json"]
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"argv": words, "line": point.line, "statement": point.statement}) + "\n")
        self.process.stdin.flush()
        while (text := self.process.stdout.readline()) == "ready\n":
            on_ready()
        answer: dict[str, Any] = json.loads(text)
        return answer

    def entries(self) -> list[Entry]:
        """The journal, held to its chain."""
        store = JournalStore.open(self.directory / "journal.sqlite", self.terminal)
        try:
            return check_chain(self.terminal, 0, head_of(self.terminal), store.bytes_after(0, -1))
        finally:
            store.close()


@pytest.fixture
def killed(tmp_path: Path, programme: TestProgramme, reader: Pn532, scanner: Scanner) -> Iterator[Killed]:
    """A till with reader and scanner whose every run can be killed. Its clock is the machine's."""
    directory = tmp_path / "killed"
    devices = {"reader": f"pn532:{reader.path}", "scanner": f"serial:{scanner.path}"}
    initialise(programme, TerminalConfiguration(directory, b"", **devices), machine_time())  # type: ignore[arg-type]
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    yield Killed(directory, programme.terminal, process)
    process.communicate()
    assert process.returncode == 0


def machine_time() -> int:
    return int(time.time())


def lines_between(first: int, last: int, count: int) -> list[Point]:
    """Lines spread evenly over a stretch of a sale."""
    return [Point(line=first + (last - first) * place // count) for place in range(1, count + 1)]


def statements_of(whole: dict[str, Any]) -> list[Point]:
    """Each SQL statement of a sale."""
    return [Point(statement=statement) for statement in range(1, whole["statements"] + 1)]


def redeemed(entries: list[Entry], instrument: Instrument) -> int:
    return sum(e.amount or 0 for e in entries if e.kind is Kind.REDEMPTION and e.instrument is instrument)


def check(entries: list[Entry]) -> set[int]:
    """What holds at any moment; the intents that are open."""
    completed = [entry.of for entry in entries if entry.kind in (Kind.REDEMPTION, Kind.VOID)]
    assert len(completed) == len(set(completed))
    return {entry.seq for entry in entries if entry.kind is Kind.INTENT} - set(completed)


def test_a_card_sale_killed_anywhere(killed: Killed, field: Field, card: Card) -> None:
    field.put(card)
    whole = killed.run("sell", "0.01", "--timeout-s", TIMEOUT_S)
    assert (whole["killed"], whole["code"]) == (False, 0), whole["errors"]
    kills = told = 0

    def attempt(point: Point) -> int:
        """Kill a sale there, then sell again; how many entries the killed one had written."""
        nonlocal kills, told
        before, entries_before = card.image.application.balance, len(killed.entries())
        run = killed.run("sell", "0.01", "--timeout-s", TIMEOUT_S, point=point)
        entries = killed.entries()
        open_intents = check(entries)
        lost = 2500 - card.image.application.balance
        assert redeemed(entries, Instrument.CARD) in ({lost, lost - 1} if open_intents else {lost}), point
        kills += run["killed"]
        if run["output"]:
            told += run["killed"]
            assert json.loads(run["output"])["decision"] == "accepted"
            assert (before - card.image.application.balance, open_intents) == (1, set()), point
        # The same customer, or another one: the till is started again and the card is held to it.
        again = killed.run("sell", "0.01", "--timeout-s", TIMEOUT_S)
        assert (again["code"], again["killed"]) == (0, False), (point, again)
        after = killed.entries()
        assert check(after) == set(), point
        assert redeemed(after, Instrument.CARD) == 2500 - card.image.application.balance, point
        return len(entries) - entries_before

    written = {point.line or 0: attempt(point) for point in lines_between(0, whole["lines"], COARSE)}
    still_nothing = max(line for line, count in written.items() if count == 0)
    all_there = min(line for line, count in written.items() if count == 2)
    for point in [*lines_between(still_nothing, all_there, FINE), *statements_of(whole)]:
        attempt(point)
    assert kills >= COARSE + FINE
    assert told < kills


def test_a_note_killed_anywhere_is_spent_once(killed: Killed, scanner: Scanner, new_note: Callable[..., str]) -> None:
    def sell(number: int, point: Point = NOWHERE) -> dict[str, Any]:
        far = machine_time() + 86_400
        text = new_note(100, number=number, exp=far)
        return killed.run(
            "sell", "1", "--timeout-s", TIMEOUT_S, point=point, on_ready=lambda: scanner.scan(text.encode())
        )

    whole = sell(1)
    assert whole["code"] == 0
    points = [*lines_between(0, whole["lines"], COARSE), *statements_of(whole)[::3]]
    for number, point in enumerate(points, start=2):
        run = sell(number, point)
        entries = killed.entries()
        check(entries)
        count = len([entry for entry in entries if entry.kind is Kind.REDEMPTION])
        if run["output"]:
            assert count == number
        again = json.loads(sell(number)["output"])
        assert (again["decision"], again["reason"]) == (
            ("refused", "already used") if count == number else ("accepted", None)
        ), point
        entries = killed.entries()
        assert (len([e for e in entries if e.kind is Kind.REDEMPTION]), check(entries)) == (number, set()), point


def test_note_and_card_killed_anywhere_are_taken_together_or_not_at_all(
    killed: Killed, scanner: Scanner, field: Field, card: Card, new_note: Callable[..., str]
) -> None:
    def sell(number: int, point: Point = NOWHERE) -> dict[str, Any]:
        field.lift()
        text = new_note(100, number=number, exp=machine_time() + 86_400)

        def present() -> None:
            scanner.scan(text.encode())
            scanner.wait_sent(1.0)
            field.put(card)

        return killed.run("sell", "1.01", "--timeout-s", TIMEOUT_S, point=point, on_ready=present)

    whole = sell(1)
    assert whole["code"] == 0
    points = [*lines_between(whole["lines"] // 3, whole["lines"], COARSE), *statements_of(whole)[::4]]
    for number, point in enumerate(points, start=2):
        sell(number, point)
        check(killed.entries())
        field.put(card)
        again = killed.run("sell", "0.01", "--timeout-s", TIMEOUT_S)
        assert again["code"] == 0, (point, again)
        entries = killed.entries()
        assert check(entries) == set(), point
        assert redeemed(entries, Instrument.CARD) == 2500 - card.image.application.balance, point
        for sale in {entry.sale for entry in entries}:
            ended = {entry.kind for entry in entries if entry.sale == sale and entry.kind is not Kind.INTENT}
            assert len(ended) == 1, point  # all of its tenders redeemed, or all voided
