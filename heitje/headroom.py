# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How much is left before each offline limit bites (DESIGN.md section 6), so that it can be shown before it does.

The same numbers as in `heitje.acceptance.check_offline` and `heitje.card.acceptance.check_card_offline`, seen from the
other side: a payment of the room that is left is taken, one of a cent more needs a connection.
"""

from dataclasses import dataclass

from heitje.acceptance import ENTRIES_PER_TENDER, Unsent
from heitje.limits import CardLimits, Limits


@dataclass(frozen=True, slots=True)
class Standing:
    """What the limits are held against. `now` Unix seconds, `trust_age_s` the age of the trust.

    `clock_floor`, `server_time`: JOURNAL.md section 1. `paper_till`: this till takes paper offline.
    """

    now: int
    trust_age_s: int
    clock_floor: int
    server_time: int | None
    unsent: Unsent
    unsent_card_cents: int
    limits: Limits
    card_limits: CardLimits
    cards_online_only: bool = False
    paper_till: bool = False


@dataclass(frozen=True, slots=True)
class Margin:
    """What is used up of a limit."""

    used: int
    most: int

    @property
    def left(self) -> int:
        """What is left of it."""
        return max(0, self.most - self.used)


@dataclass(frozen=True, slots=True)
class Headroom:
    """Margins of what the till holds, in entries, seconds and cents, and the room that one payment has, in cents.

    The rooms know nothing of one card's day or one allowance. `halved_in_s`, `stale_in_s`: until the trust's age halves
    every limit, and until it ends phone and paper; 0: it does already.
    """

    entries: Margin
    age_s: Margin
    card_cents: Margin
    phone_cents: Margin
    paper_cents: Margin
    card_room: int
    phone_room: int
    phone_room_without_aud: int
    paper_room: int
    halved_in_s: int
    stale_in_s: int


def headroom(standing: Standing) -> Headroom:
    """How much is left."""
    age_s, unsent = standing.trust_age_s, standing.unsent
    limits = standing.limits.at_age(age_s)
    card_limits = standing.card_limits.at_age(age_s, standing.limits)
    entries, queue_age = Margin(unsent.entries, limits.terminal_entries), Margin(unsent.age_s, limits.unsent_age_s)
    card = Margin(standing.unsent_card_cents, card_limits.terminal_card_cents)
    phone = Margin(unsent.phone_cents, limits.terminal_phone_cents)
    paper = Margin(unsent.paper_cents, limits.terminal_paper_cents)
    open_at_all = entries.left >= ENTRIES_PER_TENDER and unsent.age_s <= limits.unsent_age_s
    vouchers = open_at_all and age_s <= limits.bundle_age_s and _clock_is_trusted(standing)
    day_cents = card_limits.card_day_cents
    return Headroom(
        entries,
        queue_age,
        card,
        phone,
        paper,
        card_room=min(card_limits.card_payment_cents, day_cents, card.left)
        if open_at_all and not standing.cards_online_only
        else 0,
        phone_room=min(limits.phone_payment_cents, limits.phone_allowance_cents, phone.left) if vouchers else 0,
        phone_room_without_aud=min(limits.phone_payment_no_aud_cents, limits.phone_allowance_cents, phone.left)
        if vouchers
        else 0,
        paper_room=paper.left if vouchers and standing.paper_till else 0,
        halved_in_s=max(0, standing.limits.bundle_half_age_s - age_s),
        stale_in_s=max(0, standing.limits.bundle_age_s - age_s),
    )


def _clock_is_trusted(standing: Standing) -> bool:
    server_time = standing.server_time
    if server_time is None or standing.now < standing.clock_floor:
        return False
    return standing.now <= server_time + standing.limits.server_time_age_s
