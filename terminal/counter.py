# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till at its counter, one sale at a time and nobody at the screen: one queue, one loop.

The machine says what to do; the till's hands do it on journal and card and tell the machine what came of it.
"""

import queue
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from drivers.card import CardReader
from drivers.scanner import Scanner
from heitje.bundle import TrustBundle
from heitje.journal import Entry
from heitje.refusals import Refusal
from terminal.connection import Connection
from terminal.contacts import LineEvent
from terminal.effects import PrintReceipt
from terminal.events import Event, GivenUp, ReceiptDone, SaleStarted
from terminal.hands import DeviceEvent, Hands
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.machine import TRY_AGAIN, step
from terminal.sale import Phase, State
from terminal.scan_station import CodeScanned
from terminal.status import Device
from terminal.trust.trusted import Trust

SALE_ID_LENGTH: Final = 16
HANG_UP_WITHIN_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """Somebody wants the sale given up."""


Printing: TypeAlias = Callable[["Till"], None]


@dataclass
class Till:
    """One counter. `print_receipt` is called when a sale has ended in a way that paper tells."""

    trust: Trust
    keys: TerminalKeys
    journal: JournalStore
    operator: str
    print_receipt: Printing
    reader: CardReader | None = None
    scanner: Scanner | None = None
    on_ready: Callable[[], None] = lambda: None
    """Called once in a sale, when each device has been tried: what is held to those that work is seen from now on."""
    clock: Callable[[], int] = lambda: int(time.time())
    state: State = field(default_factory=State)
    connect: Callable[[Callable[[LineEvent], None]], Connection] | None = None
    """Makes the connection to the backend, given where it is to report to; None: there is none."""

    def __post_init__(self) -> None:
        self._events: deque[Event] = deque()
        self._hands = Hands(
            self.trust,
            self.keys,
            self.journal,
            self.operator,
            self._events.append,
            self.reader,
            self.scanner,
            self._ready,
            self._now,
        )
        if self.connect is not None:
            self._hands.use_connection(self.connect(self._hands.deliver))
        self._cancelled = False

    @property
    def bundle(self) -> TrustBundle:
        """The trust bundle in use."""
        return self.trust.bundle

    def use(self, trust: Trust) -> None:
        """Decide by newer trust from now on. Between sales."""
        self.trust = trust
        self._hands.use(trust)

    def hang_up(self) -> None:
        """The end of the till: whatever the connection is doing is waited for no longer than a moment."""
        if self._hands.connection is not None:
            self._hands.connection.stop(HANG_UP_WITHIN_S)

    def begin(self) -> tuple[Entry, ...]:
        """Bring the journal to rest at start: void phone and paper intents with no card beside them (JOURNAL.md)."""
        return self._hands.begin()

    def sell(self, amount: int, timeout_s: float) -> State:
        """One sale of `amount` cents, from the first look at the devices to the receipt; the state in which it ended.

        The first refusal ends it; a card that left too early, or tore, may be held again until `timeout_s` is over.
        """
        self.state, self._cancelled = State(), False
        self._feed(SaleStarted(secrets.token_bytes(SALE_ID_LENGTH), amount))
        self._hands.start()
        if all(device is Device.NONE for device in self._hands.devices.values()):
            self._feed(GivenUp(Refusal.DEVICE_NOT_READY))
        try:
            self._wait(time.monotonic() + timeout_s)
        finally:
            self._hands.stop()
            self._events.clear()
        return self.state

    def cancel(self) -> None:
        """Give the sale up, unless it is decided first. From any thread, and from a signal handler."""
        self._hands.inbox.put(CancelAsked())

    def _wait(self, deadline: float) -> None:
        while self.state.phase is not Phase.DECIDED or self._hands.busy:
            left_s = None if self._hands.busy else max(deadline - time.monotonic(), 0)
            try:
                event = self._hands.inbox.get(timeout=left_s)
            except queue.Empty:
                self._feed(GivenUp(self._reason_for_nothing()))
                continue
            self._take(event)
            if self._cancelled and not self._hands.busy:
                self._feed(GivenUp(Refusal.CANCELLED))
            elif self._refused and not self._hands.busy:
                self._feed(GivenUp(self.state.problem or Refusal.CANCELLED))

    @property
    def _refused(self) -> bool:
        return self.state.phase is Phase.PRESENT and self.state.problem not in {None, *TRY_AGAIN}

    def _reason_for_nothing(self) -> Refusal:
        """Nothing was presented; where no device could have seen it, that is the reason."""
        could_see = {Device.WORKS, Device.STARTING} & set(self._hands.devices.values())
        return Refusal.NOTHING_PRESENTED if could_see else Refusal.DEVICE_NOT_READY

    def _take(self, event: object) -> None:
        if isinstance(event, CancelAsked):
            self._cancelled = True
            return
        if isinstance(event, DeviceEvent):
            self._hands.take(event)
        if isinstance(event, CodeScanned) and self.state.phase is Phase.PRESENT:
            self._events.append(self._hands.judge(event.text, self.state.remaining))
        self._drain()
        self._hands.release_unless_busy(look_again=self.state.problem in TRY_AGAIN)

    def _ready(self) -> None:
        self.on_ready()

    def _now(self) -> int:
        return self.clock()

    def _feed(self, event: Event) -> None:
        self._events.append(event)
        self._drain()

    def _drain(self) -> None:
        while self._events:
            self.state, effects = step(self.state, self._events.popleft())
            for effect in effects:
                if isinstance(effect, PrintReceipt):
                    self.print_receipt(self)
                    self._events.append(ReceiptDone())
                else:
                    self._hands.do(effect)
