# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a screen says: texts, amounts, buttons and what each does. No place, size or pixel is in it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from heitje.journal import Instrument
from terminal.flows.events import FlowEvent
from terminal.flows.scene import Scene
from terminal.screens.icons import Icon
from terminal.screens.palette import Tone, Weight


class Key(StrEnum):
    """Keys of a keyboard that do what a button does; a digit is its own key."""

    ENTER = "enter"
    ESCAPE = "escape"
    BACKSPACE = "backspace"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Button:
    """What can be pressed. `event` None: not now. `id` is the same in every language."""

    id: str
    label: str
    event: FlowEvent | None
    icon: Icon | None = None
    weight: Weight = Weight.NORMAL
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list that can be pressed: two lines at the left, an amount at the right."""

    button: Button
    second: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a table. `icon` says in a picture what `value` says in words."""

    name: str
    value: str
    icon: Icon | None = None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Telling:
    """A panel that tells something, and a column of at most four buttons: what can be done about it.

    `facts` stand between the headline's lines and the panel's foot; `qr` is the text of a QR code.
    """

    headline: str
    lines: tuple[str, ...] = ()
    icon: Icon | None = None
    amount: str = ""
    facts: tuple[Fact, ...] = ()
    qr: str = ""
    qr_label: str = ""
    buttons: tuple[Button, ...] = ()
    languages: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Pad:
    """Digits are typed. `entry` is what stands there: an amount, or dots. `double_zero`: the pad has a key 00."""

    headline: str
    entry: str
    lines: tuple[str, ...] = ()
    icon: Icon | None = None
    buttons: tuple[Button, ...] = ()
    languages: tuple[Button, ...] = ()
    double_zero: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """At most four rows to choose from. `empty` is said where there are none."""

    headline: str
    rows: tuple[Row, ...] = ()
    empty: str = ""
    page: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Tiles:
    """Up to twelve things to do."""

    tiles: tuple[Button, ...]
    headline: str = ""


Body: TypeAlias = Telling | Pad | Listing | Tiles
View: TypeAlias = tuple[str, Tone, Body]
"""A screen without its bar: name, tone, and what is said."""

INSTRUMENT_ICONS: Final = {Instrument.CARD: Icon.CARD, Instrument.PHONE: Icon.PHONE, Instrument.PAPER: Icon.NOTE}


def calm(scene: Scene) -> Tone:
    """How a screen feels on which nothing is good or bad; training feels different."""
    return Tone.PRACTICE if scene.training else Tone.CALM


@dataclass(frozen=True, slots=True)
class Bar:
    """The line on top: where this is, and how the till does."""

    title: str
    link: str
    link_icon: Icon
    clock: str
    warning: Icon | None = None
    practice: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen. `name` is the same in every language."""

    name: str
    tone: Tone
    bar: Bar
    body: Body

    @property
    def buttons(self) -> tuple[Button, ...]:
        """All that can be pressed but the pad's digits."""
        match self.body:
            case Tiles(tiles=tiles):
                return tiles
            case Listing(rows=rows, buttons=buttons):
                return (*(row.button for row in rows), *buttons)
            case Telling(buttons=buttons, languages=languages) | Pad(buttons=buttons, languages=languages):
                return (*buttons, *languages)


@dataclass(frozen=True, slots=True)
class CustomerScreen:
    """What the customer sees: nothing to press."""

    name: str
    tone: Tone
    shop: str
    headline: str
    lines: tuple[str, ...] = ()
    amount: str = ""
    icon: Icon | None = None
    qr: str = ""
    practice: str = ""
