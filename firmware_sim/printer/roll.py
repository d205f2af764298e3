# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The paper: a line that is being filled, and everything above it, as dots and as text."""

from dataclasses import dataclass
from typing import Final

from PIL import Image

from firmware_sim.printer.glyphs import FONT_A, WHITE, Style, glyph

LINE_SPACING: Final = 30
"""Dots from line to line at power-on (1/6 inch)."""
MARGIN: Final = 24
"""White paper around the picture of a receipt, in dots."""
TAB: Final = 8
HEIGHT_MAX: Final = 20_000
"""Dots of one receipt that are kept (2.5 m); what is printed past it is lost."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was cut off: its picture and its text."""

    image: Image.Image
    text: str


class Roll:
    """A roll of paper `width` dots wide. `align` is 0 left, 1 centre, 2 right."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines_printed = 0
        self._column = FONT_A.width
        self._line: list[tuple[int, Image.Image, str]] = []
        self._x = 0
        self._bands: list[Image.Image] = []
        self._height = 0
        self._text: list[str] = []
        self.reset()

    def reset(self) -> None:
        """Alignment and line spacing as at power-on; the line that is being filled is dropped."""
        self.align = 0
        self.line_spacing = LINE_SPACING
        self._line, self._x = [], 0

    @property
    def blank(self) -> bool:
        """Whether nothing was printed since the last cut."""
        return not (self._bands or self._line)

    def write(self, text: str, style: Style) -> None:
        """Put letters into the line; one that does not fit begins the next."""
        for letter in text:
            if self._x + style.width > self.width:
                self.feed_line()
            self._put(glyph(letter, style), letter)

    def tab(self) -> None:
        """Go on to the next column that is a multiple of eight."""
        stop = TAB * self._column
        self.move_to((self._x // stop + 1) * stop)

    def move_to(self, x: int) -> None:
        """Set the place in the line, in dots."""
        self._x = min(x, self.width)

    def place(self, image: Image.Image, text: str) -> None:
        """Put a strip of picture into the line."""
        if self._x + image.width <= self.width:
            self._put(image, text)

    def feed_line(self) -> None:
        """Print the line and go on by the line spacing, or by its height where that is more."""
        height = max((image.height for _, image, _ in self._line), default=0)
        self._advance(self._print_line(height), max(height, self.line_spacing))

    def feed(self, dots: int) -> None:
        """Print the line and go on by `dots`."""
        height = max((image.height for _, image, _ in self._line), default=0)
        self._advance(self._print_line(height), max(height, dots))

    def picture(self, image: Image.Image, text: str) -> None:
        """Print a picture on lines of its own, by the alignment; what is wider than the paper is cut off."""
        if self._line:
            self.feed_line()
        image = image.crop((0, 0, min(image.width, self.width), image.height))
        band = Image.new("L", (self.width, image.height), WHITE)
        band.paste(image, (self._shift(image.width), 0))
        self._text.append(text)
        self._advance(band, image.height)

    def cut(self) -> Receipt:
        """Cut the paper and give what is off it."""
        if self._line:
            self.feed_line()
        image = Image.new("L", (self.width + 2 * MARGIN, self._height + 2 * MARGIN), WHITE)
        y = MARGIN
        for band in self._bands:
            image.paste(band, (MARGIN, y))
            y += band.height
        text = "\n".join(line.rstrip() for line in self._text).strip("\n") + "\n"
        self._bands, self._text, self._height = [], [], 0
        return Receipt(image, text)

    def _put(self, image: Image.Image, text: str) -> None:
        self._line.append((self._x, image, text))
        self._x += image.width

    def _shift(self, width: int) -> int:
        return (0, (self.width - width) // 2, self.width - width)[self.align]

    def _print_line(self, height: int) -> Image.Image:
        band = Image.new("L", (self.width, height), WHITE)
        shift = self._shift(max((x + image.width for x, image, _ in self._line), default=0))
        letters, end = "", -shift
        for x, image, text in self._line:
            band.paste(image, (shift + x, height - image.height))
            letters += " " * ((x - end) // self._column) + text
            end = x + image.width
        self._text.append(letters)
        self._line, self._x = [], 0
        self.lines_printed += 1
        return band

    def _advance(self, band: Image.Image, height: int) -> None:
        if self._height + height > HEIGHT_MAX:
            return
        paper = Image.new("L", (self.width, height), WHITE)
        paper.paste(band, (0, 0))
        self._bands.append(paper)
        self._height += height
