# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Offline limits of a programme (DESIGN.md sections 4 and 6): cents, counts and seconds.

Metadata older than `bundle_half_age_s` halves every one of them; older than `bundle_age_s` it ends phone and paper and
leaves the card `card_stale_payment_cents`.
"""

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Final, TypeVar

_AGES: Final = ("server_time_age_s", "bundle_half_age_s", "bundle_age_s")
"""What decides about halving, or is the clock's (JOURNAL.md section 1), is not halved itself."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of phone, paper and the terminal."""

    phone_payment_cents: int = 1000
    phone_payment_no_aud_cents: int = 500
    phone_allowance_cents: int = 2500
    terminal_phone_cents: int = 10_000
    terminal_paper_cents: int = 10_000
    terminal_entries: int = 2000
    unsent_age_s: int = 604_800
    server_time_age_s: int = 604_800
    bundle_half_age_s: int = 86_400
    bundle_age_s: int = 259_200

    def at_age(self, bundle_age_s: int) -> "Limits":
        """The limits under a bundle of this age; that it may be too old altogether is the caller's check."""
        return _halved(self) if bundle_age_s > self.bundle_half_age_s else self


@dataclass(frozen=True, slots=True)
class CardLimits:
    """Limits of the card: for one payment, for one card at one till on one day, and for what a till has not uploaded.

    The defaults are those of a till whose debit master is in the file system; one in a SAM or TPM has 5 000 and 10 000.
    """

    card_payment_cents: int = 2500
    card_day_cents: int = 5000
    terminal_card_cents: int = 100_000
    card_stale_payment_cents: int = 1000

    def at_age(self, bundle_age_s: int, ages: Limits) -> "CardLimits":
        """The limits under a bundle of this age."""
        limits = _halved(self) if bundle_age_s > ages.bundle_half_age_s else self
        if bundle_age_s > ages.bundle_age_s:
            return replace(limits, card_payment_cents=min(self.card_stale_payment_cents, limits.card_payment_cents))
        return limits


_AnyLimits = TypeVar("_AnyLimits", Limits, CardLimits)


@lru_cache(maxsize=16)
def _halved(limits: _AnyLimits) -> _AnyLimits:
    values = {row.name: getattr(limits, row.name) for row in fields(limits)}
    return replace(limits, **{name: value // 2 for name, value in values.items() if name not in _AGES})
