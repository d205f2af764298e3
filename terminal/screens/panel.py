# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The panel that tells: icon, headline, amount, lines, facts, a QR code. Pure.

It is written as large as all of it fits; what does not fit in the smallest letters is a fault in its texts.
"""

from typing import Final, NamedTuple

from terminal.screens.drawing import Modules, Rect, Type
from terminal.screens.page import TEXT_MIN, DoesNotFit, Page
from terminal.screens.palette import CARD, EDGE, QR, Pair
from terminal.screens.qr_modules import QUIET_ZONE, qr_modules
from terminal.screens.screen import Fact, Telling

_PADDING_X: Final = 20
_PADDING_Y: Final = 16
_QR_SHARE: Final = 47
"""Hundredths of the panel's width that a code may have, and no more than its modules need."""
_FACT_MOST: Final = 28
_HEADLINE_LINES: Final = 2


class Style(NamedTuple):
    """Sizes in base pixels. `beside`: the amount stands beside the headline."""

    icon: int
    headline: int
    amount: int
    text: int
    gap: int
    beside: bool = False


STYLES: Final = (
    Style(88, 58, 108, 34, 16),
    Style(80, 50, 96, 32, 14),
    Style(64, 42, 84, 30, 12),
    Style(56, 36, 76, 28, 10),
    Style(48, 32, 68, 26, 8),
    Style(40, 30, 60, 24, 6),
    Style(34, 28, 52, 24, 2),
    Style(34, 28, 36, 24, 0, beside=True),
)
"""From the largest to the smallest."""
HEADLINE_WITHOUT_ICON: Final = 34


def lay_telling(page: Page, telling: Telling, rect: Rect, pair: Pair, foot: int = 0) -> None:
    """Fill a panel from top to bottom; the lowest `foot` pixels stay free. Raises `DoesNotFit`."""
    page.box(rect, pair.ground, 16, EDGE if pair.ground == CARD else None)
    inner = rect.inset(page.px(_PADDING_X), page.px(_PADDING_Y))
    inner = Rect(inner.x, inner.y, inner.width, inner.height - foot)
    if telling.qr:
        side = inner.width * _QR_SHARE // 100
        modules = len(qr_modules(telling.qr)) + 2 * QUIET_ZONE
        side -= side % modules if side >= modules else 0
        lay_qr(page, telling.qr, telling.qr_label, Rect(inner.right - side, inner.y, side, inner.height), pair)
        inner = Rect(inner.x, inner.y, inner.width - side - page.px(14), inner.height)
    for style in STYLES:
        writer = _Writer(page, pair, inner, style)
        try:
            height = writer.tell(telling, draw=False)
        except DoesNotFit:
            continue
        if height <= inner.height:
            writer.tell(telling, draw=True)
            return
    if page.strict:
        raise DoesNotFit(f"{telling.headline!r} does not fit {inner.width} by {inner.height} pixels")
    _Writer(page, pair, inner, STYLES[-1]._replace(headline=TEXT_MIN)).tell(telling, draw=True)


