# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What stands on a receipt, in no printer's language: a list of parts, laid out by column and by dot."""

import textwrap
from dataclasses import dataclass
from enum import Enum
from typing import Final


@dataclass(frozen=True, slots=True)
class PaperWidth:
    """A roll: `columns` letters of the usual size, `dots` across."""

    columns: int
    dots: int


PAPER_58_MM: Final = PaperWidth(columns=32, dots=384)
PAPER_80_MM: Final = PaperWidth(columns=48, dots=576)


class Align(Enum):
    """Where a part stands."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Size(Enum):
    """How large a line is, in both directions."""

    NORMAL = 1
    DOUBLE = 2


class Correction(Enum):
    """QR error correction: L 7 %, M 15 %, Q 25 %, H 30 % of the code."""

    L = "L"
    M = "M"
    Q = "Q"
    H = "H"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; what does not fit is wrapped."""

    text: str = ""
    align: Align = Align.LEFT
    bold: bool = False
    size: Size = Size.NORMAL


@dataclass(frozen=True, slots=True)
class Columns:
    """Two texts on one line, the second at the right edge; the first is wrapped where both do not fit."""

    left: str
    right: str
    bold: bool = False
    size: Size = Size.NORMAL


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code in the middle; `module_dots` None takes the largest that is sure to fit version 15."""

    content: str
    correction: Correction = Correction.M
    module_dots: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG in the middle, made smaller where it is wider than the paper, never larger."""

    png: bytes


Part = Line | Columns | Rule | Qr | Picture


@dataclass(frozen=True, slots=True)
class Paper:
    """A receipt from top to bottom; it is cut at its end."""

    parts: tuple[Part, ...]


def laid_out(part: Line | Columns | Rule, columns: int) -> list[str]:
    """The part's lines, each at most as wide as the paper; alignment of a `Line` is left to the printer."""
    match part:
        case Rule():
            return ["-" * columns]
        case Line(text=text, size=size):
            return _wrapped(text, columns // size.value)
        case Columns(left=left, right=right, size=size):
            width = columns // size.value
            room = width - len(right) - 1
            if room < width // 3:  # two lines read better than a narrow column
                return [*_wrapped(left, width), *(line.rjust(width) for line in _wrapped(right, width))]
            lines = _wrapped(left, room)
            return [*lines[:-1], lines[-1].ljust(room) + " " + right]


def plain_text(paper: Paper, columns: int) -> str:
    """The receipt as text, for a screen or a log; a QR code is shown by its content."""
    lines: list[str] = []
    for part in paper.parts:
        match part:
            case Qr(content=content):
                lines += [f"[QR] {content}"]
            case Picture():
                lines += ["[picture]".center(columns).rstrip()]
            case Line(align=align, size=size):
                width = columns // size.value
                lines += [_aligned(line, align, width).rstrip() for line in laid_out(part, columns)]
            case _:
                lines += laid_out(part, columns)
    return "\n".join(lines) + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most `width` letters; leading spaces and line ends in the text are kept."""
    return [
        line
        for given in text.splitlines() or [""]
        for line in textwrap.wrap(given, width, drop_whitespace=True, replace_whitespace=False) or [""]
    ]


def _aligned(text: str, align: Align, width: int) -> str:
    match align:
        case Align.LEFT:
            return text
        case Align.CENTER:
            return text.center(width)
        case Align.RIGHT:
            return text.rjust(width)
