# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a remote hand sees and does at the front: nothing that a person there could not."""

import base64
import time
from typing import Any, Final, Protocol

from terminal.attended import Attended
from terminal.remote import Asked
from terminal.screens.inputs import Down, Input, KeyPressed, Up
from terminal.screens.page import Laid
from terminal.screens.screen import CustomerScreen, Listing, Pad, Screen, Telling, Tiles
from terminal.screens.sounds import Sound
from terminal.screens.window import Display, png

WAIT_S: Final = 10.0


class Front(Protocol):
    """What a hand needs of the front that it is at."""

    attended: Attended
    display: Display
    screen: Screen | None
    customer: CustomerScreen | None
    laid: Laid | None
    customer_laid: Laid | None
    sounds: list[Sound]

    def handle(self, done: Input) -> None:
        """Take in what a finger or key did."""

    def show(self) -> None:
        """Bring both screens up to date."""

    def stop(self) -> None:
        """End."""


class RemoteHand:
    """Serves requests at one front; those that wait for a screen are answered when it is there."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._waiting: list[tuple[Asked, frozenset[str], float]] = []

    def serve(self, asked: Asked) -> None:
        """Do what is asked, and answer; a wait is answered by `answer_waiting`."""
        match asked.request:
            case {"wait": list(names)}:
                timeout_s = asked.request.get("timeout_s", WAIT_S)
                self._waiting.append((asked, frozenset(names), time.monotonic() + timeout_s))
                return
            case {"press": str(name)}:
                asked.answer(self._press(name))
                return
            case {"touch": [int(x), int(y)]}:
                self._finger(x, y)
            case {"key": str(key)}:
                self._front.handle(KeyPressed(key))
            case {"type": str(keys)}:
                for key in keys:
                    self._front.handle(KeyPressed(key))
                    self._front.show()
            case {"picture": "till" | "customer" as which}:
                laid = self._front.laid if which == "till" else self._front.customer_laid
                picture = "" if laid is None else base64.b64encode(png(laid)).decode("ascii")
                asked.answer({"picture": picture})
                return
            case {"stop": True}:
                self._front.stop()
            case {"look": True}:
                pass
            case _:
                asked.answer({"error": "unknown request"})
                return
        self._front.show()
        asked.answer(self.look())

    def answer_waiting(self) -> None:
        """Answer whoever waits for the screen that is there now, or has waited long enough."""
        now, still = time.monotonic(), []
        for asked, names, deadline in self._waiting:
            screen = self._front.screen
            if screen is not None and screen.name in names:
                asked.answer(self.look())
            elif now >= deadline:
                asked.answer({**self.look(), "error": f"none of {sorted(names)} came in time"})
            else:
                still.append((asked, names, deadline))
        self._waiting = still

    def look(self) -> dict[str, Any]:
        """What both screens say."""
        front = self._front
        scene = front.attended.scene
        return {
            "screen": "" if front.screen is None else front.screen.name,
            "place": str(scene.place),
            "phase": str(scene.sale.phase),
            "sale": (scene.news or scene.sale).sale.hex(),
            "amount": (scene.news or scene.sale).amount,
            "texts": [] if front.screen is None else texts_of(front.screen),
            "buttons": [] if front.laid is None else _buttons(front.laid),
            "customer": None if front.customer is None else _customer(front.customer),
            "sounds": [sound.value for sound in front.sounds],
            "size": list(front.display.size),
        }

    def _press(self, name: str) -> dict[str, Any]:
        laid = self._front.laid
        target = next((target for target in laid.targets if target.button.id == name), None) if laid else None
        if target is None or target.button.event is None:
            return {**self.look(), "error": f"there is no button {name!r} to press"}
        self._finger(*target.rect.centred(0, 0))
        self._front.show()
        return self.look()

    def _finger(self, x: int, y: int) -> None:
        self._front.handle(Down(x, y))
        self._front.show()
        self._front.handle(Up(x, y))


def texts_of(screen: Screen) -> list[str]:
    """Everything that a screen says beside its buttons, from top to bottom."""
    texts: list[str] = []
    match screen.body:
        case Telling() as telling:
            facts = [part for fact in telling.facts for part in (fact.name, fact.value)]
            texts = [telling.headline, telling.amount, *telling.lines, *facts, telling.qr_label]
        case Pad() as pad:
            texts = [pad.headline, pad.entry, *pad.lines]
        case Listing() as listing:
            rows = [part for row in listing.rows for part in (row.button.label, row.second, row.amount)]
            texts = [listing.headline, listing.page, listing.empty, *rows]
        case Tiles(headline=headline):
            texts = [headline]
    bar = screen.bar
    return [text for text in (bar.practice or bar.title, bar.link, bar.clock, *texts) if text]


def _buttons(laid: Laid) -> list[dict[str, Any]]:
    return [
        {
            "id": target.button.id,
            "label": target.button.label,
            "enabled": target.button.event is not None,
            "rect": list(target.rect),
        }
        for target in laid.targets
    ]


def _customer(screen: CustomerScreen) -> dict[str, Any]:
    return {
        "screen": screen.name,
        "texts": [screen.headline, screen.amount, *screen.lines],
        "qr": screen.qr,
        "practice": screen.practice,
    }
