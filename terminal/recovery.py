# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What became of the sale in hand when the till went off: from the journal, which is all that is left of it.

A mark in the till's directory says that it is on; one that is found at a start says that it did not end in good order.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from heitje.journal import Entry, Instrument
from heitje.refusals import Refusal
from terminal.durable_file import write_durably
from terminal.flows.events import Began
from terminal.flows.scene import Happened, News
from terminal.history import SaleRecord, Standing
from terminal.journal_store import OpenIntent
from terminal.sale import Phase, State, Tender
from terminal.totals import CashOf

MARK_NAME: Final = "till.on"
RECENT_S: Final = 900
"""A sale that was paid longer ago was not in hand."""


def went_off(directory: Path) -> bool:
    """Whether the till ended without saying so; from now on it is on. Raises `OSError`."""
    mark = directory / MARK_NAME
    found = mark.exists()
    if not found:
        write_durably(mark, b"")
    return found


def ended_well(directory: Path) -> None:
    """The till ends in good order."""
    with suppress(OSError):  # a disk that takes nothing: the next start tells more than it need
        (directory / MARK_NAME).unlink(missing_ok=True)


def what_became(
    open_intents: Sequence[OpenIntent],
    voided: Sequence[Entry],
    last: SaleRecord | None,
    now: int,
    *,
    off: bool,
    cash_of: CashOf = lambda sale: 0,
) -> Began:
    """What the first screen tells: sales whose card has not told, the newest first; else, after an `off`, the news.

    `voided` were open without a card, and are free again; `last` is the newest sale; `cash_of` a sale stood beside.
    """
    unresolved = _unresolved([found.entry for found in open_intents if not found.closed], cash_of)
    if unresolved or not off:
        return Began(None, unresolved)
    if voided:
        amount = sum(entry.amount or 0 for entry in voided) + cash_of(voided[-1].sale or b"")
        return Began(News(Happened.NOT_PAID, amount, time=voided[-1].time), ())
    if last is not None and last.standing is Standing.PAID and 0 <= now - last.time <= RECENT_S:
        return Began(News(Happened.PAID, last.amount, last.sale, last.time), ())
    return Began(News(Happened.NOTHING), ())


def _unresolved(intents: list[Entry], cash_of: CashOf) -> tuple[State, ...]:
    """Each sale with a card that may have paid, as it stood at the tear: the card last."""
    cards = [entry for entry in intents if entry.instrument is Instrument.CARD]
    return tuple(
        _torn(card, [entry for entry in intents if entry.sale == card.sale], cash_of(card.sale or b""))
        for card in reversed(cards)
    )


def _torn(card: Entry, sale: list[Entry], cash: int) -> State:
    ordered = [*(entry for entry in sale if entry.seq != card.seq), card]
    return State(
        phase=Phase.UNRESOLVED,
        sale=card.sale or b"",
        amount=cash + sum(entry.amount or 0 for entry in ordered),
        cash=cash,
        tenders=tuple(tender for entry in ordered if (tender := _tender(entry)) is not None),
        entries=tuple(entry.seq for entry in ordered),
        problem=Refusal.CARD_REMOVED,
    )


def _tender(entry: Entry) -> Tender | None:
    if entry.instrument is None or entry.evidence is None:
        return None
    return Tender(entry.instrument, entry.amount or 0, entry.evidence, entry.time, entry.seq)
