# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What ESC/POS commands mean for the paper. Unknown and unimplemented ones are counted, never fatal."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PIL import Image

from firmware_sim.printer.code_pages import CODE_PAGES, FIRST, decode
from firmware_sim.printer.glyphs import FONT_A, FONT_B, Style
from firmware_sim.printer.parser import Command, Text, Token, Unknown
from firmware_sim.printer.pictures import columns, qr_code, raster
from firmware_sim.printer.roll import LINE_SPACING, Receipt, Roll

_WITHOUT_EFFECT: Final = frozenset(
    (b"\x0d", b"\x10\x04", b"\x10\x05", b"\x10\x14", b"\x18", b"\x1bR", b"\x1b=", b"\x1bL", b"\x1bS", b"\x1c.")
)
"""Rightly without effect here: carriage return, real-time commands (answered on arrival), character set, FS ."""

_FONT_B_BIT: Final = 0x01
_BOLD_BIT: Final = 0x08
_HIGH_BIT: Final = 0x10
_WIDE_BIT: Final = 0x20
_UNDERLINE_BIT: Final = 0x80

_QR: Final = 0x31
_QR_SIZE, _QR_LEVEL, _QR_STORE, _QR_PRINT = 67, 69, 80, 81
_QR_SIZE_MAX: Final = 16
_GRAPHICS_STORE: Final = 112
_GRAPHICS_PRINT: Final = (2, 50)
_BANDS_24: Final = (32, 33)
_SINGLE_DENSITY: Final = (0, 32)
_MODEL: Final = b"_Heitje simulated printer\x00"
_MODEL_BYTE: Final = b"\x20"

Action = Callable[[bytes], bytes | None]


