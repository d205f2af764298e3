# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""An ESC/POS printer on the network, a serial port or USB, through python-escpos.

The library sends and formats; its own status calls are not used, for they say "plenty of paper" when nobody answers.
It takes its time to load and reads its printer database anew in each process, so it is loaded when the printer is
first used, with a place to remember that database.
"""

import errno
import io
import logging
import os
import socket
import termios
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

from drivers.addresses import SerialAddress, TcpAddress, UsbAddress
from drivers.errors import DeviceGone, LibraryMissing
from drivers.printer import STOPS_PRINTING, Condition, Printed, PrintReport, Status
from drivers.printer.escpos_status import (
    ASK_ERROR,
    ASK_IN_TURN,
    ASK_OFFLINE_CAUSE,
    ASK_PAPER,
    ASK_PRINTER,
    Question,
    conditions,
    stopped,
)
from drivers.printer.letters import CODE_PAGE, printable
from drivers.printer.paper import (
    PAPER_80_MM,
    Align,
    Columns,
    Correction,
    Line,
    Paper,
    PaperWidth,
    Picture,
    Qr,
    Rule,
    Size,
    laid_out,
)

STATUS_TIMEOUT_S: Final = 0.5
SEND_TIMEOUT_S: Final = 5.0
PRINT_TIMEOUT_S: Final = 6.0
"""Longest time from the last byte to the printer's confirmation."""
LOOK_INTERVAL_S: Final = 1.0
"""While it prints, how often it is asked whether something stopped it."""

_CODE_PAGE_NUMBER: Final = "19"
_QR_MODULE_DOTS: Final = 6
_QR_MODULE_DOTS_NARROW: Final = 4
_QR_LEVEL: Final = {Correction.L: 0, Correction.M: 1, Correction.Q: 2, Correction.H: 3}
_USB_IN: Final = 0x82
"""Endpoint that a printer answers on, as python-escpos takes it."""
_FEATURES: Final = {"paperFullCut": True, "paperPartCut": True, "qrCode": True, "bitImageRaster": True}
_CACHE_VARIABLE: Final = "ESCPOS_CAPABILITIES_PICKLE_DIR"

_log = logging.getLogger(__name__)
_wire = logging.getLogger("drivers.wire.printer")

Address = TcpAddress | SerialAddress | UsbAddress


class _Device(Protocol):
    """What is used of python-escpos' printers; `device` is a socket, a serial port or a USB device."""

    device: Any

    def open(self) -> None: ...

    def close(self) -> None: ...

    def _raw(self, data: bytes) -> None: ...


