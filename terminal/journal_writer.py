# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the till writes into its journal: tenders' intents, redemptions, voids and closings (JOURNAL.md section 1)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from heitje.journal import CardEvidence, Entry, Kind
from terminal.effects import Effect, WriteClosing, WriteIntent, WriteRedemptions, WriteRefunds, WriteVoids
from terminal.events import Event, NotWritten, NumberTaken, Written
from terminal.journal_file import JournalNotWritten
from terminal.journal_store import (
    OF_THE_ONE_BEFORE,
    Draft,
    JournalStore,
    SeqTaken,
    closing_of,
    redemption_of,
    void_of,
)
from terminal.sale import Tender
from terminal.side_book import Cash

_log = logging.getLogger(__name__)


@dataclass
class JournalWriter:
    """Writes for one counter; whatever it answers `Written` for is on disk. `bundle`: what was decided under."""

    journal: JournalStore
    operator: str
    bundle: int
    clock: Callable[[], int]

    def write(self, effect: Effect) -> Event:
        """Do one effect that writes. Raises `ValueError` for any other."""
        match effect:
            case WriteIntent():
                return self._write_intent(effect)
            case WriteRedemptions():
                return self._write_redemptions(effect)
            case WriteVoids(intents=intents):
                now = self.clock()
                return self.append([void_of(self.journal.entry(seq), now, self.operator) for seq in intents])
            case WriteRefunds(sale=sale, redemptions=redemptions):
                now = self.clock()
                refunds = [self._refund(self.journal.entry(seq), now) for seq in redemptions]
                return self.append(refunds, cash=Cash(sale, 0))
            case WriteClosing(card=card, beside=others, given=given):
                beside = [self.journal.entry(seq) for seq in others]
                return self.append(closing_of(self.journal.entry(card), beside, self.clock(), self.operator, given))
        raise ValueError(f"{effect} writes nothing")

    def append(self, drafts: list[Draft], expected_seq: int | None = None, cash: Cash | None = None) -> Event:
        """Write entries in one transaction, and what cash stands beside them: `Written`, or why not."""
        try:
            return Written(tuple(entry.seq for entry in self.journal.append(drafts, expected_seq, cash)))
        except SeqTaken:
            return NumberTaken()
        except JournalNotWritten as error:
            _log.error("%s", error)
            return NotWritten()

    def _write_intent(self, effect: WriteIntent) -> Event:
        expected, evidence = None, effect.tender.evidence
        if isinstance(evidence, CardEvidence):
            expected = int.from_bytes(evidence.tmri[8:], "big")
        return self.append([self._intent(effect.sale, effect.tender)], expected, _cash_of(effect))

    def _write_redemptions(self, effect: WriteRedemptions) -> Event:
        now = self.clock()
        drafts: list[Draft] = []
        for tender in effect.tenders:
            if tender.intent is None:
                intent = self._intent(effect.sale, tender)
                drafts = [intent, _completing(intent), *drafts]
            else:
                card = tender.evidence if isinstance(tender.evidence, CardEvidence) else None
                drafts.append(redemption_of(self.journal.entry(tender.intent), now, card))
        return self.append(drafts, cash=_cash_of(effect))

    def _refund(self, redemption: Entry, now: int) -> Draft:
        """All that a redemption took is given back (JOURNAL.md section 1, kind 4)."""
        return replace(void_of(redemption, now, self.operator), kind=Kind.REFUND)

    def _intent(self, sale: bytes, tender: Tender) -> Draft:
        return Draft(
            Kind.INTENT,
            tender.time,
            sale,
            tender.amount,
            tender.instrument,
            tender.evidence,
            offline=tender.offline,
            bundle=self.bundle,
            operator=self.operator,
        )


def _cash_of(effect: WriteIntent | WriteRedemptions) -> Cash | None:
    return Cash(effect.sale, effect.cash) if effect.cash else None


def _completing(intent: Draft) -> Draft:
    return Draft(
        Kind.REDEMPTION,
        intent.time,
        intent.sale,
        intent.amount,
        intent.instrument,
        intent.evidence,
        OF_THE_ONE_BEFORE,
        intent.offline,
        intent.bundle,
        intent.operator,
    )
