# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A page that is being laid out: drawings and places to press, in the pixels of one panel. Pure.

All sizes are given for a panel of 800 by 480 and grow with it, so that a hand finds the same places on each.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from terminal.screens.drawing import Box, Drawing, Glyph, Measure, Rect, Text, Type
from terminal.screens.icons import Icon
from terminal.screens.palette import BUTTONS, DISABLED, EDGE, PRESSED, Colour, Pair
from terminal.screens.screen import Button

BASE_WIDTH: Final = 800
BASE_HEIGHT: Final = 480
TEXT_MIN: Final = 24
"""Pixels of the smallest text, on the panel of 800 by 480."""
TARGET_MIN_MM: Final = 15
PANEL_INCHES: Final = 7.0
_MM_OF_AN_INCH: Final = 25.4
_SIGN_AND_SPACE: Final = "€\0"


class Size(NamedTuple):
    """A window in pixels."""

    width: int
    height: int

    @property
    def pixels_of_a_mm(self) -> float:
        """On a panel of seven inches."""
        diagonal: float = (self.width**2 + self.height**2) ** 0.5
        return diagonal / (PANEL_INCHES * _MM_OF_AN_INCH)


class DoesNotFit(ValueError):
    """A text that does not fit where it stands, even in the smallest letters."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a button is pressed."""

    rect: Rect
    button: Button


@dataclass(frozen=True, slots=True)
class Laid:
    """A page, laid out."""

    size: Size
    ground: Colour
    drawings: tuple[Drawing, ...]
    targets: tuple[Target, ...] = ()

    def at(self, x: int, y: int) -> Button | None:
        """The button under a finger; None where there is none, or it cannot be pressed now."""
        for target in self.targets:
            if target.rect.holds(x, y) and target.button.event is not None:
                return target.button
        return None


