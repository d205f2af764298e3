# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Another account of a shop: two treasurers, a week in which the shop can read of it, then what is owed goes there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from backend.assembly import debtor_of
from backend.audit.invariants import check
from backend.commands.officials import say_yes
from backend.ledger import accounts
from backend.officials.models import Act
from backend.settlement import bank_import, night, shop_accounts, treasurers
from backend.settlement.alarms import alarms
from backend.settlement.bank_file import end_to_end_id
from backend.settlement.models import Batch
from backend.settlement.shop_accounts import WAITING_S, NotChanged
from backend.shops.models import Shop

if TYPE_CHECKING:
    from tests.backend.conftest import City
    from tests.backend.settlement.conftest import Bank

DAY = date(2026, 11, 24)
OLD = "NL91ABNA0417164300"
NEW = "NL39RABO0300065264"


def ask(city: City, now: int) -> None:
    """Two treasurers agree on another account of the baker's."""
    asked = shop_accounts.request_change("bakker-1", NEW, "treasurer-1", now)
    assert not say_yes(asked.pk, "treasurer-1", now).document["carried_out"]
    assert Shop.objects.get(id="bakker-1").iban == OLD
    assert say_yes(asked.pk, "treasurer-2", now).document["carried_out"]


def run_night(city: City, day: date) -> Batch:
    """One night."""
    configuration = city.configuration
    return night.settle(day, 1, debtor_of(configuration), configuration.settlements_path, city.till.clock)


def test_two_approve_a_week_passes_and_what_came_back_goes_to_the_new_account(city: City, bank: Bank) -> None:
    Shop.objects.filter(id="bakker-1").update(iban=OLD)
    city.till.anchor()
    city.till.pay_card(city.cards[0], 350)
    city.till.upload()
    now, batch = city.till.clock, run_night(city, DAY)
    name = end_to_end_id("nl.testburg", batch.date, batch.run, "bakker-1")
    bank.transfer(-350, "Bakkerij", OLD, "RF", EndToEndId=name)
    back = bank.part(350, True, "Bakkerij", OLD, "RF", reason="AC04", EndToEndId=name)
    account = bank_import.Account(city.configuration.programme, city.configuration.iban)
    bank_import.take(bank.entry(350, back).statement(), account, "treasurer-1", now)
    assert city.holds(accounts.returned("bakker-1")) == 350

    ask(city, now)
    assert shop_accounts.change_due(now + WAITING_S - 1) == 0
    assert run_night(city, DAY + timedelta(days=1)).lines.count() == 0, "nothing to the old account, nor to the new one"
    with pytest.raises(NotChanged, match="waits already"):
        shop_accounts.request_change("bakker-1", "NL20INGB0001234567", "treasurer-1", now)

    assert [shop_accounts.change_due(now + WAITING_S) for _ in range(2)] == [1, 0]
    assert alarms(DAY) == []
    [line] = run_night(city, DAY + timedelta(days=2)).lines.all()
    assert (line.iban, line.amount) == (NEW, 350)
    acts = list(Act.objects.filter(subject="bakker-1").order_by("number").values_list("actor", "act"))
    assert acts == [
        ("treasurer-1", "shop account requested"),
        ("treasurer-1", "shop account approved"),
        ("treasurer-2", "shop account approved"),
        ("console", "shop account carried out"),
        ("night", "shop account changed"),
    ]
    assert all(finding.holds for finding in check())


def test_the_shop_reads_of_it_and_a_treasurer_stops_it(city: City) -> None:
    city.till.anchor()
    city.till.pay_card(city.cards[0], 350)
    city.till.upload()
    Shop.objects.filter(id="bakker-1").update(iban=OLD)
    now = city.till.clock
    ask(city, now)
    run_night(city, DAY)
    statement = (city.configuration.settlements_path / f"{DAY}-1" / "statement-bakker-1-nl.csv").read_text("utf-8")
    assert NEW in statement.splitlines()[-1]
    with pytest.raises(treasurers.TreasuryRefused, match="no treasurer"):
        shop_accounts.keep("bakker-1", "inspector-1", "not theirs", now)
    shop_accounts.keep("bakker-1", "treasurer-1", "not theirs", now)
    assert shop_accounts.change_due(now + WAITING_S) == 0
    assert Shop.objects.get(id="bakker-1").iban == OLD
    with pytest.raises(NotChanged, match="waits"):
        shop_accounts.keep("bakker-1", "treasurer-1", "twice", now)


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("shop", "iban", "why"),
    [("slager-9", NEW, "no shop"), ("bakker-1", "NL00ABNA0417164300", "NL00"), ("bakker-1", OLD, "is the account")],
)
def test_what_cannot_be_asked(city: City, shop: str, iban: str, why: str) -> None:
    Shop.objects.filter(id="bakker-1").update(iban=OLD)
    with pytest.raises(NotChanged, match=why):
        shop_accounts.request_change(shop, iban, "treasurer-1", city.till.clock)
