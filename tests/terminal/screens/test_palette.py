# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Contrast as WCAG 2.2 counts it: 4.5 for every text, 7 for what amounts are written in."""

import pytest

from terminal.screens import palette
from terminal.screens.palette import BUTTONS, PANELS, Colour, Pair, Tone, Weight, contrast

TEXT_MIN = 4.5
AMOUNT_MIN = 7.0
EDGE_MIN = 3.0
OTHERS = {
    "pressed": palette.PRESSED,
    "bar": palette.BARS,
    "practice bar": palette.PRACTICE_BAR,
    "page": palette.PAGES,
    "QR": palette.QR,
    "disabled": palette.DISABLED,
}
PAIRS: dict[str, Pair] = {
    **{f"panel {tone.value}": pair for tone, pair in PANELS.items()},
    **{f"button {weight.value}": pair for weight, pair in BUTTONS.items()},
    **OTHERS,
}


@pytest.mark.parametrize("name", PAIRS)
def test_every_text_can_be_read(name: str) -> None:
    pair = PAIRS[name]
    assert contrast(pair.text, pair.ground) >= TEXT_MIN
    assert contrast(pair.quiet, pair.ground) >= TEXT_MIN


@pytest.mark.parametrize("tone", Tone)
def test_amounts_can_be_read_at_arms_length(tone: Tone) -> None:
    assert contrast(PANELS[tone].text, PANELS[tone].ground) >= AMOUNT_MIN


def test_amounts_in_rows_and_to_customers_too() -> None:
    assert contrast(palette.INK, palette.CARD) >= AMOUNT_MIN
    assert contrast(palette.PAGES.text, palette.PAGES.ground) >= AMOUNT_MIN


def test_a_buttons_edge_is_seen() -> None:
    assert contrast(palette.EDGE, palette.PAGE) >= EDGE_MIN
    assert contrast(palette.EDGE, palette.CARD) >= EDGE_MIN


def test_each_tone_and_weight_has_its_colours() -> None:
    assert set(PANELS) == set(Tone)
    assert set(BUTTONS) == set(Weight)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        (Colour(0, 0, 0), Colour(255, 255, 255), 21.0),
        (Colour(255, 255, 255), Colour(255, 255, 255), 1.0),
        (Colour(119, 119, 119), Colour(255, 255, 255), 4.48),
    ],
)
def test_contrast_is_wcags(one: Colour, other: Colour, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(one, other) == contrast(other, one)
