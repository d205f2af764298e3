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
    ASKING = "asking"
    CARD_PREPARING = "card preparing"
    CARD_INTENT = "card intent"
    CARD_COMMITTING = "card committing"
    REDEEMING = "redeeming"
    CONFIRMING = "confirming"
    UNRESOLVED = "unresolved"
    RESOLVING = "resolving"
    CLOSING = "closing"
    SETTLING = "settling"
    RECEIPT = "receipt"
    DECIDED = "decided"


class Verdict(StrEnum):
    """How a sale ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNRESOLVED = "unresolved"


class Paper(StrEnum):
    """What became of something that was to be printed."""

    NO_PRINTER = "no printer"
    PRINTED = "printed"
    PAPER_OUT = "paper out"
    COVER_OPEN = "cover open"
    NOT_READY = "not ready"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Tender:
    """One part of a sale: what it takes of which instrument, and when that was decided (Unix seconds).

    `intent` is its entry's number once it is on disk. `offline`: it was decided without the backend.
    """

    instrument: Instrument
    amount: int
    evidence: CardEvidence | PhoneEvidence | PaperEvidence
    time: int
    intent: int | None = None
    offline: bool = True


@dataclass(frozen=True, slots=True)
class Served:
    """What the municipality did for a card beside its paying (CARD.md section 7); nothing, unless it says so.

    `at_work`: it is being done, and the card has to stay. `loaded` cents came onto it, and `balance` is on it then,
    where the card has told. `waits`: cents that were to come and did not. `again`: hold the same card once more.
    """

    at_work: bool = False
    loaded: int = 0
    balance: int | None = None
    waits: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What the till knows of the sale in hand.

    `problem`: why the last try did not pay; `balance` of its card; `cash`: what was paid outside this system.
    `cancelled`: it is to be given up as soon as the card at work allows it. `given`: how the cashier closed it.
    `paper`: what became of its receipt. `asked`: the tender that the backend is asked about, and `unheard`: why it
    cannot be taken where no answer comes. `confirmed`: the backend has said yes to all of the sale.
    `served`: what a card got beside.
    """

    phase: Phase = Phase.IDLE
    sale: bytes = b""
    amount: int = 0
    tenders: tuple[Tender, ...] = ()
    entries: tuple[int, ...] = ()
    verdict: Verdict | None = None
    problem: Refusal | None = None
    balance: int | None = None
    cash: int = 0
    cancelled: bool = False
    given: bool | None = None
    paper: Paper | None = None
    asked: Tender | None = None
    unheard: Refusal | None = None
    confirmed: bool = False
    served: Served | None = None

    @property
    def remaining(self) -> int:
        """Cents still to be paid."""
        return self.amount - self.cash - sum(tender.amount for tender in self.tenders)
