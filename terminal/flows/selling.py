# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Selling: the amount pad, the sale of `terminal.machine` with the pages that lie over it, and what a start tells."""

from dataclasses import replace
from typing import Final

from heitje.card.sale import Fate
from heitje.refusals import Refusal
from terminal import machine
from terminal.events import (
    CardArrived,
    CardCommitted,
    CardDeclined,
    CardPrepared,
    CardResolved,
    CardServed,
    CardSilent,
    CashTaken,
    Closed,
    EarlierSettled,
    Event,
    GivenUp,
    HoldHeard,
    NotWritten,
    NumberTaken,
    PrintAgain,
    ReceiptDone,
    SaleStarted,
    TokenJudged,
    WordHeard,
    Written,
)
from terminal.flows.effects import BeginSale
from terminal.flows.events import (
    AskedAgain,
    Back,
    Began,
    CashAsked,
    ClosingAsked,
    Confirmed,
    CopyAsked,
    Erased,
    LanguageChosen,
    Lapsed,
    MenuOpened,
    SlipDone,
    Typed,
)
from terminal.flows.scene import CopyOf, Place, Scene
from terminal.flows.stage import Rows, Step, decided, erase, go, home, print_slip, slip_done, type_amount
from terminal.flows.training import practise
from terminal.sale import Phase, State, Verdict

_NO_SALE_ID: Final = bytes(16)


def _begin(scene: Scene, _: Confirmed) -> Step:
    return _ask_for(scene, scene.typed)


def _ask_again(scene: Scene, _: AskedAgain) -> Step:
    amount = scene.sale.amount if scene.place is Place.SALE else (scene.news.amount if scene.news else 0)
    if scene.place is Place.SALE and not (decided(scene) and scene.sale.verdict is Verdict.REFUSED):
        return scene, ()
    return _ask_for(scene, amount)


def _ask_for(scene: Scene, amount: int) -> Step:
    if not amount or scene.suspended:
        return scene, ()
    if scene.training:
        return _start(scene, SaleStarted(_NO_SALE_ID, amount))
    return scene, (BeginSale(amount),)


def _start(scene: Scene, event: SaleStarted) -> Step:
    if scene.place is Place.SALE and not decided(scene):
        return scene, ()
    fresh = replace(scene.at(Place.SALE), sale=State(), recovering=False, news=None)
    return sell(fresh, event)


def sell(scene: Scene, event: Event) -> Step:
    """Give an event to the sale, or in training to a sale that nothing comes of."""
    if scene.training:
        return practise(scene, event)
    if scene.recovering and isinstance(event, CardResolved) and event.fate is Fate.NEVER_HAPPENED:
        return _end_unpaid(scene, event)
    state, effects = machine.step(scene.sale, event)
    return replace(scene, sale=state), effects


def _end_unpaid(scene: Scene, event: CardResolved) -> Step:
    """A sale from before the start that never happened is not begun anew by itself: it may be paid otherwise by now."""
    state, _ = machine.step(scene.sale, event)
    state, effects = machine.step(replace(state, phase=Phase.PRESENT), GivenUp(Refusal.CANCELLED))
    return replace(scene, sale=state), effects


def _choose_sale_language(scene: Scene, event: LanguageChosen) -> Step:
    return replace(scene, sale_language=event.language), ()


def _choose_language(scene: Scene, event: LanguageChosen) -> Step:
    return replace(scene, language=event.language, sale_language=event.language), ()


def _ask_cash(scene: Scene, _: CashAsked) -> Step:
    return (replace(scene, place=Place.CASH, digits=""), ()) if scene.sale.phase is Phase.PRESENT else (scene, ())


def _take_typed_cash(scene: Scene, _: Confirmed) -> Step:
    return _take_cash(scene, CashTaken(scene.typed))


def _take_cash(scene: Scene, event: CashTaken) -> Step:
    """An amount that is no part of what remains stays on the pad."""
    taken, effects = sell(replace(scene, place=Place.SALE, digits=""), event)
    return (scene, ()) if taken.sale == scene.sale else (taken, effects)


def _note_served(scene: Scene, event: CardServed) -> Step:
    """Cash is being counted: the card is not asked once more by itself."""
    return replace(scene, sale=replace(scene.sale, served=event.served)), ()


def _to_sale(scene: Scene, _: object) -> Step:
    return replace(scene, place=Place.SALE, digits=""), ()


def _ask_closing(scene: Scene, _: ClosingAsked) -> Step:
    return (replace(scene, place=Place.CLOSING), ()) if scene.sale.phase is Phase.UNRESOLVED else (scene, ())


