# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A sale in hand: where it is, what has been tendered, how it ended."""

from dataclasses import dataclass
from enum import StrEnum

from heitje.journal import CardEvidence, Instrument, PaperEvidence, PhoneEvidence
from heitje.refusals import Refusal


class Phase(StrEnum):
    """Where a sale is."""

    IDLE = "idle"
    PRESENT = "present"
    CARD_PREPARING = "card preparing"
    CARD_INTENT = "card intent"
    CARD_COMMITTING = "card committing"
    REDEEMING = "redeeming"
    UNRESOLVED = "unresolved"
    SETTLING = "settling"
    RECEIPT = "receipt"
    DECIDED = "decided"


class Verdict(StrEnum):
    """How a sale ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Tender:
    """One part of a sale: what it takes of which instrument, and when that was decided (Unix seconds).

    `intent` is its entry's number once it is on disk.
    """

    instrument: Instrument
    amount: int
    evidence: CardEvidence | PhoneEvidence | PaperEvidence
    time: int
    intent: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What the till knows of the sale in hand. `problem`: why the last try did not pay; `balance` of its card."""

    phase: Phase = Phase.IDLE
    sale: bytes = b""
    amount: int = 0
    tenders: tuple[Tender, ...] = ()
    entries: tuple[int, ...] = ()
    verdict: Verdict | None = None
    problem: Refusal | None = None
    balance: int | None = None

    @property
    def remaining(self) -> int:
        """Cents still to be paid."""
        return self.amount - sum(tender.amount for tender in self.tenders)
