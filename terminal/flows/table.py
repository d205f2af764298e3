# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The flows as one table: `step(scene, event) -> (scene, effects)`, pure. An event without a row changes nothing."""

from typing import Final

from terminal.flows.books import BOOKS
from terminal.flows.events import FlowEvent
from terminal.flows.scene import Place, Scene
from terminal.flows.selling import SELLING
from terminal.flows.service import SERVICE
from terminal.flows.stage import TROUBLE, Rows, Step
from terminal.flows.training import IN_TRAINING, TRAINING
from terminal.sale import Phase, Verdict

FLOWS: Final[Rows] = {**SELLING, **TRAINING, **BOOKS, **SERVICE}

_SHORT_S: Final = 6.0
_RESULT_S: Final = 12.0
_READING_S: Final = 30.0
_LONG_S: Final = 120.0
_PRESENT_S: Final = 300.0
_PATIENCE_S: Final = {
    **dict.fromkeys((Place.CASH, Place.CLOSING, Place.MENU, Place.REFUND_CHOICE, Place.REFUND_AMOUNT), _LONG_S),
    **dict.fromkeys((Place.HISTORY, Place.RECORD, Place.TOTALS, Place.DAY_END, Place.DAY_CLOSED), _LONG_S),
    **dict.fromkeys((Place.SERVICE, Place.DETAILS, Place.PIN, Place.BALANCE), _LONG_S),
    Place.REFUND_DONE: _READING_S,
    Place.MANAGER: _READING_S,
}


def step(scene: Scene, event: FlowEvent) -> Step:
    """Take one event."""
    action = FLOWS.get((scene.place, type(event)))
    if action is None or (scene.training and type(event) not in IN_TRAINING):
        return scene, ()
    return action(scene, event)


def patience_s(scene: Scene) -> float | None:
    """How long nothing may happen here before `Lapsed`; None: for ever."""
    if scene.place is Place.SALE:
        return _patience_in_sale_s(scene)
    if scene.place is Place.LOCKED:
        return scene.wait_s
    if scene.place is Place.IDLE:
        return _LONG_S if scene.digits else _until_signed_off_s(scene)
    return _PATIENCE_S.get(scene.place)


def _until_signed_off_s(scene: Scene) -> float | None:
    return scene.sign_off_after_s if scene.operator else None


def _patience_in_sale_s(scene: Scene) -> float | None:
    if scene.sale.phase is Phase.PRESENT:
        return _PRESENT_S
    if scene.sale.phase is not Phase.DECIDED or scene.sale.paper in TROUBLE:
        return None
    if scene.sale.verdict is Verdict.REFUSED:
        return None if scene.recovering else _SHORT_S
    return _RESULT_S if scene.sale.verdict is Verdict.ACCEPTED else _READING_S
