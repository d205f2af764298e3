# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The windows of the mint's keys: no gap in signing, no gap in belief (DESIGN.md section 4).

```
        listed      signs                 last signature            last thing signed has ended
new       |----------|========================|----------------------------|
old  ================|......................|---------------------|
```

A new key stands in every bundle before it signs: a till that has not fetched its trust for so long takes no phone and
no paper any more. Of the keys whose window of signing is open, the one that began last signs (`signing`), so the old
one signs until the new one begins, signs again only if that one is revoked, and stays listed until all that it signed
has ended.
"""

from typing import Final, NamedTuple

from heitje.limits import Limits

DAY_S: Final = 86_400
AHEAD_S: Final = Limits().bundle_age_s + DAY_S
"""From being listed to the first signature: older bundles than that accept nothing offline that a voucher is about."""
SIGNS_S: Final = 730 * DAY_S
LONGEST_S: Final = 8 * 366 * DAY_S
"""The longest life of what a key signs: a card's certificate."""


class Window(NamedTuple):
    """First and last second of being believed, and of signing."""

    valid_from: int
    valid_until: int
    signs_from: int
    signs_until: int


def first_window(now: int) -> Window:
    """Of a programme's first keys: no till has an older bundle."""
    return next_window(now, ahead_s=0)


def next_window(now: int, ahead_s: int = AHEAD_S) -> Window:
    """Of a key that is made now; `ahead_s` of 0 is for an emergency, when tills refuse it until they hear of it."""
    signs_from = now + ahead_s
    signs_until = signs_from + SIGNS_S
    return Window(now, signs_until + LONGEST_S, signs_from, signs_until)


def name_of_next(programme: str, keys: int) -> str:
    """What the next mint key is called, after so many."""
    return f"{programme}/mint/{keys + 1}"
