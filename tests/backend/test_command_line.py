# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The command line as a program would call it: one day of the town, exit codes, refusals that change nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from backend.cli import main
from heitje import qr, vouchers
from heitje.deterministic import encode
from heitje.programme import TestProgramme
from heitje.vouchers import write_cnf

VECTOR = Path(__file__).parents[1] / "vectors" / "test-programme.json"
PROGRAMME = TestProgramme.parse(VECTOR.read_text("utf-8"))
NOTES = ("notes", "print", "--name", "y", "--out", "never.pdf", "--by", "desk-1")


class Office:
    """A backend's directory and the commands on it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command."""
        command = [sys.executable, "-m", "heitje", "backend", *words, "--dir", str(self.directory)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def do(self, *words: str) -> dict[str, Any]:
        """A command that must succeed, and its JSON answer."""
        done = self.call(*words, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def refuses(self, *words: str) -> str:
        """A command that must be refused, in one line; what it says."""
        done = self.call(*words)
        assert (done.returncode, done.stdout) == (1, "")
        [line] = done.stderr.splitlines()
        assert line.startswith("heitje backend: ")
        return line.removeprefix("heitje backend: ")

    def accounts(self) -> dict[str, int]:
        """Who holds how much, as the book itself says."""
        with closing(sqlite3.connect(self.directory / "heitje.sqlite3")) as book:
            return dict(book.execute("SELECT kind, SUM(balance) FROM ledger_account GROUP BY kind"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A fresh backend, for the whole module."""
    made = Office(tmp_path_factory.mktemp("office") / "backend")
    assert made.do("init", "--test-programme", str(VECTOR))["programme"] == "nl.testburg"
    return made


def earn(office: Office, citizen: str, reward: int) -> int:
    """A task from publication to reward; its number."""
    words = ("--title", "Paint the bench", "--category", "painting", "--place", "Bongerd", "--minutes", "60")
    task = str(office.do("task", "publish", *words, "--reward", str(reward))["id"])
    for step in ("claim", "start", "submit"):
        office.do("task", step, task, "--by", citizen)
    assert office.do("task", "validate", task, "--by", "inspector-2")["state"] == "rewarded"
    return int(task)


def test_secrets_are_for_their_owner_alone(office: Office) -> None:
    for name in ("keys.json", "django.key"):
        assert (office.directory / name).stat().st_mode & 0o077 == 0


def test_a_directory_is_made_once(office: Office) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in office.directory.iterdir()}
    assert "holds a backend already" in office.refuses("init", "--test-programme", str(VECTOR))
    assert {path.name: path.stat().st_mtime_ns for path in office.directory.iterdir()} == before


def test_an_interrupted_init_is_begun_again(tmp_path: Path) -> None:
    office = Office(tmp_path / "backend")
    office.do("init", "--test-programme", str(VECTOR))
    (office.directory / "backend.toml").unlink()
    office.do("init", "--test-programme", str(VECTOR))
    assert office.do("check")["holds"]


def test_no_programme_no_backend(tmp_path: Path) -> None:
    office = Office(tmp_path / "backend")
    for content in ("{}", "[]", "x", VECTOR.read_text("utf-8").replace("mint_ed25519_seed", "gone")):
        (tmp_path / "programme.json").write_text(content, "utf-8")
        office.refuses("init", "--test-programme", str(tmp_path / "programme.json"))
    office.refuses("init", "--test-programme", str(tmp_path / "missing.json"))
    assert not (office.directory / "backend.toml").exists()


@pytest.mark.parametrize(
    ("name", "holder", "iban", "why"),
    [
        ("nl.heerlen", "Gemeente Heerlen", "", "--iban"),
        ("nl.heerlen", "Gemeente Heerlen", "NL02ABNA0123456780", "checksum"),
        ("nl.heerlen", "G" * 71, "NL02ABNA0123456789", "70 signs"),
        *(
            (name, "G", "NL02ABNA0123456789", "as nl.heerlen")
            for name in ("heerlen", "NL.x", "a/b", "a..b", "a." + "h" * 60)
        ),
    ],
)
def test_what_is_no_town_begins_nothing(
    tmp_path: Path, name: str, holder: str, iban: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "town"
    words = ("--programme", name, "--account-holder", holder, "--iban", iban, "--keys", "file")
    assert main(["init", *words, "--dir", str(directory)]) == 1
    assert why in capsys.readouterr().err
    assert not directory.exists()


def test_a_town_begins_empty_and_what_it_has_is_never_removed(tmp_path: Path) -> None:
    office = Office(tmp_path / "town")
    town = ("--programme", "nl.heerlen", "--account-holder", "Gemeente Heerlen", "--keys", "token", "--iban")
    office.do("init", *town, "NL02 ABNA 0123 4567 89")
    written = (office.directory / "backend.toml").read_text("utf-8")
    for line in ("production = true", 'iban = "NL02ABNA0123456789"', 'key_store = "token.toml"'):
        assert f"{line}\n" in written
    assert office.accounts() == {}
    assert "no key store" in office.refuses("publish")
    (office.directory / "token.toml").write_text("kept", "ascii")
    office.do("official", "first", "ria", "sam")
    (office.directory / "backend.toml").unlink()
    assert "holds a backend already" in office.refuses("init", *town, "NL02ABNA0123456789")
    assert (office.directory / "token.toml").read_text("ascii") == "kept"


def test_production_refuses_the_test_programme(tmp_path: Path) -> None:
    office = Office(tmp_path / "backend")
    office.do("init", "--test-programme", str(VECTOR))
    path = office.directory / "backend.toml"
    path.write_text(path.read_text("utf-8").replace("production = false", "production = true"), "utf-8")
    words = ("allowance", "issue", "--citizen", "citizen-1", "--amount", "100", "--phone-key", "00" * 32)
    assert "published test programme" in office.refuses(*words)


def test_a_statement_line_is_booked_once(office: Office) -> None:
    before = office.accounts()
    assert office.do("fund", "5000", "--line", "stmt-1")["new"]
    assert not office.do("fund", "5000", "--line", "stmt-1")["new"]
    office.do("fund", "200", "--loss-fund")
    after = office.accounts()
    assert after["reserve"] - before["reserve"] == 5000
    assert after["loss fund"] - before["loss fund"] == 200
    assert "too little free cover" in office.refuses("fund", "1000000", "--loss-fund", "--line", "x")


def test_from_a_task_to_a_note_and_an_allowance(office: Office) -> None:
    earn(office, "citizen-7", 2000)
    key = encode(write_cnf(PROGRAMME.phone_p256.public)[1])
    issue = ("allowance", "issue", "--citizen", "citizen-7", "--amount", "1500", "--phone-key", key.hex())
    issued = office.do(*issue)
    voucher = vouchers.decode(bytes.fromhex(issued["token"])).voucher
    assert (voucher.cti.hex(), voucher.cnf) == (issued["cti"], PROGRAMME.phone_p256.public)
    assert issued["text"] == qr.encode_voucher(bytes.fromhex(issued["token"]))
    assert "holds less" in office.refuses(*issue)
    order = ("--name", "x", "--citizen", "citizen-7", "--notes", "1x5", "--home", "bakker-1")
    made = office.do("notes", "print", *order, "--out", str(office.directory / "notes.pdf"), "--by", "desk-1")
    [note] = made["codes"]
    signed = qr.read(note["text"])
    assert isinstance(signed, vouchers.SignedVoucher)
    assert (signed.voucher.home, signed.voucher.cti.hex()) == ("bakker-1", note["cti"])
    office.do("notes", "hand-out", str(made["run"]), "--numbers", "1", "--by", "desk-1")
    assert office.do("check")["holds"]


def test_a_card_is_loaded_once(office: Office) -> None:
    earn(office, "citizen-8", 300)
    load = ("card", "register", "--uid", "04000000000001", "--citizen", "citizen-8", "--amount", "300")
    office.do(*load)
    assert "once" in office.refuses(*load)


def test_the_night_waits_for_two_officials(office: Office) -> None:
    batch = office.do("settle", "--date", "2026-11-24")
    assert (batch["total"], batch["bank_file"], batch["released"]) == (0, None, False)
    assert "no bank file" in office.refuses("approve", "--date", "2026-11-24", "--official", "treasurer-1")
    office.refuses("approve", "--date", "2020-01-01", "--official", "treasurer-1")


@pytest.mark.parametrize(
    "words",
    [
        ("task", "claim", "999", "--by", "x"),
        ("task", "withdraw", "1", "--by", "x"),
        (*NOTES, "--citizen", "x", "--notes", "1x5", "--home", "nowhere"),
        (*NOTES, "--citizen", "citizen-1", "--notes", "1x3", "--home", "bakker-1"),
        ("notes", "hand-out", "99", "--numbers", "1", "--by", "desk-1"),
        ("notes", "refund", "00", "1", "--out", "never.pdf", "--home", "bakker-1", "--by", "desk-1"),
        ("outcomes", "--terminal", "00"),
        ("allowance", "issue", "--citizen", "x", "--amount", "100", "--phone-key", "00"),
        ("settle", "--date", "2026-11-24", "--run", "100"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_1(office: Office, words: tuple[str, ...]) -> None:
    before = office.accounts()
    office.refuses(*words)
    assert office.accounts() == before


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("fly",),
        ("fund", "0"),
        ("fund", "1.50"),
        ("fund", "1000001"),
        ("task",),
        ("task", "claim", "x", "--by", "y"),
        ("settle", "--date", "tomorrow"),
        ("notes", "hand-out", "xyz"),
    ],
)
def test_what_is_not_understood_is_exit_code_2(
    tmp_path: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--dir", str(tmp_path)]) == 2
    assert "usage: heitje backend" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_broken_book_is_exit_code_1(office: Office, tmp_path: Path) -> None:
    copy = Office(tmp_path / "copy")
    shutil.copytree(office.directory, copy.directory)
    with closing(sqlite3.connect(copy.directory / "heitje.sqlite3", isolation_level=None)) as book:
        book.execute("DROP TRIGGER ledger_account_moves_by_transfer")
        book.execute("UPDATE ledger_account SET balance = balance + 1 WHERE kind = 'free cover'")
    done = copy.call("check")
    assert done.returncode == 1
    assert "BROKEN  debits = credits" in done.stdout


@pytest.mark.parametrize("command", ["init", "migrate", "serve", "fund", "settle", "check", "task", "notes"])
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"heitje backend {command}" in capsys.readouterr().out


def test_the_status_is_the_books(office: Office) -> None:
    status = office.do("status")
    assert status["accounts"] == office.accounts()
    assert [(row["terminal"], row["state"]) for row in status["terminals"]] == [(PROGRAMME.terminal.hex(), "active")]


def test_migrate_may_be_repeated(office: Office) -> None:
    assert office.do("migrate")["database"] == str(office.directory / "heitje.sqlite3")


def test_the_limits_and_what_they_could_cost(office: Office) -> None:
    small = office.do("simulate-limits", "--offline-h", "24")
    assert (small["covered"], small["town"]["terminals"]) == (True, 1)
    assert small["cases"][0]["terminal"]["phone"] == 10_000
    large = office.call("simulate-limits", "--terminals", "500")
    assert (large.returncode, "does NOT cover" in large.stdout) == (1, True)
    assert office.do("loss-meter")["covered"] is True