class _Writer(NamedTuple):
    """Writes in one style, or only measures: each method returns the height of its part."""

    page: Page
    pair: Pair
    area: Rect
    style: Style

    def tell(self, telling: Telling, *, draw: bool) -> int:
        y = self.area.y + self._headline(telling, draw=draw)
        gap = self.page.px(self.style.gap)
        if telling.amount and not self.style.beside:
            y += self._amount(telling.amount, y, draw=draw) + gap // 2
        letters = Type(self.page.px(self.style.text))
        for text in telling.lines:
            lines = self.page.wrapped(text, letters, self.area.width)
            if draw:
                self.page.lines(lines, self.area.x, y, letters, self.pair.text)
            y += self.page.height_of(lines, letters) + gap
        for fact in telling.facts:
            y += self._fact(fact, y, draw=draw) + gap // 2
        last_gap = gap // 2 if telling.facts else gap if telling.lines else 0
        return y - last_gap - self.area.y

    def _headline(self, telling: Telling, *, draw: bool) -> int:
        """Icon and headline beside each other, and in the tightest style the amount too."""
        page, style, right = self.page, self.style, self.area.right
        x, side = self.area.x, page.px(style.icon)
        size = style.headline
        if telling.icon is None:
            size = min(size, HEADLINE_WITHOUT_ICON)
        else:
            x += side + page.px(16)
        if style.beside and telling.amount:
            amount = Type(page.px(style.amount), bold=True)
            right -= page.measure(telling.amount, amount)[0]
            if draw:
                page.line(telling.amount, right, self.area.y, amount, self.pair.text)
            right -= page.px(12)
        letters = Type(page.px(size), bold=True)
        lines = page.wrapped(telling.headline, letters, right - x)
        if len(lines) > _HEADLINE_LINES and size > TEXT_MIN:
            raise DoesNotFit(telling.headline)
        height = page.height_of(lines, letters)
        tall = height if telling.icon is None else max(height, side)
        if draw and telling.icon is not None:
            page.icon(telling.icon, self.area.x, self.area.y + (tall - side) // 2, side, self.pair.text)
        if draw:
            page.lines(lines, x, self.area.y + (tall - height) // 2, letters, self.pair.text)
        return tall + page.px(6)

    def _amount(self, amount: str, y: int, *, draw: bool) -> int:
        """An amount that is too wide for its size is written smaller."""
        letters, lines = self.page.fitted(
            amount, self.area.width, self.area.height, self.style.amount, bold=True, lines_max=1
        )
        if draw:
            self.page.lines(lines, self.area.x, y, letters, self.pair.text)
        return self.page.height_of(lines, letters)

    def _fact(self, fact: Fact, y: int, *, draw: bool) -> int:
        """Name at the left and value at the right; below each other where one is too wide."""
        page, area, size = self.page, self.area, self.page.px(min(self.style.text, _FACT_MOST))
        plain, bold = Type(size, fact.strong), Type(size, bold=True)
        x, side = area.x, page.px(26)
        if fact.icon is not None:
            x += side + page.px(12)
        name_width, height = page.measure(fact.name, plain)
        right = area.right - page.measure(fact.value, bold)[0]
        if draw and fact.icon is not None:
            page.icon(fact.icon, area.x, y + (height - side) // 2, side, self.pair.text)
        if x + name_width + page.px(12) <= right:
            if draw:
                page.line(fact.name, x, y, plain, self.pair.text)
                page.line(fact.value, right, y, bold, self.pair.text)
            return height
        names = page.wrapped(fact.name, plain, area.right - x)
        values = page.wrapped(fact.value, bold, area.right - x)
        above = page.height_of(names, plain)
        if draw:
            page.lines(names, x, y, plain, self.pair.text)
            page.lines(values, x, y + above, bold, self.pair.text)
        return above + page.height_of(values, bold)


def lay_qr(page: Page, text: str, label: str, area: Rect, pair: Pair) -> None:
    """A QR code as large as it can be, with what it is for below it."""
    rows = qr_modules(text)
    lines: list[str] = []
    label_height, letters = 0, Type(page.px(24))
    if label:
        lines = page.wrapped(label, letters, area.width)
        label_height = page.height_of(lines, letters) + page.px(6)
    modules = len(rows) + 2 * QUIET_ZONE
    size = min(area.width, area.height - label_height) // modules
    if size < 1:
        raise DoesNotFit("no room for the QR code")
    side = modules * size
    ground = Rect(area.x + (area.width - side) // 2, area.y, side, side)
    page.drawings.append(Modules(ground, rows, size, QR.text, QR.ground))
    y = ground.bottom + page.px(6)
    for line in lines:
        width, height = page.measure(line, letters)
        page.line(line, area.x + (area.width - width) // 2, y, letters, pair.quiet)
        y += height
