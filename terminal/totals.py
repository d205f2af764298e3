# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A day's totals (X and Z): what was taken since the day before was closed, pure. Of cash only what stood beside it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from heitje.journal import Entry, Instrument, Kind
from heitje.messages import Outcome
from terminal.history import OutcomeOf

TOLD: Final = (Outcome.CONFLICT, Outcome.REFUSED, Outcome.PENDING)
"""What a shopkeeper has to know of the backend's answers."""
CashOf: TypeAlias = Callable[[bytes], int]


@dataclass(frozen=True, slots=True)
class Sum:
    """How many, and cents of them."""

    count: int = 0
    amount: int = 0

    def plus(self, amount: int) -> "Sum":
        """One more."""
        return Sum(self.count + 1, self.amount + amount)

    def minus(self, amount: int) -> "Sum":
        """One less."""
        return Sum(self.count - 1, self.amount - amount)


@dataclass(frozen=True, slots=True)
class Totals:
    """What was taken between two entries, inclusive; times in Unix seconds. Empty: `first` and `last` are 0.

    `unresolved` are cards that have not told and whose sale is not closed; `given` and `not_given` those that were.
    `cash` stood beside other tenders in the same sale; a sale in cash alone is none of this till's.
    """

    first: int = 0
    last: int = 0
    since: int = 0
    until: int = 0
    paid: dict[Instrument, Sum] = field(default_factory=dict)
    cash: Sum = Sum()
    refunds: Sum = Sum()
    unresolved: Sum = Sum()
    given: Sum = Sum()
    not_given: Sum = Sum()
    outcomes: dict[Outcome, Sum] = field(default_factory=dict)
    unsent: int = 0

    @property
    def total(self) -> Sum:
        """All that was paid."""
        sums = self.paid.values()
        return Sum(sum(part.count for part in sums), sum(part.amount for part in sums))


def totals_of(
    entries: Iterable[Entry],
    outcome_of: OutcomeOf,
    cursor: int,
    closed_before: Mapping[int, bool] | None = None,
    cash_of: CashOf = lambda sale: 0,
) -> Totals:
    """Count the entries since a day was closed; `cursor` is the last one that the backend has.

    `closed_before`: intents of earlier days whose sales were closed then, as given or not. A card that turns out to
    have paid for goods that were not given pays nobody: the money goes back to its owner (JOURNAL.md section 1).
    `cash_of` a sale is counted once, when its goods are paid or given.
    """
    counted = list(entries)
    if not counted:
        return Totals()
    paid: dict[Instrument, Sum] = {}
    outcomes: dict[Outcome, Sum] = {}
    sums = dict.fromkeys(("refunds", "unresolved", "given", "not_given"), Sum())
    before = closed_before or {}
    held: dict[int, str] = {intent: "" for intent, given in before.items() if not given}
    with_cash: dict[bytes, int] = {}
    for entry in counted:
        amount, intent = entry.amount or 0, entry.of or 0
        if entry.kind is Kind.REDEMPTION and held.get(intent) in ("", "not_given"):
            continue
        if entry.sale is not None and intent not in before and (entry.kind is Kind.REDEMPTION or entry.given):
            with_cash[entry.sale] = cash_of(entry.sale)
        if name := held.get(intent):
            sums[name] = sums[name].minus(amount)
            del held[intent]
        if entry.kind is Kind.REDEMPTION and entry.instrument is not None:
            paid[entry.instrument] = paid.get(entry.instrument, Sum()).plus(amount)
        elif entry.kind is Kind.REFUND:
            sums["refunds"] = sums["refunds"].plus(amount)
        elif entry.kind is Kind.UNRESOLVED:
            held[intent] = "given" if entry.given else "not_given"
            sums[held[intent]] = sums[held[intent]].plus(amount)
        elif entry.kind is Kind.INTENT and entry.instrument is Instrument.CARD:
            held[entry.seq] = "unresolved"
            sums["unresolved"] = sums["unresolved"].plus(amount)
        told = outcome_of(entry.seq)
        if told is not None and told.outcome in TOLD:
            outcomes[told.outcome] = outcomes.get(told.outcome, Sum()).plus(amount)
    first, last = counted[0], counted[-1]
    return Totals(
        first=first.seq,
        last=last.seq,
        since=first.time,
        until=last.time,
        paid=paid,
        cash=Sum(sum(cash > 0 for cash in with_cash.values()), sum(with_cash.values())),
        refunds=sums["refunds"],
        unresolved=sums["unresolved"],
        given=sums["given"],
        not_given=sums["not_given"],
        outcomes=outcomes,
        unsent=max(0, last.seq - max(cursor, first.seq - 1)),
    )
