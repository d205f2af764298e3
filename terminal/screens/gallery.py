# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every screen of the till with made-up contents: for pictures in the documents, and for tests of the screens."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from drivers.printer import Condition
from heitje.headroom import Headroom, Margin
from heitje.journal import CardEvidence, Instrument, PaperEvidence, PhoneEvidence
from heitje.messages import EntryOutcome, Outcome
from heitje.refusals import Refusal
from terminal.flows.scene import Check, Details, Drill, Duty, Happened, News, Place, Scene, Suspension
from terminal.history import SaleRecord, TenderRecord
from terminal.sale import Paper, Phase, Served, State, Tender, Verdict
from terminal.status import Device, Link, Status
from terminal.totals import Sum, Totals
from terminal.worth import Worth

TIME_ZONE: Final = "CET-1CEST,M3.5.0,M10.5.0/3"
"""Pictures are made in this time zone, so that their clocks agree."""
_NOW: Final = 1_795_525_500
_SALE: Final = bytes(range(16))
_SERVED: Final = {
    "card-at-work": Served(at_work=True),
    "card-loaded": Served(loaded=500, balance=1180),
    "card-left": Served(waits=500, again=True),
}
_CARD: Final = CardEvidence(bytes(7), bytes(16), bytes(16), 2050, bytes(16), tmc=8, tmv=bytes(8))


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One picture: its name, and what is on the stage."""

    name: str
    scene: Scene
    status: Status


def exhibits(language: str) -> Iterator[Exhibit]:
    """All of them, in one language."""
    for name, scene, status in (*_selling(), *_results(), *_books(), *_service(), *_practice()):
        spoken = replace(scene, language=language, sale_language=language)
        yield Exhibit(name, spoken, status)


def _status() -> Status:
    now = datetime.fromtimestamp(_NOW, UTC).astimezone()
    return Status(
        now=now,
        shop_name="Bakkerij De Korenaar",
        terminal=bytes.fromhex("5e1f00d5a1e2b3c4"),
        programme="nl.testburg",
        link=Link.ONLINE,
        last_contact=now,
        backend="https://heitje.testburg.example",
        headroom=_headroom(12),
        asks=True,
        reader=Device.WORKS,
        scanner=Device.WORKS,
        has_printer=True,
        printer=frozenset({Condition.FINE}),
        operators=("Anouk", "Bilal", "Charlotte"),
        software="0.1.0",
        bundle=17,
        trust_age_s=9000,
    )


def _headroom(entries: int, **rooms: int) -> Headroom:
    usual = {"card_room": 2500, "phone_room": 1000, "phone_room_without_aud": 500, "paper_room": 10_000}
    return Headroom(
        entries=Margin(entries, 2000),
        age_s=Margin(entries * 120, 604_800),
        card_cents=Margin(entries * 40, 100_000),
        phone_cents=Margin(entries * 4, 10_000),
        paper_cents=Margin(0, 10_000),
        halved_in_s=80_000,
        stale_in_s=250_000,
        **{**usual, **rooms},
    )


def _offline(status: Status, entries: int = 12) -> Status:
    headroom = _headroom(entries, phone_room=500, paper_room=0)
    return replace(status, link=Link.OFFLINE, asks=False, headroom=headroom)


def _sale(phase: Phase, **values: object) -> Scene:
    state = State(phase=phase, sale=_SALE, amount=1370)
    return Scene(place=Place.SALE, sale=replace(state, **values))  # type: ignore[arg-type]


def _tenders() -> tuple[Tender, ...]:
    return (
        Tender(Instrument.PHONE, 320, PhoneEvidence(b""), _NOW, 41),
        Tender(Instrument.PAPER, 500, PaperEvidence(b""), _NOW, 42),
    )


def _selling() -> Iterator[tuple[str, Scene, Status]]:
    status = _status()
    offline = _offline(status)
    idle = Scene(with_operators=True, operator="Anouk")
    yield "idle", idle, status
    yield "idle-offline", Scene(), replace(offline, printer=frozenset({Condition.PAPER_OUT}))
    yield "idle-queue-nearly-full", Scene(), _offline(status, 1730)
    yield "idle-queue-full", Scene(), _offline(status, 2000)
    yield "amount", replace(idle, digits="1370"), status
    yield "amount-over-limits", replace(idle, digits="100000"), offline
    yield "present", _sale(Phase.PRESENT), status
    yield "present-offline", _sale(Phase.PRESENT), offline
    yield "present-rest", _sale(Phase.PRESENT, tenders=_tenders(), cash=100), status
    yield "present-card-lies", _sale(Phase.PRESENT), replace(status, card_lies=True)
    yield "cash", replace(_sale(Phase.PRESENT), place=Place.CASH, digits="500"), status
    yield "working", _sale(Phase.CARD_PREPARING), status
    yield "asking", _sale(Phase.ASKING), status
    yield "cancelling", _sale(Phase.CARD_PREPARING, cancelled=True), status
    little = {"problem": Refusal.TOO_LITTLE_LEFT, "balance": 120}
    yield "refused-too-little", _sale(Phase.PRESENT, **little), status
    yield "refused-and-loading", _sale(Phase.PRESENT, served=_SERVED["card-at-work"], **little), status
    for refusal in (Refusal.EXPIRED, Refusal.ALREADY_USED, Refusal.NEEDS_A_CONNECTION, Refusal.MORE_THAN_THE_SALE):
        yield f"refused-{refusal.replace(' ', '-')}", _sale(Phase.PRESENT, problem=refusal), offline
    yield "refused-not-a-heitje-card", _sale(Phase.PRESENT, problem=Refusal.NOT_A_HEITJE_CARD), status
    yield "once-more", _sale(Phase.PRESENT, problem=Refusal.CARD_REMOVED), status
    card = (Tender(Instrument.CARD, 1370, _CARD, _NOW, 43),)
    unresolved = _sale(Phase.UNRESOLVED, tenders=card, problem=Refusal.CARD_REMOVED)
    yield "unresolved", unresolved, offline
    yield "unresolved-another-card", _sale(Phase.UNRESOLVED, tenders=card, problem=Refusal.ANOTHER_CARD), offline
    yield "unresolved-at-start", replace(unresolved, recovering=True), offline
    yield "closing", replace(unresolved, place=Place.CLOSING), offline


def _results() -> Iterator[tuple[str, Scene, Status]]:
    status = _status()
    card = (Tender(Instrument.CARD, 1370, _CARD, _NOW, 43),)
    accepted = {"tenders": card, "verdict": Verdict.ACCEPTED}
    yield "accepted-printing", _sale(Phase.RECEIPT, **accepted), status
    yield "accepted", _sale(Phase.DECIDED, paper=Paper.PRINTED, confirmed=True, **accepted), status
    yield "accepted-offline", _sale(Phase.DECIDED, paper=Paper.PRINTED, **accepted), _offline(status)
    for name, served in _SERVED.items():
        yield (
            f"accepted-{name}",
            _sale(Phase.DECIDED, paper=Paper.PRINTED, confirmed=True, served=served, **accepted),
            status,
        )
    several = (*_tenders(), Tender(Instrument.CARD, 450, _CARD, _NOW, 43))
    mixed = _sale(Phase.DECIDED, paper=Paper.PRINTED, tenders=several, cash=100, verdict=Verdict.ACCEPTED)
    yield "accepted-several", mixed, status
    for paper in (Paper.PAPER_OUT, Paper.COVER_OPEN, Paper.UNKNOWN):
        name = f"accepted-{paper.replace(' ', '-')}"
        yield name, _sale(Phase.DECIDED, paper=paper, **accepted), replace(status, printer=frozenset())
    closed = {"tenders": card, "verdict": Verdict.UNRESOLVED, "paper": Paper.PRINTED}
    yield "closed-given", _sale(Phase.DECIDED, given=True, **closed), status
    yield "closed-not-given", _sale(Phase.DECIDED, given=False, **closed), status
    yield "closed-open", _sale(Phase.DECIDED, given=None, **closed), status
    refused = {"verdict": Verdict.REFUSED}
    yield "cancelled", _sale(Phase.DECIDED, problem=Refusal.CANCELLED, **refused), status
    yield "not-paid", _sale(Phase.DECIDED, problem=Refusal.NOTHING_PRESENTED, **refused), status
    yield "not-paid-device", _sale(Phase.DECIDED, problem=Refusal.DEVICE_NOT_READY, **refused), status
    told = Scene(place=Place.TOLD)
    yield "told-nothing", replace(told, news=News(Happened.NOTHING)), status
    yield "told-paid", replace(told, news=News(Happened.PAID, 1370, _SALE, _NOW)), status
    yield "told-not-paid", replace(told, news=News(Happened.NOT_PAID, 1370, _SALE, _NOW)), status


def _records() -> tuple[SaleRecord, ...]:
    told = {
        41: EntryOutcome(42, Outcome.ACCEPTED, None),
        31: EntryOutcome(32, Outcome.CONFLICT, None),
        21: EntryOutcome(22, Outcome.REFUSED, "bad signature"),
    }
    tenders = (
        TenderRecord(51, Instrument.CARD, 1370, 52, redemption=52),
        TenderRecord(41, Instrument.PHONE, 320, 42, redemption=42, outcome=told[41]),
        TenderRecord(31, Instrument.PAPER, 500, 32, redemption=32, refunded=200, outcome=told[31]),
        TenderRecord(21, Instrument.PHONE, 275, 22, redemption=22, outcome=told[21]),
        TenderRecord(11, Instrument.CARD, 240, 11),
        TenderRecord(9, Instrument.CARD, 125, 10, voided=True),
    )
    return tuple(
        SaleRecord(
            bytes([tender.intent] * 16),
            _NOW - 4000 * (60 - tender.intent),
            tender.last,
            (tender,),
            cash=150 if tender.intent == 31 else 0,
        )
        for tender in tenders
    )


def _totals() -> Totals:
    return Totals(
        first=1012,
        last=1079,
        since=_NOW - 30_000,
        until=_NOW,
        paid={Instrument.CARD: Sum(21, 17_245), Instrument.PHONE: Sum(9, 4310), Instrument.PAPER: Sum(4, 2000)},
        cash=Sum(3, 1275),
        refunds=Sum(1, 320),
        unresolved=Sum(1, 240),
        given=Sum(1, 450),
        outcomes={Outcome.CONFLICT: Sum(1, 500)},
        unsent=12,
    )


def _books() -> Iterator[tuple[str, Scene, Status]]:
    status, records, totals = _status(), _records(), _totals()
    yield "menu", Scene(place=Place.MENU), status
    yield "menu-with-operators", Scene(place=Place.MENU, with_operators=True, operator="Anouk"), status
    balance = Scene(place=Place.BALANCE)
    yield "balance", balance, status
    yield "balance-shown", replace(balance, balance=1250), status
    yield "balance-loaded", replace(balance, balance=1750, served=_SERVED["card-loaded"]), status
    yield "balance-waits", replace(balance, balance=14_800, served=Served(waits=500)), status
    yield "balance-phone", replace(balance, worth=Worth(Instrument.PHONE, 2500, _NOW + 400_000, 500, 375)), status
    yield "balance-note", replace(balance, worth=Worth(Instrument.PAPER, 500, _NOW + 4_000_000)), status
    yield "balance-none", replace(balance, problem=Refusal.NOT_A_HEITJE_CARD), status
    parts = tuple(record for record in records if record.tenders[0].refundable)
    yield "refund-choice", Scene(place=Place.REFUND_CHOICE, records=parts), status
    yield "refund-choice-empty", Scene(place=Place.REFUND_CHOICE), status
    for record in records[:3]:
        name = record.tenders[0].instrument.name.lower()
        yield f"refund-amount-{name}", Scene(place=Place.REFUND_AMOUNT, records=parts, record=record), status
    yield "refund-done", Scene(place=Place.REFUND_DONE, record=records[0], refund=60), status
    done = Scene(place=Place.REFUND_DONE, record=records[0], refund=60)
    yield "refund-loaded", replace(done, served=_SERVED["card-loaded"]), status
    yield "refund-not-yet", replace(done, served=Served()), status
    yield "history", Scene(place=Place.HISTORY, records=records), status
    yield "history-last-page", Scene(place=Place.HISTORY, records=records, page=1), status
    yield "history-empty", Scene(place=Place.HISTORY), status
    yield "record", Scene(place=Place.RECORD, records=records, record=records[2]), status
    yield "record-not-paid", Scene(place=Place.RECORD, records=records, record=records[5]), status
    yield "totals", Scene(place=Place.TOTALS, totals=totals), status
    yield "totals-empty", Scene(place=Place.TOTALS, totals=Totals()), status
    yield "day-end", Scene(place=Place.DAY_END, totals=totals), status
    yield "day-closed", Scene(place=Place.DAY_CLOSED, totals=replace(totals, unresolved=Sum()), number=1080), status
    for paper in (Paper.PAPER_OUT, Paper.COVER_OPEN, Paper.NOT_READY, Paper.UNKNOWN):
        yield f"paper-{paper.replace(' ', '-')}", Scene(place=Place.PAPER, paper=paper), status


def _service() -> Iterator[tuple[str, Scene, Status]]:
    status = _status()
    yield "signed-off", Scene(place=Place.SIGNED_OFF, with_operators=True), status
    pin = Scene(place=Place.PIN, with_operators=True, operator="Anouk")
    yield "pin", replace(pin, digits="12345"), status
    yield "pin-wrong", replace(pin, attempts_left=3), status
    yield "locked", Scene(place=Place.LOCKED, with_operators=True, wait_s=60), status
    yield "service", Scene(place=Place.SERVICE), status
    failing = replace(
        _offline(status),
        link=Link.NEEDS_SERVICE,
        why_service="terminal not allowed",
        scanner=Device.FAILED,
        printer=frozenset({Condition.COVER_OPEN, Condition.OFFLINE}),
    )
    for details in (Details.DEVICES, Details.NETWORK, Details.QUEUE, Details.VERSIONS):
        yield f"service-{details}", Scene(place=Place.DETAILS, details=details), status
    for details in (Details.DEVICES, Details.NETWORK):
        yield f"service-{details}-failing", Scene(place=Place.DETAILS, details=details), failing
    checks = (
        Check("device.reader", well=True),
        Check("device.scanner", well=True),
        Check("device.printer", well=True),
    )
    test = Scene(place=Place.DETAILS, details=Details.SELF_TEST)
    yield "self-test-running", test, status
    yield "self-test", replace(test, checks=checks), status
    yield "self-test-failed", replace(test, checks=(*checks[:2], replace(checks[2], well=False))), failing
    for why in Suspension:
        yield f"suspended-{why.name.lower()}", Scene(place=Place.SUSPENDED, suspended=why), failing
    limited = Scene(place=Place.MANAGER, with_operators=True, operator="Anouk", managers_only=frozenset(Duty))
    yield "manager-only", limited, status
    yield "menu-for-managers", replace(limited, place=Place.MENU), status


def _practice() -> Iterator[tuple[str, Scene, Status]]:
    status = _status()
    drill = Drill.PAYS
    yield "practice-idle", Scene(drill=drill), status
    yield "practice-present", replace(_sale(Phase.PRESENT), drill=drill), status
    yield "practice-menu", Scene(place=Place.MENU, drill=drill), status
    card = (Tender(Instrument.CARD, 1370, _CARD, _NOW, 1),)
    unresolved = _sale(Phase.UNRESOLVED, tenders=card, problem=Refusal.CARD_REMOVED)
    yield "practice-unresolved", replace(unresolved, drill=drill), status
    paid = _sale(Phase.DECIDED, paper=Paper.PRINTED, tenders=card, verdict=Verdict.ACCEPTED)
    yield "practice-accepted", replace(paid, drill=drill), status
