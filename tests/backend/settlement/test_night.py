# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The night: run twice, run after a crash at any statement or file, approved by two (LEDGER.md section 3)."""

from __future__ import annotations

import csv
import hashlib
import shutil
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from backend.assembly import debtor_of
from backend.audit.invariants import check
from backend.ledger import accounts
from backend.officials.approvals import NotApproved
from backend.settlement import bank_file, iso20022, night
from backend.settlement.models import Batch, BatchLine
from heitje.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.backend.conftest import City

DAY = date(2026, 11, 24)


def run_night(city: City, run: int = 1, day: date = DAY) -> Batch:
    """One night, at the till's clock."""
    configuration = city.configuration
    return night.settle(day, run, debtor_of(configuration), configuration.settlements_path, city.till.clock)


def files(city: City) -> dict[str, bytes]:
    """What the night left on disk."""
    folder = city.configuration.settlements_path
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def trading(city: City) -> City:
    """Two shops have sold; the baker has given a little back and waits for a card."""
    other = city.open_till("00112233445566aa", "slager-1")
    for till in (city.till, other):
        till.anchor()
    city.till.refund(city.till.pay_card(city.cards[0], 350) + 1, 50)
    other.pay_card(city.cards[0], 200)
    torn = city.till.card_intent(city.cards[1], 30)
    city.till.complete(torn, Kind.UNRESOLVED, given=True)
    city.till.upload()
    other.upload()
    return city


def test_each_shop_is_sent_what_it_is_owed(trading: City) -> None:
    batch = run_night(trading)
    assert dict(BatchLine.objects.values_list("shop", "amount")) == {"bakker-1": 300, "slager-1": 200}
    assert trading.holds(accounts.payable("bakker-1")) == trading.holds(accounts.payable("slager-1")) == 0
    assert trading.holds(accounts.IN_BATCH) == 500
    written = files(trading)
    document = written["2026-11-24-1/pain.001.xml"]
    iso20022.validate(document, bank_file.MESSAGE)
    assert hashlib.sha256(document).hexdigest() == batch.sha256
    assert b"<CtrlSum>5.00</CtrlSum>" in document
    assert all(finding.holds for finding in check())


def test_a_statement_tells_what_was_sold_given_back_sent_and_waits(trading: City) -> None:
    run_night(trading)
    reference = bank_file.creditor_reference("nl.testburg", DAY, 1, "bakker-1")
    rows = list(csv.reader(files(trading)["2026-11-24-1/statement-bakker-1-nl.csv"].decode().splitlines()))
    assert [(what, cents, why) for _, what, _, cents, why in rows] == [
        ("Wat", "Cent", "Waarom"),
        ("Verkocht", "350", ""),
        ("Teruggegeven", "-50", ""),
        ("Naar de bank gestuurd", "-300", "NL91ABNA0417164300"),
        ("Wacht", "0", "Wacht tot de kaart weer wordt gebruikt."),
    ]
    assert (rows[3][2], sum(int(row[3]) for row in rows[1:])) == (reference, 0)


def test_a_statement_tells_a_tills_sales_in_the_order_in_which_it_made_them(city: City) -> None:
    """Whatever the way in which each was booked."""
    till = city.till
    till.anchor()
    for number in range(5):
        till.pay_card(city.cards[0], 100)
        if number % 2:
            till.pay_paper(city.note("citizen-9", 500)[1], 500)
    assert {outcome for outcome, _ in till.outcomes()} == {"accepted"}
    run_night(city)
    rows = csv.DictReader(files(city)["2026-11-24-1/statement-bakker-1-nl.csv"].decode().splitlines())
    sold = [int(row["Kenmerk"].partition("/")[2]) for row in rows if row["Wat"] == "Verkocht"]
    assert sold == sorted(sold)
    assert len(sold) == 7


