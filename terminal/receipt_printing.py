# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Put a sale's receipt on paper, and say honestly whether it came out. Journal before paper, always."""

import logging
from dataclasses import dataclass, replace

from drivers.errors import DeviceError
from drivers.printer import Printed, Printer, PrintReport
from drivers.printer.paper import PAPER_58_MM, PAPER_80_MM, Paper, plain_text
from heitje.journal import Entry, Instrument, Kind
from terminal.counter import Till
from terminal.receipt import Sold, receipt_of
from terminal.sale import Verdict

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
    last: Receipt | None = None

    def print_sale(self, till: Till) -> None:
        """The receipt of the sale that the till has just ended."""
        state = till.state
        mine = [entry for entry in map(till.journal.entry, state.entries) if entry.sale == state.sale]
        self.print_sold(
            Sold(
                till.bundle.shop_name,
                till.bundle.terminal,
                state.amount,
                state.verdict or Verdict.REFUSED,
                _shown(mine, [tender.intent for tender in state.tenders]),
                given=state.given,
                cash=state.cash,
            )
        )

    def print_sold(self, sold: Sold) -> None:
        """One receipt."""
        paper = receipt_of(sold, self.language)
        width = self.printer.width if self.printer else {58: PAPER_58_MM, 80: PAPER_80_MM}[self.paper_mm]
        self.last = Receipt(plain_text(paper, width.columns), None)
        if self.printer is not None:
            self.last = replace(self.last, report=_printed(self.printer, paper))


def _printed(printer: Printer, paper: Paper) -> PrintReport:
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
