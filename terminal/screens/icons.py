# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Icons as strokes on a grid of 24 by 24: lines, closed shapes and circles. A colour never speaks alone; these help."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

GRID: Final = 24
STROKE: Final = 2.2
"""Width of a stroke, on the grid."""

Point: TypeAlias = tuple[float, float]


class Icon(StrEnum):
    """What a picture stands for."""

    CHECK = "check"
    CROSS = "cross"
    QUESTION = "question"
    ATTENTION = "attention"
    CARD = "card"
    PHONE = "phone"
    NOTE = "note"
    CASH = "cash"
    ONLINE = "online"
    OFFLINE = "offline"
    PRINTER = "printer"
    PERSON = "person"
    MENU = "menu"
    BACK = "back"
    NEXT = "next"
    UP = "up"
    DOWN = "down"
    ERASE = "erase"
    REFUND = "refund"
    LIST = "list"
    TOTALS = "totals"
    NIGHT = "night"
    TOOLS = "tools"
    PRACTICE = "practice"
    WAIT = "wait"
    LOCK = "lock"
    PURSE = "purse"
    REPEAT = "repeat"
    BAG = "bag"
    NO_BAG = "no bag"
    SOUND = "sound"
    QUEUE = "queue"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Line:
    """A stroke through points; `closed` joins the last to the first."""

    points: tuple[Point, ...]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle's outline, or a disc."""

    centre: Point
    radius: float
    filled: bool = False


Shape: TypeAlias = Line | Circle


def _line(*points: Point) -> Line:
    return Line(points)


def _shape(*points: Point) -> Line:
    return Line(points, closed=True)


