# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the machine wants done: on the card, in the journal, on paper."""

from dataclasses import dataclass
from typing import TypeAlias

from terminal.sale import Tender


@dataclass(frozen=True, slots=True)
class PrepareCard:
    """CARD.md section 7, steps 1 to 6, for `amount` cents."""

    sale: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class AskBackend:
    """The one question before a code or note is taken; `HoldHeard` answers within half a second."""

    sale: bytes
    tender: Tender


@dataclass(frozen=True, slots=True)
class AwaitWord:
    """Upload these redemptions at once; `WordHeard` tells within half a second what the backend says of the last."""

    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CommitCard:
    """CARD.md section 7, step 8."""

    intent: int


@dataclass(frozen=True, slots=True)
class ResolveCard:
    """CARD.md section 9: ask the same card what became of `intent`, and write what it says."""

    intent: int


@dataclass(frozen=True, slots=True)
class ServeCard:
    """Have the municipality do what waits for the card on the reader; `CardServed` tells, where it can be asked."""


@dataclass(frozen=True, slots=True)
class WriteIntent:
    """Write one intent; a card's must get the number that the card was told. `cash`: cents beside it so far."""

    sale: bytes
    tender: Tender
    cash: int = 0


@dataclass(frozen=True, slots=True)
class WriteRedemptions:
    """Write the redemptions of all tenders in one transaction, and before them the last intent if it has no number.

    `cash`: cents of the sale that were paid beside them.
    """

    sale: bytes
    tenders: tuple[Tender, ...]
    cash: int = 0


@dataclass(frozen=True, slots=True)
class WriteVoids:
    """Void these intents in one transaction."""

    intents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WriteClosing:
    """Close an unresolved card's intent as given or not; phone and paper `beside` it follow (JOURNAL.md section 1)."""

    card: int
    beside: tuple[int, ...]
    given: bool


@dataclass(frozen=True, slots=True)
class WriteRefunds:
    """Give these redemptions back whole, in one transaction: the `sale` that they were a part of is not paid.

    What stood beside them in cash goes back over the counter.
    """

    sale: bytes
    redemptions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PrintReceipt:
    """Print what became of the sale."""


Effect: TypeAlias = (
    PrepareCard
    | AskBackend
    | AwaitWord
    | CommitCard
    | ResolveCard
    | ServeCard
    | WriteIntent
    | WriteRedemptions
    | WriteVoids
    | WriteRefunds
    | WriteClosing
    | PrintReceipt
)
