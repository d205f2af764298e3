# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Bank days, against the calendar that the European Central Bank published for these years."""

from datetime import date

import pytest

from backend.settlement.target_days import bank_day_from, bank_days_after, is_bank_day

CLOSED = {
    2024: ["01-01", "03-29", "04-01", "05-01", "12-25", "12-26"],
    2025: ["01-01", "04-18", "04-21", "05-01", "12-25", "12-26"],
    2026: ["01-01", "04-03", "04-06", "05-01", "12-25", "12-26"],
    2027: ["01-01", "03-26", "03-29", "05-01", "12-25", "12-26"],
    2038: ["01-01", "04-23", "04-26", "05-01", "12-25", "12-26"],
}


@pytest.mark.parametrize("year", CLOSED)
def test_the_closing_days_of_a_year(year: int) -> None:
    start = date(year, 1, 1).toordinal()
    days = [date.fromordinal(start + number) for number in range(365)]
    closed = {day for day in days if not is_bank_day(day)}
    assert closed == {day for day in days if day.weekday() >= 5 or day.strftime("%m-%d") in CLOSED[year]}


@pytest.mark.parametrize(
    ("day", "count", "then"),
    [
        ("2026-11-24", 0, "2026-11-24"),
        ("2026-11-24", 2, "2026-11-26"),
        ("2026-11-27", 2, "2026-12-01"),
        ("2026-11-28", 2, "2026-12-02"),
        ("2026-12-24", 2, "2026-12-29"),
        ("2026-04-02", 1, "2026-04-07"),
    ],
)
def test_bank_days_after(day: str, count: int, then: str) -> None:
    assert bank_days_after(date.fromisoformat(day), count) == date.fromisoformat(then)


def test_a_bank_day_is_its_own() -> None:
    assert bank_day_from(date(2026, 11, 24)) == date(2026, 11, 24)
    assert bank_day_from(date(2026, 11, 28)) == date(2026, 11, 30)