def _box(x: float, y: float, width: float, height: float) -> Line:
    return _shape((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def _dot(x: float, y: float, radius: float = 1.5) -> Circle:
    return Circle((x, y), radius, filled=True)


_BAG_SHAPES: Final = (
    _shape((4, 8), (20, 8), (21, 21), (3, 21)),
    _line((8.5, 11), (8.5, 5.5), (10, 3.5), (14, 3.5), (15.5, 5.5), (15.5, 11)),
)
_WAVES: Final = (_line((3, 10), (7.5, 6.6), (12, 5.5), (16.5, 6.6), (21, 10)),)

ICONS: Final[dict[Icon, tuple[Shape, ...]]] = {
    Icon.CHECK: (_line((3.5, 12.5), (9.5, 18.5), (20.5, 5.5)),),
    Icon.CROSS: (_line((5, 5), (19, 19)), _line((19, 5), (5, 19))),
    Icon.QUESTION: (
        _line((7.2, 8), (8, 5.2), (10.2, 3.6), (13.8, 3.6), (16, 5.2), (16.8, 8), (15.6, 10.6), (12, 12.8), (12, 15.5)),
        _dot(12, 20),
    ),
    Icon.ATTENTION: (_shape((12, 3), (22, 20.5), (2, 20.5)), _line((12, 9.5), (12, 14)), _dot(12, 17.3, 1.3)),
    Icon.CARD: (_box(2, 5, 20, 14), _line((2, 10), (22, 10)), _line((5.5, 15), (10, 15))),
    Icon.PHONE: (_box(6.5, 2, 11, 20), _line((10.5, 18.5), (13.5, 18.5))),
    Icon.NOTE: (_box(2, 6, 20, 12), Circle((12, 12), 3), _dot(5.6, 12, 1.1), _dot(18.4, 12, 1.1)),
    Icon.CASH: (Circle((9, 14), 6), _line((11.5, 6.2), (13, 4.6), (16.5, 4), (19.6, 5.4), (21, 8.5), (19.6, 12))),
    Icon.ONLINE: (*_WAVES, _line((6.5, 13.8), (9.5, 11.8), (14.5, 11.8), (17.5, 13.8)), _dot(12, 18, 1.9)),
    Icon.OFFLINE: (*_WAVES, _dot(12, 18, 1.9), _line((4, 21), (20, 3))),
    Icon.PRINTER: (
        _line((6, 8), (6, 2.5), (18, 2.5), (18, 8)),
        _line((6, 17), (2.5, 17), (2.5, 8), (21.5, 8), (21.5, 17), (18, 17)),
        _box(6, 13.5, 12, 8),
    ),
    Icon.PERSON: (
        Circle((12, 7.5), 4.2),
        _line((3.5, 21.5), (5, 16.8), (9, 14.8), (15, 14.8), (19, 16.8), (20.5, 21.5)),
    ),
    Icon.MENU: (_line((3, 6), (21, 6)), _line((3, 12), (21, 12)), _line((3, 18), (21, 18))),
    Icon.BACK: (_line((21, 12), (3.5, 12)), _line((10, 5), (3, 12), (10, 19))),
    Icon.NEXT: (_line((3, 12), (20.5, 12)), _line((14, 5), (21, 12), (14, 19))),
    Icon.UP: (_line((5, 15.5), (12, 8.5), (19, 15.5)),),
    Icon.DOWN: (_line((5, 8.5), (12, 15.5), (19, 8.5)),),
    Icon.ERASE: (
        _shape((8, 5), (22, 5), (22, 19), (8, 19), (2, 12)),
        _line((12, 9), (18, 15)),
        _line((18, 9), (12, 15)),
    ),
    Icon.REFUND: (
        _line((8.5, 4), (3, 9.5), (8.5, 15)),
        _line((3.5, 9.5), (15, 9.5), (19.5, 11.5), (21, 15), (19.5, 18.5), (15, 20.5), (9, 20.5)),
    ),
    Icon.LIST: (
        *(_dot(4, y) for y in (6, 12, 18)),
        *(_line((9, y), (21, y)) for y in (6, 12, 18)),
    ),
    Icon.TOTALS: (
        _line((3, 21), (21, 21)),
        _line((6.5, 17), (6.5, 12)),
        _line((12, 17), (12, 4)),
        _line((17.5, 17), (17.5, 8.5)),
    ),
    Icon.NIGHT: (
        _shape(
            *((20.5, 14.8), (17.4, 20), (12, 21.5), (6.2, 19.6), (3, 14.6), (3.2, 9), (6.4, 4.6), (10.4, 3)),
            *((9.3, 7), (10.6, 11.4), (14.2, 14.4)),
        ),
    ),
    Icon.TOOLS: (
        Circle((12, 12), 3.4),
        Circle((12, 12), 7),
        *(
            _line((12 + 7 * x, 12 + 7 * y), (12 + 10.2 * x, 12 + 10.2 * y))
            for x, y in (
                (1, 0),
                (0.707, 0.707),
                (0, 1),
                (-0.707, 0.707),
                (-1, 0),
                (-0.707, -0.707),
                (0, -1),
                (0.707, -0.707),
            )
        ),
    ),
    Icon.PRACTICE: (
        _shape((12, 4), (23, 9.5), (12, 15), (1, 9.5)),
        _line((5.5, 12), (5.5, 17.5), (9, 19.8), (15, 19.8), (18.5, 17.5), (18.5, 12)),
    ),
    Icon.WAIT: (
        _line((5, 2.5), (19, 2.5)),
        _line((5, 21.5), (19, 21.5)),
        _shape((7, 2.5), (17, 2.5), (17, 7), (13, 12), (17, 17), (17, 21.5), (7, 21.5), (7, 17), (11, 12), (7, 7)),
    ),
    Icon.LOCK: (
        _box(4, 10.5, 16, 11),
        _line((7.5, 10.5), (7.5, 6), (9.5, 3), (14.5, 3), (16.5, 6), (16.5, 10.5)),
        _dot(12, 16),
    ),
    Icon.PURSE: (
        _line((19, 7.5), (19, 4), (4.5, 4), (2.5, 6)),
        _shape((2.5, 6), (2.5, 20), (21.5, 20), (21.5, 7.5), (4, 7.5)),
        _dot(17, 13.7, 1.6),
    ),
    Icon.REPEAT: (
        _line((20.5, 4), (20.5, 9.5), (15, 9.5)),
        _line(
            (20, 9.2),
            (17.2, 5.4),
            (12.5, 3.6),
            (7.6, 4.8),
            (4.2, 8.6),
            (3.6, 13.4),
            (5.8, 18),
            (10, 20.4),
            (15, 20),
            (19, 17),
        ),
    ),
    Icon.BAG: _BAG_SHAPES,
    Icon.NO_BAG: (*_BAG_SHAPES, _line((2, 22.5), (22, 2))),
    Icon.SOUND: (
        _shape((3, 9), (7, 9), (12, 4.5), (12, 19.5), (7, 15), (3, 15)),
        _line((16, 8.5), (17.5, 12), (16, 15.5)),
        _line((19, 5.5), (21.5, 12), (19, 18.5)),
    ),
    Icon.QUEUE: (_line((12, 20), (12, 4)), _line((5.5, 10.5), (12, 4), (18.5, 10.5)), _line((4, 21.5), (20, 21.5))),
    Icon.STOP: (Circle((12, 12), 9.8), _line((6.5, 12), (17.5, 12))),
}
"""Every icon's shapes, in the order that they are drawn."""
