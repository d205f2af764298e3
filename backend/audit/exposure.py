# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the offline limits can cost: the worst case for given limits, and the meter of what they have cost.

DESIGN.md section 6: exposure = Σ terminals (phone + paper) + Σ guarantees, and it stays within the loss fund.
"""

from dataclasses import dataclass
from typing import Final

from backend.ledger import accounts
from backend.ledger.posting import balance
from backend.ledger.rows import select
from backend.redemption.loading import GUARANTEE_CARD_CENTS, GUARANTEE_VOUCHER_CENTS, GUARANTEE_WINDOW_S
from backend.shops.models import Terminal, TerminalState
from heitje.limits import CardLimits, Limits

_STEP_S: Final = 60
_LOST: Final = """
SELECT coalesce(sum(t.amount), 0) FROM ledger_transfer AS t JOIN ledger_account AS a ON a.id = t.debit_id
WHERE a.kind = 'loss fund' AND t.kind <> 'redeemed' AND t.at > %s
"""


@dataclass(frozen=True, slots=True)
class Town:
    """How much there is that can be offline: terminals, those among them that take paper, owners of shops."""

    terminals: int
    paper_tills: int
    owners: int

    @property
    def guarantee_cents(self) -> int:
        """What all owners together are guaranteed in 30 days."""
        return self.owners * (GUARANTEE_CARD_CENTS + GUARANTEE_VOUCHER_CENTS)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one terminal can have taken at the end of its time offline, cents."""

    phone: int = 0
    paper: int = 0
    card: int = 0


@dataclass(frozen=True, slots=True)
class WorstCase:
    """Every terminal offline at once, and at each of them nothing but what was spent elsewhere before; cents.

    `exposure` is what could be lost if it were all made good; `paid` is what the guarantees make of it.
    """

    offline_s: int
    terminal: Taken
    exposure: int
    paid: int


@dataclass(frozen=True, slots=True)
class Meter:
    """What stands in the books: the fund, what it lost in 30 days, and what the limits could cost at most; cents."""

    loss_fund: int
    lost: int
    exposure: int
    terminal_cents: int
    """Phone and paper together, for one terminal, that the fund would cover."""

    @property
    def covered(self) -> bool:
        """Whether the fund covers the exposure."""
        return self.exposure <= self.loss_fund


def worst_case(limits: Limits, card_limits: CardLimits, town: Town, offline_s: int, payment_s: int) -> WorstCase:
    """What can be lost when every terminal is offline for `offline_s`, one payment of an instrument each `payment_s`.

    The trust of a terminal grows as old as it is offline, so its limits are halved, and then end, on the way.
    """
    one = _taken(limits, card_limits, offline_s, payment_s)
    vouchers = town.terminals * one.phone + town.paper_tills * one.paper
    paid = min(vouchers, town.owners * GUARANTEE_VOUCHER_CENTS)
    paid += min(town.terminals * one.card, town.owners * GUARANTEE_CARD_CENTS)
    return WorstCase(offline_s, one, vouchers + town.guarantee_cents, paid)


def town_of_the_books() -> Town:
    """The terminals that are believed, and whose they are."""
    active = Terminal.objects.filter(state=TerminalState.ACTIVE)
    return Town(
        terminals=active.count(),
        paper_tills=active.filter(paper_till=True).count(),
        owners=active.values("shop__owner").distinct().count(),
    )


def meter(limits: Limits, town: Town, now: int) -> Meter:
    """The meter at Unix time `now`."""
    fund = balance(accounts.LOSS_FUND)
    ((lost,),) = select(_LOST, now - GUARANTEE_WINDOW_S)
    exposure = town.terminals * limits.terminal_phone_cents + town.paper_tills * limits.terminal_paper_cents
    left = max(0, fund - town.guarantee_cents)
    return Meter(fund, int(lost), exposure + town.guarantee_cents, left // town.terminals if town.terminals else 0)


def _taken(limits: Limits, card_limits: CardLimits, offline_s: int, payment_s: int) -> Taken:
    """One terminal, minute by minute: as many payments as there is time for, each as large as it may be."""
    phone = paper = card = 0
    for second in range(0, offline_s, _STEP_S):
        now, cards = limits.at_age(second), card_limits.at_age(second, limits)
        if second > min(limits.unsent_age_s, limits.server_time_age_s):
            break
        if second <= limits.bundle_age_s:
            phone = _grown(phone, now.terminal_phone_cents, now.phone_payment_cents, payment_s)
            paper = _grown(paper, now.terminal_paper_cents, now.terminal_paper_cents, payment_s)
        card = _grown(card, cards.terminal_card_cents, cards.card_payment_cents, payment_s)
    return Taken(phone, paper, card)


def _grown(taken: int, most: int, payment: int, payment_s: int) -> int:
    """A step later; what was taken under a higher limit stays taken."""
    return max(taken, min(most, taken + payment * _STEP_S // payment_s))
