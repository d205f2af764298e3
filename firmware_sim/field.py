# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A reader's field: which cards lie in it, and how one leaves it in the middle of a command.

A reader's simulator asks for the cards and sends them APDUs; a person, a test or the command line puts cards
in and takes them out, from any thread. A card that leaves loses its power. After a tear the card is away
until it is put back, or until `return_after_s` has passed.
"""

import threading
from collections.abc import Callable
from random import Random

from firmware_sim.contactless import ContactlessCard
from firmware_sim.faults import NO_FAULTS, Faults, Moment, Tear

Watcher = Callable[[], None]
"""Called after the field changed, in the thread that changed it. It must not block."""


class Field:
    """The field of one reader; `return_after_s` None leaves a torn card away."""

    def __init__(self, faults: Faults = NO_FAULTS, return_after_s: float | None = None) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._cards: tuple[ContactlessCard, ...] = ()
        self._entry = 0
        self._apdus = 0
        self._faults = faults
        self._tear = faults.tear
        self._last_tear: Tear | None = None
        self._return_after_s = return_after_s
        self._returning: threading.Timer | None = None
        self._watchers: list[Watcher] = []

    @property
    def faults(self) -> Faults:
        """What this field was given to go wrong."""
        return self._faults

    @property
    def cards(self) -> tuple[ContactlessCard, ...]:
        """The cards in the field."""
        with self._lock:
            return self._cards

    @property
    def entry(self) -> int:
        """Changes whenever something enters or leaves: a card that left and came back is not the one that was there."""
        with self._lock:
            return self._entry

    @property
    def apdus(self) -> int:
        """How many APDUs were sent since a card entered the field."""
        with self._lock:
            return self._apdus

    def watch(self, watcher: Watcher) -> None:
        """Have `watcher` called after each change."""
        with self._lock:
            self._watchers.append(watcher)

    @property
    def last_tear(self) -> Tear | None:
        """The tear that has emptied the field; None once cards were put in or lifted."""
        with self._lock:
            return self._last_tear

    def arm(self, tear: Tear) -> None:
        """Have a tear happen to the card that is there, or to the one that enters next."""
        with self._lock:
            self._tear = tear

    def put(self, *cards: ContactlessCard, tear: Tear | None = None) -> None:
        """Lay cards in the field; those that were in it are gone. `tear` is armed in the same moment."""
        with self._lock:
            self._cancel_return()
            self._leave()
            self._tear = tear or self._tear
            self._last_tear = None
            self._apdus = 0
            self._cards = cards
            self._changed.notify_all()
        self._tell()

    def lift(self) -> None:
        """Take every card away."""
        self.put()

    def close(self) -> None:
        """Empty the field for good: a card that is away does not come back."""
        with self._lock:
            self._cancel_return()
            self._watchers.clear()
            self._leave()

    def wait_until(self, empty: bool, timeout_s: float) -> bool:
        """Wait until the field is empty (or is not). Says whether it happened in time."""
        with self._changed:
            return self._changed.wait_for(lambda: (not self._cards) == empty, timeout_s)

    def power_off(self) -> None:
        """The reader's carrier is off: the cards stay and lose what is volatile."""
        with self._lock:
            for card in self._cards:
                card.power_off()

    def transmit(self, card: ContactlessCard, apdu: bytes) -> bytes | None:
        """Send an APDU to a card. None: there is no answer, the card is away."""
        with self._lock:
            if card not in self._cards:
                return None
            self._apdus += 1
            tear = self._tear if self._tear and self._tear.apdu == self._apdus else None
            answer = None if tear and tear.moment is Moment.BEFORE else card.transmit(apdu)
            if tear is None:
                return self._garbled(answer) if answer else answer
            self._tear, self._last_tear = None, tear
            self._leave()
            if self._return_after_s is not None:
                self._returning = threading.Timer(self._return_after_s, self.put, (card,))
                self._returning.daemon = True
                self._returning.start()
            self._changed.notify_all()
        self._tell()
        return None

    def _garbled(self, answer: bytes) -> bytes:
        garble = self._faults.garble
        if garble is None or garble.apdu != self._apdus:
            return answer
        bit = Random(garble.seed).randrange(8 * len(answer))
        changed = bytearray(answer)
        changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)

    def _leave(self) -> None:
        for card in self._cards:
            card.power_off()
        self._cards = ()
        self._entry += 1

    def _cancel_return(self) -> None:
        if self._returning is not None:
            self._returning.cancel()
            self._returning = None

    def _tell(self) -> None:
        with self._lock:
            watchers = tuple(self._watchers)
        for watcher in watchers:
            watcher()
