# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""From an address to its driver. A driver's library is loaded here, so a machine needs only those that it uses."""

from drivers.addresses import PcscAddress, Pn532Address, SerialAddress, TcpAddress, UsbAddress, parse
from drivers.card import CardReader
from drivers.errors import LibraryMissing
from drivers.printer import Printer
from drivers.printer.paper import PAPER_80_MM, PaperWidth
from drivers.scanner import Scanner


def open_reader(text: str) -> CardReader:
    """The card reader at an address; nothing is opened yet. Raises `ValueError`, `LibraryMissing`."""
    match parse(text):
        case PcscAddress(name=name):
            try:
                from drivers.card.pcsc import PcscReader
            except ImportError as error:
                raise LibraryMissing(f"a PC/SC reader needs pyscard: {error}") from error
            return PcscReader(name)
        case Pn532Address(path=path):
            try:
                from drivers.card.pn532 import Pn532Reader
            except ImportError as error:
                raise LibraryMissing(f"a PN532 needs nfcpy: {error}") from error
            return Pn532Reader(path)
    raise ValueError(f"{text!r} is no card reader: expected pcsc:… or pn532:…")


def open_scanner(text: str) -> Scanner:
    """The scanner at an address; nothing is opened yet. Raises `ValueError`, `LibraryMissing`."""
    match parse(text):
        case SerialAddress(path=path, baud=baud):
            try:
                from drivers.scanner.serial_scanner import SerialScanner
            except ImportError as error:
                raise LibraryMissing(f"a scanner needs pyserial: {error}") from error
            return SerialScanner(path, baud)
    raise ValueError(f"{text!r} is no scanner: expected serial:…")


def open_printer(text: str, width: PaperWidth = PAPER_80_MM, *, native_qr: bool = True) -> Printer:
    """The printer at an address; nothing is opened yet. Raises `ValueError`."""
    from drivers.printer.escpos_printer import EscposPrinter

    match parse(text):
        case TcpAddress() | SerialAddress() | UsbAddress() as address:
            return EscposPrinter(address, width, native_qr=native_qr)
    raise ValueError(f"{text!r} is no printer: expected tcp:…, serial:… or usb:…")
