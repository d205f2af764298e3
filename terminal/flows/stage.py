# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What several flows do: type digits, go home, print."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from heitje.money import MAX_AMOUNT
from terminal.flows.effects import FlowEffect, PrintSlip
from terminal.flows.events import Back, Erased, Lapsed, Readmitted, SlipDone, Suspended, Typed
from terminal.flows.scene import AMOUNT_DIGITS, Document, Place, Scene, Suspension
from terminal.sale import Paper, Phase, State

Step: TypeAlias = tuple[Scene, tuple[FlowEffect, ...]]
Rows: TypeAlias = dict[tuple[Place, type], Callable[..., Step]]

TROUBLE: Final = frozenset({Paper.PAPER_OUT, Paper.COVER_OPEN, Paper.NOT_READY, Paper.UNKNOWN})
"""With these a person has to look after the printer."""


def home(scene: Scene, _: object = None) -> Step:
    """To where a sale begins; first to what is still unresolved since the start, or to who is to sign on."""
    rested = replace(
        scene.at(Place.IDLE), sale=State(), recovering=False, news=None, totals=None, sale_language=scene.language
    )
    if scene.waiting:
        first, *others = scene.waiting
        return replace(rested, place=Place.SALE, sale=first, waiting=tuple(others), recovering=True), ()
    if scene.suspended and not scene.training:
        return replace(rested, place=Place.SUSPENDED), ()
    if scene.with_operators and not scene.operator:
        return replace(rested, place=Place.SIGNED_OFF), ()
    return rested, ()


def go(place: Place, *effects: FlowEffect) -> Callable[[Scene, object], Step]:
    """A row that leads somewhere, with nothing typed or chosen, and has something done."""

    def gone(scene: Scene, _: object) -> Step:
        return scene.at(place), effects

    return gone


def type_amount(scene: Scene, event: Typed) -> Step:
    """One more digit of cents, unless no amount is that high."""
    digits = (scene.digits + event.digits).lstrip("0")
    if len(digits) > AMOUNT_DIGITS or int(digits or "0") > MAX_AMOUNT:
        return scene, ()
    return replace(scene, digits=digits, problem=None), ()


def erase(scene: Scene, _: Erased) -> Step:
    """The last digit goes."""
    return replace(scene, digits=scene.digits[:-1]), ()


def print_slip(scene: Scene, document: Document) -> Step:
    """Print, in the till's language, and stay."""
    return replace(scene, document=document, paper=None), (PrintSlip(document, scene.language),)


def slip_done(scene: Scene, event: SlipDone) -> Step:
    """Where a person has to look after the printer, that comes first."""
    if event.paper in TROUBLE:
        return replace(scene, place=Place.PAPER, back=scene.place, paper=event.paper), ()
    return replace(scene, paper=event.paper), ()


def suspend(scene: Scene, event: Suspended) -> Step:
    """Nothing new begins; what is in hand is ended first. The first reason stands, unless the journal is worse."""
    if scene.suspended not in (None, Suspension.CITY):
        return scene, ()
    flagged = replace(scene, suspended=event.why)
    return home(flagged) if scene.place in (Place.IDLE, Place.SIGNED_OFF) else (flagged, ())


def readmit(scene: Scene, _: Readmitted) -> Step:
    """What the municipality has stopped goes on where it says so."""
    if scene.suspended is not Suspension.CITY:
        return scene, ()
    freed = replace(scene, suspended=None)
    return home(freed) if scene.place is Place.SUSPENDED else (freed, ())


def decided(scene: Scene) -> bool:
    """Whether a sale has ended, and its result is shown."""
    return scene.place is Place.SALE and scene.sale.phase is Phase.DECIDED


LEAVE: Final = (Back, Lapsed)
"""Both lead out of a place in which nothing was begun."""