class Interpreter:
    """Does commands on a roll; `cut` takes each receipt, `paper_status` is asked for GS r."""

    def __init__(self, width: int, cut: Callable[[Receipt], None], paper_status: Callable[[], int]) -> None:
        self.unknown: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()
        self.drawer_kicks = 0
        self.roll = Roll(width)
        self._cut = cut
        self._paper_status = paper_status
        self._reset(b"")
        self._actions: dict[bytes, Action] = {
            b"\x09": lambda data: self.roll.tab(),
            b"\x0a": lambda data: self.roll.feed_line(),
            b"\x0c": lambda data: self.roll.feed_line(),
            b"\x1b@": self._reset,
            b"\x1b!": self._print_mode,
            b"\x1b-": lambda data: self._use(replace(self._style, underline=min(data[0] % 48, 2))),
            b"\x1bE": lambda data: self._use(replace(self._style, bold=bool(data[0] & 1))),
            b"\x1bG": lambda data: self._use(replace(self._style, bold=bool(data[0] & 1))),
            b"\x1bM": lambda data: self._use(replace(self._style, cell=FONT_B if data[0] % 48 == 1 else FONT_A)),
            b"\x1dB": lambda data: self._use(replace(self._style, inverted=bool(data[0] & 1))),
            b"\x1d!": lambda data: self._use(replace(self._style, wide=(data[0] >> 4 & 7) + 1, high=(data[0] & 7) + 1)),
            b"\x1ba": self._align,
            b"\x1bt": self._code_page,
            b"\x1bd": self._feed_lines,
            b"\x1bJ": lambda data: self.roll.feed(data[0]),
            b"\x1b2": lambda data: self._line_spacing(LINE_SPACING),
            b"\x1b3": lambda data: self._line_spacing(data[0]),
            b"\x1b$": lambda data: self.roll.move_to(int.from_bytes(data, "little")),
            b"\x1b*": self._bit_image,
            b"\x1bp": self._kick,
            b"\x1bi": lambda data: self._cut_off(0),
            b"\x1bm": lambda data: self._cut_off(0),
            b"\x1dV": lambda data: self._cut_off(data[1] if len(data) > 1 else 0),
            b"\x1dr": lambda data: bytes((self._paper_status(),)) if data[0] % 48 == 1 else b"\x00",
            b"\x1dI": lambda data: _MODEL_BYTE if data[0] < 65 and data[0] % 48 < 4 else _MODEL,
            b"\x1dv0": self._raster,
            b"\x1d(": self._function,
            b"\x1d8": lambda data: self._graphics(data[5:]) if data[:1] == b"L" else None,
        }

    def do(self, token: Token) -> bytes:
        """Do one token and give what is answered to it."""
        match token:
            case Text(data=data):
                self.roll.write(decode(data, self._page), self._style)
            case Unknown(code=code):
                self.unknown[code.hex()] += 1
            case Command(code=code, data=data):
                action = self._actions.get(code)
                if action is not None:
                    return action(data) or b""
                if code not in _WITHOUT_EFFECT:
                    self.ignored[code.hex()] += 1
        return b""

    def _reset(self, data: bytes) -> None:
        self._style = Style()
        self._page = FIRST
        self._stored = Image.new("L", (0, 0))
        self._qr_content, self._qr_dots, self._qr_level = b"", 3, 48
        self.roll.reset()

    def _use(self, style: Style) -> None:
        self._style = style

    def _print_mode(self, data: bytes) -> None:
        mode = data[0]
        self._style = Style(
            cell=FONT_B if mode & _FONT_B_BIT else FONT_A,
            bold=bool(mode & _BOLD_BIT),
            underline=bool(mode & _UNDERLINE_BIT),
            inverted=self._style.inverted,
            wide=2 if mode & _WIDE_BIT else 1,
            high=2 if mode & _HIGH_BIT else 1,
        )

    def _align(self, data: bytes) -> None:
        if data[0] % 48 <= 2:
            self.roll.align = data[0] % 48

    def _code_page(self, data: bytes) -> None:
        page = CODE_PAGES.get(data[0])
        if page is None:
            self.ignored[f"1b74{data[0]:02x}"] += 1
        self._page = page or FIRST

    def _feed_lines(self, data: bytes) -> None:
        for _ in range(data[0]):
            self.roll.feed_line()

    def _line_spacing(self, dots: int) -> None:
        self.roll.line_spacing = dots

    def _kick(self, data: bytes) -> None:
        self.drawer_kicks += 1

    def _cut_off(self, feed_dots: int) -> None:
        if self.roll.blank:
            return
        if feed_dots:
            self.roll.feed(feed_dots)
        self._cut(self.roll.cut())

    def _bit_image(self, data: bytes) -> None:
        mode = data[0]
        tall = mode in _BANDS_24
        image = columns(data[3:], 3 if tall else 1, wide=2 if mode in _SINGLE_DENSITY else 1, high=1 if tall else 3)
        self.roll.place(image, "")

    def _raster(self, data: bytes) -> None:
        scale = data[0] % 48
        width_bytes, height = int.from_bytes(data[1:3], "little"), int.from_bytes(data[3:5], "little")
        self._picture(raster(data[5:], width_bytes, height, wide=1 + scale % 2, high=1 + scale // 2 % 2))

    def _function(self, data: bytes) -> None:
        """GS ( x: a family of commands by its letter, its length already checked."""
        family, body = data[:1], data[3:]
        if family == b"k" and len(body) >= 2 and body[0] == _QR:
            self._qr(body[1], body[2:])
        elif family == b"L":
            self._graphics(body)
        else:
            self.ignored["1d28" + family.hex()] += 1

    def _graphics(self, body: bytes) -> None:
        """GS ( L: store a raster (function 112), print it (function 50)."""
        if len(body) >= 10 and body[1] == _GRAPHICS_STORE:
            wide, high = max(body[3], 1), max(body[4], 1)
            width, height = int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little")
            rows = body[10:].ljust((width + 7) // 8 * height, b"\x00")
            self._stored = raster(rows[: (width + 7) // 8 * height], (width + 7) // 8, height, wide, high)
        elif len(body) >= 2 and body[1] in _GRAPHICS_PRINT:
            self._picture(self._stored)
            self._stored = Image.new("L", (0, 0))

    def _qr(self, function: int, data: bytes) -> None:
        if function == _QR_SIZE and data and 1 <= data[0] <= _QR_SIZE_MAX:
            self._qr_dots = data[0]
        elif function == _QR_LEVEL and data:
            self._qr_level = data[0]
        elif function == _QR_STORE:
            self._qr_content = data[1:]
        elif function == _QR_PRINT and self._qr_content:
            image = qr_code(self._qr_content, self._qr_dots, self._qr_level)
            if image is not None:
                self.roll.picture(image, "[QR] " + self._qr_content.decode("utf-8", "replace"))

    def _picture(self, image: Image.Image) -> None:
        if image.width and image.height:
            self.roll.picture(image, f"[picture {image.width}x{image.height}]")
