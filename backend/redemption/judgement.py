# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What intake decides about one entry: an outcome, and its effects, not yet done.

A judgement only reads. Its effects are carried out by the situation afterwards, so an entry that cannot be judged
changes nothing and holds up nobody.
"""

from dataclasses import dataclass
from typing import TypeAlias

from backend.ledger.posting import Event
from backend.minting.models import Load, LoadState, MeasureKind
from backend.redemption.chain import Link
from backend.redemption.evidence import Why
from backend.redemption.models import CaseKind, ClaimState
from backend.redemption.records import Claim
from heitje.messages import Outcome


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """An intent is written down."""

    claim: Claim


@dataclass(frozen=True, slots=True)
class Settle:
    """A claim moves to a state; what is paid goes by `event`. `outcome`: what its waiting entry is now told."""

    claim: Claim
    state: ClaimState
    event: Event | None = None
    paid: int = 0
    guaranteed: int = 0
    given: bool | None = None
    completed_by: int | None = None
    outcome: Outcome | None = None
    reason: Why | None = None


@dataclass(frozen=True, slots=True)
class SettleLoad:
    """A load in flight is proved to be on the card, or not."""

    load: Load
    state: LoadState
    event: Event


@dataclass(frozen=True, slots=True)
class AddLink:
    """A card's transaction is proved: that of a claim, or of a load."""

    link: Link
    claim: Claim | None = None
    load: Load | None = None


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A person shall look."""

    kind: CaseKind
    other: Claim | None = None
    held: int = 0


@dataclass(frozen=True, slots=True)
class SuspendCard:
    """The card goes on the deny list."""

    uid: str


@dataclass(frozen=True, slots=True)
class Impose:
    """A measure for the next bundle."""

    kind: MeasureKind
    subject: str = ""


@dataclass(frozen=True, slots=True)
class WriteRefund:
    """A refund waits to be covered."""

    claim: Claim
    amount: int


@dataclass(frozen=True, slots=True)
class SetAnchor:
    """The journal's clock is anchored."""

    server_time: int
    publication: int | None
    """The trust that the terminal had then, where it says so."""


Effect: TypeAlias = (
    OpenClaim | Settle | SettleLoad | AddLink | OpenCase | SuspendCard | Impose | WriteRefund | SetAnchor
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of one entry, why where it was not simply accepted, and its effects in order."""

    outcome: Outcome
    reason: Why | None = None
    effects: tuple[Effect, ...] = ()


def accepted(*effects: Effect, reason: Why | None = None) -> Judgement:
    """Stored; what it settles is posted."""
    return Judgement(Outcome.ACCEPTED, reason, effects)


def refused(reason: Why, *effects: Effect) -> Judgement:
    """Not paid."""
    return Judgement(Outcome.REFUSED, reason, effects)


def pending(reason: Why, *effects: Effect) -> Judgement:
    """Not yet."""
    return Judgement(Outcome.PENDING, reason, effects)


def conflict(reason: Why, *effects: Effect) -> Judgement:
    """Against something that stands: paid within the guarantee, or not at all."""
    return Judgement(Outcome.CONFLICT, reason, effects)
