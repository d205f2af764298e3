# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's books against its journal: records, totals, refunds, the day's end, whatever was sold."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.journal import CardEvidence, Entry, Instrument, Kind
from heitje.messages import EntryOutcome, Outcome
from terminal.books import Books
from terminal.events import NotWritten
from terminal.flows.events import DayClosed, RefundWritten
from terminal.history import SaleRecord, Standing, refundable_parts, sales_of
from terminal.journal_store import Draft, JournalStore, closing_of, redemption_of, void_of
from terminal.journal_writer import JournalWriter
from terminal.totals import Sum, totals_of

TERMINAL = bytes(range(8))
NOW = 1_795_000_000
UID = bytes.fromhex("04A1B2C3D4E580")
PROOF = CardEvidence(UID, bytes(16), bytes(16), 5000, bytes(16), tmc=1, tmv=bytes(8))
ENDINGS = ("redeemed", "voided", "open", "given", "not given", "given, then redeemed", "not given, then redeemed")


class Shopkeeper:
    """Writes sales of one card each into a journal, as a till would."""

    def __init__(self, journal: JournalStore) -> None:
        self.journal = journal
        self.books = Books(journal, JournalWriter(journal, "Anouk", 1, lambda: NOW))
        self.sold = 0

    def sell(self, amount: int, ending: str = "redeemed") -> int:
        """One sale to a card; the number of its intent."""
        self.sold += 1
        evidence = replace(PROOF, tmc=None, tmv=None, tmc_before=self.sold)
        sale = self.sold.to_bytes(16, "big")
        draft = Draft(
            Kind.INTENT, NOW, sale, amount, Instrument.CARD, evidence, offline=True, bundle=1, operator="Anouk"
        )
        [intent] = self.journal.append([draft])
        for step in ending.split(", then "):
            self._end(intent, step)
        return intent.seq

    def _end(self, intent: Entry, how: str) -> None:
        proof = replace(PROOF, tmc=intent.seq)
        drafts = {
            "redeemed": [redemption_of(intent, NOW, proof)],
            "voided": [void_of(intent, NOW, "Anouk")],
            "given": closing_of(intent, [], NOW, "Anouk", given=True),
            "not given": closing_of(intent, [], NOW, "Anouk", given=False),
            "open": [],
        }[how]
        if drafts:
            self.journal.append(drafts)

    @property
    def entries(self) -> list[Entry]:
        return [Entry.decode(data) for data in self.journal.bytes_after(0, -1)]


@pytest.fixture
def shopkeeper(tmp_path: Path) -> Iterator[Shopkeeper]:
    """Somebody with an empty journal."""
    journal = JournalStore.create(tmp_path / "journal.sqlite", TERMINAL)
    yield Shopkeeper(journal)
    journal.close()


def test_each_ending_has_its_standing(shopkeeper: Shopkeeper) -> None:
    for amount, ending in enumerate(ENDINGS, start=100):
        shopkeeper.sell(amount, ending)
    standings = {record.amount: record.standing for record in shopkeeper.books.sales()}
    assert standings == {
        100: Standing.PAID,
        101: Standing.NOT_PAID,
        102: Standing.OPEN,
        103: Standing.GIVEN,
        104: Standing.NOT_GIVEN,
        105: Standing.PAID,
        106: Standing.NOT_GIVEN,
    }
    assert [record.amount for record in shopkeeper.books.refundable()] == [105, 100]


def test_totals_count_what_the_shop_is_paid_for(shopkeeper: Shopkeeper) -> None:
    for amount, ending in enumerate(ENDINGS, start=100):
        shopkeeper.sell(amount, ending)
    totals = shopkeeper.books.totals()
    assert totals.paid == {Instrument.CARD: Sum(2, 100 + 105)}
    assert totals.unresolved == Sum(1, 102)
    assert totals.given == Sum(1, 103)
    assert totals.not_given == Sum(2, 104 + 106)
    assert (totals.first, totals.last) == (1, len(shopkeeper.entries))
    assert totals.unsent == len(shopkeeper.entries)


def test_a_day_is_closed_with_everything_that_is_unresolved(shopkeeper: Shopkeeper) -> None:
    shopkeeper.sell(100)
    shopkeeper.sell(200, "open")
    shopkeeper.sell(300, "given")
    closed = shopkeeper.books.close_day()
    assert isinstance(closed, DayClosed)
    assert closed.totals.total == Sum(1, 100)
    assert closed.totals.not_given == Sum(1, 200)
    assert closed.totals.given == Sum(1, 300)
    assert closed.totals.unresolved == Sum()
    last = shopkeeper.entries[-1]
    assert (last.kind, last.seq, last.operator) == (Kind.DAY_CLOSED, closed.number, "Anouk")
    assert shopkeeper.books.totals().last == 0
    again = shopkeeper.books.close_day()
    assert isinstance(again, DayClosed)
    assert again.totals.total == Sum()
    kinds = [entry.kind for entry in shopkeeper.entries]
    assert kinds.count(Kind.UNRESOLVED) == 2  # what was closed once is not closed again


