# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The thread that owns the card reader: it says when a card arrives, and does errands on that card.

Nothing is decided here. Arrivals, ends of errands and faults are put into the till's one queue.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from drivers.card import Card, CardReader
from drivers.errors import CardKind, CardNotSupported, DeviceError
from heitje.card.session import CardFault
from terminal.driver_faults import as_device_error

_POLL_S: Final = 1.0
_RETRY_S: Final = 0.5
_OPENING_S: Final = 0.05
"""The first wait opens the port."""

Errand: TypeAlias = Callable[[Card], object]


@dataclass(frozen=True, slots=True)
class CardInField:
    """A card is on the reader and waits for errands, until it is released."""

    uid: bytes


@dataclass(frozen=True, slots=True)
class UnknownInField:
    """Something lies on the reader that no APDU can be sent to."""

    kind: CardKind


@dataclass(frozen=True, slots=True)
class ErrandDone:
    """An errand's result, or the `DeviceError` or `CardFault` that ended it."""

    result: object
    error: Exception | None


@dataclass(frozen=True, slots=True)
class ReaderLooks:
    """The reader works, and looks for cards."""


@dataclass(frozen=True, slots=True)
class ReaderFailed:
    """The reader does not answer; it is tried again."""

    error: DeviceError


@dataclass(frozen=True, slots=True)
class CardLifted:
    """The card that nothing more was wanted of has gone."""


StationEvent: TypeAlias = CardInField | UnknownInField | ErrandDone | ReaderLooks | ReaderFailed | CardLifted


@dataclass(frozen=True, slots=True)
class _Release:
    """The end of the errands on one card."""

    until_removed: bool


class CardStation:
    """Owns `reader` from `start` to `stop`; reports by `report`, which only puts into a queue."""

    def __init__(self, reader: CardReader, report: Callable[[StationEvent], None]) -> None:
        self._reader = reader
        self._report = report
        self._errands: queue.SimpleQueue[Errand | _Release] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._looking = False
        self._thread = threading.Thread(target=self._run, name="card reader", daemon=True)

    def start(self) -> None:
        """Begin to look for cards."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking, and give the reader back."""
        self._stopping.set()
        self._errands.put(_Release(until_removed=False))
        self._thread.join()

    def send(self, errand: Errand) -> None:
        """Do an errand on the card in the field; `ErrandDone` follows."""
        self._errands.put(errand)

    def release(self, until_removed: bool) -> None:
        """Nothing more is wanted of this card: look again, after it has gone where `until_removed`."""
        self._errands.put(_Release(until_removed))

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._look()
        finally:
            self._reader.close()

    def _look(self) -> None:
        try:
            card = self._reader.wait_for_card(_POLL_S if self._looking else _OPENING_S, self._stopping)
            if not self._looking:
                self._looking = True
                self._report(ReaderLooks())
            if card is not None:
                self._report(CardInField(card.uid))
                self._serve(card)
        except CardNotSupported as error:
            self._report(UnknownInField(error.kind))
            self._stopping.wait(_RETRY_S)
        except Exception as error:  # noqa: BLE001  # this thread goes on whatever a library raises
            self._looking = False
            self._report(ReaderFailed(as_device_error(error, "card reader")))
            self._stopping.wait(_RETRY_S)

    def _serve(self, card: Card) -> None:
        while not isinstance(errand := self._errands.get(), _Release):
            try:
                done = ErrandDone(errand(card), None)
            except CardFault as error:
                done = ErrandDone(None, error)
            except Exception as error:  # noqa: BLE001  # as above; the till waits for an answer
                done = ErrandDone(None, as_device_error(error, "card reader"))
            self._report(done)
        if errand.until_removed:
            while not self._stopping.is_set() and not card.wait_removed(_POLL_S, self._stopping):
                pass
            self._report(CardLifted())
