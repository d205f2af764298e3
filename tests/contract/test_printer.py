# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every printer does, over real python-escpos: on TCP and on a serial line."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
import zxingcpp

from drivers.devices import open_printer
from drivers.printer import Condition, Printed, Printer
from drivers.printer.paper import (
    PAPER_58_MM,
    PAPER_80_MM,
    Align,
    Columns,
    Correction,
    Line,
    Paper,
    PaperWidth,
    Qr,
    Rule,
    Size,
)
from firmware_sim.printer.condition import Body, PaperLevel
from firmware_sim.printer.ports import PtyPrinter, TcpPrinter
from firmware_sim.printer.receipt_printer import PrinterFaults, ReceiptPrinter

FINE = frozenset({Condition.FINE})
SILENT = frozenset({Condition.SILENT})
CUT_TIMEOUT_S = 5.0
CODE = "HV1:" + "0123456789ABCDEFGHIJ" * 12

RECEIPT = Paper(
    (
        Line("Bakkerij Vlaai & Zoon", Align.CENTER, bold=True, size=Size.DOUBLE),
        Rule(),
        Columns("2 × vlaai met kersen – heel", "€ 3,20"),
        Columns("TOTAAL", "€ 16,40", bold=True, size=Size.DOUBLE),
        Qr(CODE, Correction.Q),
        Line("Dank u wel"),
    )
)


class Cabling(Protocol):
    """A printer's driver and the printer at the other end."""

    driver: Printer
    printer: ReceiptPrinter

    def unplug(self) -> None: ...

    def plug(self) -> None: ...


class Tcp:
    def __init__(self, printer: ReceiptPrinter, width: PaperWidth) -> None:
        self.printer = printer
        self._cable = TcpPrinter(printer).start()
        self._port = self._cable.port
        self.driver = open_printer(f"tcp:127.0.0.1:{self._port}", width)

    def unplug(self) -> None:
        self._cable.close()

    def plug(self) -> None:
        self._cable = TcpPrinter(self.printer, port=self._port).start()


class Pty:
    def __init__(self, printer: ReceiptPrinter, width: PaperWidth, link: Path) -> None:
        self.printer = printer
        self._link = link
        self._cable = PtyPrinter(printer, link).start()
        self.driver = open_printer(f"serial:{link}@19200", width)

    def unplug(self) -> None:
        self._cable.close()

    def plug(self) -> None:
        self._cable = PtyPrinter(self.printer, self._link).start()


def made(kind: str, folder: Path, faults: PrinterFaults, width: PaperWidth = PAPER_80_MM) -> Cabling:
    printer = ReceiptPrinter(width.dots, folder / "receipts", faults)
    return Tcp(printer, width) if kind == "tcp" else Pty(printer, width, folder / "printer")


@pytest.fixture(params=["tcp", "pty"])
def cabling(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cabling]:
    """A printer with 80 mm paper, fine and empty."""
    cable = made(request.param, tmp_path, PrinterFaults())
    yield cable
    cable.driver.close()
    cable.unplug()


@pytest.mark.parametrize("width", [PAPER_58_MM, PAPER_80_MM], ids=["58mm", "80mm"])
@pytest.mark.parametrize("kind", ["tcp", "pty"])
def test_a_receipt_comes_out_whole(kind: str, width: PaperWidth, tmp_path: Path) -> None:
    cabling = made(kind, tmp_path, PrinterFaults(), width)
    report = cabling.driver.print_receipt(RECEIPT)
    assert (report.printed, report.before, report.after) == (Printed.PRINTED, FINE, FINE)
    assert cabling.printer.wait_receipts(1, CUT_TIMEOUT_S)
    receipt = cabling.printer.receipts[0]
    lines = receipt.text.splitlines()
    assert "Bakkerij Vlaai" in receipt.text
    assert f"2 × vlaai met kersen - heel{'€ 3,20':>{width.columns - 27}}" in lines or width is PAPER_58_MM
    assert any(line.startswith("TOTAAL") and line.endswith("€ 16,40") for line in lines)
    assert all(len(line) <= width.columns for line in lines if not line.startswith("[QR]"))
    assert "-" * width.columns in lines
    [found] = zxingcpp.read_barcodes(receipt.image)
    assert found.text == CODE
    interpreter = cabling.printer.interpreter
    assert not interpreter.unknown
    assert not interpreter.ignored
    cabling.driver.close()
    cabling.unplug()


