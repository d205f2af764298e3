# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's colours. Every pair that meets on a screen stands here, so that a test can hold its contrast (WCAG 2.2).

A colour never says anything alone: each tone comes with an icon and a word.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple


class Colour(NamedTuple):
    """Red, green, blue: 0 to 255."""

    red: int
    green: int
    blue: int


PAGE: Final = Colour(0xF4, 0xF0, 0xE8)
CARD: Final = Colour(0xFF, 0xFF, 0xFF)
EDGE: Final = Colour(0x8A, 0x84, 0x78)
INK: Final = Colour(0x15, 0x20, 0x2B)
QUIET: Final = Colour(0x47, 0x51, 0x5B)
BAR: Final = Colour(0x1F, 0x2D, 0x3A)
WHITE: Final = Colour(0xFF, 0xFF, 0xFF)
DIM: Final = Colour(0x6B, 0x6A, 0x66)
KEY: Final = Colour(0xE6, 0xDF, 0xD2)
LEAF: Final = Colour(0x0A, 0x5A, 0x48)
BRICK: Final = Colour(0x8F, 0x1D, 0x1D)
ROSE: Final = Colour(0xFB, 0xE3, 0xDF)
HONEY: Final = Colour(0xFF, 0xCE, 0x5A)
PLUM: Final = Colour(0x4A, 0x2A, 0x82)
LILAC: Final = Colour(0xE4, 0xDA, 0xF6)
GRAPHITE: Final = Colour(0x2B, 0x33, 0x3B)


class Tone(Enum):
    """What a screen feels like."""

    CALM = "calm"
    GOOD = "good"
    BAD = "bad"
    CAREFUL = "careful"
    PRACTICE = "practice"
    STOPPED = "stopped"


class Weight(Enum):
    """How much a button asks to be pressed."""

    NORMAL = "normal"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Pair:
    """What is written on what."""

    ground: Colour
    text: Colour
    quiet: Colour


PANELS: Final[dict[Tone, Pair]] = {
    Tone.CALM: Pair(CARD, INK, QUIET),
    Tone.GOOD: Pair(LEAF, WHITE, WHITE),
    Tone.BAD: Pair(BRICK, WHITE, WHITE),
    Tone.CAREFUL: Pair(HONEY, INK, INK),
    Tone.PRACTICE: Pair(LILAC, INK, INK),
    Tone.STOPPED: Pair(GRAPHITE, WHITE, WHITE),
}
BUTTONS: Final[dict[Weight, Pair]] = {
    Weight.NORMAL: Pair(KEY, INK, INK),
    Weight.PRIMARY: Pair(LEAF, WHITE, WHITE),
    Weight.DANGER: Pair(ROSE, BRICK, BRICK),
}
DISABLED: Final = Pair(PAGE, DIM, DIM)
"""What cannot be pressed now; a component that is not active needs no contrast, and has enough to be read."""
PRESSED: Final = Pair(INK, WHITE, WHITE)
BARS: Final = Pair(BAR, WHITE, WHITE)
PRACTICE_BAR: Final = Pair(PLUM, WHITE, WHITE)
PAGES: Final = Pair(PAGE, INK, QUIET)
QR: Final = Pair(WHITE, INK, INK)

_LINEAR_UP_TO: Final = 0.04045
_WEIGHTS: Final = (0.2126, 0.7152, 0.0722)


def contrast(one: Colour, other: Colour) -> float:
    """WCAG's contrast ratio of two colours: 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    parts = (part / 255 for part in colour)
    linear = (part / 12.92 if part <= _LINEAR_UP_TO else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip(_WEIGHTS, linear, strict=True))
