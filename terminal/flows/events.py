# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person does at the till, and what the till's hands answer, beside the events of a sale."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from heitje.refusals import Refusal
from terminal import events as sale_events
from terminal.flows.scene import Check, Details, Drill, News, Suspension
from terminal.history import SaleRecord
from terminal.sale import Paper, State
from terminal.totals import Totals
from terminal.worth import Worth

# What fingers do


@dataclass(frozen=True, slots=True)
class Typed:
    """Digits on the pad."""

    digits: str


@dataclass(frozen=True, slots=True)
class Erased:
    """The last digit is taken back."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Yes; go on with what stands there."""


@dataclass(frozen=True, slots=True)
class Back:
    """Away from here, without doing anything."""


@dataclass(frozen=True, slots=True)
class Paged:
    """The list goes on, or back (-1)."""

    by: int


@dataclass(frozen=True, slots=True)
class RecordChosen:
    """One row of the list."""

    record: SaleRecord


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """Of the till; in a sale, of the customer's screen and the receipt."""

    language: str


@dataclass(frozen=True, slots=True)
class OperatorChosen:
    """Who wants to sign on."""

    name: str


@dataclass(frozen=True, slots=True)
class SignedOff:
    """Who was signed on goes."""


@dataclass(frozen=True, slots=True)
class MenuOpened:
    """What else can be done here."""


@dataclass(frozen=True, slots=True)
class BalanceAsked:
    """What is on this card?"""


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """A payment is to be given back."""


@dataclass(frozen=True, slots=True)
class HistoryAsked:
    """The sales of the last days."""


@dataclass(frozen=True, slots=True)
class LastReceiptAsked:
    """The last receipt once more, as a copy."""


@dataclass(frozen=True, slots=True)
class CopyAsked:
    """The chosen sale's receipt, as a copy."""


@dataclass(frozen=True, slots=True)
class TotalsAsked:
    """X: what was taken today."""


@dataclass(frozen=True, slots=True)
class DayEndAsked:
    """Z: close the day."""


@dataclass(frozen=True, slots=True)
class SlipAsked:
    """Print what this screen shows."""


@dataclass(frozen=True, slots=True)
class ServiceAsked:
    """The service menu."""


@dataclass(frozen=True, slots=True)
class DetailsAsked:
    """A page of the service menu."""

    details: Details


@dataclass(frozen=True, slots=True)
class SelfTestAsked:
    """Try everything."""


@dataclass(frozen=True, slots=True)
class TrainingAsked:
    """From here on nothing is real."""


@dataclass(frozen=True, slots=True)
class TrainingEnded:
    """From here on everything is real."""


@dataclass(frozen=True, slots=True)
class Drilled:
    """In training: a card of this kind is held to the reader."""

    drill: Drill


@dataclass(frozen=True, slots=True)
class CashAsked:
    """A part in cash: how much?"""


@dataclass(frozen=True, slots=True)
class ClosingAsked:
    """The card does not come back."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Nobody has done anything for as long as this place waits."""


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """A sale that came to nothing is begun anew."""


# What the till's hands answer


@dataclass(frozen=True, slots=True)
class Began:
    """The till has started: what became of the sale in hand, and sales whose card has not told (newest first)."""

    news: News | None
    unresolved: tuple[State, ...]


class PinAnswer(Enum):
    """What came of a PIN."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class PinChecked:
    """The answer; `wait_s` until the next try where locked, else how many tries are left. `manager`: who it is."""

    answer: PinAnswer
    wait_s: int = 0
    attempts_left: int = 0
    manager: bool = False


@dataclass(frozen=True, slots=True)
class WorthRead:
    """What a scanned note or code is worth, or why it is none here. Nothing happened to it."""

    answer: Worth | Refusal


@dataclass(frozen=True, slots=True)
class SalesListed:
    """The sales asked for, the newest first."""

    records: tuple[SaleRecord, ...]


@dataclass(frozen=True, slots=True)
class TotalsCounted:
    """The totals asked for."""

    totals: Totals


@dataclass(frozen=True, slots=True)
class DayClosed:
    """Entry `number` closes the day that these totals are of."""

    totals: Totals
    number: int


@dataclass(frozen=True, slots=True)
class RefundWritten:
    """The refund is in the journal."""

    entry: int


@dataclass(frozen=True, slots=True)
class Tested:
    """What the self-test found."""

    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class SlipDone:
    """Something other than the receipt of the sale in hand was printed, or not."""

    paper: Paper


@dataclass(frozen=True, slots=True)
class Suspended:
    """This till must not sell any more."""

    why: Suspension = Suspension.CITY


@dataclass(frozen=True, slots=True)
class Readmitted:
    """The municipality lets this till sell again."""


FlowEvent: TypeAlias = (
    sale_events.Event
    | Typed
    | Erased
    | Confirmed
    | Back
    | Paged
    | RecordChosen
    | LanguageChosen
    | OperatorChosen
    | SignedOff
    | MenuOpened
    | BalanceAsked
    | RefundAsked
    | HistoryAsked
    | LastReceiptAsked
    | CopyAsked
    | TotalsAsked
    | DayEndAsked
    | SlipAsked
    | ServiceAsked
    | DetailsAsked
    | SelfTestAsked
    | TrainingAsked
    | TrainingEnded
    | Drilled
    | CashAsked
    | ClosingAsked
    | Lapsed
    | AskedAgain
    | Began
    | PinChecked
    | WorthRead
    | SalesListed
    | TotalsCounted
    | DayClosed
    | RefundWritten
    | Tested
    | SlipDone
    | Suspended
    | Readmitted
)