@pytest.mark.parametrize(
    ("language", "head", "sold"),
    [("en", "Time,What,Reference,Cents,Why", "Sold"), ("de", "Zeit,Was,Kennzeichen,Cent,Warum", "Verkauft")],
)
def test_a_statement_for_a_program_in_another_language(trading: City, language: str, head: str, sold: str) -> None:
    [path] = night.export_csv(
        run_night(trading), "nl.testburg", trading.configuration.settlements_path, language, "bakker-1"
    )
    lines = path.read_text("utf-8").splitlines()
    assert (path.name, lines[0], lines[1].split(",")[1]) == (f"statement-bakker-1-{language}.csv", head, sold)


def test_a_second_time_changes_nothing(trading: City) -> None:
    batch, before = run_night(trading), files(trading)
    trading.till.clock += 3600
    trading.till.pay_card(trading.cards[0], 100)
    trading.till.upload()
    again = run_night(trading)
    assert (again.pk, again.sha256, files(trading)) == (batch.pk, batch.sha256, before)
    assert trading.holds(accounts.payable("bakker-1")) == 100, "what came later is the next night's"


def test_the_next_night_sends_the_rest_and_its_statement_begins_where_the_last_ended(trading: City) -> None:
    run_night(trading)
    trading.till.pay_card(trading.cards[0], 100)
    trading.till.upload()
    run_night(trading, day=date(2026, 11, 25))
    text = files(trading)["2026-11-25-1/statement-bakker-1-nl.csv"].decode()
    assert [row["Wat"] for row in csv.DictReader(text.splitlines())][:2] == ["Verkocht", "Naar de bank gestuurd"]
    assert trading.holds(accounts.IN_BATCH) == 600


def test_a_night_on_which_nothing_is_owed_has_no_file(city: City) -> None:
    batch = run_night(city)
    assert (batch.sha256, files(city), batch.lines.count()) == ("", {}, 0)
    with pytest.raises(NotApproved):
        night.approve(batch, "treasurer-1", city.till.clock)


def test_lost_files_are_made_again(trading: City) -> None:
    run_night(trading)
    before = files(trading)
    shutil.rmtree(trading.configuration.settlements_path)
    run_night(trading)
    assert files(trading) == before


def test_two_different_officials_release_a_batch(trading: City) -> None:
    batch = run_night(trading)
    assert not night.is_released(batch)
    assert [night.approve(batch, name, trading.till.clock) for name in ("treasurer-1", "treasurer-1")] == [1, 1]
    assert not night.is_released(batch)
    for nobody in ("", "anna", "inspector-1"):
        with pytest.raises(NotApproved):
            night.approve(batch, nobody, trading.till.clock)
    with pytest.raises(NotApproved, match="1 of 2"):
        night.hand_over(batch, trading.till.clock)
    night.approve(batch, "treasurer-2", trading.till.clock)
    assert night.is_released(batch)
    assert night.hand_over(batch, trading.till.clock) == bytes(batch.bank_file)
    assert night.hand_over(batch, trading.till.clock) == bytes(batch.bank_file), "again, after it was lost"


# --- crashes ----------------------------------------------------------------------------------------------


def watch_files(counted: Callable[..., None]) -> None:
    """Count each file operation as well."""

    def watch(name: str, _arguments: object) -> None:
        if name in ("open", "os.rename", "os.mkdir"):
            counted()

    sys.addaudithook(watch)


def test_killed_at_any_point_and_run_again(
    trading: City, engine: str, saved: Callable[[], None], in_child: Callable[..., bool]
) -> None:
    """One night to compare with; then, from the same evening, a crash at each point and a second run."""
    expected = run_night(trading).sha256, files(trading)
    step = 1 if engine == "sqlite" else 3  # a database is copied for each try
    tried = died = 0
    while tried == died:
        tried += 1
        saved()
        died += in_child(lambda: run_night(trading), tried * step, watch_files)
        batch = run_night(trading)
        left = {name: content for name, content in files(trading).items() if not name.endswith(".part")}
        assert (batch.sha256, left) == expected, f"after a crash at event {tried * step}"
        assert trading.holds(accounts.IN_BATCH) == 500
        assert all(finding.holds for finding in check())
    assert died > 30 // step
