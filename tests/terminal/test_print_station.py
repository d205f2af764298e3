# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The printer's thread, on a real driver and a simulated printer; and what became of a paper, in the till's words."""

import queue
from collections.abc import Callable, Iterator

import pytest

from drivers.devices import open_printer
from drivers.printer import Condition, Printed, PrintReport
from drivers.printer.paper import PAPER_80_MM, Line, Paper
from firmware_sim.printer.condition import Body, PaperLevel
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from terminal.print_station import PaperDone, PrinterSaid, PrintEvent, PrintStation
from terminal.receipt_printing import paper_after
from terminal.sale import Paper as OnPaper

WITHIN_S = 20.0
HELLO = Paper((Line("Hallo"),))


@pytest.fixture
def told() -> "queue.SimpleQueue[PrintEvent]":
    """What the thread reports."""
    return queue.SimpleQueue()


@pytest.fixture
def station(printer: TcpPrinter, told: "queue.SimpleQueue[PrintEvent]") -> Iterator[PrintStation]:
    """A thread that owns the printer, and asks it often."""
    running = PrintStation(open_printer(f"tcp:{printer.host}:{printer.port}", PAPER_80_MM), told.put, look_s=0.2)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def hears(told: "queue.SimpleQueue[PrintEvent]") -> Callable[[Callable[[PrintEvent], bool]], PrintEvent]:
    """Waits for a report."""

    def wait(wanted: Callable[[PrintEvent], bool]) -> PrintEvent:
        while True:
            event = told.get(timeout=WITHIN_S)
            if wanted(event):
                return event

    return wait


def test_it_prints_in_order_and_says_so(
    station: PrintStation, hears: Callable[..., PrintEvent], paper: ReceiptPrinter
) -> None:
    for number, text in enumerate(("eins", "zwei", "drei"), start=1):
        station.print(number, Paper((Line(text),)))
    for number in (1, 2, 3):
        done = hears(lambda event: isinstance(event, PaperDone))
        assert isinstance(done, PaperDone)
        assert done.number == number
        assert done.report.printed is Printed.PRINTED
    assert [receipt.text.strip() for receipt in paper.receipts] == ["eins", "zwei", "drei"]


@pytest.mark.parametrize(
    ("body", "condition"),
    [
        (Body(paper=PaperLevel.LOW), Condition.PAPER_LOW),
        (Body(paper=PaperLevel.OUT), Condition.PAPER_OUT),
        (Body(cover_open=True), Condition.COVER_OPEN),
        (Body(silent=True), Condition.SILENT),
    ],
)
def test_a_printer_with_nothing_to_do_is_asked_how_it_does(
    station: PrintStation, hears: Callable[..., PrintEvent], paper: ReceiptPrinter, body: Body, condition: Condition
) -> None:
    hears(lambda event: event == PrinterSaid(frozenset({Condition.FINE})))
    paper.change(body)
    hears(lambda event: isinstance(event, PrinterSaid) and condition in event.status)
    paper.change(Body())
    hears(lambda event: event == PrinterSaid(frozenset({Condition.FINE})))


def test_what_waits_is_printed_before_the_end(
    printer: TcpPrinter, paper: ReceiptPrinter, told: "queue.SimpleQueue[PrintEvent]"
) -> None:
    station = PrintStation(open_printer(f"tcp:{printer.host}:{printer.port}", PAPER_80_MM), told.put)
    station.start()
    for number in range(3):
        station.print(number, HELLO)
    station.stop()
    assert len(paper.receipts) == 3


FINE = frozenset({Condition.FINE})


@pytest.mark.parametrize(
    ("report", "became"),
    [
        (PrintReport(Printed.PRINTED, FINE, FINE), OnPaper.PRINTED),
        (PrintReport(Printed.PRINTED, FINE, frozenset({Condition.PAPER_OUT})), OnPaper.PRINTED),
        (PrintReport(Printed.NOT_PRINTED, frozenset({Condition.PAPER_OUT}), FINE), OnPaper.PAPER_OUT),
        (PrintReport(Printed.NOT_PRINTED, frozenset({Condition.COVER_OPEN}), FINE), OnPaper.COVER_OPEN),
        (PrintReport(Printed.NOT_PRINTED, frozenset({Condition.OFFLINE}), FINE), OnPaper.NOT_READY),
        (PrintReport(Printed.NOT_PRINTED, frozenset({Condition.SILENT}), FINE), OnPaper.NOT_READY),
        (PrintReport(Printed.UNKNOWN, FINE, frozenset({Condition.PAPER_OUT})), OnPaper.PAPER_OUT),
        (PrintReport(Printed.UNKNOWN, FINE, frozenset({Condition.SILENT})), OnPaper.UNKNOWN),
        (PrintReport(Printed.UNKNOWN, frozenset(), frozenset()), OnPaper.UNKNOWN),
    ],
)
def test_what_became_of_a_paper(report: PrintReport, became: OnPaper) -> None:
    assert paper_after(report) is became