def test_a_sale_of_an_earlier_day_that_was_not_given_is_not_todays_either(shopkeeper: Shopkeeper) -> None:
    intent = shopkeeper.sell(200, "open")
    shopkeeper.books.close_day()
    shopkeeper.journal.append([redemption_of(shopkeeper.journal.entry(intent), NOW, PROOF)])
    assert shopkeeper.books.totals().total == Sum()
    given = shopkeeper.sell(300, "given")
    shopkeeper.books.close_day()
    shopkeeper.journal.append([redemption_of(shopkeeper.journal.entry(given), NOW, replace(PROOF, tmc=2))])
    assert shopkeeper.books.totals().total == Sum(1, 300)


def test_a_refund_is_never_more_than_what_is_left(shopkeeper: Shopkeeper) -> None:
    redemption = shopkeeper.sell(320) + 1
    assert isinstance(shopkeeper.books.refund(redemption, 200), RefundWritten)
    for amount in (121, 0, -1, 320):
        with pytest.raises(ValueError, match="120"):
            shopkeeper.books.refund(redemption, amount)
    shopkeeper.books.refund(redemption, 120)
    with pytest.raises(ValueError, match="0 cents"):
        shopkeeper.books.refund(redemption, 1)
    assert shopkeeper.books.totals().refunds == Sum(2, 320)
    assert shopkeeper.books.refundable() == ()


def test_what_was_not_given_cannot_be_given_back(shopkeeper: Shopkeeper) -> None:
    intent = shopkeeper.sell(320, "not given, then redeemed")
    with pytest.raises(ValueError, match="0 cents"):
        shopkeeper.books.refund(intent + 2, 1)
    with pytest.raises(ValueError, match="0 cents"):
        shopkeeper.books.refund(intent, 1)  # an intent is no redemption


def test_a_journal_that_takes_nothing_says_so(shopkeeper: Shopkeeper) -> None:
    redemption = shopkeeper.sell(320) + 1
    shopkeeper.journal._db.execute("PRAGMA max_page_count = 1")
    shopkeeper.journal._db.execute("PRAGMA query_only = ON")
    assert shopkeeper.books.refund(redemption, 1) == NotWritten()
    assert shopkeeper.books.close_day() == NotWritten()


def test_outcomes_are_told(shopkeeper: Shopkeeper) -> None:
    shopkeeper.sell(100)
    shopkeeper.sell(200)
    shopkeeper.journal.acknowledge(
        4, [EntryOutcome(2, Outcome.ACCEPTED, None), EntryOutcome(4, Outcome.CONFLICT, "already claimed")]
    )
    newest, oldest = shopkeeper.books.sales()
    assert newest.tenders[0].outcome == EntryOutcome(4, Outcome.CONFLICT, "already claimed")
    assert oldest.tenders[0].outcome == EntryOutcome(2, Outcome.ACCEPTED, None)
    totals = shopkeeper.books.totals()
    assert totals.outcomes == {Outcome.CONFLICT: Sum(1, 200)}
    assert totals.unsent == 0


def test_a_till_that_is_years_old_reads_only_what_it_needs(shopkeeper: Shopkeeper) -> None:
    for _ in range(3):
        for _ in range(400):
            shopkeeper.sell(1)
        shopkeeper.books.close_day()
    shopkeeper.sell(7)
    assert shopkeeper.books.totals().total == Sum(1, 7)
    assert len(shopkeeper.books.sales()) <= 1000
    assert shopkeeper.books.last_sale() == shopkeeper.books.sales()[0]


NUMBERED = st.lists(st.tuples(st.integers(1, 10_000), st.sampled_from(ENDINGS)), max_size=12)


@given(sales=NUMBERED, days=st.sets(st.integers(0, 12), max_size=3))
def test_days_add_up_to_everything_that_was_paid(
    sales: list[tuple[int, str]], days: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """However a time is cut into days: what the Z reports say together is what the shop was paid for."""
    journal = JournalStore.create(tmp_path_factory.mktemp("books") / "journal.sqlite", TERMINAL)
    shopkeeper = Shopkeeper(journal)
    closed = []
    for place, (amount, ending) in enumerate(sales):
        if place in days:
            closed.append(shopkeeper.books.close_day())
        shopkeeper.sell(amount, ending)
    closed.append(shopkeeper.books.close_day())
    paid = sum(day.totals.total.amount for day in closed if isinstance(day, DayClosed))
    assert paid == sum(amount for amount, ending in sales if ending in ("redeemed", "given, then redeemed"))
    whole = totals_of(shopkeeper.entries, lambda seq: None, 0)
    assert whole.total.amount == paid
    assert whole.unresolved == Sum()
    journal.close()


def test_parts_of_a_sale_are_refunded_one_by_one() -> None:
    records = sales_of([], lambda seq: None)
    assert records == ()
    assert refundable_parts(records) == ()


@pytest.fixture
def record(shopkeeper: Shopkeeper) -> Callable[[], SaleRecord]:
    """The newest record."""

    def newest() -> SaleRecord:
        found = shopkeeper.books.last_sale()
        assert found is not None
        return found

    return newest


def test_a_record_keeps_its_time_and_number_when_it_is_refunded(
    shopkeeper: Shopkeeper, record: Callable[[], SaleRecord]
) -> None:
    redemption = shopkeeper.sell(320) + 1
    before = record()
    shopkeeper.books.refund(redemption, 100)
    after = record()
    assert (before.number, before.time) == (after.number, after.time) == (redemption, NOW)
    assert after.tenders[0].refunded == 100
