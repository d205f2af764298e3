# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where everything stands on the customer's screen. Pure.

shop
headline, amount, lines      QR code
"""

from typing import Final

from terminal.screens.drawing import Measure, Rect, Stripes, Type
from terminal.screens.page import TEXT_MIN, DoesNotFit, Laid, Page, Size
from terminal.screens.palette import LILAC, PAGES, PANELS, PLUM, PRACTICE_BAR, Pair, Tone
from terminal.screens.panel import lay_qr
from terminal.screens.screen import CustomerScreen

_MARGIN: Final = 36
_SIZES: Final = ((112, 60, 128, 40, 20), (96, 52, 112, 36, 16), (80, 44, 96, 32, 12), (64, 38, 80, 28, 8))
"""Icon, headline, amount, lines, gap: from the largest to the smallest."""
_QR_SHARE: Final = 44


def lay_out_customer(screen: CustomerScreen, size: Size, measure: Measure, *, strict: bool = False) -> Laid:
    """The screen for a window of this size. Raises `DoesNotFit` where `strict`."""
    page = Page(size, measure, strict=strict)
    pair = PAGES if screen.tone is Tone.CALM else PANELS[screen.tone]
    top = _lay_shop(page, screen, pair)
    margin = page.px(_MARGIN)
    area = Rect(margin, top, size.width - 2 * margin, size.height - top - margin)
    if screen.qr:
        side = min(area.width * _QR_SHARE // 100, area.height)
        lay_qr(page, screen.qr, "", Rect(area.right - side, area.y, side, area.height), pair)
        area = Rect(area.x, area.y, area.width - side - page.px(24), area.height)
    for sizes in _SIZES:
        try:
            height = _lay_words(page, screen, area, pair, sizes, draw=False)
        except DoesNotFit:
            continue
        if height <= area.height:
            middle = area if screen.qr else area.inset(0, (area.height - height) // 2)
            _lay_words(page, screen, middle, pair, sizes, draw=True)
            break
    else:
        if strict:
            raise DoesNotFit(f"{screen.headline!r} does not fit {area.width} by {area.height} pixels")
        _lay_words(page, screen, area, pair, (TEXT_MIN,) * 4 + (0,), draw=True)
    if screen.practice:
        page.drawings.append(Stripes(Rect(0, 0, size.width, size.height), page.px(12), PLUM, LILAC))
    return page.laid(pair.ground)


def _lay_shop(page: Page, screen: CustomerScreen, pair: Pair) -> int:
    """The shop's name, and in training what this is; returns where the rest begins."""
    letters = Type(page.px(30), bold=True)
    x, y = page.px(_MARGIN), page.px(26)
    if screen.practice:
        height = page.measure(screen.practice, letters)[1]
        page.box(Rect(0, 0, page.size.width, y + height + page.px(14)), PRACTICE_BAR.ground)
        page.line(screen.practice, x, y, letters, PRACTICE_BAR.text)
        return y + height + page.px(30)
    name = page.shortened(screen.shop, letters, page.size.width - 2 * x)
    return y + page.line(name, x, y, letters, pair.quiet) + page.px(14)


def _lay_words(
    page: Page, screen: CustomerScreen, area: Rect, pair: Pair, sizes: tuple[int, int, int, int, int], *, draw: bool
) -> int:
    """Draw, or only measure; returns the height."""
    icon, headline, _, text, gap = (page.px(size) for size in sizes)
    x, y = area.x, area.y
    side = icon if screen.icon is not None else 0
    letters = Type(headline, bold=True)
    lines = page.wrapped(screen.headline, letters, area.width - (side + gap if side else 0))
    height = page.height_of(lines, letters)
    tall = max(side, height)
    if draw and screen.icon is not None:
        page.icon(screen.icon, x, y + (tall - side) // 2, side, pair.text)
    if draw:
        page.lines(lines, x + (side + gap if side else 0), y + (tall - height) // 2, letters, pair.text)
    y += tall + gap
    if screen.amount:
        letters, lines = page.fitted(screen.amount, area.width, area.height, sizes[2], bold=True, lines_max=1)
        if draw:
            page.lines(lines, x, y, letters, pair.text)
        y += page.height_of(lines, letters) + gap // 2
    letters = Type(text)
    for line in screen.lines:
        lines = page.wrapped(line, letters, area.width)
        if draw:
            page.lines(lines, x, y, letters, pair.text)
        y += page.height_of(lines, letters) + gap
    return y - (gap if screen.lines else 0) - area.y
