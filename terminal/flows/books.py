# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's books: balance of a card, refunds, sales and their copies, totals, the day's end."""

from dataclasses import replace
from typing import Final

from heitje.journal import Instrument
from heitje.refusals import Refusal
from terminal.effects import ServeCard
from terminal.events import BalanceRead, CardArrived, CardDeclined, CardServed, NotWritten, PrintAgain
from terminal.flows.effects import CloseDay, CountTotals, ListSales, PrintSlip, ReadBalance, WriteRefund
from terminal.flows.events import (
    Back,
    BalanceAsked,
    Confirmed,
    CopyAsked,
    DayClosed,
    DayEndAsked,
    Erased,
    HistoryAsked,
    Lapsed,
    LastReceiptAsked,
    Paged,
    RecordChosen,
    RefundAsked,
    RefundWritten,
    SalesListed,
    SlipAsked,
    SlipDone,
    TotalsAsked,
    TotalsCounted,
    Typed,
    WorthRead,
)
from terminal.flows.scene import CopyOf, Duty, Place, RefundSlip, Scene, TotalsSlip
from terminal.flows.stage import LEAVE, Rows, Step, erase, go, home, print_slip, slip_done, type_amount
from terminal.history import SaleRecord, Standing, refundable_parts

# Balance


def _ask_card(scene: Scene, _: CardArrived) -> Step:
    return replace(scene, problem=None, balance=None, worth=None, served=None), (ReadBalance(),)


def _show_balance(scene: Scene, event: BalanceRead) -> Step:
    """It is shown at once; what waits for the card comes after."""
    return replace(scene, balance=event.balance, worth=None, problem=None), (ServeCard(),)


def _show_served(scene: Scene, event: CardServed) -> Step:
    served = event.served
    return replace(scene, served=served, balance=scene.balance if served.balance is None else served.balance), ()


def _show_no_balance(scene: Scene, event: CardDeclined) -> Step:
    return replace(scene, balance=None, worth=None, served=None, problem=event.reason), ()


def _show_worth(scene: Scene, event: WorthRead) -> Step:
    """What a note or a code would be taken for here, and what is known of it."""
    nothing = replace(scene, balance=None, worth=None, served=None, problem=None)
    if isinstance(event.answer, Refusal):
        return replace(nothing, problem=event.answer), ()
    return replace(nothing, worth=event.answer), ()


# Lists


def _list(scene: Scene, event: SalesListed) -> Step:
    return replace(scene, records=event.records, page=0), ()


def _page(scene: Scene, event: Paged) -> Step:
    return replace(scene, page=min(max(scene.page + event.by, 0), scene.pages - 1)), ()


def _open_record(scene: Scene, event: RecordChosen) -> Step:
    return replace(scene, place=Place.RECORD, record=event.record), ()


def _open_last(scene: Scene, event: SalesListed) -> Step:
    """The newest sale that has a receipt; without one the list says that there is none."""
    printed = next((record for record in event.records if has_receipt(record)), None)
    if printed is None:
        return replace(scene, place=Place.HISTORY, records=event.records), ()
    return replace(scene, record=printed), ()


def _close_record(scene: Scene, _: Back) -> Step:
    return (replace(scene, place=Place.HISTORY, record=None), ()) if scene.records else home(scene)


def _print_copy(scene: Scene, _: CopyAsked) -> Step:
    if scene.record is None or not has_receipt(scene.record):
        return scene, ()
    return print_slip(scene, CopyOf(scene.record.sale))


def has_receipt(record: SaleRecord) -> bool:
    """Whether paper tells of it: a sale that ended unpaid has no receipt."""
    return record.standing is not Standing.NOT_PAID


# Refunds


def _begin_refund(scene: Scene, _: RefundAsked) -> Step:
    if not scene.may(Duty.REFUND):
        return scene.at(Place.MANAGER), ()
    return scene.at(Place.REFUND_CHOICE), (ListSales(refundable=True),)


def _refund_of_record(scene: Scene, _: RefundAsked) -> Step:
    if not scene.may(Duty.REFUND):
        return scene.at(Place.MANAGER), ()
    parts = refundable_parts([scene.record] if scene.record else [])
    if len(parts) == 1:
        return replace(scene.at(Place.REFUND_AMOUNT), record=parts[0]), ()
    return replace(scene.at(Place.REFUND_CHOICE), records=parts), ()


def _choose_refund(scene: Scene, event: RecordChosen) -> Step:
    return replace(scene, place=Place.REFUND_AMOUNT, record=event.record, digits=""), ()


def refund_amount(scene: Scene) -> int:
    """Cents to give back: what was typed, or all that is left of the payment."""
    left = scene.record.tenders[0].refundable if scene.record else 0
    return scene.typed if scene.digits else left


def _write_refund(scene: Scene, _: Confirmed) -> Step:
    tender = scene.record.tenders[0] if scene.record else None
    amount = refund_amount(scene)
    if tender is None or tender.redemption is None or not 0 < amount <= tender.refundable:
        return scene, ()
    return scene, (WriteRefund(tender.redemption, amount),)


def _refund_written(scene: Scene, event: RefundWritten) -> Step:
    done = replace(scene, place=Place.REFUND_DONE, refund=event.entry, digits="", problem=None)
    return print_slip(done, RefundSlip(event.entry))


def _serve_refunded(scene: Scene, _: CardArrived) -> Step:
    """What is given back to a card comes onto it at once, where the backend is there and has it by then."""
    to_card = scene.record is not None and scene.record.tenders[0].instrument is Instrument.CARD
    return (replace(scene, served=None), (ServeCard(),)) if to_card else (scene, ())


