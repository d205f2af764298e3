# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Put a sale's receipt on paper, and say honestly whether it came out. Journal before paper, always."""

import logging
from dataclasses import dataclass, replace

from drivers.errors import DeviceError
from drivers.printer import Condition, Printed, Printer, PrintReport
from drivers.printer.paper import PAPER_58_MM, PAPER_80_MM, Paper, PaperWidth, plain_text
from heitje.bundle import TrustBundle
from heitje.journal import Entry, Instrument, Kind
from terminal.counter import Till
from terminal.journal_store import JournalStore
from terminal.letterhead import NO_LETTERHEAD, Letterhead
from terminal.paper_script import with_pictures
from terminal.receipt import Sold, receipt_of
from terminal.sale import Paper as OnPaper
from terminal.sale import State, Verdict

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as text, and what became of it on paper; None: this till has no printer."""

    text: str
    report: PrintReport | None

    def to_document(self) -> dict[str, object]:
        """For a program: `printed` is printed, not printed, unknown, or no printer."""
        if self.report is None:
            return {"printed": "no printer", "printer": [], "text": self.text}
        conditions = sorted(condition.value for condition in self.report.after or self.report.before)
        return {"printed": self.report.printed.value, "printer": conditions, "text": self.text}


@dataclass
class ReceiptDesk:
    """Prints for one counter. `last` is the newest receipt."""

    printer: Printer | None
    paper_mm: int
    language: str
    letterhead: Letterhead = NO_LETTERHEAD
    last: Receipt | None = None

    @property
    def width(self) -> PaperWidth:
        """The paper that is printed on."""
        return self.printer.width if self.printer else {58: PAPER_58_MM, 80: PAPER_80_MM}[self.paper_mm]

    def print_sale(self, till: Till) -> None:
        """The receipt of the sale that the till has just ended."""
        self.print_sold(sold_by(till.state, till.bundle, till.journal))

    def print_sold(self, sold: Sold) -> None:
        """One receipt."""
        paper = receipt_of(sold, self.language, self.letterhead)
        self.last = Receipt(plain_text(paper, self.width.columns), None)
        if self.printer is not None:
            self.last = replace(self.last, report=printed(self.printer, with_pictures(paper, self.width)))


def sold_by(state: State, bundle: TrustBundle, journal: JournalStore) -> Sold:
    """What a sale that has just ended is on paper."""
    mine = [entry for entry in map(journal.entry, state.entries) if entry.sale == state.sale]
    return Sold(
        bundle.shop_name,
        bundle.terminal,
        state.amount,
        state.verdict or Verdict.REFUSED,
        _shown(mine, [tender.intent for tender in state.tenders]),
        given=state.given,
        cash=state.cash,
        confirmed=state.confirmed,
    )


def sold_as_told(entries: list[Entry], bundle: TrustBundle, cash: int) -> Sold:
    """What the journal's entries of one sale are on paper, with the `cash` that the side book has of it."""
    shown = _shown(entries, [entry.seq for entry in entries if entry.kind is Kind.INTENT])
    given = next((entry.given for entry in entries if entry.kind is Kind.UNRESOLVED), None)
    paid = given is not False and all(entry.kind is Kind.REDEMPTION for entry in shown)
    verdict = Verdict.ACCEPTED if paid else Verdict.UNRESOLVED
    amount, how = cash + sum(entry.amount or 0 for entry in shown), None if paid else given
    return Sold(bundle.shop_name, bundle.terminal, amount, verdict, shown, given=how, cash=cash)


def paper_after(report: PrintReport) -> OnPaper:
    """What became of it, in the till's words."""
    if report.printed is Printed.PRINTED:
        return OnPaper.PRINTED
    said = report.before if report.printed is Printed.NOT_PRINTED else report.after
    if Condition.PAPER_OUT in said:
        return OnPaper.PAPER_OUT
    if Condition.COVER_OPEN in said:
        return OnPaper.COVER_OPEN
    return OnPaper.NOT_READY if report.printed is Printed.NOT_PRINTED else OnPaper.UNKNOWN


def printed(printer: Printer, paper: Paper) -> PrintReport:
    """What became of it on paper. The sale is decided and in the journal: nothing that a printer does undoes it."""
    try:
        return printer.print_receipt(paper)
    except Exception as error:  # noqa: BLE001  # a paid sale is answered, whatever the printer's library raises
        _log.error("the receipt was not printed: %s", error, exc_info=not isinstance(error, DeviceError))
        return PrintReport(Printed.UNKNOWN, frozenset(), frozenset())


def _shown(entries: list[Entry], intents: list[int | None]) -> tuple[Entry, ...]:
    """Of each tender the redemption, or its intent where there is none; the card, which decides, last."""
    redemptions = {entry.of: entry for entry in entries if entry.kind is Kind.REDEMPTION}
    voided = {entry.of for entry in entries if entry.kind is Kind.VOID}
    shown = [
        redemptions.get(entry.seq, entry)
        for entry in entries
        if entry.kind is Kind.INTENT and entry.seq not in voided and (entry.seq in intents or entry.seq in redemptions)
    ]
    return tuple(sorted(shown, key=lambda entry: entry.instrument is Instrument.CARD))
