# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is on the till's stage: where a person is, and the sale in hand."""

from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from typing import Final, TypeAlias

from heitje.refusals import Refusal
from terminal.history import SaleRecord
from terminal.sale import Paper, Served, State
from terminal.totals import Totals
from terminal.worth import Worth


class Place(StrEnum):
    """Where a person is. In `SALE`, and on the two pages that lie over it, `terminal.sale.Phase` says more."""

    SIGNED_OFF = "signed off"
    PIN = "PIN"
    LOCKED = "locked"
    TOLD = "told"
    IDLE = "idle"
    SALE = "sale"
    CASH = "cash"
    CLOSING = "given or not"
    MENU = "menu"
    BALANCE = "balance"
    REFUND_CHOICE = "refund: which"
    REFUND_AMOUNT = "refund: how much"
    REFUND_DONE = "refund: done"
    HISTORY = "history"
    RECORD = "one sale"
    TOTALS = "totals"
    DAY_END = "close the day?"
    DAY_CLOSED = "day closed"
    SERVICE = "service"
    DETAILS = "service: details"
    MANAGER = "manager asked for"
    PAPER = "paper trouble"
    SUSPENDED = "suspended"


class Suspension(StrEnum):
    """Why a till must not sell. What the municipality has said it can take back; a journal's trouble stays."""

    CITY = "the municipality has suspended it"
    RESTORED = "its journal is an old copy"
    DAMAGED = "its journal is damaged"


class Duty(StrEnum):
    """What a shop may keep for its managers."""

    REFUND = "refund"
    DAY_END = "day end"


class Details(StrEnum):
    """A page of the service menu."""

    DEVICES = "devices"
    NETWORK = "network"
    QUEUE = "queue"
    VERSIONS = "versions"
    SELF_TEST = "self-test"


class Drill(Enum):
    """What a card does in training."""

    PAYS = "pays"
    HAS_TOO_LITTLE = "has too little"
    LEAVES_TOO_SOON = "leaves too soon"


class Happened(Enum):
    """What became of the sale in hand when the till went off."""

    NOTHING = "no sale was in hand"
    PAID = "it was paid"
    NOT_PAID = "it was not paid, and nothing was taken"


@dataclass(frozen=True, slots=True)
class News:
    """What the first screen after a start tells. `sale`: the sale that it is about; cents of it."""

    happened: Happened
    amount: int = 0
    sale: bytes = b""
    time: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """One result of the self-test: its message, whether it went well, and what was found."""

    message: str
    well: bool
    found: str = ""


# What is printed beside the receipt of the sale in hand.


@dataclass(frozen=True, slots=True)
class CopyOf:
    """The receipt of an earlier sale, marked as a copy."""

    sale: bytes


@dataclass(frozen=True, slots=True)
class TotalsSlip:
    """X, or Z where `number` says which closing it is."""

    totals: Totals
    number: int | None = None


@dataclass(frozen=True, slots=True)
class RefundSlip:
    """A refund: its entry."""

    entry: int


@dataclass(frozen=True, slots=True)
class TestSlip:
    """The self-test's result."""

    __test__ = False  # no test class, in spite of its name

    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class PracticeSlip:
    """What training prints instead of a receipt."""

    sale: State


Document: TypeAlias = CopyOf | TotalsSlip | RefundSlip | TestSlip | PracticeSlip

ROWS_OF_A_PAGE: Final = 4
"""How many rows of a list one screen shows."""
AMOUNT_DIGITS: Final = 7
"""No amount has more digits of cents."""
PIN_DIGITS_MIN: Final = 4
PIN_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the screens are made of, beside what the devices and the network are like.

    `digits`: what was typed. `language` of the till, `sale_language` of the customer's screen and the receipt.
    `records`, `page`, `record`: a list of sales and the one chosen. `back`: where printing leads back to.
    `served`: what a card got that was held to the reader without a sale.
    `drill`: what the card does in training; None outside it. `suspended`: why this till sells no more.
    `managers_only`: what only a `manager` may do; `sign_off_after_s`: who does nothing for so long is signed off.
    """

    place: Place = Place.IDLE
    sale: State = field(default_factory=State)
    digits: str = ""
    language: str = "nl"
    sale_language: str = "nl"
    operator: str = ""
    with_operators: bool = False
    attempts_left: int | None = None
    wait_s: int = 0
    drill: Drill | None = None
    recovering: bool = False
    news: News | None = None
    waiting: tuple[State, ...] = ()
    balance: int | None = None
    worth: Worth | None = None
    served: Served | None = None
    problem: Refusal | None = None
    records: tuple[SaleRecord, ...] = ()
    page: int = 0
    record: SaleRecord | None = None
    totals: Totals | None = None
    number: int | None = None
    refund: int | None = None
    details: Details = Details.DEVICES
    checks: tuple[Check, ...] = ()
    document: Document | None = None
    back: Place = Place.IDLE
    paper: Paper | None = None
    suspended: Suspension | None = None
    manager: bool = False
    managers_only: frozenset[Duty] = frozenset()
    sign_off_after_s: int | None = None

    @property
    def training(self) -> bool:
        """Whether nothing of this is real."""
        return self.drill is not None

    def may(self, duty: Duty) -> bool:
        """Whether who is signed on may do this. Where nobody signs on, everybody may."""
        return self.manager or not self.with_operators or duty not in self.managers_only

    @property
    def typed(self) -> int:
        """The digits as cents."""
        return int(self.digits or "0")

    @property
    def pages(self) -> int:
        """Pages of the list."""
        return max(1, -(-len(self.records) // ROWS_OF_A_PAGE))

    @property
    def shown_records(self) -> tuple[SaleRecord, ...]:
        """The rows of the page."""
        start = self.page * ROWS_OF_A_PAGE
        return self.records[start : start + ROWS_OF_A_PAGE]

    def at(self, place: Place) -> "Scene":
        """The same person somewhere else, with nothing typed, chosen or told."""
        return replace(
            self,
            place=place,
            digits="",
            balance=None,
            worth=None,
            served=None,
            problem=None,
            records=(),
            page=0,
            record=None,
            refund=None,
            document=None,
            paper=None,
        )
