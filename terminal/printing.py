# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""From what is to be printed to the paper that says it."""

from dataclasses import dataclass

from drivers.printer.paper import Paper
from heitje.bundle import TrustBundle
from terminal.books import Books
from terminal.flows.scene import CopyOf, Document, PracticeSlip, RefundSlip, TestSlip, TotalsSlip
from terminal.paper_script import with_pictures
from terminal.receipt import receipt_of
from terminal.receipt_printing import ReceiptDesk, sold_as_told, sold_by
from terminal.sale import State
from terminal.slips import practice_slip, refund_slip, test_slip, totals_slip
from terminal.words import words_in


@dataclass(frozen=True)
class Papers:
    """Makes paper for one counter's printer."""

    receipts: ReceiptDesk
    books: Books

    def receipt(self, sale: State, bundle: TrustBundle, language: str) -> Paper:
        """The receipt of a sale that has just ended."""
        sold = sold_by(sale, bundle, self.books.journal)
        return with_pictures(receipt_of(sold, language, self.receipts.letterhead), self.receipts.width)

    def slip(self, document: Document, bundle: TrustBundle, language: str, now: int) -> Paper:
        """Anything else."""
        return with_pictures(self._slip(document, bundle, language, now), self.receipts.width)

    def _slip(self, document: Document, bundle: TrustBundle, language: str, now: int) -> Paper:
        say, letterhead = words_in(language), self.receipts.letterhead
        shop = (bundle.shop_name, bundle.terminal, letterhead)
        match document:
            case CopyOf(sale=sale):
                sold = sold_as_told(self.books.entries_of(sale), bundle, self.books.journal.side_book.cash_of(sale))
                return receipt_of(sold, language, letterhead, copy=True)
            case TotalsSlip(totals=totals, number=number):
                return totals_slip(shop, totals, number, now, say)
            case RefundSlip(entry=entry):
                return refund_slip(shop, self.books.journal.entry(entry), say)
            case TestSlip(checks=checks):
                return test_slip(shop, checks, now, say)
            case PracticeSlip(sale=state):
                return practice_slip(shop, state, now, say)
