# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who is signed on, the service menu with its self-test, and a till that must not sell."""

from dataclasses import replace
from typing import Final

from terminal.flows.effects import CheckPin, ListSales, RunSelfTest, SignOff
from terminal.flows.events import (
    Back,
    Confirmed,
    DetailsAsked,
    Erased,
    HistoryAsked,
    LanguageChosen,
    Lapsed,
    OperatorChosen,
    PinAnswer,
    PinChecked,
    Readmitted,
    SelfTestAsked,
    ServiceAsked,
    SignedOff,
    SlipAsked,
    SlipDone,
    Suspended,
    Tested,
    Typed,
)
from terminal.flows.scene import PIN_DIGITS, PIN_DIGITS_MIN, Details, Place, Scene, TestSlip
from terminal.flows.stage import LEAVE, Rows, Step, erase, go, home, print_slip, readmit, slip_done, suspend

# Signing on


def _choose_operator(scene: Scene, event: OperatorChosen) -> Step:
    return replace(scene.at(Place.PIN), operator=event.name, attempts_left=None), ()


def _type_pin(scene: Scene, event: Typed) -> Step:
    digits = scene.digits + event.digits
    return (scene, ()) if len(digits) > PIN_DIGITS else (replace(scene, digits=digits), ())


def _check_pin(scene: Scene, _: Confirmed) -> Step:
    if len(scene.digits) < PIN_DIGITS_MIN:
        return scene, ()
    return replace(scene, digits=""), (CheckPin(scene.operator, scene.digits),)


def _take_answer(scene: Scene, event: PinChecked) -> Step:
    if event.answer is PinAnswer.RIGHT:
        return home(replace(scene, attempts_left=None, manager=event.manager))
    if event.answer is PinAnswer.LOCKED:
        return replace(_signed_off(scene), place=Place.LOCKED, wait_s=event.wait_s), ()
    return replace(scene, attempts_left=event.attempts_left), ()


def _signed_off(scene: Scene) -> Scene:
    return replace(scene.at(Place.SIGNED_OFF), operator="", manager=False, attempts_left=None)


def _choose_again(scene: Scene, _: object) -> Step:
    return _signed_off(scene), ()


def _sign_off(scene: Scene, _: SignedOff) -> Step:
    return (_signed_off(scene), (SignOff(),)) if scene.with_operators else (scene, ())


def _rest(scene: Scene, event: Lapsed) -> Step:
    """Nobody is there: what was typed goes, and then whoever is signed on."""
    if scene.digits or scene.problem is not None:
        return replace(scene, digits="", problem=None), ()
    if scene.sign_off_after_s is None or not scene.operator:
        return scene, ()
    return _signed_off(replace(scene, drill=None)), (SignOff(),)


def _choose_language(scene: Scene, event: LanguageChosen) -> Step:
    return replace(scene, language=event.language, sale_language=event.language), ()


# Service


def _open_details(scene: Scene, event: DetailsAsked) -> Step:
    return replace(scene.at(Place.DETAILS), details=event.details), ()


def _test(scene: Scene, _: SelfTestAsked) -> Step:
    return replace(scene.at(Place.DETAILS), details=Details.SELF_TEST, checks=()), (RunSelfTest(),)


def _show_checks(scene: Scene, event: Tested) -> Step:
    return replace(scene, checks=event.checks), ()


def _print_checks(scene: Scene, _: SlipAsked) -> Step:
    return print_slip(scene, TestSlip(scene.checks)) if scene.checks else (scene, ())


SERVICE: Final[Rows] = {
    (Place.SIGNED_OFF, OperatorChosen): _choose_operator,
    (Place.SIGNED_OFF, LanguageChosen): _choose_language,
    (Place.PIN, Typed): _type_pin,
    (Place.PIN, Erased): erase,
    (Place.PIN, Confirmed): _check_pin,
    (Place.PIN, PinChecked): _take_answer,
    **{(Place.PIN, event): _choose_again for event in LEAVE},
    (Place.LOCKED, Lapsed): _choose_again,
    (Place.IDLE, Lapsed): _rest,
    (Place.MENU, SignedOff): _sign_off,
    (Place.MENU, ServiceAsked): go(Place.SERVICE),
    (Place.SERVICE, DetailsAsked): _open_details,
    (Place.SERVICE, SelfTestAsked): _test,
    **{(Place.SERVICE, event): home for event in LEAVE},
    (Place.DETAILS, SelfTestAsked): _test,
    (Place.DETAILS, Tested): _show_checks,
    (Place.DETAILS, SlipAsked): _print_checks,
    (Place.DETAILS, SlipDone): slip_done,
    (Place.DETAILS, Back): go(Place.SERVICE),
    (Place.DETAILS, Lapsed): home,
    (Place.SUSPENDED, ServiceAsked): go(Place.SERVICE),
    (Place.SUSPENDED, HistoryAsked): go(Place.HISTORY, ListSales(refundable=False)),
    (Place.MANAGER, SignedOff): _sign_off,
    **{(Place.MANAGER, event): home for event in LEAVE},
    **{(place, Suspended): suspend for place in Place},
    **{(place, Readmitted): readmit for place in Place},
}
