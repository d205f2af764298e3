# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje terminal …` as programs: set up, sell, close, journal, status, and what each says when it cannot."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.card.firmware import Card
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from firmware_sim.scanner import Scanner
from heitje.journal import Entry, entry_hash
from terminal import cli

ROOT = Path(__file__).resolve().parents[2]
HEITJE = (sys.executable, "-m", "heitje", "terminal")
COMMIT = 11


@dataclass
class Commands:
    """The command line of one till."""

    directory: Path
    programme: Path

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Begin a command as a process."""
        command = [*HEITJE, *words, "--dir", str(self.directory)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)

    def run(self, *words: str) -> tuple[int, str, str]:
        """Exit code, output, errors of a command in this process: that it is one of its own is for `start`."""
        output, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(output), redirect_stderr(errors):
            try:
                code = cli.main([*words, "--dir", str(self.directory)])
            except SystemExit as stop:  # argparse has said what is wrong
                code = int(stop.code or 0)
        return code, output.getvalue(), errors.getvalue()

    def ask(self, *words: str, code: int = 0) -> dict[str, Any]:
        """The answer for a program."""
        returned, output, errors = self.run(*words, "--json")
        assert returned == code, errors
        answer: dict[str, Any] = json.loads(output)
        return answer

    def init(self, *words: str) -> dict[str, Any]:
        """Set the till up."""
        return self.ask("init", "--test-programme", str(self.programme), *words)

    def journal(self) -> list[dict[str, Any]]:
        """Every entry."""
        code, output, _ = self.run("journal", "--json")
        assert code == 0
        entries: list[dict[str, Any]] = json.loads(output)
        return entries


@pytest.fixture
def commands(tmp_path: Path, vectors: Path) -> Commands:
    return Commands(tmp_path / "counter", vectors / "test-programme.json")


@pytest.fixture
def counter(commands: Commands, reader: Pn532, scanner: Scanner, printer: TcpPrinter) -> Commands:
    """A till that is set up, with all its devices."""
    commands.init(
        *("--reader", f"pn532:{reader.path}", "--scanner", f"serial:{scanner.path}"),
        *("--printer", f"tcp:{printer.host}:{printer.port}", "--language", "en", "--paper-mm", "80"),
    )
    return commands


def test_set_up_and_look(commands: Commands) -> None:
    answer = commands.init()
    assert answer == {"dir": str(commands.directory), "terminal": "80c566212392d06a", "shop": "bakker-1"}
    status = commands.ask("status")
    assert status["terminal"] == "80c566212392d06a"
    assert (status["head"], status["cursor"], status["open_intents"]) == (0, 0, [])
    code, output, _ = commands.run("status")
    assert code == 0
    assert "unsent entries" in output
    assert commands.journal() == []


def test_set_up_twice_is_refused_and_changes_nothing(commands: Commands) -> None:
    commands.init("--language", "de")
    before = (commands.directory / "terminal.toml").read_text()
    code, _, errors = commands.run("init", "--test-programme", str(commands.programme))
    assert code == 1
    assert "holds a till already" in errors
    assert (commands.directory / "terminal.toml").read_text() == before


def test_a_card_sale(counter: Commands, field: Field, card: Card, paper: ReceiptPrinter) -> None:
    field.put(card)
    answer = counter.ask("sell", "3,20", "--timeout-s", "10")
    assert answer["decision"] == "accepted"
    assert (answer["reason"], answer["amount"], answer["instrument"]) == (None, 320, "card")
    assert (answer["entries"], answer["balance"], answer["earlier"]) == ([1, 2], None, [])
    assert answer["receipt"]["printed"] == "printed"
    assert paper.wait_receipts(1, 10)
    assert "PAID" in paper.receipts[0].text
    assert "21.80" in paper.receipts[0].text
    intent, redemption = counter.journal()
    assert (intent["kind"], intent["instrument"], intent["evidence"]["tmc_before"]) == ("intent", "card", 0)
    assert redemption["evidence"]["tmv"] == card.image.application.tmv.hex()
    assert (redemption["of"], redemption["offline"], redemption["operator"]) == (1, True, "till")
    for line in (intent, redemption):
        data = bytes.fromhex(line["bytes"])
        assert line["hash"] == entry_hash(data).hex()
        assert Entry.decode(data).seq == line["seq"]
    code, output, _ = counter.run("journal", "--after", "1")
    assert (code, len(output.splitlines())) == (0, 1)


def test_what_is_scanned_once_the_till_says_that_it_waits(
    counter: Commands, scanner: Scanner, new_note: Callable[..., str]
) -> None:
    text = new_note(exp=4_000_000_000)
    reasons = []
    for expected in ("accepted", "refused"):
        selling = counter.start("sell", "5", "--json", "--timeout-s", "10")
        assert selling.stderr is not None
        assert selling.stderr.readline() == "waiting for card, code or note\n"
        scanner.scan(text.encode())
        output, _ = selling.communicate(timeout=30)
        answer = json.loads(output)
        assert (answer["decision"], selling.returncode) == (expected, 0 if expected == "accepted" else 1)
        reasons.append(answer["reason"])
        assert (answer["receipt"] is None) == (expected == "refused")
    assert reasons == [None, "already used"]


def test_a_sale_in_words(counter: Commands, field: Field, new_card: Callable[..., Card]) -> None:
    field.put(new_card("0411223344556A", 40))
    code, output, _ = counter.run("sell", "3.20", "--timeout-s", "10")
    assert code == 1
    assert output.splitlines() == [
        "refused: € 3.20",
        "There is too little left on it. Pay a part in cash or in another way.",
        "  balance of the card: € 0.40",
    ]


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("moment", Moment)
def test_a_card_that_never_comes_back(
    counter: Commands, field: Field, card: Card, paper: ReceiptPrinter, moment: Moment, given: bool
) -> None:
    field.put(card, tear=Tear(moment, COMMIT))
    answer = counter.ask("sell", "3.20", "--timeout-s", "1", code=3)
    assert (answer["decision"], answer["entries"], answer["reason"]) == ("unresolved", [1], "card removed")
    assert "NOT YET CERTAIN" in answer["receipt"]["text"]
    assert counter.ask("status")["open_intents"] == [1]
    how = "--given" if given else "--not-given"
    closed = counter.ask("close", "1", how)
    assert (closed["given"], closed["entries"]) == (given, [2])
    assert ("GOODS GIVEN" if given else "GOODS NOT GIVEN") in closed["receipt"]["text"]
    assert paper.wait_receipts(2, 10)
    entry = counter.journal()[1]
    assert (entry["kind"], entry["of"], entry["given"]) == ("unresolved", 1, given)
    assert "evidence" not in entry
    code, _, errors = counter.run("close", "1", how)
    assert code == 1
    assert "entry 1 is not open" in errors
    # The card comes back all the same: after 5 the terminal may still write 2 or 3.
    field.put(card)
    again = counter.ask("sell", "1.00", "--timeout-s", "10")
    assert again["decision"] == "accepted"
    paid = moment is Moment.AFTER
    assert again["earlier"] == [{"seq": 3, "kind": "redemption" if paid else "void", "of": 1}]
    assert card.image.application.balance == (2080 if paid else 2400)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_gives_the_sale_up(counter: Commands, number: signal.Signals) -> None:
    selling = counter.start("sell", "5", "--json", "--timeout-s", "60")
    assert selling.stderr is not None
    selling.stderr.readline()
    selling.send_signal(number)
    output, errors = selling.communicate(timeout=30)
    assert (selling.returncode, json.loads(output)["reason"], errors) == (1, "cancelled", "")


def test_two_programs_do_not_sell_at_one_till(counter: Commands) -> None:
    first = counter.start("sell", "5", "--timeout-s", "60")
    assert first.stderr is not None
    first.stderr.readline()
    code, _, errors = counter.run("sell", "5", "--timeout-s", "1")
    assert code == 2
    assert "another program is selling at this till" in errors
    assert counter.ask("status")["head"] == 0  # looking is no selling
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=30)


@pytest.mark.parametrize(
    "words",
    [
        ("sell", "0"),
        ("sell", "-1"),
        ("sell", "3.205"),
        ("sell", "ten"),
        ("sell", "10000.01"),
        ("sell",),
        ("sell", "1", "--timeout-s", "-1"),
        ("sell", "1", "--timeout-s", "nan"),
        ("sell", "1", "--timeout-s", "99999999999"),
        ("close", "1"),
        ("close", "1", "--given", "--not-given"),
        ("nothing",),
    ],
)
def test_what_is_not_understood(counter: Commands, words: tuple[str, ...]) -> None:
    code, output, errors = counter.run(*words)
    assert (code, output) == (2, "")
    assert "usage:" in errors


@pytest.mark.parametrize("command", [(), ("init",), ("sell",), ("close",), ("journal",), ("sync",), ("status",)])
def test_every_command_helps(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([*command, "--help"])
    assert stop.value.code == 0
    assert "usage: heitje terminal" in capsys.readouterr().out


@pytest.mark.parametrize("command", [("sell", "1"), ("status",), ("journal",), ("close", "1", "--given"), ("sync",)])
def test_a_directory_that_is_no_till(commands: Commands, command: tuple[str, ...]) -> None:
    code, _, errors = commands.run(*command)
    assert code == 2
    assert "`heitje terminal init` makes it" in errors


def test_sync_without_an_address(counter: Commands) -> None:
    code, _, errors = counter.run("sync")
    assert code == 2
    assert "which backend?" in errors
    answer = counter.ask("sync", "--backend", "http://127.0.0.1:1", code=1)
    assert (answer["end"], answer["sent"]) == ("try again later", 0)


def test_no_printer_library_takes_no_sale_back(counter: Commands, field: Field, card: Card) -> None:
    field.put(card)
    without = "import sys; sys.modules['escpos'] = None; from heitje.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", without, "terminal", "sell", "3.20", "--dir", str(counter.directory), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["decision"], answer["receipt"]["printed"]) == (0, "accepted", "unknown")
    assert "python-escpos is not installed" in done.stderr
    assert "PAID" in answer["receipt"]["text"]


def test_a_full_disk(counter: Commands, field: Field, card: Card) -> None:
    field.put(card)
    command = [*HEITJE, "sell", "3.20", "--dir", str(counter.directory), "--json", "--timeout-s", "10"]
    limited = ["/bin/sh", "-c", 'ulimit -f 1; exec "$@"', "sh", *command]
    # What measures coverage could not write either, and says so at length.
    measured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment = {**measured, "XDG_CACHE_HOME": str(counter.directory)}
    done = subprocess.run(limited, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert "journal.sqlite: disk I/O error" in done.stderr
    assert "Traceback" not in done.stderr
    assert card.image.application.balance == 2500
    assert counter.ask("sell", "3.20", "--timeout-s", "10")["decision"] == "accepted"


def test_a_journal_that_may_not_be_written(counter: Commands, field: Field, card: Card) -> None:
    """Read-only, as after a fault of the file system: SQLite says so whoever asks, also where root may do anything."""
    field.put(card)
    path = counter.directory / "journal.sqlite"
    path.with_name("journal.sqlite-wal").mkdir()  # nothing can be written where the log should be
    code, output, errors = counter.run("sell", "3.20", "--timeout-s", "10", "--json")
    assert (code, output) == (2, "")
    assert "journal.sqlite" in errors
    assert card.image.application.balance == 2500
    path.with_name("journal.sqlite-wal").rmdir()
    assert counter.ask("sell", "3.20", "--timeout-s", "10")["decision"] == "accepted"


def test_verbose_tells_what_the_devices_say(counter: Commands, field: Field, card: Card) -> None:
    field.put(card)
    command = [*HEITJE, "--verbose", "sell", "1", "--dir", str(counter.directory), "--timeout-s", "10"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0
    assert "drivers.wire.pn532" in done.stderr