def _sell_on(scene: Scene, event: Event) -> Step:
    return sell(replace(scene, place=Place.SALE), event)


def _leave(scene: Scene, _: object) -> Step:
    return home(scene) if decided(scene) else (scene, ())


def _read_problem(scene: Scene, _: Confirmed) -> Step:
    """Why the last try did not pay has been read; the sale waits for another."""
    if scene.sale.phase is not Phase.PRESENT:
        return _leave(scene, _)
    return replace(scene, sale=replace(scene.sale, problem=None, balance=None)), ()


def _lapse(scene: Scene, _: Lapsed) -> Step:
    if scene.sale.phase is Phase.PRESENT:
        return sell(scene, GivenUp(Refusal.NOTHING_PRESENTED))
    return _leave(scene, _)


def _type_next(scene: Scene, event: Typed) -> Step:
    """The next sale's amount may be typed while the last one's result is still shown."""
    if not decided(scene):
        return scene, ()
    rested, effects = home(scene)
    return type_amount(rested, event) if rested.place is Place.IDLE else (rested, effects)


def _paper_of_sale(scene: Scene, event: SlipDone) -> Step:
    """In training the receipt is a slip of its own."""
    return sell(scene, ReceiptDone(event.paper)) if scene.training else slip_done(scene, event)


def _begin_day(scene: Scene, event: Began) -> Step:
    if event.news is None:
        return home(replace(scene, waiting=event.unresolved))
    return replace(scene.at(Place.TOLD), news=event.news, waiting=event.unresolved), ()


def _print_told(scene: Scene, _: CopyAsked) -> Step:
    return print_slip(scene, CopyOf(scene.news.sale)) if scene.news and scene.news.sale else (scene, ())


def _no_room(scene: Scene, _: NotWritten) -> Step:
    return replace(scene, problem=Refusal.DEVICE_NOT_READY), ()


def _clear(scene: Scene, _: object) -> Step:
    return replace(scene, digits="", problem=None), ()


_OF_A_SALE: Final = (
    *(TokenJudged, HoldHeard, WordHeard),
    *(CardArrived, CardPrepared, CardDeclined, CardCommitted, CardSilent, EarlierSettled, CardResolved, CardServed),
    *(Written, NotWritten, NumberTaken, GivenUp, CashTaken, Closed, ReceiptDone, PrintAgain),
)
_WHILE_CLOSING: Final = (CardArrived, CardDeclined, Closed)

SELLING: Final[Rows] = {
    (Place.IDLE, Began): _begin_day,
    (Place.IDLE, Typed): type_amount,
    (Place.IDLE, Erased): erase,
    (Place.IDLE, Back): _clear,
    (Place.IDLE, Confirmed): _begin,
    (Place.IDLE, SaleStarted): _start,
    (Place.IDLE, NotWritten): _no_room,
    (Place.IDLE, LanguageChosen): _choose_language,
    (Place.IDLE, MenuOpened): go(Place.MENU),
    (Place.TOLD, AskedAgain): _ask_again,
    (Place.TOLD, SaleStarted): _start,
    (Place.TOLD, CopyAsked): _print_told,
    (Place.TOLD, SlipDone): slip_done,
    (Place.TOLD, Confirmed): home,
    (Place.TOLD, Back): home,
    **{(Place.SALE, event): sell for event in _OF_A_SALE},
    (Place.SALE, SaleStarted): _start,
    (Place.SALE, AskedAgain): _ask_again,
    (Place.SALE, LanguageChosen): _choose_sale_language,
    (Place.SALE, CashAsked): _ask_cash,
    (Place.SALE, ClosingAsked): _ask_closing,
    (Place.SALE, SlipDone): _paper_of_sale,
    (Place.SALE, Typed): _type_next,
    (Place.SALE, Confirmed): _read_problem,
    (Place.SALE, Back): _leave,
    (Place.SALE, Lapsed): _lapse,
    (Place.CASH, Typed): type_amount,
    (Place.CASH, Erased): erase,
    (Place.CASH, Confirmed): _take_typed_cash,
    (Place.CASH, CashTaken): _take_cash,
    (Place.CASH, CardServed): _note_served,
    (Place.CASH, Back): _to_sale,
    (Place.CASH, Lapsed): _to_sale,
    **{(Place.CLOSING, event): _sell_on for event in _WHILE_CLOSING},
    (Place.CLOSING, Back): _to_sale,
    (Place.CLOSING, Lapsed): _to_sale,
}
