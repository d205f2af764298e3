# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a session with a card does in the books between two APDUs: each act is asked for by an errand and done once.

An act's result is kept with its session, as plain JSON, and given again when the session is played again.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from heitje.card.load import Credited
from heitje.card.sale import Committed
from heitje.relay import End

Result: TypeAlias = dict[str, Any]
FAULT: Final = "fault"
"""In a result: why the act could not be done; nothing was changed by it."""


@dataclass(frozen=True, slots=True)
class Begin:
    """What must be known of the card: `versions` of key 1 to try, which to `renew_to`, `certificate` and more."""


@dataclass(frozen=True, slots=True)
class SettleInFlight:
    """The card has said what became of its load in flight: `state`, and `amount` where it is on the card."""

    last: Committed
    enc_tmri: bytes
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PlanLoad:
    """Choose what to load: `number`, `amount`, `orders`; `number` None where nothing waits that fits.

    `room`: cents that the card has room for, None where it did not say yet; `instead_of`: a plan that did not fit.
    """

    room: int | None = None
    instead_of: int | None = None


@dataclass(frozen=True, slots=True)
class SendLoad:
    """The card would take the load: post it as in flight, before the card is told to commit."""

    number: int
    orders: tuple[int, ...]
    tmc_before: int
    credited: Credited


@dataclass(frozen=True, slots=True)
class ProveLoad:
    """The card has committed: `loaded` where its MAC proves it."""

    number: int
    committed: Committed


@dataclass(frozen=True, slots=True)
class DropLoad:
    """A plan that nothing came of."""

    number: int


@dataclass(frozen=True, slots=True)
class CardMade:
    """The card is made and proved."""


@dataclass(frozen=True, slots=True)
class KeyRenewed:
    """The card's key 1 has this version."""

    version: int


Act: TypeAlias = Begin | SettleInFlight | PlanLoad | SendLoad | ProveLoad | DropLoad | CardMade | KeyRenewed


@dataclass(frozen=True, slots=True)
class Ended:
    """How a session ended; see `heitje.relay.Reply`."""

    end: End
    reason: str | None = None
    amount: int | None = None
    balance: int | None = None


class CardLeft(Exception):
    """The card has left the field, or never heard the APDU."""
