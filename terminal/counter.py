# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till at its counter: one queue, one loop. Device threads put events in; the machine takes them in order.

The machine says what to do; this module does it on the journal, the card and the printer, and tells the machine what
came of it. Whatever is written to the journal is on disk before the next step.
"""

import logging
import queue
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from drivers.card import CardReader
from drivers.errors import CardKind
from drivers.scanner import Scanner
from heitje.bundle import TrustBundle
from heitje.journal import CardEvidence, Entry, Instrument, Kind
from heitje.refusals import Refusal
from terminal.card_errands import CardErrands, Errands
from terminal.card_station import (
    CardInField,
    CardStation,
    ErrandDone,
    ReaderFailed,
    ReaderLooks,
    StationEvent,
    UnknownInField,
)
from terminal.decision import Desk
from terminal.effects import (
    CommitCard,
    Effect,
    PrepareCard,
    PrintReceipt,
    ResolveCard,
    WriteClosing,
    WriteIntent,
    WriteRedemptions,
    WriteVoids,
)
from terminal.events import (
    CardArrived,
    CardDeclined,
    Event,
    GivenUp,
    NotWritten,
    NumberTaken,
    ReceiptDone,
    SaleStarted,
    TokenJudged,
    Written,
)
from terminal.journal_file import JournalNotWritten
from terminal.journal_store import (
    OF_THE_ONE_BEFORE,
    Draft,
    JournalStore,
    SeqTaken,
    closing_of,
    redemption_of,
    void_of,
)
from terminal.key_store import TerminalKeys
from terminal.machine import TRY_AGAIN, step
from terminal.sale import Phase, State, Tender
from terminal.scan_station import CodeScanned, ScanEvent, ScannerFailed, ScannerListens, ScanStation
from terminal.trust.trusted import Trust

_SALE_ID_LENGTH: Final = 16

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """Somebody wants the sale given up."""


DeviceEvent: TypeAlias = StationEvent | ScanEvent | CancelAsked
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

    def __post_init__(self) -> None:
        self._queue: queue.SimpleQueue[DeviceEvent] = queue.SimpleQueue()
        self._events: deque[Event] = deque()
        self._desk = Desk(self.trust, self.journal)
        self._errands = CardErrands(self._desk, self.keys, self.operator, self.clock, self._events.append)
        self._errand: Errands | None = None
        self._card: CardStation | None = None
        self._scan: ScanStation | None = None
        self._uid: bytes | None = None
        self._untried: set[type] = set()
        self._failed: set[type] = set()
        self._cancelled = False

    @property
    def bundle(self) -> TrustBundle:
        """The trust bundle in use."""
        return self.trust.bundle

    def use(self, trust: Trust) -> None:
        """Decide by newer trust from now on. Between sales."""
        self.trust = trust
        self._desk = self._errands.desk = Desk(trust, self.journal)

    def begin(self) -> tuple[Entry, ...]:
        """Bring the journal to rest at start: void phone and paper intents with no card beside them (JOURNAL.md)."""
        intents = [found.entry for found in self.journal.open_intents()]
        with_card = {entry.sale for entry in intents if entry.instrument is Instrument.CARD}
        left = [entry for entry in intents if entry.sale not in with_card]
        now = self.clock()
        return tuple(self.journal.append([void_of(entry, now, self.operator) for entry in left])) if left else ()

    def sell(self, amount: int, timeout_s: float) -> State:
        """One sale of `amount` cents, from the first look at the devices to the receipt; the state in which it ended.

        The first refusal ends it; a card that left too early, or tore, may be held again until `timeout_s` is over.
        """
        self.state, self._cancelled = State(), False
        self._feed(SaleStarted(secrets.token_bytes(_SALE_ID_LENGTH), amount))
        self._start_devices()
        try:
            self._wait(time.monotonic() + timeout_s)
        finally:
            self._stop_devices()
        return self.state

    def cancel(self) -> None:
        """Give the sale up, unless it is decided first. From any thread, and from a signal handler."""
        self._queue.put(CancelAsked())

    def _start_devices(self) -> None:
        self._failed, self._untried = set(), set()
        if self.reader is not None:
            self._untried.add(CardInField)
            self._card = CardStation(self.reader, self._queue.put)
        if self.scanner is not None:
            self._untried.add(CodeScanned)
            self._scan = ScanStation(self.scanner, self._queue.put)
        for station in (self._card, self._scan):
            if station is not None:
                station.start()
        if not self._untried:
            self._feed(GivenUp(Refusal.DEVICE_NOT_READY))

    def _stop_devices(self) -> None:
        for station in (self._card, self._scan):
            if station is not None:
                station.stop()
        self._card = self._scan = self._errand = None
        self._queue = queue.SimpleQueue()
        self._events.clear()

    def _wait(self, deadline: float) -> None:
        while self.state.phase is not Phase.DECIDED:
            left_s = deadline - time.monotonic()
            try:
                event = self._queue.get(timeout=max(left_s, 0)) if self._errand is None else self._queue.get()
            except queue.Empty:
                self._feed(GivenUp(self._reason_for_nothing()))
                continue
            self._take(event)
            if self._cancelled and self._errand is None:
                self._feed(GivenUp(Refusal.CANCELLED))
            elif self.state.phase is Phase.PRESENT and self.state.problem not in {None, *TRY_AGAIN}:
                self._feed(GivenUp(self.state.problem or Refusal.CANCELLED))

    def _reason_for_nothing(self) -> Refusal:
        """Nothing was presented; where no device could have seen it, that is the reason."""
        devices = {CardInField: self._card, CodeScanned: self._scan}
        working = [kind for kind, station in devices.items() if station is not None and kind not in self._failed]
        return Refusal.NOTHING_PRESENTED if working else Refusal.DEVICE_NOT_READY

    def _take(self, event: DeviceEvent) -> None:
        match event:
            case CardInField(uid=uid):
                self._heard(CardInField)
                self._uid = uid
                self._feed(CardArrived())
                self._release_unless_busy()
            case UnknownInField(kind=kind):
                self._heard(CardInField)
                several = kind is CardKind.SEVERAL
                self._feed(CardDeclined(Refusal.SEVERAL_CARDS if several else Refusal.NOT_A_HEITJE_CARD))
            case ErrandDone(result=result, error=error):
                self._go_on(result, error)
                self._release_unless_busy()
            case ReaderLooks():
                self._heard(CardInField)
            case ReaderFailed():
                self._heard(CardInField, failed=True)
            case CodeScanned(text=text):
                if self.state.phase is Phase.PRESENT:
                    self._feed(TokenJudged(self._desk.judge_token(text, self.state.remaining, self.clock())))
            case ScannerListens():
                self._heard(CodeScanned)
            case ScannerFailed():
                self._heard(CodeScanned, failed=True)
            case CancelAsked():
                self._cancelled = True

    def _heard(self, device: type, failed: bool = False) -> None:
        """A device, named by what it brings, works or does not."""
        (self._failed.add if failed else self._failed.discard)(device)
        if device in self._untried:
            self._untried.remove(device)
            if not self._untried:
                self.on_ready()

    def _feed(self, event: Event) -> None:
        self._events.append(event)
        while self._events:
            self.state, effects = step(self.state, self._events.popleft())
            for effect in effects:
                self._do(effect)

    def _do(self, effect: Effect) -> None:
        match effect:
            case PrepareCard(amount=amount):
                self._begin_errand(lambda uid: self._errands.prepare(uid, amount))
            case CommitCard(intent=intent):
                entry = self.journal.entry(intent)
                self._begin_errand(lambda _: self._errands.commit(entry))
            case ResolveCard(intent=intent):
                entry = self.journal.entry(intent)
                self._begin_errand(lambda uid: self._errands.resolve(uid, entry))
            case WriteIntent(sale=sale, tender=tender):
                self._events.append(self._write_intent(sale, tender))
            case WriteRedemptions(sale=sale, tenders=tenders):
                self._events.append(self._write_redemptions(sale, tenders))
            case WriteVoids(intents=intents):
                now = self.clock()
                drafts = [void_of(self.journal.entry(intent), now, self.operator) for intent in intents]
                self._events.append(self._write(drafts))
            case WriteClosing(card=card, beside=others, given=given):
                self._events.append(self._write_closing(card, others, given))
            case PrintReceipt():
                self.print_receipt(self)
                self._events.append(ReceiptDone())

    def _begin_errand(self, errand: Callable[[bytes], Errands]) -> None:
        if self._uid is None:
            raise RuntimeError("an errand without a card")
        self._errand = errand(self._uid)
        self._go_on(None, None)

    def _go_on(self, result: object, error: Exception | None) -> None:
        """Resume the errand with what its last piece of work gave, and send the next piece to the reader's thread."""
        errand = self._errand
        if errand is None or self._card is None:
            return
        try:
            work = errand.throw(error) if error is not None else errand.send(result)
        except StopIteration as stop:
            self._errand = None
            self._feed(stop.value)
        else:
            self._card.send(work)

    def _release_unless_busy(self) -> None:
        if self._errand is None and self._card is not None:
            self._uid = None
            self._card.release(until_removed=self.state.problem not in TRY_AGAIN)

    def _write_intent(self, sale: bytes, tender: Tender) -> Event:
        expected = None
        if isinstance(tender.evidence, CardEvidence):
            expected = int.from_bytes(tender.evidence.tmri[8:], "big")
        return self._write([self._intent(sale, tender)], expected)

    def _write_redemptions(self, sale: bytes, tenders: tuple[Tender, ...]) -> Event:
        now = self.clock()
        drafts: list[Draft] = []
        for tender in tenders:
            if tender.intent is None:
                intent = self._intent(sale, tender)
                drafts = [intent, _completing(intent), *drafts]
            else:
                card = tender.evidence if isinstance(tender.evidence, CardEvidence) else None
                drafts.append(redemption_of(self.journal.entry(tender.intent), now, card))
        return self._write(drafts)

    def _write_closing(self, card: int, others: tuple[int, ...], given: bool) -> Event:
        beside = [self.journal.entry(seq) for seq in others]
        return self._write(closing_of(self.journal.entry(card), beside, self.clock(), self.operator, given))

    def _write(self, drafts: list[Draft], expected_seq: int | None = None) -> Event:
        try:
            return Written(tuple(entry.seq for entry in self.journal.append(drafts, expected_seq)))
        except SeqTaken:
            return NumberTaken()
        except JournalNotWritten as error:
            _log.error("%s", error)
            return NotWritten()

    def _intent(self, sale: bytes, tender: Tender) -> Draft:
        return Draft(
            Kind.INTENT,
            tender.time,
            sale,
            tender.amount,
            tender.instrument,
            tender.evidence,
            offline=True,
            bundle=self.trust.number,
            operator=self.operator,
        )


def _completing(intent: Draft) -> Draft:
    return Draft(
        Kind.REDEMPTION,
        intent.time,
        intent.sale,
        intent.amount,
        intent.instrument,
        intent.evidence,
        OF_THE_ONE_BEFORE,
        intent.offline,
        intent.bundle,
        intent.operator,
    )
