# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The disk fills up at any byte of a sale: what was told is on it, and what the card gave is never lost."""

import logging
import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from firmware_sim.card.firmware import Card
from firmware_sim.field import Field
from firmware_sim.scanner import Scanner
from heitje.journal import Entry, Instrument, Kind
from heitje.refusals import Refusal
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.journal_store import Draft, JournalStore
from terminal.sale import Verdict

TIMEOUT_S = 10.0
SHARED_MEMORY = 32_768
"""Bytes of SQLite's file beside its log; the log must be the longest."""
Room = Callable[[int], AbstractContextManager[None]]
MARGINS = range(0, 11_000, 1000)


@pytest.fixture
def room(configuration: TerminalConfiguration, journal: JournalStore, now: int) -> Room:
    """Leaves so many bytes for the journal's log, for as long as the context lasts."""
    log = configuration.journal_path.with_name(configuration.journal_path.name + "-wal")
    while log.stat().st_size < 2 * SHARED_MEMORY:
        journal.append([Draft(Kind.NOTE, now)])

    @contextmanager
    def left(margin: int) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + margin, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    return left


def redeemed(entries: list[Entry], instrument: Instrument) -> int:
    return sum(e.amount or 0 for e in entries if e.kind is Kind.REDEMPTION and e.instrument is instrument)


def test_a_card_sale(
    till: Till,
    field: Field,
    card: Card,
    room: Room,
    entries: Callable[[], list[Entry]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    ended = set()
    for margin in MARGINS:
        before = card.image.application.balance
        field.put(card)
        with room(margin):
            state = till.sell(10, TIMEOUT_S)
        paid, told = before - card.image.application.balance, redeemed(entries(), Instrument.CARD)
        ended.add(state.verdict)
        if state.verdict is Verdict.REFUSED:
            assert (paid, state.problem) == (0, Refusal.DEVICE_NOT_READY)
            assert till.journal.open_intents() == []
        elif state.verdict is Verdict.UNRESOLVED:
            assert (paid, state.problem) == (10, Refusal.DEVICE_NOT_READY)
            assert len(till.journal.open_intents()) == 1
        else:
            assert (paid, told) == (10, 2500 - card.image.application.balance)
        field.put(card)  # there is room again
        assert till.sell(10, TIMEOUT_S).verdict is Verdict.ACCEPTED
        assert redeemed(entries(), Instrument.CARD) == 2500 - card.image.application.balance
        assert till.journal.open_intents() == []
    assert ended == set(Verdict)


def test_notes_and_card(
    new_till: Callable[..., Till],
    till: Till,
    field: Field,
    card: Card,
    scanner: Scanner,
    room: Room,
    new_note: Callable[..., str],
    entries: Callable[[], list[Entry]],
    caplog: pytest.LogCaptureFixture,
    now: int,
) -> None:
    caplog.set_level(logging.CRITICAL)

    def clock() -> int:
        if not field.cards:
            field.put(card)
        return now

    ended = set()
    for number, margin in enumerate((*MARGINS, 16_000), start=1):
        field.lift()
        both = new_till(reader=till.reader, scanner=till.scanner, clock=clock)
        text = new_note(100, number=number)
        both.on_ready = lambda text=text: scanner.scan(text.encode())  # type: ignore[misc]  # the loop's own text
        with room(margin):
            state = both.sell(110, TIMEOUT_S)
        ended.add(state.verdict)
        if state.verdict is Verdict.ACCEPTED:
            assert both.journal.open_intents() == []
            assert both.journal.taken(number.to_bytes(16, "big")).taken == 100
        both.begin()
        field.put(card)
        both.on_ready = lambda: None
        assert both.sell(10, TIMEOUT_S).verdict is Verdict.ACCEPTED
        assert both.journal.open_intents() == []
        found = entries()
        assert redeemed(found, Instrument.CARD) == 2500 - card.image.application.balance
        sale = {entry.kind for entry in found if entry.sale == state.sale and entry.kind is not Kind.INTENT}
        assert len(sale) <= 1
    assert ended == set(Verdict)


def test_parts_that_could_not_be_voided_are_at_the_next_start(
    new_till: Callable[..., Till],
    till: Till,
    scanner: Scanner,
    room: Room,
    new_note: Callable[..., str],
    caplog: pytest.LogCaptureFixture,
    now: int,
) -> None:
    caplog.set_level(logging.CRITICAL)

    def clock() -> int:
        giving_up.cancel()  # as the note is judged
        return now

    giving_up = new_till(scanner=till.scanner, clock=clock)
    left = []
    for number, margin in enumerate(MARGINS, start=1):
        text = new_note(number=number)
        giving_up.on_ready = lambda text=text: scanner.scan(text.encode())  # type: ignore[misc]  # the loop's own text
        with room(margin):
            assert giving_up.sell(1000, TIMEOUT_S).verdict is Verdict.REFUSED
        left = till.journal.open_intents()
        if left:
            break
    assert len(left) == 1
    assert [entry.of for entry in new_till().begin()] == [left[0].entry.seq]
    assert till.journal.open_intents() == []