@dataclass
class Page:
    """Draws on a page of `size`. `pressed`: the id of the button that a finger is on.

    A `strict` page raises `DoesNotFit`; another writes what does not fit as small as it can, and shortens it: a till
    that was given a name of a hundred letters sells all the same.
    """

    size: Size
    measure: Measure
    pressed: str = ""
    strict: bool = False
    drawings: list[Drawing] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def px(self, base: float) -> int:
        """Pixels of this panel for pixels of the base panel."""
        return round(base * min(self.size.width / BASE_WIDTH, self.size.height / BASE_HEIGHT))

    def laid(self, ground: Colour) -> Laid:
        """The page as it stands."""
        return Laid(self.size, ground, tuple(self.drawings), tuple(self.targets))

    def box(self, rect: Rect, fill: Colour, radius: int = 0, edge: Colour | None = None) -> None:
        """A filled rectangle; `radius` in base pixels."""
        self.drawings.append(Box(rect, fill, self.px(radius), edge, self.px(2) if edge else 0))

    def icon(self, icon: Icon, x: int, y: int, side: int, colour: Colour) -> None:
        """An icon; place and side in pixels."""
        self.drawings.append(Glyph(icon, Rect(x, y, side, side), colour))

    def line(self, text: str, x: int, y: int, letters: Type, colour: Colour) -> int:
        """One line of text; returns its height."""
        self.drawings.append(Text(x, y, text, letters, colour))
        return self.measure(text, letters)[1]

    def lines(self, lines: list[str], x: int, y: int, letters: Type, colour: Colour) -> int:
        """Lines below each other; returns their height."""
        below = y
        for line in lines:
            below += self.line(line, x, below, letters, colour)
        return below - y

    def wrapped(self, text: str, letters: Type, width: int) -> list[str]:
        """The text in lines no wider than `width`; an amount keeps its sign. Raises `DoesNotFit` for a wider word."""
        lines: list[str] = []
        for part in text.replace("€ ", _SIGN_AND_SPACE).split(" "):
            word = part.replace(_SIGN_AND_SPACE, "€ ")
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.measure(longer, letters)[0] <= width:
                lines[-1] = longer
            elif self.measure(word, letters)[0] <= width:
                lines.append(word)
            elif letters.size <= self.px(TEXT_MIN) and not self.strict:
                lines.append(self.shortened(word, letters, width))
            else:
                raise DoesNotFit(f"{word!r} is wider than {width} pixels at {letters.size}")
        return lines

    def fitted(
        self, text: str, width: int, height: int, most: int, *, bold: bool = False, lines_max: int = 8
    ) -> tuple[Type, list[str]]:
        """The largest letters, at most `most` base pixels, in which the text fits. Raises `DoesNotFit`."""
        for size in range(most, TEXT_MIN - 1, -2):
            letters = Type(self.px(size), bold)
            try:
                lines = self.wrapped(text, letters, width)
            except DoesNotFit:
                continue
            if len(lines) <= lines_max and self.height_of(lines, letters) <= height:
                return letters, lines
        if self.strict:
            raise DoesNotFit(f"{text!r} does not fit {width} by {height} pixels")
        smallest = Type(self.px(TEXT_MIN), bold)
        return smallest, self.wrapped(text, smallest, width)[:lines_max]

    def height_of(self, lines: list[str], letters: Type) -> int:
        """The height of lines below each other."""
        return sum(self.measure(line, letters)[1] for line in lines)

    def shortened(self, text: str, letters: Type, width: int) -> str:
        """The text, or its beginning and an ellipsis: for a name that may be as long as it likes."""
        if self.measure(text, letters)[0] <= width:
            return text
        while text and self.measure(f"{text}…", letters)[0] > width:
            text = text[:-1].rstrip()
        return f"{text}…"

    def button(self, button: Button, rect: Rect, *, tall: bool = False) -> None:
        """A button: its icon beside its label, or above it where it is `tall`."""
        pair = self._pair(button)
        self.box(rect, pair.ground, 14, EDGE if button.event is not None else None)
        self.targets.append(Target(rect, button))
        (self._label_below if tall else self._label_beside)(button, rect, pair.text)

    def key(self, button: Button, rect: Rect) -> None:
        """A key of the pad: one large sign."""
        pair = self._pair(button)
        self.box(rect, pair.ground, 14, EDGE if button.event is not None else None)
        self.targets.append(Target(rect, button))
        if button.icon is not None:
            side = self.px(40)
            self.icon(
                button.icon, rect.x + (rect.width - side) // 2, rect.y + (rect.height - side) // 2, side, pair.text
            )
            return
        letters = Type(self.px(42), bold=True)
        width, height = self.measure(button.label, letters)
        self.line(
            button.label, rect.x + (rect.width - width) // 2, rect.y + (rect.height - height) // 2, letters, pair.text
        )

    def _pair(self, button: Button) -> Pair:
        if self.pressed == button.id:
            return PRESSED
        pair = BUTTONS[button.weight]
        return pair if button.event is not None else DISABLED

    def _label_beside(self, button: Button, rect: Rect, colour: Colour) -> None:
        inner = rect.inset(self.px(14), self.px(6))
        x = inner.x
        if button.icon is not None:
            side = self.px(32)
            self.icon(button.icon, x, rect.y + (rect.height - side) // 2, side, colour)
            x += side + self.px(12)
        letters, lines = self.fitted(button.label, inner.right - x, inner.height, 28, bold=True, lines_max=3)
        height = self.height_of(lines, letters)
        if button.icon is None:
            x += (inner.right - x - max(self.measure(line, letters)[0] for line in lines)) // 2
        self.lines(lines, x, rect.y + (rect.height - height) // 2, letters, colour)

    def _label_below(self, button: Button, rect: Rect, colour: Colour) -> None:
        inner = rect.inset(self.px(8))
        side = self.px(44) if button.icon is not None else 0
        gap = self.px(6) if button.icon is not None else 0
        letters, lines = self.fitted(button.label, inner.width, inner.height - side - gap, 26, bold=True, lines_max=2)
        height = self.height_of(lines, letters)
        y = rect.y + (rect.height - side - gap - height) // 2
        if button.icon is not None:
            self.icon(button.icon, rect.x + (rect.width - side) // 2, y, side, colour)
            y += side + gap
        for line in lines:
            width, line_height = self.measure(line, letters)
            self.line(line, rect.x + (rect.width - width) // 2, y, letters, colour)
            y += line_height
