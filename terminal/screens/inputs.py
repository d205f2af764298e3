# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person's hands do at the screen, whichever device they use."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Down:
    """A finger, or the mouse's button, goes down at (x, y), in pixels of the till's own window."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Up:
    """It is lifted there."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key of a keyboard: a digit, or one of `terminal.screens.screen.Key`."""

    key: str


@dataclass(frozen=True, slots=True)
class WindowClosed:
    """The window was closed: the till is to stop."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """The window must be painted anew."""


Input: TypeAlias = Down | Up | KeyPressed | WindowClosed | Exposed
