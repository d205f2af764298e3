# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the flows want done, beside the effects of a sale."""

from dataclasses import dataclass
from typing import TypeAlias

from terminal import effects as sale_effects
from terminal.flows.scene import Document


@dataclass(frozen=True, slots=True)
class BeginSale:
    """Make a sale's id and answer `SaleStarted`."""

    amount: int


@dataclass(frozen=True, slots=True)
class CheckPin:
    """Answer `PinChecked`; where it is right, the operator is who signs from now on."""

    operator: str
    pin: str


@dataclass(frozen=True, slots=True)
class SignOff:
    """Nobody is signed on any more."""


@dataclass(frozen=True, slots=True)
class ReadBalance:
    """Ask the card on the reader; answer `BalanceRead` or `CardDeclined`. Nothing happens on it."""


@dataclass(frozen=True, slots=True)
class ListSales:
    """Answer `SalesListed`; `refundable`: one record for each tender of which something can be given back."""

    refundable: bool


@dataclass(frozen=True, slots=True)
class CountTotals:
    """Answer `TotalsCounted`."""


@dataclass(frozen=True, slots=True)
class CloseDay:
    """Close what is unresolved as not given, write the day's end in the same transaction, answer `DayClosed`."""


@dataclass(frozen=True, slots=True)
class WriteRefund:
    """Give `amount` cents of a redemption back: answer `RefundWritten`. Never more than is left of it."""

    redemption: int
    amount: int


@dataclass(frozen=True, slots=True)
class RunSelfTest:
    """Answer `Tested`."""


@dataclass(frozen=True, slots=True)
class PrintSlip:
    """Print, and answer `SlipDone`."""

    document: Document
    language: str


FlowEffect: TypeAlias = (
    sale_effects.Effect
    | BeginSale
    | CheckPin
    | SignOff
    | ReadBalance
    | ListSales
    | CountTotals
    | CloseDay
    | WriteRefund
    | RunSelfTest
    | PrintSlip
)
