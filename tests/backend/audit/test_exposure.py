# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The worst case of the offline limits, and the meter of what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.audit.exposure import Town, meter, town_of_the_books, worst_case
from backend.ledger import accounts
from heitje.limits import CardLimits, Limits

if TYPE_CHECKING:
    from tests.backend.conftest import City

HOUR_S = 3600
TOWN = Town(terminals=100, paper_tills=40, owners=50)


def test_a_day_offline_takes_every_limit_whole() -> None:
    case = worst_case(Limits(), CardLimits(), TOWN, 24 * HOUR_S, 20)
    assert (case.terminal.phone, case.terminal.paper, case.terminal.card) == (10_000, 10_000, 100_000)
    assert case.exposure == 100 * 10_000 + 40 * 10_000 + 50 * 12_500
    assert case.paid == 50 * 2500 + 50 * 10_000


def test_an_hour_offline_takes_what_there_is_time_for() -> None:
    case = worst_case(Limits(), CardLimits(), TOWN, HOUR_S, 600)
    assert (case.terminal.phone, case.terminal.card) == (6000, 15_000)


def test_a_longer_time_costs_no_less_and_ends() -> None:
    cases = [worst_case(Limits(), CardLimits(), TOWN, hours * HOUR_S, 20) for hours in (1, 8, 24, 72, 168, 400)]
    exposures = [case.exposure for case in cases]
    assert exposures == sorted(exposures)
    assert cases[-1].terminal == cases[-2].terminal


def test_what_starts_after_the_halving_is_half() -> None:
    slow = worst_case(Limits(terminal_phone_cents=10_000), CardLimits(), TOWN, 72 * HOUR_S, 12 * HOUR_S)
    fast = worst_case(Limits(terminal_phone_cents=10_000), CardLimits(), TOWN, 72 * HOUR_S, 20)
    assert slow.terminal.phone < fast.terminal.phone


@pytest.mark.parametrize("terminals", [0, 1])
def test_the_meter_of_a_small_town(city: City, terminals: int) -> None:
    now = meter(Limits(), Town(terminals, terminals, terminals), city.till.clock)
    assert now.loss_fund == city.holds(accounts.LOSS_FUND)
    assert now.exposure == terminals * (20_000 + 12_500)
    assert now.covered
    assert now.terminal_cents == terminals * (now.loss_fund - 12_500)


def test_the_meter_tells_what_the_fund_lost(city: City) -> None:
    first, second = city.till, city.open_till("00112233445566aa", "slager-1")
    phone = city.phone("citizen-9", 1000)
    code = phone.code(300, None, first.clock)
    for till in (first, second):
        till.anchor()
        till.pay_phone(phone, 300, code)
        till.upload()
    town = town_of_the_books()
    assert (town.terminals, town.owners) == (2, 2)
    assert meter(Limits(), town, first.clock).lost == 300
    assert meter(Limits(), town, first.clock + 31 * 86_400).lost == 0
