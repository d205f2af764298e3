# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The treasurer's path of docs/money.md, word for word as it is typed; what is refused, and what the exit code says."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

from backend.command_line import make_parser
from backend.commands.answer import Answer, Refused
from backend.ledger import accounts
from backend.settlement.bank_file import message_id
from backend.settlement.models import Batch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backend.conftest import City
    from tests.backend.settlement.conftest import Bank

DAY = "2026-11-24"
TREASURER = ("--official", "treasurer-1")


@pytest.fixture
def engine() -> str:
    """Words do not depend on who keeps the books."""
    return "sqlite"


def run(city: City, *words: str | Path) -> Answer:
    """One command, by its words."""
    arguments = make_parser().parse_args([*map(str, words), "--dir", str(city.configuration.directory)])
    module, _, function = arguments.command.partition(".")
    answer: Answer = getattr(importlib.import_module(f"backend.commands.{module}"), function)(arguments)
    return answer


def told(city: City, *words: str | Path) -> dict[str, Any]:
    """The answer for a program, of a command that ends with exit code 0."""
    answer = run(city, *words)
    assert answer.ok
    return answer.document


def test_a_treasurers_first_weeks(city: City, bank: Bank, tmp_path: Path) -> None:
    city.till.anchor()
    city.till.pay_card(city.cards[0], 475)
    city.till.upload()
    told(city, "bank", "source", "NL39RABO0300065264", "--name", "Town", *TREASURER)
    assert told(city, "check")["holds"]
    batch = told(city, "settle", "--date", DAY)
    assert [path.rpartition(".")[2] for path in batch["statements"]] == ["csv", "pdf"]
    out = tmp_path / "out.xml"
    with pytest.raises(Refused, match="0 of 2"):
        run(city, "bank", "file", "--date", DAY, "--out", out)
    for official in ("treasurer-1", "treasurer-2"):
        told(city, "approve", "--date", DAY, "--official", official)
    assert told(city, "bank", "file", "--date", DAY, "--out", out)["sha256"] == batch["sha256"]
    assert (out.read_bytes(), out.stat().st_mode & 0o077) == (bytes(Batch.objects.get().bank_file), 0)
    named = f"<Btch><PmtInfId>{message_id('nl.testburg', Batch.objects.get().date, 1)}</PmtInfId></Btch>"
    bank.entry(-475, named).transfer(-1250, "Bank", "NL20INGB0001234567", "kosten")
    statement = tmp_path / "statement.xml"
    statement.write_bytes(bank.transfer(5000, "Town", "NL39RABO0300065264", "storting").statement())
    taken = told(city, "bank", "import", statement, *TREASURER)
    assert taken["entries"] == {"payments": 1, "unknown debit": 1, "funding": 1}
    assert not told(city, "bank", "import", statement, *TREASURER)["new"]
    alarm = run(city, "alarms")
    assert (alarm.ok, alarm.text.splitlines()[-1]) == (False, "minting is stopped: bank:2026-1/2")
    [entry] = told(city, "bank", "entries", "--open")["entries"]
    with pytest.raises(Refused, match="no treasurer"):
        run(city, "bank", "explain", str(entry["entry"]), "--as", "bank charge", "--official", "inspector-1")
    told(city, "bank", "explain", str(entry["entry"]), "--as", "bank charge", *TREASURER)
    assert (told(city, "alarms"), told(city, "bank", "entries", "--open")) == ({"alarms": []}, {"entries": []})
    assert told(city, "check")["holds"]
    assert city.holds(accounts.RESERVE) == 1_000_000 - 475 - 1250 + 5000


def test_what_is_refused_is_told_in_a_line(city: City, tmp_path: Path) -> None:
    rubbish = tmp_path / "x.xml"
    rubbish.write_text("<x/>", "utf-8")
    for words, why in (
        (("bank", "import", rubbish, *TREASURER), "no bank message"),
        (("bank", "import", tmp_path / "nowhere", *TREASURER), "No such file"),
        (("bank", "file", "--date", DAY, "--out", tmp_path / "y"), "there is no batch"),
        (("bank", "source", "NL00", "--name", "x", *TREASURER), "NL00"),
        (("bank", "pay-again", "bakker-1", *TREASURER), "nothing of bakker-1 is held"),
        (("statements", "--date", DAY), "there is no batch"),
        (("claw-back", "999", "--reason", "x", *TREASURER), "is not rewarded"),
        (("grant", "pay", "x", "--amount", "5", "--citizen", "c", *TREASURER), "0 cents left"),
        (("team", "share", "c", "--citizen", "d", "--amount", "5", "--share", "1"), "begins with team:"),
    ):
        with pytest.raises(Refused, match=why):
            run(city, *words)


def test_another_account_of_a_shop(city: City) -> None:
    new = "NL39RABO0300065264"
    asked = told(city, "shop", "account", "bakker-1", new, "--by", "treasurer-1")
    assert (asked["content"]["iban"], asked["carried_out"]) == (new, False)
    told(city, "approval", "approve", str(asked["request"]), "--by", "treasurer-2")
    [shop] = told(city, "shop", "list")["shops"]
    assert shop["next_iban"] == new != shop["iban"]
    kept = told(city, "shop", "keep-account", "bakker-1", "--reason", "not theirs", *TREASURER)
    assert (kept["iban"], kept["next_iban"]) == (shop["iban"], None)


def test_statements_in_another_language_for_one_shop(city: City) -> None:
    city.till.anchor()
    city.till.pay_card(city.cards[0], 475)
    city.till.upload()
    told(city, "settle", "--date", DAY)
    paths = told(city, "statements", "--date", DAY, "--shop", "bakker-1", "--language", "de")["statements"]
    assert [path.rpartition("/")[2] for path in paths] == ["statement-bakker-1-de.pdf", "statement-bakker-1-de.csv"]
    with pytest.raises(Refused, match="nothing to slager-9"):
        run(city, "statements", "--date", DAY, "--shop", "slager-9")