def test_receipts_are_numbered_files(cabling: Cabling, tmp_path: Path) -> None:
    for _ in range(2):
        assert cabling.driver.print_receipt(Paper((Line("een"),))).printed is Printed.PRINTED
    names = sorted(path.name for path in (tmp_path / "receipts").iterdir())
    assert names == ["receipt-0001.png", "receipt-0001.txt", "receipt-0002.png", "receipt-0002.txt"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (Body(), {Condition.FINE}),
        (Body(paper=PaperLevel.LOW), {Condition.PAPER_LOW}),
        (Body(paper=PaperLevel.OUT), {Condition.PAPER_OUT, Condition.OFFLINE}),
        (Body(cover_open=True), {Condition.COVER_OPEN, Condition.OFFLINE}),
        (
            Body(paper=PaperLevel.OUT, cover_open=True),
            {Condition.PAPER_OUT, Condition.COVER_OPEN, Condition.OFFLINE},
        ),
        (Body(offline=True), {Condition.OFFLINE}),
        (Body(silent=True), {Condition.SILENT}),
    ],
)
def test_status(cabling: Cabling, body: Body, status: set[Condition]) -> None:
    cabling.printer.change(body)
    assert cabling.driver.status() == status


@pytest.mark.parametrize("body", [Body(paper=PaperLevel.OUT), Body(cover_open=True), Body(offline=True)])
def test_nothing_is_sent_to_a_printer_that_cannot_print(cabling: Cabling, body: Body) -> None:
    cabling.printer.change(body)
    report = cabling.driver.print_receipt(RECEIPT)
    assert report.printed is Printed.NOT_PRINTED
    assert report.before == report.after
    cabling.printer.change(Body())
    assert cabling.driver.print_receipt(Paper((Line("daarna"),))).printed is Printed.PRINTED
    assert [receipt.text for receipt in cabling.printer.receipts] == ["daarna\n"]


@pytest.mark.parametrize("kind", ["tcp", "pty"])
def test_paper_that_ends_in_the_middle(kind: str, tmp_path: Path) -> None:
    cabling = made(kind, tmp_path, PrinterFaults(paper_out_after_lines=3))
    report = cabling.driver.print_receipt(RECEIPT)
    assert report.printed is Printed.UNKNOWN
    assert Condition.PAPER_OUT in report.after
    assert not cabling.printer.receipts
    cabling.printer.change(Body())  # new paper: what was waiting is printed
    assert cabling.printer.wait_receipts(1, CUT_TIMEOUT_S)
    assert cabling.driver.status() == FINE
    cabling.driver.close()
    cabling.unplug()


def test_a_silent_printer_is_never_fine(cabling: Cabling) -> None:
    cabling.printer.change(Body(silent=True))
    report = cabling.driver.print_receipt(Paper((Line("een"),)))
    assert (report.printed, report.before, report.after) == (Printed.UNKNOWN, SILENT, SILENT)
    assert cabling.printer.wait_receipts(1, CUT_TIMEOUT_S)  # it came out all the same, and nobody could know


def test_a_printer_that_went_away_and_came_back(cabling: Cabling) -> None:
    assert cabling.driver.status() == FINE
    cabling.unplug()
    assert cabling.driver.status() == SILENT
    report = cabling.driver.print_receipt(RECEIPT)
    assert (report.printed, report.before, report.after) == (Printed.NOT_PRINTED, SILENT, SILENT)
    cabling.plug()
    assert cabling.driver.print_receipt(RECEIPT).printed is Printed.PRINTED


def test_something_that_is_no_printer_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        driver = open_printer(f"tcp:127.0.0.1:{stranger.getsockname()[1]}")
        assert driver.status() == SILENT


def test_another_till_can_print_in_between(tmp_path: Path) -> None:
    printer = ReceiptPrinter()
    with TcpPrinter(printer) as cable:
        tills = [open_printer(f"tcp:127.0.0.1:{cable.port}") for _ in range(2)]
        for till in (*tills, *tills):
            assert till.print_receipt(Paper((Line("een"),))).printed is Printed.PRINTED
    assert len(printer.receipts) == 4
