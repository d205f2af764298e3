# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What happens to a sale: the machine's events."""

from dataclasses import dataclass
from typing import TypeAlias

from heitje.card.sale import Fate
from heitje.holds import HoldAnswer
from heitje.journal import CardEvidence
from heitje.refusals import Refusal
from terminal.sale import Paper, Served, Tender


@dataclass(frozen=True, slots=True)
class SaleStarted:
    """The shopkeeper asks for `amount` cents; `sale` is 16 random bytes."""

    sale: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class TokenJudged:
    """A code or note was scanned and checked: it takes a tender, or is refused.

    `asks`: there is a connection, so the backend is asked in place of the offline limits (VOUCHERS.md section 4);
    `unheard`: what those say, for the case that no answer comes.
    """

    answer: Tender | Refusal
    asks: bool = False
    unheard: Refusal | None = None


@dataclass(frozen=True, slots=True)
class HoldHeard:
    """The backend's answer to the one question; None: none in half a second."""

    answer: HoldAnswer | None


@dataclass(frozen=True, slots=True)
class WordHeard:
    """The backend's word on a redemption that is on disk: it agrees, it does not, or was not heard in half a second."""

    confirmed: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class CardArrived:
    """A card is on the reader."""


@dataclass(frozen=True, slots=True)
class CardPrepared:
    """The card has debited its shadow copy and would commit."""

    tender: Tender


@dataclass(frozen=True, slots=True)
class CardDeclined:
    """The card cannot pay; nothing happened on it. After `TRY_AGAIN` the same card may simply be held again."""

    reason: Refusal
    balance: int | None = None


@dataclass(frozen=True, slots=True)
class CardCommitted:
    """The card has committed and said so; `evidence` has TMC and TMV."""

    evidence: CardEvidence


@dataclass(frozen=True, slots=True)
class CardSilent:
    """No believable answer to the commit: it may have happened."""


@dataclass(frozen=True, slots=True)
class EarlierSettled:
    """The card also told of intents of earlier sales, and the journal holds it: `entries` were written for them."""

    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CardResolved:
    """The card has told of this sale's intent, and the journal holds it: `entries` were written for it."""

    fate: Fate
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BalanceRead:
    """Cents on a card that was held to the reader only to be looked at; a sale takes no notice."""

    balance: int


@dataclass(frozen=True, slots=True)
class CardServed:
    """What the municipality does for the card on the reader, or has done; a sale is decided without it."""

    served: Served


@dataclass(frozen=True, slots=True)
class Written:
    """The journal has the entries asked for; `entries` are their numbers, intents first."""

    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotWritten:
    """The journal did not take the entries asked for: the disk is full or broken."""


@dataclass(frozen=True, slots=True)
class NumberTaken:
    """Another entry took the number that the card was told (CARD.md section 7): it is told another."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Time is over, the shopkeeper cancelled, or a device failed."""

    reason: Refusal


@dataclass(frozen=True, slots=True)
class CashTaken:
    """The customer pays `amount` of the sale in cash; the journal does not know cash."""

    amount: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The cashier closes a sale whose card is unresolved: the goods were given, or not."""

    given: bool


@dataclass(frozen=True, slots=True)
class ReceiptDone:
    """The receipt is out, or cannot be printed; the sale stands either way. `paper` None: nobody asks."""

    paper: Paper | None = None


@dataclass(frozen=True, slots=True)
class PrintAgain:
    """The receipt is wanted once more, after paper was put in; nothing is sold by it."""


Event: TypeAlias = (
    SaleStarted
    | TokenJudged
    | HoldHeard
    | WordHeard
    | CardArrived
    | CardPrepared
    | CardDeclined
    | CardCommitted
    | CardSilent
    | EarlierSettled
    | CardResolved
    | BalanceRead
    | CardServed
    | Written
    | NotWritten
    | NumberTaken
    | GivenUp
    | CashTaken
    | Closed
    | ReceiptDone
    | PrintAgain
)
