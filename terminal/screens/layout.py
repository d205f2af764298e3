# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where everything stands on the till's own screen. Pure: what a screen says, in; drawings and targets, out.

The left tells, the right acts:

    bar      shop                                connection   clock
    panel    headline, amount, lines, facts  |   buttons, or the pad's keys
"""

from typing import Final

from terminal.flows.events import Erased, Typed
from terminal.screens.drawing import Measure, Rect, Stripes, Type
from terminal.screens.icons import Icon
from terminal.screens.page import Laid, Page, Size, Target
from terminal.screens.palette import BARS, CARD, EDGE, INK, LILAC, PAGE, PANELS, PLUM, PRACTICE_BAR, QUIET, Tone
from terminal.screens.panel import lay_telling
from terminal.screens.screen import Bar, Button, Key, Listing, Pad, Row, Screen, Telling, Tiles

BAR_HEIGHT: Final = 48
MARGIN: Final = 12
GAP: Final = 10
COLUMN_WIDTH: Final = 240
_PAD_WIDTH: Final = 348
_PAD_ROWS: Final = 4
_PAD_COLUMNS: Final = 3
_COLUMN_SLOTS_MIN: Final = 3
_FOOT_HEIGHT: Final = 96
_LANGUAGE_HEIGHT: Final = 82
_TILES_OF_TWO_ROWS: Final = 6


def lay_out(screen: Screen, size: Size, measure: Measure, pressed: str = "", *, strict: bool = False) -> Laid:
    """The screen for a window of this size; `pressed` is drawn as pressed. Raises `DoesNotFit` where `strict`."""
    page = Page(size, measure, pressed, strict)
    _lay_bar(page, screen.bar)
    margin, top = page.px(MARGIN), page.px(BAR_HEIGHT + MARGIN)
    content = Rect(margin, top, size.width - 2 * margin, size.height - top - margin)
    match screen.body:
        case Telling() as telling:
            column = page.px(COLUMN_WIDTH) if telling.buttons else 0
            width = content.width - column - (page.px(GAP) if column else 0)
            lay_telling(page, telling, Rect(content.x, content.y, width, content.height), PANELS[screen.tone])
            if column:
                _lay_column(page, telling.buttons, Rect(content.right - column, content.y, column, content.height))
        case Pad() as pad:
            _lay_pad(page, pad, content, screen.tone)
        case Listing() as listing:
            _lay_listing(page, listing, content)
        case Tiles() as tiles:
            _lay_tiles(page, tiles, content)
    if screen.bar.practice:
        page.drawings.append(Stripes(Rect(0, 0, size.width, size.height), page.px(8), PLUM, LILAC))
    return page.laid(PAGE)


def _lay_bar(page: Page, bar: Bar) -> None:
    pair = PRACTICE_BAR if bar.practice else BARS
    height = page.px(BAR_HEIGHT)
    page.box(Rect(0, 0, page.size.width, height), pair.ground)
    plain, bold = Type(page.px(24)), Type(page.px(24), bold=True)
    line_height = page.measure(bar.clock, plain)[1]
    y, side, gap = (height - line_height) // 2, page.px(26), page.px(10)
    right = page.size.width - page.px(16)
    width = page.measure(bar.clock, bold)[0]
    page.line(bar.clock, right - width, y, bold, pair.text)
    right -= width + page.px(22)
    width = page.measure(bar.link, plain)[0]
    page.line(bar.link, right - width, y, plain, pair.text)
    right -= width + gap + side
    page.icon(bar.link_icon, right, (height - side) // 2, side, pair.text)
    if bar.warning is not None:
        right -= side + page.px(18)
        page.icon(bar.warning, right, (height - side) // 2, side, pair.text)
    left = page.px(16)
    title = bar.practice or bar.title
    page.line(page.shortened(title, bold, right - left - gap), left, y, bold, pair.text)


def _lay_column(page: Page, buttons: tuple[Button, ...], area: Rect) -> None:
    """Buttons below each other, the last at the bottom, where the hand is."""
    gap = page.px(GAP)
    slots = max(_COLUMN_SLOTS_MIN, len(buttons))
    height = (area.height - (slots - 1) * gap) // slots
    y = area.bottom - len(buttons) * height - (len(buttons) - 1) * gap
    for button in buttons:
        page.button(button, Rect(area.x, y, area.width, height))
        y += height + gap


def _lay_pad(page: Page, pad: Pad, content: Rect, tone: Tone) -> None:
    gap, keys_width = page.px(GAP), page.px(_PAD_WIDTH)
    keys = Rect(content.right - keys_width, content.y, keys_width, content.height)
    left = Rect(content.x, content.y, content.width - keys_width - gap, content.height)
    _lay_keys(page, keys, pad)
    foot = page.px(_FOOT_HEIGHT)
    panel = Rect(left.x, left.y, left.width, left.height - foot - gap)
    telling = Telling(pad.headline, pad.lines, pad.icon, pad.entry or " ", languages=pad.languages)
    languages = page.px(_LANGUAGE_HEIGHT) + gap if pad.languages else 0
    lay_telling(page, telling, panel, PANELS[tone], foot=languages)
    if pad.languages:
        inner = panel.inset(page.px(MARGIN))
        row = Rect(inner.x, inner.bottom - page.px(_LANGUAGE_HEIGHT), inner.width, page.px(_LANGUAGE_HEIGHT))
        _lay_row(page, pad.languages, row)
    _lay_row(page, pad.buttons, Rect(left.x, left.bottom - foot, left.width, foot), first_share=5)


def _lay_row(page: Page, buttons: tuple[Button, ...], area: Rect, first_share: int = 0) -> None:
    """Buttons beside each other; of two, the first gets `first_share` twelfths where that is given."""
    gap = page.px(GAP)
    room = area.width - (len(buttons) - 1) * gap
    first = room * first_share // 12 if first_share else room // len(buttons)
    x = area.x
    for place, button in enumerate(buttons):
        width = first if place == 0 else (room - first) // max(1, len(buttons) - 1)
        page.button(button, Rect(x, area.y, width, area.height))
        x += width + gap


def _lay_keys(page: Page, area: Rect, pad: Pad) -> None:
    digits = [Button(f"digit-{digit}", digit, Typed(digit), key=digit) for digit in "1234567890"]
    zeros = Button("digit-00", "00", Typed("00") if pad.double_zero else None)
    erase = Button("erase", "", Erased(), Icon.ERASE, key=Key.BACKSPACE)
    gap = page.px(GAP)
    width = (area.width - (_PAD_COLUMNS - 1) * gap) // _PAD_COLUMNS
    height = (area.height - (_PAD_ROWS - 1) * gap) // _PAD_ROWS
    for place, key in enumerate([*digits[:9], zeros, digits[9], erase]):
        if key.event is not None:
            row, column = divmod(place, _PAD_COLUMNS)
            page.key(key, Rect(area.x + column * (width + gap), area.y + row * (height + gap), width, height))


def _lay_listing(page: Page, listing: Listing, content: Rect) -> None:
    gap, column = page.px(GAP), page.px(COLUMN_WIDTH - 60)
    area = Rect(content.x, content.y, content.width - column - gap, content.height)
    bold = Type(page.px(30), bold=True)
    used = page.line(page.shortened(listing.headline, bold, area.width), area.x + page.px(6), area.y, bold, INK)
    if listing.page:
        plain = Type(page.px(24))
        width = page.measure(listing.page, plain)[0]
        page.line(listing.page, area.right - width, area.y + page.px(5), plain, QUIET)
    top = area.y + used + page.px(6)
    height = (area.bottom - top - 3 * page.px(8)) // 4
    if listing.empty:
        letters, lines = page.fitted(listing.empty, area.width, height * 2, 30)
        page.lines(lines, area.x + page.px(6), top + page.px(20), letters, QUIET)
    for place, row in enumerate(listing.rows):
        _lay_list_row(page, row, Rect(area.x, top + place * (height + page.px(8)), area.width, height))
    _lay_column(page, listing.buttons, Rect(content.right - column, content.y, column, content.height))


def _lay_list_row(page: Page, row: Row, rect: Rect) -> None:
    button = row.button
    pressed = page.pressed == button.id
    ground, ink = (INK, CARD) if pressed else (CARD, INK)
    page.box(rect, ground, 12, EDGE)
    page.targets.append(Target(rect, button))
    inner = rect.inset(page.px(14), page.px(6))
    x, right, side = inner.x, inner.right, page.px(32)
    if button.icon is not None:
        page.icon(button.icon, x, rect.y + (rect.height - side) // 2, side, ink)
        x += side + page.px(14)
    if row.amount:
        letters = Type(page.px(30), bold=True)
        width, height = page.measure(row.amount, letters)
        page.line(row.amount, right - width, rect.y + (rect.height - height) // 2, letters, ink)
        right -= width + page.px(12)
    first, second = Type(page.px(25), bold=True), Type(page.px(24))
    height = page.measure(button.label, first)[1] + (page.measure(row.second, second)[1] if row.second else 0)
    y = rect.y + (rect.height - height) // 2
    y += page.line(page.shortened(button.label, first, right - x), x, y, first, ink)
    if row.second:
        page.line(page.shortened(row.second, second, right - x), x, y, second, CARD if pressed else QUIET)


def _lay_tiles(page: Page, tiles: Tiles, content: Rect) -> None:
    gap, top = page.px(GAP), content.y
    if tiles.headline:
        bold = Type(page.px(30), bold=True)
        top += page.line(tiles.headline, content.x + page.px(6), content.y, bold, INK) + page.px(4)
    columns, rows = (3, 2) if len(tiles.tiles) <= _TILES_OF_TWO_ROWS else (4, 3)
    width = (content.width - (columns - 1) * gap) // columns
    height = (content.bottom - top - (rows - 1) * gap) // rows
    for place, tile in enumerate(tiles.tiles):
        row, column = divmod(place, columns)
        page.button(
            tile, Rect(content.x + column * (width + gap), top + row * (height + gap), width, height), tall=True
        )
