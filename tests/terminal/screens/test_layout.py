# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Numbers for hands and eyes, held on every screen: where targets are and how large, how large text is, what fits."""

from dataclasses import replace
from itertools import combinations

import pytest

from terminal.catalogues import LANGUAGES
from terminal.screens.customer_layout import lay_out_customer
from terminal.screens.customer_view import customer_view
from terminal.screens.drawing import Rect, Text
from terminal.screens.gallery import Exhibit, exhibits
from terminal.screens.layout import lay_out
from terminal.screens.page import TARGET_MIN_MM, TEXT_MIN, DoesNotFit, Laid, Page, Size
from terminal.screens.palette import PRESSED
from terminal.screens.qr_modules import QUIET_ZONE, qr_modules
from terminal.screens.views import view
from terminal.screens.window import measure

SIZES = (Size(800, 480), Size(1024, 600))
CASES = [
    pytest.param(exhibit, size, id=f"{exhibit.name}-{language}-{size.width}")
    for language in LANGUAGES
    for exhibit in exhibits(language)
    for size in SIZES
]


def laid_out(exhibit: Exhibit, size: Size) -> Laid:
    return lay_out(view(exhibit.scene, exhibit.status), size, measure, strict=True)


@pytest.mark.parametrize(("exhibit", "size"), CASES)
def test_hands_and_eyes(exhibit: Exhibit, size: Size) -> None:
    """Targets are 15 mm and more, apart and on the panel; text is 24 pixels and more, and on the panel."""
    laid = laid_out(exhibit, size)
    least = TARGET_MIN_MM * size.pixels_of_a_mm
    panel = Rect(0, 0, size.width, size.height)
    for target in laid.targets:
        assert min(target.rect.width, target.rect.height) >= least, target.button.id
        assert inside(target.rect, panel), target.button.id
    for one, other in combinations([target.rect for target in laid.targets], 2):
        assert not overlap(one, other)
    assert len({target.button.id for target in laid.targets}) == len(laid.targets)
    check_texts(laid, size)
    shown = lay_out_customer(customer_view(exhibit.scene, exhibit.status), size, measure, strict=True)
    assert shown.targets == ()
    check_texts(shown, size)


def check_texts(laid: Laid, size: Size) -> None:
    smallest = TEXT_MIN * size.height / 480
    for drawing in laid.drawings:
        if isinstance(drawing, Text):
            assert drawing.type.size >= smallest, drawing.text
            width, height = measure(drawing.text, drawing.type)
            room = Rect(0, 0, size.width, size.height)
            assert inside(Rect(drawing.x, drawing.y, width, height), room), drawing.text


def inside(rect: Rect, room: Rect) -> bool:
    return rect.x >= room.x and rect.y >= room.y and rect.right <= room.right and rect.bottom <= room.bottom


def overlap(one: Rect, other: Rect) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def test_a_panel_of_seven_inches() -> None:
    assert SIZES[0].pixels_of_a_mm == pytest.approx(5.247, abs=0.01)
    assert SIZES[1].pixels_of_a_mm == pytest.approx(6.675, abs=0.01)


def test_a_finger_finds_the_button_that_can_be_pressed() -> None:
    exhibit = next(exhibit for exhibit in exhibits("nl") if exhibit.name == "idle")
    laid = laid_out(exhibit, SIZES[0])
    places = {target.button.id: target.rect.centred(0, 0) for target in laid.targets}
    assert laid.at(*places["menu"]) is not None
    assert laid.at(*places["pay"]) is None  # nothing was typed
    assert laid.at(1, 1) is None


def test_a_pressed_button_shows_it() -> None:
    exhibit = next(exhibit for exhibit in exhibits("nl") if exhibit.name == "menu")
    screen = view(exhibit.scene, exhibit.status)
    plain, pressed = (lay_out(screen, SIZES[0], measure, name) for name in ("", "refund"))
    assert plain != pressed
    assert PRESSED.ground in [getattr(drawing, "fill", None) for drawing in pressed.drawings]


def test_names_as_long_as_they_like_are_shortened_and_no_screen_fails() -> None:
    """A till that was given names of a hundred letters sells all the same."""
    for exhibit in exhibits("de"):
        status = replace(
            exhibit.status,
            shop_name="Coöperatieve Buurtwinkel van de Molenberg " * 4,
            operators=("Wolfeschlegelsteinhausenbergerdorff",) * 9,
            backend="https://" + "sehr-lang." * 30,
            why_service="weil " * 60,
        )
        scene = replace(exhibit.scene, operator="Wolfeschlegelsteinhausenbergerdorff")
        for size in SIZES:
            lay_out(view(scene, status), size, measure)
            lay_out_customer(customer_view(scene, status), size, measure)


def test_a_strict_page_says_what_does_not_fit() -> None:
    page = Page(SIZES[0], measure, strict=True)
    with pytest.raises(DoesNotFit):
        page.fitted("Donaudampfschifffahrtsgesellschaftskapitän", 100, 100, 40)
    loose = Page(SIZES[0], measure)
    letters, lines = loose.fitted("Donaudampfschifffahrtsgesellschaftskapitän", 100, 100, 40)
    assert letters.size == TEXT_MIN
    assert lines[0].endswith("…")


def test_an_amount_keeps_its_sign() -> None:
    page = Page(SIZES[0], measure)
    letters, lines = page.fitted("Zonder verbinding tot € 25,00.", 200, 200, 24)
    assert not any(line.endswith("€") for line in lines)
    assert all(measure(line, letters)[0] <= 200 for line in lines)


def test_a_qr_code_has_its_quiet_zone() -> None:
    rows = qr_modules("HR1:ABC")
    assert len(rows) == len(rows[0]) >= 21
    assert QUIET_ZONE == 4