def _note_served(scene: Scene, event: CardServed) -> Step:
    return replace(scene, served=event.served), ()


def _not_written(scene: Scene, _: NotWritten) -> Step:
    return replace(scene, problem=Refusal.DEVICE_NOT_READY), ()


def _back_to_choice(scene: Scene, _: Back) -> Step:
    return (replace(scene, place=Place.REFUND_CHOICE, digits=""), ()) if scene.records else home(scene)


# Totals and the day's end


def _show_totals(scene: Scene, event: TotalsCounted) -> Step:
    return replace(scene, totals=event.totals), ()


def _count(scene: Scene, place: Place) -> Step:
    return replace(scene.at(place), totals=None, number=None), (CountTotals(),)


def _to_totals(scene: Scene, _: TotalsAsked) -> Step:
    return _count(scene, Place.TOTALS)


def _to_day_end(scene: Scene, _: DayEndAsked) -> Step:
    if not scene.may(Duty.DAY_END):
        return scene.at(Place.MANAGER), ()
    return _count(scene, Place.DAY_END)


def _print_totals(scene: Scene, _: SlipAsked) -> Step:
    return (scene, ()) if scene.totals is None else print_slip(scene, TotalsSlip(scene.totals, scene.number))


def _close_day(scene: Scene, _: Confirmed) -> Step:
    return (scene, ()) if scene.totals is None else (scene, (CloseDay(),))


def _day_closed(scene: Scene, event: DayClosed) -> Step:
    closed = replace(scene, place=Place.DAY_CLOSED, totals=event.totals, number=event.number)
    return print_slip(closed, TotalsSlip(event.totals, event.number))


# Paper trouble


def _print_again(scene: Scene, _: PrintAgain) -> Step:
    if scene.document is None:
        return replace(scene, place=scene.back), ()
    back = replace(scene, place=scene.back, paper=None)
    return back, (PrintSlip(scene.document, scene.language),)


def _without_paper(scene: Scene, _: object) -> Step:
    return replace(scene, place=scene.back, document=None), ()


_LISTS: Final = (Place.HISTORY, Place.REFUND_CHOICE)
_PRINTING: Final = (Place.RECORD, Place.REFUND_DONE, Place.TOTALS, Place.DAY_CLOSED)
_LEFT_FOR_HOME: Final = (Place.MENU, Place.BALANCE, *_LISTS, Place.REFUND_DONE, Place.TOTALS, Place.DAY_END)

BOOKS: Final[Rows] = {
    (Place.MENU, BalanceAsked): go(Place.BALANCE),
    (Place.MENU, RefundAsked): _begin_refund,
    (Place.MENU, HistoryAsked): go(Place.HISTORY, ListSales(refundable=False)),
    (Place.MENU, LastReceiptAsked): go(Place.RECORD, ListSales(refundable=False)),
    (Place.MENU, TotalsAsked): _to_totals,
    (Place.SUSPENDED, TotalsAsked): _to_totals,
    (Place.MENU, DayEndAsked): _to_day_end,
    (Place.BALANCE, CardArrived): _ask_card,
    (Place.BALANCE, Confirmed): home,
    (Place.BALANCE, BalanceRead): _show_balance,
    (Place.BALANCE, CardDeclined): _show_no_balance,
    (Place.BALANCE, CardServed): _show_served,
    (Place.BALANCE, WorthRead): _show_worth,
    **{(place, SalesListed): _list for place in _LISTS},
    **{(place, Paged): _page for place in _LISTS},
    (Place.HISTORY, RecordChosen): _open_record,
    (Place.RECORD, SalesListed): _open_last,
    (Place.RECORD, CopyAsked): _print_copy,
    (Place.RECORD, RefundAsked): _refund_of_record,
    (Place.RECORD, Back): _close_record,
    (Place.RECORD, Lapsed): home,
    (Place.REFUND_CHOICE, RecordChosen): _choose_refund,
    (Place.REFUND_AMOUNT, Typed): type_amount,
    (Place.REFUND_AMOUNT, Erased): erase,
    (Place.REFUND_AMOUNT, Confirmed): _write_refund,
    (Place.REFUND_AMOUNT, RefundWritten): _refund_written,
    (Place.REFUND_AMOUNT, NotWritten): _not_written,
    (Place.REFUND_AMOUNT, Back): _back_to_choice,
    (Place.REFUND_AMOUNT, Lapsed): home,
    (Place.REFUND_DONE, Confirmed): home,
    (Place.REFUND_DONE, CardArrived): _serve_refunded,
    (Place.REFUND_DONE, CardServed): _note_served,
    (Place.TOTALS, TotalsCounted): _show_totals,
    (Place.TOTALS, SlipAsked): _print_totals,
    (Place.TOTALS, DayEndAsked): _to_day_end,
    (Place.DAY_END, TotalsCounted): _show_totals,
    (Place.DAY_END, Confirmed): _close_day,
    (Place.DAY_END, DayClosed): _day_closed,
    (Place.DAY_END, NotWritten): _not_written,
    (Place.DAY_CLOSED, SlipAsked): _print_totals,
    **{(Place.DAY_CLOSED, event): home for event in (Confirmed, *LEAVE)},
    **{(place, SlipDone): slip_done for place in _PRINTING},
    (Place.PAPER, PrintAgain): _print_again,
    (Place.PAPER, Confirmed): _without_paper,
    (Place.PAPER, Back): _without_paper,
    **{(place, event): home for place in _LEFT_FOR_HOME for event in LEAVE},
}
