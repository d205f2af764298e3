# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's hands: they do what the machine wants on journal and card, and bring it what the devices see.

Device threads put events into `inbox`; whoever drives the till takes them in order and gives each to `take`. What comes
of it is reported as the machine's events. Whatever is written to the journal is on disk before the next step.
"""

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from drivers.card import CardReader
from drivers.errors import CardKind
from drivers.scanner import Scanner
from heitje.holds import HoldRequest
from heitje.journal import CardEvidence, Entry, Instrument
from heitje.refusals import Refusal
from terminal.card_errands import CardErrands, Errands
from terminal.card_station import (
    CardInField,
    CardLifted,
    CardStation,
    ErrandDone,
    ReaderFailed,
    ReaderLooks,
    StationEvent,
    UnknownInField,
)
from terminal.connection import Connection
from terminal.contacts import Contact, Heard, LineEvent, WordOverdue
from terminal.decision import Desk
from terminal.effects import AskBackend, AwaitWord, CommitCard, Effect, PrepareCard, ResolveCard, ServeCard
from terminal.events import CardArrived, CardDeclined, Event, HoldHeard, TokenJudged, WordHeard
from terminal.journal_store import JournalStore, void_of
from terminal.journal_writer import JournalWriter
from terminal.key_store import TerminalKeys
from terminal.sale import Tender
from terminal.scan_station import CodeScanned, ScanEvent, ScannerFailed, ScannerListens, ScanStation
from terminal.status import Device
from terminal.trust.trusted import Trust

OVERDUE_S: Final = 3.0
"""An answer comes within half a second, or word that there is none. One that is this late will not come."""

DeviceEvent: TypeAlias = StationEvent | ScanEvent | LineEvent


@dataclass
class Hands:
    """One counter's hands. `report` is called with the machine's events, one after the other."""

    trust: Trust
    keys: TerminalKeys
    journal: JournalStore
    operator: str
    report: Callable[[Event], None]
    reader: CardReader | None = None
    scanner: Scanner | None = None
    on_ready: Callable[[], None] = lambda: None
    """Called when each device has been tried: what is held to those that work is seen from now on."""
    clock: Callable[[], int] = lambda: int(time.time())

    def __post_init__(self) -> None:
        self.inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.desk = Desk(self.trust, self.journal)
        self.writer = JournalWriter(self.journal, self.operator, self.trust.number, self.clock)
        self._errands = CardErrands(self.desk, self.keys, self.operator, self.clock, self.report)
        self._errand: Errands | None = None
        self._question: int | None = None
        self._awaits_word = False
        self._waits_since = 0.0
        self.connection: Connection | None = None
        self._card: CardStation | None = None
        self._scan: ScanStation | None = None
        self._uid: bytes | None = None
        self.card_lies = False
        """Whether a card lies on the reader that nothing is wanted of: it is not looked at before it was lifted."""
        self.devices = {
            CardInField: Device.NONE if self.reader is None else Device.STARTING,
            CodeScanned: Device.NONE if self.scanner is None else Device.STARTING,
        }

    @property
    def busy(self) -> bool:
        """Whether a card is being worked on, or the backend is waited for."""
        return self._errand is not None or self._question is not None or self._awaits_word

    def use(self, trust: Trust) -> None:
        """Decide by newer trust from now on. Between sales."""
        self.trust = trust
        self.desk = self._errands.desk = Desk(trust, self.journal)
        self.writer.bundle = trust.number

    def use_connection(self, connection: Connection) -> None:
        """Ask and upload by this, which reports into `inbox`. It is begun when the devices have been tried."""
        self.connection = connection
        self._errands.ask = connection.ask_now
        self._errands.relay = connection.relay

    def deliver(self, event: LineEvent) -> None:
        """Put what the connection brings into the inbox that is open now. From any thread."""
        self.inbox.put(event)

    def sign(self, operator: str) -> None:
        """Who is signed on from now on."""
        self.operator = self.writer.operator = self._errands.operator = operator

    def judge(self, text: str, remaining: int) -> TokenJudged:
        """What a scanner saw: with a connection the backend is asked in place of the offline limits."""
        now = self.clock()
        if self.connection is None or not self.connection.may_ask:
            return TokenJudged(self.desk.judge_token(text, remaining, now))
        judged = self.desk.judge_with_connection(text, remaining, now)
        return TokenJudged(judged.answer, True, judged.unheard)

    def begin(self) -> tuple[Entry, ...]:
        """Bring the journal to rest at start: void phone and paper intents with no card beside them (JOURNAL.md)."""
        intents = [found.entry for found in self.journal.open_intents()]
        with_card = {entry.sale for entry in intents if entry.instrument is Instrument.CARD}
        left = [entry for entry in intents if entry.sale not in with_card]
        now = self.clock()
        return tuple(self.journal.append([void_of(entry, now, self.operator) for entry in left])) if left else ()

    def start(self) -> None:
        """Begin to look at the devices."""
        if self.reader is not None:
            self.devices[CardInField] = Device.STARTING
            self._card = CardStation(self.reader, self.inbox.put)
        if self.scanner is not None:
            self.devices[CodeScanned] = Device.STARTING
            self._scan = ScanStation(self.scanner, self.inbox.put)
        for station in (self._card, self._scan):
            if station is not None:
                station.start()

    def stop(self) -> None:
        """Stop looking; what the devices have brought and nobody took is dropped."""
        for station in (self._card, self._scan):
            if station is not None:
                station.stop()
        self._card = self._scan = self._errand = self._question = None
        self._awaits_word = False
        self.inbox = queue.SimpleQueue()

    def take(self, event: DeviceEvent) -> None:
        """What a device brings; a scanned text is judged by whoever drives the till."""
        match event:
            case CardInField(uid=uid):
                self._heard(CardInField)
                self._uid = uid
                self.report(CardArrived())
            case UnknownInField(kind=kind):
                self._heard(CardInField)
                several = kind is CardKind.SEVERAL
                self.report(CardDeclined(Refusal.SEVERAL_CARDS if several else Refusal.NOT_A_HEITJE_CARD))
            case ErrandDone(result=result, error=error):
                self._go_on(result, error)
            case ReaderLooks():
                self._heard(CardInField)
            case CardLifted():
                self.card_lies = False
            case ReaderFailed():
                self.card_lies = False
                self._heard(CardInField, failed=True)
            case CodeScanned() | ScannerListens():
                self._heard(CodeScanned)
            case ScannerFailed():
                self._heard(CodeScanned, failed=True)
            case Heard() | Contact() | WordOverdue():
                self._take_from_line(event)

    def do(self, effect: Effect) -> None:
        """Do what the machine wants; what comes of it is reported. Printing is another's."""
        match effect:
            case PrepareCard(sale=sale, amount=amount):
                self._begin_errand(lambda uid: self._errands.prepare(uid, sale, amount))
            case AskBackend(sale=sale, tender=tender):
                self._ask(sale, tender)
            case AwaitWord(entries=entries):
                self._waits_since = time.monotonic()
                self._awaits_word = self.connection is not None and self.connection.await_word(entries)
                if not self._awaits_word:
                    self.report(WordHeard())
            case CommitCard(intent=intent):
                entry = self.journal.entry(intent)
                self._begin_errand(lambda _: self._errands.commit(entry))
            case ResolveCard(intent=intent):
                entry = self.journal.entry(intent)
                self._begin_errand(lambda uid: self._errands.resolve(uid, entry))
            case ServeCard():
                self._serve()
            case _:
                self.report(self.writer.write(effect))
                self.poke()

    def poke(self) -> None:
        """There is something new in the journal: it is uploaded where there is a connection."""
        if self.connection is not None:
            self.connection.poke()

    def give_up_waiting(self) -> bool:
        """An answer that is long overdue counts as not heard, whatever has become of who was to bring it."""
        waits = self._question is not None or self._awaits_word
        if not waits or time.monotonic() - self._waits_since < OVERDUE_S:
            return False
        if self._question is not None:
            self._question = None
            self.report(HoldHeard(None))
        else:
            self._awaits_word = False
            self.report(WordHeard())
        return True

    def read_balance(self) -> None:
        """Look at the card that is on the reader: `BalanceRead`, or `CardDeclined` with the reason why not."""
        self._begin_errand(self._errands.balance)

    def _serve(self) -> None:
        """Only where a card lies there and the backend may answer."""
        if self._uid is not None and self.connection is not None and self.connection.may_ask:
            self._begin_errand(self._errands.serve)

    def release_unless_busy(self, *, look_again: bool) -> None:
        """Nothing more is wanted of the card: look for one again at once, or after this one was lifted."""
        if not self.busy and self._card is not None and self._uid is not None:
            self._uid = None
            self.card_lies = not look_again
            self._card.release(until_removed=not look_again)

    def _heard(self, device: type, failed: bool = False) -> None:
        """A device, named by what it brings, works or does not."""
        untried = Device.STARTING in self.devices.values()
        self.devices[device] = Device.FAILED if failed else Device.WORKS
        if untried and Device.STARTING not in self.devices.values():
            self.on_ready()
            if self.connection is not None:
                self.connection.start()

    def _ask(self, sale: bytes, tender: Tender) -> None:
        if self.connection is None or isinstance(tender.evidence, CardEvidence):
            self.report(HoldHeard(None))
        else:
            self._waits_since = time.monotonic()
            self._question = self.connection.ask(HoldRequest(sale, tender.amount, token=tender.evidence.token))

    def _take_from_line(self, event: LineEvent) -> None:
        connection = self.connection
        if connection is None:
            return
        word = None
        match event:
            case Heard(number=number, answer=answer):
                connection.heard(event)
                if number == self._question:
                    self._question = None
                    self.report(HoldHeard(answer))
            case Contact(trust=trust):
                word = connection.note(event)
                if (trust.number, trust.signed_at) > (self.trust.number, self.trust.signed_at):
                    self.use(trust)
            case WordOverdue():
                word = connection.overdue(event)
        if word is not None and self._awaits_word:
            self._awaits_word = False
            self.report(word)

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
            self.report(stop.value)
        else:
            self._card.send(work)
