# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the journal tells of sales: entries folded into one record for each, pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeAlias

from heitje.journal import Entry, Instrument, Kind
from heitje.messages import EntryOutcome


class Standing(StrEnum):
    """How a tender, or the sale that it is part of, stands."""

    PAID = "paid"
    NOT_PAID = "not paid"
    OPEN = "open"
    GIVEN = "given"
    NOT_GIVEN = "not given"


_RANKS: Final = (Standing.OPEN, Standing.GIVEN, Standing.PAID, Standing.NOT_GIVEN, Standing.NOT_PAID)
"""Of a sale's tenders the first of these says how the sale stands."""

OutcomeOf: TypeAlias = Callable[[int], EntryOutcome | None]


@dataclass(frozen=True, slots=True)
class TenderRecord:
    """One tender: `intent` and `redemption` are entries' numbers, `last` is the newest that tells of it."""

    intent: int
    instrument: Instrument
    amount: int
    last: int
    redemption: int | None = None
    voided: bool = False
    given: bool | None = None
    refunded: int = 0
    outcome: EntryOutcome | None = None

    @property
    def standing(self) -> Standing:
        """How it stands. A closing as *not given* is what counts, also where the card has paid after all."""
        if self.voided:
            return Standing.NOT_PAID
        if self.given is False:
            return Standing.NOT_GIVEN
        if self.redemption is not None:
            return Standing.PAID
        return Standing.GIVEN if self.given else Standing.OPEN

    @property
    def refundable(self) -> int:
        """Cents that can still be given back."""
        return self.amount - self.refunded if self.standing is Standing.PAID else 0


@dataclass(frozen=True, slots=True)
class SaleRecord:
    """One sale; `time` of the newest entry that tells how it stands (Unix seconds), `number` that entry's.

    `cash`: cents that were paid beside the tenders.
    """

    sale: bytes
    time: int
    number: int
    tenders: tuple[TenderRecord, ...]
    cash: int = 0

    @property
    def standing(self) -> Standing:
        """How it stands."""
        found = {tender.standing for tender in self.tenders}
        return next(rank for rank in _RANKS if rank in found)

    @property
    def amount(self) -> int:
        """Cents of the tenders that stand as the sale does, and of the cash beside them."""
        standing = self.standing
        return self.cash + sum(tender.amount for tender in self.tenders if tender.standing is standing)


def sales_of(entries: Iterable[Entry], outcome_of: OutcomeOf) -> tuple[SaleRecord, ...]:
    """The sales that these entries tell of, the newest first. What they say of older ones is left out."""
    sales: dict[bytes, SaleRecord] = {}
    intents: dict[int, TenderRecord] = {}
    home: dict[int, bytes] = {}
    redeemed: dict[int, int] = {}
    for entry in entries:
        if entry.sale is None or entry.instrument is None or entry.amount is None:
            continue
        intent = entry.seq if entry.kind is Kind.INTENT else redeemed.get(entry.of or 0, entry.of or 0)
        if entry.kind is Kind.INTENT:
            intents[intent] = TenderRecord(intent, entry.instrument, entry.amount, entry.seq)
        elif intent not in intents:
            continue
        else:
            intents[intent] = _after(intents[intent], entry)
        if entry.kind is Kind.REDEMPTION:
            redeemed[entry.seq] = intent
        home[intent] = entry.sale
        if entry.kind is not Kind.REFUND:
            sales[entry.sale] = SaleRecord(entry.sale, entry.time, entry.seq, ())
    for intent, tender in intents.items():
        record = sales[home[intent]]
        told = replace(tender, outcome=outcome_of(tender.last))
        sales[home[intent]] = replace(record, tenders=(*record.tenders, told))
    return tuple(sorted(sales.values(), key=lambda record: record.number, reverse=True))


def refundable_parts(records: Iterable[SaleRecord]) -> tuple[SaleRecord, ...]:
    """Each tender of which something can be given back, as a record of its own."""
    return tuple(
        replace(record, tenders=(tender,), cash=0)
        for record in records
        for tender in record.tenders
        if tender.refundable
    )


def _after(tender: TenderRecord, entry: Entry) -> TenderRecord:
    if entry.kind is Kind.REFUND:
        return replace(tender, refunded=tender.refunded + (entry.amount or 0))
    told = replace(tender, last=entry.seq)
    if entry.kind is Kind.REDEMPTION:
        return replace(told, redemption=entry.seq)
    if entry.kind is Kind.VOID:
        return replace(told, voided=True)
    return replace(told, given=entry.given)
