# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Days on which banks book euro: those of TARGET, the Eurosystem's payment system."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

_FIXED: Final = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)


def is_bank_day(day: date) -> bool:
    """Whether TARGET is open: no weekend, New Year's Day, Good Friday, Easter Monday, 1 May, 25 or 26 December."""
    easter = _easter(day.year)
    return (
        day.weekday() < _SATURDAY
        and (day.month, day.day) not in _FIXED
        and day not in (easter - 2 * _DAY, easter + _DAY)
    )


def bank_day_from(day: date) -> date:
    """The day itself, or the first bank day after it."""
    while not is_bank_day(day):
        day += _DAY
    return day


def bank_days_after(day: date, count: int) -> date:
    """The bank day that is `count` bank days after the one that `day` counts as."""
    day = bank_day_from(day)
    for _ in range(count):
        day = bank_day_from(day + _DAY)
    return day


@lru_cache(maxsize=64)
def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm (Meeus, Astronomical Algorithms, 8)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap_centuries, centuries_left = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    full_moon = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    leap_years, years_left = divmod(rest, 4)
    weekday = (32 + 2 * centuries_left + 2 * leap_years - full_moon - years_left) % 7
    late = (golden + 11 * full_moon + 22 * weekday) // 451
    month, day = divmod(full_moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
