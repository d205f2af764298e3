# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Officials, print runs and keys as a program would call them: what two have to say, files that stay, acts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backend import command_trail
from backend import configuration as configurations
from backend.cli import main
from backend.command_line import make_parser
from backend.tasks.models import SecondInspection, Task
from backend.tasks.transitions import Move
from heitje.fingerprint import digits_of
from heitje.keys import SigningKey

if TYPE_CHECKING:
    from tests.backend.conftest import City

KEY = SigningKey.from_seed(b"k" * 32).public


@dataclass
class Office:
    """The town's directory and the commands on it, in this process."""

    directory: Path
    told: pytest.CaptureFixture[str]

    def call(self, *words: str) -> tuple[int, str, str]:
        """A command: its exit code and what it says."""
        code = main([*words, "--dir", str(self.directory), "--json"])
        return (code, *self.told.readouterr())

    def do(self, *words: str) -> dict[str, Any]:
        """A command that must succeed, and its answer."""
        code, out, error = self.call(*words)
        assert (code, error) == (0, "")
        answer: dict[str, Any] = json.loads(out)
        return answer

    def refuses(self, *words: str) -> str:
        """A command that must be refused; what it says."""
        code, out, error = self.call(*words)
        assert (code, out) == (1, "")
        return error


@pytest.fixture
def office(city: City, capsys: pytest.CaptureFixture[str]) -> Office:
    """The commands on the town."""
    return Office(city.configuration.directory, capsys)


def test_roles_terminals_and_keys_take_two(office: Office) -> None:
    give = ("official", "give", "noor", "desk", "--by")
    assert "no registrar" in office.refuses(*give, "keeper-1")
    asked = office.do(*give, "registrar-1")
    assert (asked["approvals"], asked["carried_out"]) == (["registrar-1"], False)
    assert office.do("approval", "approve", str(asked["request"]), "--by", "registrar-2")["carried_out"]
    words = ("--terminal", "00112233445566aa", "--key", KEY.raw.hex(), "--shop", "bakker-1")
    enrol = office.do("enrol", *words, "--by", "enroller-1")
    assert digits_of(KEY) not in json.dumps(enrol), "nobody can approve without having looked"
    approve = ("approval", "approve", str(enrol["request"]), "--by")
    assert "compared" in office.refuses(*approve, "enroller-1", "--compared", "12345678")
    office.do(*approve, "enroller-1", "--compared", digits_of(KEY))
    assert office.do(*approve, "enroller-2", "--compared", digits_of(KEY))["carried_out"]
    assert not office.do("keys", "rotate", "--by", "keeper-1")["carried_out"]
    assert office.do("keys", "rotate", "--by", "keeper-2")["carried_out"]
    mint = office.do("keys", "show")["mint"]
    assert len(mint) == 3
    assert mint[2]["signs_from"] > mint[2]["valid_from"]
    assert office.do("publish")["fresh"], "a new key is listed"
    assert "none of this programme" in office.refuses("keys", "revoke", "00" * 8, "--by", "keeper-1")
    assert office.do("approval", "list")["requests"] == []


def test_a_print_run_is_the_same_file_again(city: City, office: Office, tmp_path: Path) -> None:
    city.earn("citizen-8", 4000)
    order = ("notes", "print", "--name", "monday", "--home", "bakker-1", "--notes", "2x10", "--citizen", "citizen-8")
    files = [tmp_path / "one.pdf", tmp_path / "two.pdf"]
    answers = [office.do(*order, "--by", "desk-1", "--out", str(file)) for file in files]
    assert answers[0]["sha256"] == answers[1]["sha256"]
    assert files[0].read_bytes() == files[1].read_bytes() != b""
    run = str(answers[0]["run"])
    assert office.do("notes", "hand-out", run, "--numbers", "1", "--by", "desk-1")["new"] == 1
    assert office.do("notes", "void", run, "--numbers", "2", "--reason", "spoilt", "--by", "desk-1")["new"] == 1
    assert office.do("expire")["vouchers"] == 0
    assert office.do("check")["holds"]


def test_what_a_second_inspector_finds_wanting_is_taken_back(city: City, office: Office) -> None:
    city.earn("citizen-8", 900)
    task = Task.objects.get(claimant="citizen-8")
    SecondInspection.objects.get_or_create(validation=task.moves.get(move=Move.VALIDATE), defaults={"drawn_at": 0})
    assert {"task": task.pk, "finding": "open"}.items() <= office.do("task", "inspections")["inspections"][-1].items()
    again = ("task", "inspect-again", str(task.pk), "--found", "wanting", "--by")
    assert "part in a task" in office.refuses(*again, "inspector-1", "--reason", "no paint")
    assert "reason" in office.refuses(*again, "inspector-2")
    assert office.do(*again, "inspector-2", "--reason", "no paint")["finding"] == "wanting"
    assert city.earned("citizen-8") == 0
    assert office.do("check")["holds"]


def test_coins_end_only_where_a_by_law_is_named(city: City, office: Office) -> None:
    file = office.directory / configurations.FILE
    assert "coins" not in office.do("expire")
    whole = file.read_text("utf-8")
    for table, why in (
        ("coins_after_days = 10", "by-law"),
        ("coins_after_days = -1", "by-law"),
        ("days = 1", "unknown"),
    ):
        file.write_text(f"{whole}\n[expiry]\n{table}\n", "utf-8")
        assert why in office.refuses("expire")
    file.write_text(f'{whole}\n[expiry]\ncoins_after_days = 10\nby_law = "article 7"\n', "utf-8")
    assert configurations.load(office.directory).expiry == configurations.Expiry(10, "article 7")


def test_what_was_done_is_in_the_acts(office: Office) -> None:
    assert "no treasurer" in office.refuses("fund", "1", "--official", "enroller-1")
    office.refuses("fund", "2000000", "--loss-fund", "--official", "treasurer-1")
    shown = office.do("acts")
    assert shown["holds"]
    assert shown["acts"][-1]["act"] == "command mint.fund", "an attempt is an act"
    assert shown["acts"][-1]["actor"] == "treasurer-1"
    assert office.do("acts", "--after", str(shown["head"]["number"]))["acts"] == []


def test_each_command_that_leaves_an_act_is_one() -> None:
    def commands(parser: object) -> set[str]:
        found = {getattr(parser, "_defaults", {}).get("command")}
        for action in getattr(parser, "_actions", ()):
            for child in (action.choices or {}).values() if isinstance(action.choices, dict) else ():
                found |= commands(child)
        return {name for name in found if name}

    assert commands(make_parser()) >= command_trail.LEAVE_AN_ACT
