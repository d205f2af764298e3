# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Letters as dots: IBM Plex Mono, which fills a thermal printer's two cells exactly."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

_FONTS: Final = files("fontpkg_ibm_plex_mono") / "files"
_REGULAR: Final = "IBMPlexMono-Medium.ttf"
_BOLD: Final = "IBMPlexMono-Bold.ttf"
INK: Final = 0
WHITE: Final = 255


@dataclass(frozen=True, slots=True)
class Cell:
    """A font's cell in dots, and the size of type that is that wide."""

    width: int
    height: int
    points: int
    rise: int


FONT_A: Final = Cell(12, 24, 20, -2)
FONT_B: Final = Cell(9, 17, 15, -2)


@dataclass(frozen=True, slots=True)
class Style:
    """How a letter is printed; `wide` and `high` multiply it."""

    cell: Cell = FONT_A
    bold: bool = False
    underline: int = 0
    inverted: bool = False
    wide: int = 1
    high: int = 1

    @property
    def width(self) -> int:
        """Dots that a letter takes."""
        return self.cell.width * self.wide


@lru_cache(maxsize=4)
def _font(bold: bool, points: int) -> ImageFont.FreeTypeFont:
    font = (_FONTS / (_BOLD if bold else _REGULAR)).read_bytes()
    return ImageFont.truetype(BytesIO(font), points)


@lru_cache(maxsize=1024)
def glyph(letter: str, style: Style) -> Image.Image:
    """The letter's dots, black on white."""
    cell = style.cell
    image = Image.new("L", (cell.width, cell.height), WHITE)
    drawing = ImageDraw.Draw(image)
    drawing.fontmode = "1"
    drawing.text((0, cell.rise), letter, font=_font(style.bold, cell.points), fill=INK)
    if style.underline:
        drawing.rectangle((0, cell.height - style.underline, cell.width, cell.height), fill=INK)
    if style.inverted:
        image = ImageOps.invert(image)
    if style.wide * style.high > 1:
        image = image.resize((cell.width * style.wide, cell.height * style.high), Image.Resampling.NEAREST)
    return image
