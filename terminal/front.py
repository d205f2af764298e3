# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's front: scenes become pictures, fingers become events, around and around.

What a finger does: it goes down on a button, which shows it; lifted on the same button it presses, elsewhere nothing.
"""

import queue
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from terminal.attended import Attended
from terminal.flows.events import Back, Erased, FlowEvent, Typed
from terminal.flows.scene import Place, Scene
from terminal.health.service import ServiceManager
from terminal.remote import Asked
from terminal.remote_hand import RemoteHand
from terminal.screens.customer_layout import lay_out_customer
from terminal.screens.customer_view import customer_view
from terminal.screens.inputs import Down, Exposed, Input, KeyPressed, Up, WindowClosed
from terminal.screens.layout import lay_out
from terminal.screens.page import Laid
from terminal.screens.screen import CustomerScreen, Key, Pad, Screen
from terminal.screens.sounds import Sound, sound_of
from terminal.screens.views import view
from terminal.screens.window import Display, measure

FRAME_S: Final = 0.02
"""How long a finger may wait, at most, while somebody is there."""
RESTING_FRAME_S: Final = 0.08
RESTS_AFTER_S: Final = 20.0
TICK_S: Final = 1.0
RESTING_TICK_S: Final = 2.0
"""Nothing but the clock changes on a screen at which nobody is."""


@dataclass
class Front:
    """One till's windows and its loop. `manager` is told that it goes around."""

    attended: Attended
    display: Display
    manager: ServiceManager = field(default_factory=ServiceManager)
    frame_s: float = FRAME_S
    resting_frame_s: float = RESTING_FRAME_S
    screen: Screen | None = field(default=None, init=False)
    customer: CustomerScreen | None = field(default=None, init=False)
    laid: Laid | None = field(default=None, init=False)
    customer_laid: Laid | None = field(default=None, init=False)
    sounds: list[Sound] = field(default_factory=list, init=False)
    """The last ones that were heard."""

    def __post_init__(self) -> None:
        self.attended.on_change = self._hear
        self._pressed = self._pressed_on = ""
        self.stopping = False
        """Whether the loop ends after this turn."""
        self._ticked = self._active = 0.0
        self._remote = RemoteHand(self)

    def run(self) -> None:
        """Until `stop`, or the window is closed. Raises what no till can go on after."""
        self.display.open()
        try:
            self.attended.start()
            self.show()
            self.manager.ready("the first screen is there")
            while not self.stopping:
                self.turn()
        finally:
            self.manager.stopping()
            self.attended.stop()
            self.display.close()

    def stop(self) -> None:
        """End after this turn. From a signal handler too."""
        self.stopping = True

    def turn(self) -> None:
        """Once around: what came in, what hands did, what time has done, what is to be seen."""
        now = self.attended.steady()
        resting = now - self._active > RESTS_AFTER_S and self.attended.scene.place is Place.IDLE
        changed = self._take_inbox(self.resting_frame_s if resting else self.frame_s)
        for done in self.display.inputs():
            self._active = now
            self.attended.touched()
            self.handle(done)
            changed = True
        if now - self._ticked >= (RESTING_TICK_S if resting else TICK_S):
            self._ticked = now
            self.attended.tick()
            changed = True
        if changed:
            self.show()
        self._remote.answer_waiting()
        self.manager.alive()

    def handle(self, done: Input) -> None:
        """What one hand did."""
        match done:
            case Down(x=x, y=y):
                button = self.laid.at(x, y) if self.laid is not None else None
                self._pressed = button.id if button is not None else ""
                self._pressed_on = self.screen.name if self.screen is not None else ""
            case Up(x=x, y=y):
                self._lift(x, y)
            case KeyPressed(key=key):
                self._key(key)
            case WindowClosed():
                self.stopping = True
            case Exposed():
                self.laid = self.customer_laid = None

    def show(self) -> None:
        """Paint what has changed."""
        status = self.attended.status()
        self.screen = view(self.attended.scene, status)
        laid = lay_out(self.screen, self.display.size, measure, self._pressed)
        if laid != self.laid:
            self.laid = laid
            self.display.show(laid)
        self.customer = customer_view(self.attended.scene, status)
        size = self.display.customer_size
        if size is not None:
            customer = lay_out_customer(self.customer, size, measure)
            if customer != self.customer_laid:
                self.customer_laid = customer
                self.display.show_customer(customer)

    def _hear(self, before: Scene, after: Scene) -> None:
        sound = sound_of(before, after)
        if sound is not None:
            self.sounds = [*self.sounds[-9:], sound]
            self.display.play(sound)

    def _take_inbox(self, wait_s: float) -> bool:
        """Wait for one thing at most so long, and take all that is there. Whether anything was."""
        inbox, taken = self.attended.hands.inbox, False
        with suppress(queue.Empty):
            self._take(inbox.get(timeout=wait_s))
            taken = True
            while True:
                self._take(inbox.get_nowait())
        return taken

    def _take(self, event: object) -> None:
        if isinstance(event, Asked):
            self._remote.serve(event)
        else:
            self.attended.take(event)

    def _lift(self, x: int, y: int) -> None:
        button = self.laid.at(x, y) if self.laid is not None else None
        pressed, self._pressed = self._pressed, ""
        there = self.screen is not None and self.screen.name == self._pressed_on
        if button is not None and button.event is not None and button.id == pressed and there:
            self.attended.feed(button.event)

    def _key(self, key: str) -> None:
        event = self._event_of(key)
        if event is not None:
            self.attended.feed(event)

    def _event_of(self, key: str) -> FlowEvent | None:
        """A digit is typed where there is a pad; else a key does what its button does."""
        if self.screen is None:
            return None
        if isinstance(self.screen.body, Pad) and key.isdigit():
            return Typed(key)
        if isinstance(self.screen.body, Pad) and key == Key.BACKSPACE:
            return Erased()
        for button in self.screen.buttons:
            if button.key == key:
                return button.event
        if key == Key.ESCAPE:
            return Back()
        return Typed(key) if key.isdigit() else None