class EscposPrinter:
    """The printer at `address`, loaded with paper of `width`; opened when it is first used.

    `native_qr` False sends QR codes as pictures, for printers that cannot make them.
    """

    def __init__(self, address: Address, width: PaperWidth = PAPER_80_MM, *, native_qr: bool = True) -> None:
        self._address = address
        self._width = width
        self._native_qr = native_qr
        self._device: _Device | None = None

    @property
    def width(self) -> PaperWidth:
        return self._width

    def print_receipt(self, paper: Paper) -> PrintReport:
        data = encode(paper, self._width, native_qr=self._native_qr)
        before = after = frozenset({Condition.SILENT})
        printed = Printed.NOT_PRINTED
        try:
            before = after = self._asked()
            if before & STOPS_PRINTING:
                return PrintReport(printed, before, after)
            confirms = Condition.SILENT not in before and self._ask(ASK_IN_TURN) is not None
            printed = Printed.UNKNOWN
            self._send(data)
            if confirms and self._wait_done():
                printed = Printed.PRINTED
            after = self._asked()
        except DeviceGone as error:
            _log.info("%s", error)
            after = frozenset({Condition.SILENT})
        finally:
            self._let_go()
        return PrintReport(printed, before, after)

    def status(self) -> Status:
        try:
            return self._asked()
        except DeviceGone as error:
            _log.info("%s", error)
            return frozenset({Condition.SILENT})
        finally:
            self._let_go()

    def close(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            try:
                device.close()
            except (OSError, termios.error) as error:  # it is being given up: nothing more can be done with it
                _log.info("closing the printer: %s", error)
            device.device = False  # else the library tries again when it is collected

    def _let_go(self) -> None:
        """A network printer serves one connection: other tills want it too."""
        if isinstance(self._address, TcpAddress):
            self.close()

    def _asked(self) -> Status:
        """Ask all four questions; after a first silence no other. Raises `DeviceGone`."""
        printer = self._ask(ASK_PRINTER)
        if printer is None:
            return conditions(None, None, None, None)
        return conditions(printer, self._ask(ASK_OFFLINE_CAUSE), self._ask(ASK_ERROR), self._ask(ASK_PAPER))

    def _ask(self, question: Question) -> int | None:
        """The answer's byte; None where none comes in time. Raises `DeviceGone`."""
        while self._receive(0.0):
            continue  # what an earlier question was answered too late
        self._send(question.sent)
        return self._answer(question, STATUS_TIMEOUT_S)

    def _wait_done(self) -> bool:
        """Wait until everything sent was worked through; False when something stopped it. Raises `DeviceGone`."""
        self._send(ASK_IN_TURN.sent)
        deadline = time.monotonic() + PRINT_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._answer(ASK_IN_TURN, LOOK_INTERVAL_S) is not None:
                return True
            if stopped(self._ask(ASK_OFFLINE_CAUSE)):
                return False
        return False

    def _answer(self, question: Question, timeout_s: float) -> int | None:
        deadline = time.monotonic() + timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            for byte in self._receive(left_s):
                if question.fits(byte):
                    return byte
        return None

    def _send(self, data: bytes) -> None:
        device = self._opened()
        _wire.debug("> %s", data.hex())
        try:
            device._raw(data)
        except OSError as error:
            self.close()
            raise DeviceGone(f"the printer does not take data: {error}") from error

    def _receive(self, timeout_s: float) -> bytes:
        device = self._opened()
        try:
            data = _read(self._address, device.device, timeout_s)
        except OSError as error:
            self.close()
            raise DeviceGone(f"the printer is gone: {error}") from error
        if data:
            _wire.debug("< %s", data.hex())
        return data

    def _opened(self) -> _Device:
        if self._device is None:
            self._device = _open(self._address)
        return self._device


def encode(paper: Paper, width: PaperWidth, *, native_qr: bool = True) -> bytes:
    """The receipt in ESC/POS: begins with ESC @ and the code page, ends with a cut. Raises `LibraryMissing`."""
    page: Any = _escpos().Dummy(profile=_profile(width))
    page.hw("INIT")
    page.charcode(CODE_PAGE.upper())
    for part in paper.parts:
        match part:
            case Qr(content=content, correction=correction, module_dots=module_dots):
                page.ln()  # white above and below it, which the code needs
                usual = _QR_MODULE_DOTS if width.dots >= PAPER_80_MM.dots else _QR_MODULE_DOTS_NARROW
                page.set(align=Align.CENTER.value)
                page.qr(content, ec=_QR_LEVEL[correction], size=module_dots or usual, native=native_qr)
                page.ln()
            case Picture(png=png):
                page.set(align=Align.CENTER.value)
                page.image(_picture(png, width))
            case Line(align=align, bold=bold, size=text_size):
                line = replace(part, text=printable(part.text))
                _write(page, laid_out(line, width.columns), align, text_size, bold=bold)
            case Columns(bold=bold, size=text_size):
                columns = replace(part, left=printable(part.left), right=printable(part.right))
                _write(page, laid_out(columns, width.columns), Align.LEFT, text_size, bold=bold)
            case Rule():
                _write(page, laid_out(part, width.columns), Align.LEFT, Size.NORMAL, bold=False)
    page.set(align=Align.LEFT.value)
    page.cut()
    data: bytes = page.output
    return data


def _write(page: Any, lines: list[str], align: Align, size: Size, *, bold: bool) -> None:
    double = size is Size.DOUBLE
    page.set(align=align.value, bold=bold, normal_textsize=not double, double_width=double, double_height=double)
    for line in lines:
        page.textln(line)


def _picture(png: bytes, width: PaperWidth) -> object:
    from PIL import Image

    picture = Image.open(io.BytesIO(png))
    if picture.width <= width.dots:
        return picture
    return picture.resize((width.dots, max(picture.height * width.dots // picture.width, 1)))


def _profile(width: PaperWidth) -> object:
    """A printer that has our code page and a cutter, as wide as the paper; nothing that a clone might lack."""
    from escpos.capabilities import Profile

    data = {
        "codePages": {_CODE_PAGE_NUMBER: CODE_PAGE.upper()},
        "fonts": {"0": {"columns": width.columns, "name": "Font A"}},
        "media": {"width": {"pixels": width.dots}},
    }
    made: object = type("HeitjeProfile", (Profile,), {"profile_data": data})(features=_FEATURES)
    return made


def _open(address: Address) -> _Device:
    """Connect. Raises `DeviceGone`, `LibraryMissing`."""
    printers = _escpos()
    from escpos.exceptions import DeviceNotFoundError

    device: _Device
    try:
        match address:
            case TcpAddress(host=host, port=port):
                device = printers.Network(host, port, timeout=SEND_TIMEOUT_S)
                # Connected here: the library knows IPv4 alone, and leaks the socket of a failed attempt.
                device.device = socket.create_connection((host, port), SEND_TIMEOUT_S)
            case SerialAddress(path=path, baud=baud):
                device = printers.Serial(str(path), baudrate=baud, timeout=SEND_TIMEOUT_S)
                device.open()
                device.device.write_timeout = SEND_TIMEOUT_S
            case UsbAddress(vendor=vendor, product=product):
                if not printers.Usb.is_usable():
                    raise LibraryMissing("a USB printer needs pyusb, which is not installed")
                device = printers.Usb(vendor, product, timeout=int(1000 * SEND_TIMEOUT_S))
                device.open()
    except (OSError, termios.error, DeviceNotFoundError) as error:
        raise DeviceGone(f"no printer at {address}: {error}") from error
    return device


def _read(address: Address, device: Any, timeout_s: float) -> bytes:
    """What the printer says within the time. Raises `OSError` when it is gone."""
    match address:
        case TcpAddress():
            device.settimeout(timeout_s)
            try:
                received: bytes = device.recv(256)
            except (TimeoutError, BlockingIOError):
                return b""
            finally:
                device.settimeout(SEND_TIMEOUT_S)
            if not received:
                raise ConnectionResetError("the connection was closed")
            return received
        case SerialAddress():
            device.timeout = timeout_s
            return bytes(device.read(1))
        case UsbAddress():
            try:
                return bytes(device.read(_USB_IN, 64, max(int(1000 * timeout_s), 1)))
            except OSError as error:
                if error.errno == errno.ETIMEDOUT:
                    return b""
                raise


def _escpos() -> Any:
    """The library's printers. Raises `LibraryMissing`."""
    if _CACHE_VARIABLE not in os.environ:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heitje" / "escpos"
        try:
            cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:  # slower, and nothing else
            _log.info("python-escpos cannot remember its printers: %s", error)
        else:
            os.environ[_CACHE_VARIABLE] = str(cache)
    own = logging.NullHandler()
    logging.getLogger().addHandler(own)  # else the library sets up the whole program's logging
    try:
        import escpos.printer
    except ImportError as error:
        raise LibraryMissing("python-escpos is not installed") from error
    finally:
        logging.getLogger().removeHandler(own)
    printers: Any = escpos.printer
    return printers
