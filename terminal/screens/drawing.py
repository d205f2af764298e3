# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A drawing: what is painted, in order, in whole pixels. It knows no library; one module paints it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from terminal.screens.icons import Icon
from terminal.screens.palette import Colour


class Rect(NamedTuple):
    """A rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column beyond it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.height

    def holds(self, x: int, y: int) -> bool:
        """Whether a point is in it."""
        return self.x <= x < self.right and self.y <= y < self.bottom

    def centred(self, width: int, height: int) -> tuple[int, int]:
        """The top left corner of something of this size in its middle."""
        return self.x + (self.width - width) // 2, self.y + (self.height - height) // 2

    def inset(self, dx: int, dy: int | None = None) -> "Rect":
        """It without a margin."""
        dy = dx if dy is None else dy
        return Rect(self.x + dx, self.y + dy, self.width - 2 * dx, self.height - 2 * dy)


class Type(NamedTuple):
    """Letters of one size (pixels of the line's em) and weight."""

    size: int
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle with round corners; `edge` draws its outline in another colour."""

    rect: Rect
    fill: Colour
    radius: int = 0
    edge: Colour | None = None
    edge_width: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text whose top left corner is at (x, y)."""

    x: int
    y: int
    text: str
    type: Type
    colour: Colour


@dataclass(frozen=True, slots=True)
class Glyph:
    """An icon that fills a square."""

    icon: Icon
    rect: Rect
    colour: Colour


@dataclass(frozen=True, slots=True)
class Modules:
    """A QR code: rows of dark (True) and light modules, each `size` pixels, on a light ground of `rect`."""

    rect: Rect
    rows: tuple[tuple[bool, ...], ...]
    size: int
    dark: Colour
    light: Colour


@dataclass(frozen=True, slots=True)
class Stripes:
    """Slanted stripes of two colours along the inside of a rectangle's four edges, `width` wide."""

    rect: Rect
    width: int
    one: Colour
    other: Colour


Drawing: TypeAlias = Box | Text | Glyph | Modules | Stripes
Measure: TypeAlias = Callable[[str, Type], tuple[int, int]]
"""How wide and how high a line of text is."""
