# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A till with a person at it: the flows say what to do; hands, books and printer do it and say what came of it.

One thread drives it. Whatever happens elsewhere (devices, printer, connection) is put into `inbox` and taken in order.
"""

import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from drivers.card import CardReader
from drivers.printer import Status as PrinterStatus
from drivers.printer.paper import Paper as Sheet
from drivers.scanner import Scanner
from heitje import __version__, qr
from heitje.codes import SignedCode
from heitje.cose import MalformedToken
from heitje.journal import Entry
from heitje.money import MAX_AMOUNT
from heitje.refusals import Refusal
from terminal.books import Books
from terminal.card_station import CardInField
from terminal.configuration import TerminalConfiguration
from terminal.connection import Connection
from terminal.contacts import Contact, LineEvent, SyncEnd
from terminal.counter import SALE_ID_LENGTH
from terminal.effects import PrintReceipt
from terminal.events import NotWritten, ReceiptDone, SaleStarted
from terminal.flows.effects import (
    BeginSale,
    CheckPin,
    CloseDay,
    CountTotals,
    FlowEffect,
    ListSales,
    PrintSlip,
    ReadBalance,
    RunSelfTest,
    SignOff,
    WriteRefund,
)
from terminal.flows.events import (
    FlowEvent,
    Lapsed,
    PinAnswer,
    Readmitted,
    SalesListed,
    SlipDone,
    Suspended,
    Tested,
    WorthRead,
)
from terminal.flows.scene import Place, Scene, Suspension
from terminal.flows.table import patience_s, step
from terminal.hands import DeviceEvent, Hands
from terminal.health.guards import Room, room_on
from terminal.health.journal_watch import JournalDamaged, watch_journal
from terminal.journal_file import JournalNotWritten
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.machine import TRY_AGAIN
from terminal.operators import Operators
from terminal.print_station import PaperDone, PrinterSaid, PrintStation
from terminal.printing import Papers
from terminal.receipt_printing import ReceiptDesk, paper_after
from terminal.recovery import ended_well, went_off, what_became
from terminal.sale import Paper, Phase
from terminal.scan_station import CodeScanned
from terminal.self_test import self_test
from terminal.status import Link, Status
from terminal.trust.trusted import Trust
from terminal.worth import worth_of

_log = logging.getLogger(__name__)


@dataclass
class Attended:
    """One counter. `on_change` is told of each scene and the one before it."""

    configuration: TerminalConfiguration
    keys: TerminalKeys
    trust: Trust
    journal: JournalStore
    receipts: ReceiptDesk
    operators: Operators
    reader: CardReader | None = None
    scanner: Scanner | None = None
    connect: Callable[[Callable[[LineEvent], None]], Connection] | None = None
    clock: Callable[[], int] = lambda: int(time.time())
    steady: Callable[[], float] = time.monotonic
    """Seconds that only count up: a person's patience is measured with them, and a day that is played takes less."""
    on_change: Callable[[Scene, Scene], None] = lambda before, after: None
    scene: Scene = field(init=False)

    def __post_init__(self) -> None:
        language = self.configuration.language
        minutes = self.configuration.sign_off_after_min
        self.scene = Scene(
            language=language,
            sale_language=language,
            with_operators=bool(self.operators.names),
            managers_only=self.configuration.managers_only,
            sign_off_after_s=None if minutes is None else 60 * minutes,
        )
        self._events: deque[FlowEvent] = deque()
        self.hands = Hands(
            self.trust,
            self.keys,
            self.journal,
            self.configuration.operator,
            self._events.append,
            self.reader,
            self.scanner,
            clock=self.clock,
        )
        if self.connect is not None:
            self.hands.use_connection(self.connect(self.hands.deliver))
        self.books = Books(self.journal, self.hands.writer)
        self._papers = Papers(self.receipts, self.books)
        self._print: PrintStation | None = None
        self._jobs = 0
        self._printing: dict[int, bool] = {}
        self._printer_said: PrinterStatus | None = None
        self._since = self.steady()

    def start(self) -> None:
        """Bring the journal to rest, tell what became of the sale in hand, look at the devices."""
        off, voided = self._look_back()
        last = self.books.last_sale() if off else None
        cash_of = self.journal.side_book.cash_of
        self.feed(what_became(self.journal.open_intents(), voided, last, self.clock(), off=off, cash_of=cash_of))
        if self.receipts.printer is not None:
            self._print = PrintStation(self.receipts.printer, self.hands.inbox.put)
            self._print.start()
        self.hands.start()
        watch_journal(self.configuration.journal_path, self.hands.inbox.put)
        if self.reader is None and self.scanner is None and self.hands.connection is not None:
            self.hands.connection.start()
        if self.journal.superseded():
            self.feed(Suspended(Suspension.RESTORED))
        elif self.journal.side_book.suspended():
            self.feed(Suspended())

    def _look_back(self) -> tuple[bool, tuple[Entry, ...]]:
        """Whether the till went off, and what was voided now. A disk that takes nothing is no reason not to start."""
        try:
            return went_off(self.configuration.directory), self.hands.begin()
        except (JournalNotWritten, OSError) as error:
            _log.error("the till starts on a disk that takes nothing: %s", error)
            return False, ()

    def stop(self) -> None:
        """End in good order: what is being printed is printed."""
        if self.hands.connection is not None:
            self.hands.connection.stop()
        self.hands.stop()
        if self._print is not None:
            self._print.stop()
        ended_well(self.configuration.directory)

    def feed(self, event: FlowEvent) -> None:
        """What a person does; or time has passed."""
        self._events.append(event)
        self._drain()

    def take(self, event: object) -> None:
        """What came into the inbox."""
        match event:
            case PaperDone(number=number, report=report):
                paper = paper_after(report)
                self.feed(ReceiptDone(paper) if self._printing.pop(number, False) else SlipDone(paper))
                return
            case PrinterSaid(status=status):
                self._printer_said = status
                return
            case CodeScanned(text=text):
                self._judge(text)
            case Contact(report=report) if report.end is SyncEnd.RESTORED:
                self._events.append(Suspended(Suspension.RESTORED))
            case Contact(report=report) if report.suspended is not None:
                self._events.append(Suspended() if report.suspended else Readmitted())
            case JournalDamaged():
                self._events.append(Suspended(Suspension.DAMAGED))
        if isinstance(event, DeviceEvent):
            self.hands.take(event)
        self._drain()
        state = self.scene.sale
        waiting = self.scene.place is Place.SALE and state.phase in (Phase.PRESENT, Phase.UNRESOLVED)
        self.hands.release_unless_busy(look_again=waiting and state.problem in TRY_AGAIN)

    def tick(self) -> None:
        """Time has passed: what nobody waits for any more lapses, and what is long overdue counts as not heard."""
        if self.hands.give_up_waiting():
            self._drain()
        patience = patience_s(self.scene)
        if patience is not None and not self.hands.busy and self.steady() - self._since >= patience:
            self._since = self.steady()
            self.feed(Lapsed())

    def touched(self) -> None:
        """Somebody is there: patience begins anew."""
        self._since = self.steady()

    def status(self) -> Status:
        """One look at the till."""
        now, connection, bundle = self.clock(), self.hands.connection, self.hands.trust.bundle
        contact = connection.last_contact if connection is not None else None
        devices = self.hands.devices
        return Status(
            now=_local(now),
            shop_name=bundle.shop_name,
            terminal=bundle.terminal,
            programme=bundle.iss,
            headroom=self.hands.desk.headroom(now),
            link=Link.NONE if connection is None else connection.link,
            asks=connection is not None and connection.may_ask and connection.link is Link.ONLINE,
            last_contact=None if contact is None else _local(contact),
            why_service="" if connection is None else connection.why_service,
            backend=self.configuration.backend_url or "",
            reader=devices[CardInField],
            scanner=devices[CodeScanned],
            has_printer=self._print is not None,
            printer=self._printer_said,
            card_lies=self.hands.card_lies,
            operators=self.operators.names,
            software=__version__,
            bundle=self.hands.trust.number,
            trust_age_s=self.hands.trust.age_s(now),
        )

    def _judge(self, text: str) -> None:
        """A scanned text is for the sale that waits for it, or its worth is asked for."""
        if self.scene.training:
            return
        if self.scene.place is Place.SALE and self.scene.sale.phase is Phase.PRESENT:
            self._events.append(self.hands.judge(text, self.scene.sale.remaining))
        elif self.scene.place is Place.BALANCE:
            answer = self.hands.judge(text, _asked_for(text)).answer
            worth = answer if isinstance(answer, Refusal) else worth_of(answer, self.journal)
            self._events.append(WorthRead(worth))

    def _drain(self) -> None:
        while self._events:
            before = self.scene
            self.scene, effects = step(before, self._events.popleft())
            if self.scene != before:
                self._since = self.steady()
                self.on_change(before, self.scene)
            for effect in effects:
                self._do(effect)

    def _do(self, effect: FlowEffect) -> None:
        match effect:
            case BeginSale(amount=amount):
                self._begin_sale(amount)
            case PrintReceipt():
                paper = self._papers.receipt(self.scene.sale, self.hands.trust.bundle, self.scene.sale_language)
                self._put_on_paper(paper, of_sale=True)
            case PrintSlip(document=document, language=language):
                slip = self._papers.slip(document, self.hands.trust.bundle, language, self.clock())
                self._put_on_paper(slip, of_sale=False)
            case ReadBalance():
                self.hands.read_balance()
            case ListSales(refundable=refundable):
                self._events.append(SalesListed(self.books.refundable() if refundable else self.books.sales()))
            case CountTotals():
                self._events.append(self.books.count())
            case CloseDay():
                self._events.append(self.books.close_day())
                self.hands.poke()
            case WriteRefund(redemption=redemption, amount=amount):
                self._events.append(self.books.refund(redemption, amount))
                self.hands.poke()
            case CheckPin(operator=operator, pin=pin):
                answer = self.operators.check(operator, pin)
                if answer.answer is PinAnswer.RIGHT:
                    self.hands.sign(operator)
                self._events.append(answer)
            case SignOff():
                self.hands.sign(self.configuration.operator)
            case RunSelfTest():
                room = self._room
                self._events.append(Tested(self_test(self.status(), self.journal, self.hands.desk, room)))
            case _:
                self.hands.do(effect)

    def _begin_sale(self, amount: int) -> None:
        """Nothing new is begun where the journal could not hold it."""
        try:
            room, _ = self._room()
        except OSError as error:
            _log.error("the till's disk cannot be looked at: %s", error)
            room = Room.NONE
        if room in (Room.NONE, Room.READ_ONLY):
            self._events.append(NotWritten())
        else:
            self._events.append(SaleStarted(secrets.token_bytes(SALE_ID_LENGTH), amount))

    def _room(self) -> tuple[Room, int]:
        return room_on(self.configuration.directory)

    def _put_on_paper(self, sheet: Sheet, *, of_sale: bool) -> None:
        if self._print is None:
            self._events.append(ReceiptDone(Paper.NO_PRINTER) if of_sale else SlipDone(Paper.NO_PRINTER))
            return
        self._jobs += 1
        self._printing[self._jobs] = of_sale
        self._print.print(self._jobs, sheet)


def _asked_for(text: str) -> int:
    """What a scanned text is judged against when only its worth is asked for: a code takes what it says, at most."""
    try:
        signed = qr.read(text)
    except MalformedToken:
        return MAX_AMOUNT
    return signed.code.max if isinstance(signed, SignedCode) else MAX_AMOUNT


def _local(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC).astimezone()
