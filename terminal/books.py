# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's books: what the journal holds of sales, days and refunds, and the entries that close a day or give back.

The journal is read backwards only as far as is needed, so that a till that is years old opens its books as fast.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from heitje.journal import Entry, Instrument, Kind
from terminal.events import Event, NotWritten, Written
from terminal.flows.events import DayClosed, RefundWritten, TotalsCounted
from terminal.history import SaleRecord, Standing, refundable_parts, sales_of
from terminal.journal_store import Draft, JournalStore, closing_of
from terminal.journal_writer import JournalWriter
from terminal.totals import Totals, totals_of

_CHUNK: Final = 500
RECENT: Final = 2000
"""Entries that lists of sales are made of."""


@dataclass
class Books:
    """One till's books. `writer` writes for whoever is signed on."""

    journal: JournalStore
    writer: JournalWriter

    def sales(self) -> tuple[SaleRecord, ...]:
        """The sales of the last days, the newest first."""
        cash_of = self.journal.side_book.cash_of
        return tuple(
            replace(record, cash=cash_of(record.sale)) for record in sales_of(self._recent(), self.journal.outcome)
        )

    def refundable(self) -> tuple[SaleRecord, ...]:
        """One record for each tender of them of which something can be given back."""
        return refundable_parts(self.sales())

    def entries_of(self, sale: bytes) -> list[Entry]:
        """What the journal holds of one of these sales, oldest first."""
        return [entry for entry in self._recent() if entry.sale == sale]

    def last_sale(self) -> SaleRecord | None:
        """The newest sale."""
        return next(iter(self.sales()), None)

    def totals(self) -> Totals:
        """What was taken since the day before was closed."""
        entries = self._since_day_end()
        return self._count(entries, self._closed_before(entries))

    def close_day(self) -> DayClosed | NotWritten:
        """Close what is unresolved as not given, and the day, in one transaction (JOURNAL.md section 1)."""
        now = self.writer.clock()
        drafts: list[Draft] = []
        open_intents = [found for found in self.journal.open_intents() if not found.closed]
        for found in open_intents:
            if found.entry.instrument is Instrument.CARD:
                beside = [
                    other.entry
                    for other in open_intents
                    if other.entry.sale == found.entry.sale and other.entry.instrument is not Instrument.CARD
                ]
                drafts += closing_of(found.entry, beside, now, self.writer.operator, given=False)
        closing = Draft(Kind.DAY_CLOSED, now, bundle=self.writer.bundle, operator=self.writer.operator)
        before = self._since_day_end()
        written = self.writer.append([*drafts, closing])
        if not isinstance(written, Written):
            return NotWritten()
        closed = [self.journal.entry(seq) for seq in written.entries[:-1]]
        return DayClosed(self._count([*before, *closed], self._closed_before(before)), written.entries[-1])

    def count(self) -> TotalsCounted:
        """The totals, as an answer to who asked."""
        return TotalsCounted(self.totals())

    def refund(self, redemption: int, amount: int) -> RefundWritten | NotWritten:
        """Give `amount` cents of a redemption back. Raises `ValueError` for more than is left of it."""
        entry = self.journal.entry(redemption)
        left = self.left_of(entry)
        if not 0 < amount <= left:
            raise ValueError(f"of entry {redemption} {left} cents are left")
        now, operator = self.writer.clock(), self.writer.operator
        draft = Draft(Kind.REFUND, now, entry.sale, amount, entry.instrument, of=redemption, operator=operator)
        written: Event = self.writer.append([draft])
        return RefundWritten(written.entries[0]) if isinstance(written, Written) else NotWritten()

    def left_of(self, redemption: Entry) -> int:
        """Cents of a redemption that were not given back; of one for goods that were not given, none."""
        after = self.journal.bytes_after(redemption.seq, -1)
        refunded = (entry for entry in map(Entry.decode, after) if entry.kind is Kind.REFUND)
        given_back = sum(entry.amount or 0 for entry in refunded if entry.of == redemption.seq)
        records = sales_of(self._from(redemption.of or redemption.seq), self.journal.outcome)
        standing = next((record.standing for record in records if record.sale == redemption.sale), None)
        if redemption.kind is not Kind.REDEMPTION or standing is Standing.NOT_GIVEN:
            return 0
        return (redemption.amount or 0) - given_back

    def _recent(self) -> list[Entry]:
        return self._from(self.journal.head()[0] - RECENT + 1)

    def _from(self, seq: int) -> list[Entry]:
        return [Entry.decode(data) for data in self.journal.bytes_after(max(0, seq - 1), -1)]

    def _since_day_end(self) -> list[Entry]:
        found: list[Entry] = []
        for entry in self._backwards():
            if entry.kind is Kind.DAY_CLOSED:
                break
            found.append(entry)
        found.reverse()
        return found

    def _backwards(self) -> Iterator[Entry]:
        last = self.journal.head()[0]
        while last > 0:
            after = max(0, last - _CHUNK)
            chunk = self.journal.bytes_after(after, last - after)
            yield from map(Entry.decode, reversed(chunk))
            last = after

    def _count(self, entries: list[Entry], closed_before: dict[int, bool]) -> Totals:
        cursor, cash_of = self.journal.cursor(), self.journal.side_book.cash_of
        return totals_of(entries, self.journal.outcome, cursor, closed_before, cash_of)

    def _closed_before(self, entries: list[Entry]) -> dict[int, bool]:
        """Of intents that an earlier day had and these entries redeem: how their sales were closed then."""
        first = entries[0].seq if entries else 0
        earlier = {entry.of for entry in entries if entry.kind is Kind.REDEMPTION and entry.of and entry.of < first}
        found = {intent: self._closed(intent, first) for intent in earlier if intent is not None}
        return {intent: given for intent, given in found.items() if given is not None}

    def _closed(self, intent: int, before: int) -> bool | None:
        between = self.journal.bytes_after(intent, before - intent)
        closings = (entry for entry in map(Entry.decode, between) if entry.kind is Kind.UNRESOLVED)
        return next((bool(entry.given) for entry in closings if entry.of == intent), None)
