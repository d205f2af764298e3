# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sale's machine: each row of its table, everything that has no row, and what no sequence of events may do."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heitje.card.sale import Fate
from heitje.holds import HoldAnswer
from heitje.journal import CardEvidence, Instrument, PaperEvidence, PhoneEvidence
from heitje.refusals import Refusal
from terminal.effects import (
    AskBackend,
    AwaitWord,
    CommitCard,
    Effect,
    PrepareCard,
    PrintReceipt,
    ResolveCard,
    ServeCard,
    WriteClosing,
    WriteIntent,
    WriteRedemptions,
    WriteRefunds,
    WriteVoids,
)
from terminal.events import (
    BalanceRead,
    CardArrived,
    CardCommitted,
    CardDeclined,
    CardPrepared,
    CardResolved,
    CardServed,
    CardSilent,
    CashTaken,
    Closed,
    EarlierSettled,
    Event,
    GivenUp,
    HoldHeard,
    NotWritten,
    NumberTaken,
    PrintAgain,
    ReceiptDone,
    SaleStarted,
    TokenJudged,
    WordHeard,
    Written,
)
from terminal.machine import TRANSITIONS, step
from terminal.sale import Paper, Phase, Served, State, Tender, Verdict

SALE = bytes(range(16))
BEFORE = CardEvidence(bytes(7), bytes(16), bytes(16), 2500, bytes(16), tmc_before=7)
AFTER = replace(BEFORE, tmc_before=None, tmc=8, tmv=bytes(8))
NOTE = Tender(Instrument.PAPER, 500, PaperEvidence(b"note"), 1)
CODE = Tender(Instrument.PHONE, 300, PhoneEvidence(b"code"), 1)
CARD = Tender(Instrument.CARD, 320, BEFORE, 1)
HELD = replace(CODE, offline=False)


def numbered(tender: Tender, intent: int) -> Tender:
    return replace(tender, intent=intent)


def at(phase: Phase, *tenders: Tender, amount: int = 820, **more: object) -> State:
    """A sale of € 8.20 in this phase."""
    return replace(State(phase, SALE, amount, tenders), **more)  # type: ignore[arg-type]  # State's own fields


PRESENT = at(Phase.PRESENT)
PART = at(Phase.PRESENT, numbered(NOTE, 1), entries=(1,))
PREPARING = at(Phase.CARD_PREPARING)
INTENT = at(Phase.CARD_INTENT, numbered(NOTE, 1), CARD, entries=(1,))
COMMITTING = at(Phase.CARD_COMMITTING, numbered(NOTE, 1), numbered(CARD, 2), entries=(1, 2))
UNRESOLVED = replace(COMMITTING, phase=Phase.UNRESOLVED, problem=Refusal.CARD_REMOVED)
RESOLVING = replace(UNRESOLVED, phase=Phase.RESOLVING)
CLOSING = replace(UNRESOLVED, phase=Phase.CLOSING, given=True, problem=None)
REDEEMING = replace(COMMITTING, phase=Phase.REDEEMING)
SETTLING = replace(PART, phase=Phase.SETTLING, verdict=Verdict.REFUSED, problem=Refusal.CANCELLED)
ASKING = at(Phase.ASKING, asked=CODE, unheard=Refusal.NEEDS_A_CONNECTION)
CONFIRMING = replace(REDEEMING, phase=Phase.CONFIRMING)
RECEIPT = replace(REDEEMING, phase=Phase.RECEIPT, verdict=Verdict.ACCEPTED)
DECIDED = replace(RECEIPT, phase=Phase.DECIDED)
LITTLE = replace(PRESENT, problem=Refusal.TOO_LITTLE_LEFT, balance=40)
AT_WORK = Served(at_work=True)
LOADED = Served(loaded=500, balance=540)
LEFT = Served(waits=500, again=True)

BOTH = (numbered(NOTE, 1), numbered(replace(CARD, evidence=AFTER), 2))

# State, event, what changes of the state, and what is to be done. At least one line for each row of the table.
ROWS: list[tuple[State, Event, dict[str, object], tuple[Effect, ...]]] = [
    (State(), SaleStarted(SALE, 820), {"phase": Phase.PRESENT, "sale": SALE, "amount": 820}, ()),
    (PRESENT, TokenJudged(Refusal.EXPIRED), {"problem": Refusal.EXPIRED}, ()),
    (PRESENT, TokenJudged(NOTE), {"tenders": (NOTE,)}, (WriteIntent(SALE, NOTE),)),
    (
        at(Phase.PRESENT, amount=500),
        TokenJudged(NOTE),
        {"phase": Phase.REDEEMING, "tenders": (NOTE,)},
        (WriteRedemptions(SALE, (NOTE,)),),
    ),
    (
        PRESENT,
        TokenJudged(CODE, asks=True, unheard=Refusal.NEEDS_A_CONNECTION),
        {"phase": Phase.ASKING, "asked": CODE, "unheard": Refusal.NEEDS_A_CONNECTION},
        (AskBackend(SALE, CODE),),
    ),
    (PRESENT, TokenJudged(Refusal.BLOCKED, asks=True), {"problem": Refusal.BLOCKED}, ()),
    (
        ASKING,
        HoldHeard(HoldAnswer(until=9)),
        {"phase": Phase.PRESENT, "asked": None, "unheard": None, "tenders": (HELD,)},
        (WriteIntent(SALE, HELD),),
    ),
    (
        replace(ASKING, amount=300),
        HoldHeard(HoldAnswer(until=9)),
        {"phase": Phase.REDEEMING, "asked": None, "unheard": None, "tenders": (HELD,)},
        (WriteRedemptions(SALE, (HELD,)),),
    ),
    (
        ASKING,
        HoldHeard(HoldAnswer(reason=Refusal.ALREADY_USED)),
        {"phase": Phase.PRESENT, "asked": None, "unheard": None, "problem": Refusal.ALREADY_USED},
        (),
    ),
    (
        ASKING,
        HoldHeard(None),
        {"phase": Phase.PRESENT, "asked": None, "unheard": None, "problem": Refusal.NEEDS_A_CONNECTION},
        (),
    ),
    (
        replace(ASKING, unheard=None),
        HoldHeard(None),
        {"phase": Phase.PRESENT, "asked": None, "tenders": (CODE,)},
        (WriteIntent(SALE, CODE),),
    ),
    (
        replace(ASKING, cancelled=True),
        HoldHeard(HoldAnswer(until=9)),
        {
            "phase": Phase.DECIDED,
            "asked": None,
            "unheard": None,
            "verdict": Verdict.REFUSED,
            "problem": Refusal.CANCELLED,
        },
        (),
    ),
    (ASKING, GivenUp(Refusal.CANCELLED), {"cancelled": True}, ()),
    (at(Phase.PRESENT, NOTE), Written((1,)), {"tenders": (numbered(NOTE, 1),), "entries": (1,)}, ()),
    (
        at(Phase.PRESENT, NOTE),
        NotWritten(),
        {"phase": Phase.DECIDED, "tenders": (), "verdict": Verdict.REFUSED, "problem": Refusal.DEVICE_NOT_READY},
        (),
    ),
    (
        at(Phase.PRESENT, numbered(CODE, 1), NOTE),
        NotWritten(),
        {
            "phase": Phase.SETTLING,
            "tenders": (numbered(CODE, 1),),
            "verdict": Verdict.REFUSED,
            "problem": Refusal.DEVICE_NOT_READY,
        },
        (WriteVoids((1,)),),
    ),
    (
        replace(PART, problem=Refusal.CARD_REMOVED, balance=40),
        CardArrived(),
        {"phase": Phase.CARD_PREPARING, "problem": None, "balance": None},
        (PrepareCard(SALE, 320),),
    ),
    (PRESENT, CardDeclined(Refusal.SEVERAL_CARDS), {"problem": Refusal.SEVERAL_CARDS}, ()),
    (PRESENT, CashTaken(320), {"cash": 320}, ()),
    (PRESENT, CashTaken(820), {}, ()),
    (PART, CashTaken(321), {}, ()),
    (PART, CashTaken(0), {}, ()),
    (PART, CashTaken(320), {"phase": Phase.REDEEMING, "cash": 320}, (WriteRedemptions(SALE, PART.tenders, 320),)),
    (
        PRESENT,
        GivenUp(Refusal.NOTHING_PRESENTED),
        {"phase": Phase.DECIDED, "verdict": Verdict.REFUSED, "problem": Refusal.NOTHING_PRESENTED},
        (),
    ),
    (
        replace(PRESENT, problem=Refusal.CARD_REMOVED),
        GivenUp(Refusal.NOTHING_PRESENTED),
        {"phase": Phase.DECIDED, "verdict": Verdict.REFUSED},
        (),
    ),
    (
        PART,
        GivenUp(Refusal.CANCELLED),
        {"phase": Phase.SETTLING, "verdict": Verdict.REFUSED, "problem": Refusal.CANCELLED},
        (WriteVoids((1,)),),
    ),
    (
        PREPARING,
        CardPrepared(CARD),
        {"phase": Phase.CARD_INTENT, "tenders": (CARD,)},
        (WriteIntent(SALE, CARD),),
    ),
    (
        replace(PREPARING, cancelled=True),
        CardPrepared(CARD),
        {"phase": Phase.DECIDED, "verdict": Verdict.REFUSED, "problem": Refusal.CANCELLED},
        (),
    ),
    (
        PREPARING,
        CardDeclined(Refusal.TOO_LITTLE_LEFT, 40),
        {"phase": Phase.PRESENT, "problem": Refusal.TOO_LITTLE_LEFT, "balance": 40},
        (ServeCard(),),
    ),
    (
        PREPARING,
        CardDeclined(Refusal.EXPIRED),
        {"phase": Phase.PRESENT, "problem": Refusal.EXPIRED},
        (),
    ),
    (LITTLE, CardServed(AT_WORK), {"served": AT_WORK}, ()),
    (LITTLE, CardServed(Served()), {"served": Served()}, ()),
    (
        LITTLE,
        CardServed(LOADED),
        {"served": LOADED, "phase": Phase.CARD_PREPARING, "problem": None, "balance": None},
        (PrepareCard(SALE, 820),),
    ),
    (PRESENT, CardServed(LOADED), {"served": LOADED}, ()),
    (replace(DECIDED, phase=Phase.ASKING), CardServed(LOADED), {"served": LOADED}, ()),
    (replace(DECIDED, phase=Phase.REDEEMING), CardServed(LOADED), {"served": LOADED}, ()),
    (replace(DECIDED, phase=Phase.SETTLING), CardServed(LOADED), {"served": LOADED}, ()),
    (replace(DECIDED, phase=Phase.RECEIPT), CardServed(LOADED), {"served": LOADED}, ()),
    (replace(DECIDED, phase=Phase.DECIDED), CardServed(LOADED), {"served": LOADED}, ()),
    (replace(DECIDED, served=LEFT), CardArrived(), {}, (ServeCard(),)),
    (replace(DECIDED, served=LOADED), CardArrived(), {}, ()),
    (
        replace(PREPARING, cancelled=True),
        CardDeclined(Refusal.CARD_REMOVED),
        {"phase": Phase.DECIDED, "verdict": Verdict.REFUSED, "problem": Refusal.CANCELLED},
        (),
    ),
    (PREPARING, EarlierSettled((4, 5)), {"entries": (4, 5)}, ()),
    (PREPARING, GivenUp(Refusal.CANCELLED), {"cancelled": True}, ()),
    (
        INTENT,
        Written((2,)),
        {"phase": Phase.CARD_COMMITTING, "tenders": COMMITTING.tenders, "entries": (1, 2)},
        (CommitCard(2),),
    ),
    (
        INTENT,
        NotWritten(),
        {
            "phase": Phase.SETTLING,
            "tenders": PART.tenders,
            "verdict": Verdict.REFUSED,
            "problem": Refusal.DEVICE_NOT_READY,
        },
        (WriteVoids((1,)),),
    ),
    (INTENT, NumberTaken(), {"phase": Phase.CARD_PREPARING, "tenders": PART.tenders}, (PrepareCard(SALE, 320),)),
    (COMMITTING, CardCommitted(AFTER), {"phase": Phase.REDEEMING, "tenders": BOTH}, (WriteRedemptions(SALE, BOTH),)),
    (COMMITTING, CardSilent(), {"phase": Phase.UNRESOLVED, "problem": Refusal.CARD_REMOVED}, ()),
    (UNRESOLVED, CardArrived(), {"phase": Phase.RESOLVING}, (ResolveCard(2),)),
    (UNRESOLVED, CardDeclined(Refusal.SEVERAL_CARDS), {"problem": Refusal.SEVERAL_CARDS}, ()),
    (
        UNRESOLVED,
        Closed(given=False),
        {"phase": Phase.CLOSING, "given": False, "problem": None},
        (WriteClosing(2, (1,), given=False),),
    ),
    (
        UNRESOLVED,
        GivenUp(Refusal.NOTHING_PRESENTED),
        {"phase": Phase.RECEIPT, "verdict": Verdict.UNRESOLVED},
        (PrintReceipt(),),
    ),
    (
        RESOLVING,
        CardResolved(Fate.PAID, (3, 4)),
        {"phase": Phase.RECEIPT, "verdict": Verdict.ACCEPTED, "problem": None, "entries": (1, 2, 3, 4)},
        (ServeCard(), PrintReceipt()),
    ),
    (
        RESOLVING,
        CardResolved(Fate.PAID_BUT_UNPROVEN, (3, 4)),
        {"phase": Phase.RECEIPT, "verdict": Verdict.ACCEPTED, "problem": None, "entries": (1, 2, 3, 4)},
        (ServeCard(), PrintReceipt()),
    ),
    (
        RESOLVING,
        CardResolved(Fate.NEVER_HAPPENED, (3,)),
        {"phase": Phase.CARD_PREPARING, "tenders": PART.tenders, "problem": None, "entries": (1, 2, 3)},
        (PrepareCard(SALE, 320),),
    ),
    (RESOLVING, CardResolved(Fate.UNKNOWN, ()), {"phase": Phase.UNRESOLVED, "problem": Refusal.CARD_ERROR}, ()),
    (
        RESOLVING,
        CardDeclined(Refusal.ANOTHER_CARD),
        {"phase": Phase.UNRESOLVED, "problem": Refusal.ANOTHER_CARD},
        (),
    ),
    (
        CLOSING,
        Written((3, 4)),
        {"phase": Phase.RECEIPT, "verdict": Verdict.UNRESOLVED, "entries": (1, 2, 3, 4)},
        (PrintReceipt(),),
    ),
    (
        CLOSING,
        NotWritten(),
        {"phase": Phase.UNRESOLVED, "given": None, "problem": Refusal.DEVICE_NOT_READY},
        (),
    ),
    (
        REDEEMING,
        Written((3, 4)),
        {"phase": Phase.CONFIRMING, "entries": (1, 2, 3, 4)},
        (AwaitWord((3, 4)),),
    ),
    (
        at(Phase.REDEEMING, numbered(NOTE, 1), amount=500, entries=(1,)),
        Written((2,)),
        {"phase": Phase.RECEIPT, "verdict": Verdict.ACCEPTED, "entries": (1, 2)},
        (PrintReceipt(),),
    ),
    (
        at(Phase.REDEEMING, HELD, amount=300),
        Written((1, 2)),
        {"phase": Phase.RECEIPT, "verdict": Verdict.ACCEPTED, "entries": (1, 2), "confirmed": True},
        (PrintReceipt(),),
    ),
    (CONFIRMING, WordHeard(), {"phase": Phase.RECEIPT, "verdict": Verdict.ACCEPTED}, (ServeCard(), PrintReceipt())),
    (
        CONFIRMING,
        WordHeard(confirmed=True),
        {"phase": Phase.RECEIPT, "verdict": Verdict.ACCEPTED, "confirmed": True},
        (ServeCard(), PrintReceipt()),
    ),
    (
        replace(CONFIRMING, entries=(1, 2, 3, 4)),
        WordHeard(refusal=Refusal.BAD_SIGNATURE),
        {"phase": Phase.SETTLING, "verdict": Verdict.REFUSED, "problem": Refusal.BAD_SIGNATURE},
        (WriteRefunds(SALE, (3,)),),
    ),
    (
        at(Phase.CONFIRMING, numbered(CARD, 1), amount=320, entries=(1, 2)),
        WordHeard(refusal=Refusal.BAD_SIGNATURE),
        {"phase": Phase.DECIDED, "verdict": Verdict.REFUSED, "problem": Refusal.BAD_SIGNATURE},
        (),
    ),
    (
        REDEEMING,
        NotWritten(),
        {"phase": Phase.RECEIPT, "verdict": Verdict.UNRESOLVED, "problem": Refusal.DEVICE_NOT_READY},
        (PrintReceipt(),),
    ),
    (
        at(Phase.REDEEMING, NOTE, amount=500),
        NotWritten(),
        {"phase": Phase.DECIDED, "tenders": (), "verdict": Verdict.REFUSED, "problem": Refusal.DEVICE_NOT_READY},
        (),
    ),
    (
        replace(PART, phase=Phase.REDEEMING, cash=320),
        NotWritten(),
        {"phase": Phase.SETTLING, "verdict": Verdict.REFUSED, "problem": Refusal.DEVICE_NOT_READY},
        (WriteVoids((1,)),),
    ),
    (SETTLING, Written((2,)), {"phase": Phase.DECIDED, "entries": (1, 2)}, ()),
    (SETTLING, NotWritten(), {"phase": Phase.DECIDED}, ()),
    (RECEIPT, ReceiptDone(Paper.PRINTED), {"phase": Phase.DECIDED, "paper": Paper.PRINTED}, ()),
    (DECIDED, PrintAgain(), {"phase": Phase.RECEIPT}, (PrintReceipt(),)),
    (replace(DECIDED, verdict=Verdict.REFUSED), PrintAgain(), {}, ()),
]


@pytest.mark.parametrize(
    ("state", "event", "changes", "effects"), ROWS, ids=[f"{row[0].phase}, {type(row[1]).__name__}" for row in ROWS]
)
def test_a_row(state: State, event: Event, changes: dict[str, object], effects: tuple[Effect, ...]) -> None:
    assert step(state, event) == (replace(state, **changes), effects)  # type: ignore[arg-type]  # State's own fields


def test_a_new_sale_remembers_nothing_of_the_one_before() -> None:
    assert step(DECIDED, SaleStarted(SALE, 100)) == (State(Phase.PRESENT, SALE, 100), ())


def test_every_row_is_told_above() -> None:
    told = {(state.phase, type(event)) for state, event, _, _ in ROWS} | {(Phase.DECIDED, SaleStarted)}
    assert told == TRANSITIONS.keys()


EVENTS: tuple[Event, ...] = (
    SaleStarted(SALE, 1),
    TokenJudged(NOTE),
    HoldHeard(None),
    WordHeard(),
    CardArrived(),
    BalanceRead(320),
    CardServed(LEFT),
    CardPrepared(CARD),
    CardDeclined(Refusal.CARD_ERROR),
    CardCommitted(AFTER),
    CardSilent(),
    EarlierSettled((9,)),
    CardResolved(Fate.PAID, (9,)),
    Written((9,)),
    NotWritten(),
    NumberTaken(),
    GivenUp(Refusal.CANCELLED),
    CashTaken(1),
    Closed(given=True),
    ReceiptDone(),
    PrintAgain(),
)


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_without_a_row_changes_nothing(phase: Phase, event: Event) -> None:
    state = replace(COMMITTING, phase=phase)
    if (phase, type(event)) not in TRANSITIONS:
        assert step(state, event) == (state, ())


def test_the_events_above_are_all() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


def test_every_phase_but_the_first_can_be_reached_and_every_phase_is_left() -> None:
    assert {phase for phase, _ in TRANSITIONS} == set(Phase)
    assert {step(state, event)[0].phase for state, event, _, _ in ROWS} == set(Phase) - {Phase.IDLE}


# Random worlds. The journal, the card and the people around the machine are played by the book, and by the choices.


@dataclass
class World:
    """A journal that only counts, and a card; both do what the machine asks, well or not, as `choose` says."""

    choose: Callable[[int], int]
    state: State = field(default_factory=State)
    seq: int = 0
    open: dict[int, Tender] = field(default_factory=dict)
    redeemed: list[int] = field(default_factory=list)
    voided: list[int] = field(default_factory=list)
    committed: list[int] = field(default_factory=list)
    printed: list[Verdict | None] = field(default_factory=list)
    redemptions: dict[int, int] = field(default_factory=dict)
    refunded: list[int] = field(default_factory=list)
    disbelieved: list[int] = field(default_factory=list)
    """Cards that the backend does not believe: the journal holds them, and nobody is paid."""

    def feed(self, event: Event) -> None:
        pending = [event]
        while pending:
            before = self.state
            self.state, effects = step(before, pending.pop(0))
            for effect in effects:
                self.check(before, effect)
                pending += self.do(effect)

    def check(self, before: State, effect: Effect) -> None:
        """What must be so when an effect is asked for."""
        match effect:
            case CommitCard(intent=intent):
                assert intent in self.open, "a card commits only after its intent has a number"
            case WriteRedemptions(tenders=tenders):
                last = tenders[-1]
                assert all(tender.intent is not None for tender in tenders[:-1]), "all intents come first"
                assert sum(tender.amount for tender in tenders) + self.state.cash == self.state.amount
                if last.instrument is Instrument.CARD:
                    assert last.intent in self.committed, "a card is redeemed after it has committed"
            case WriteVoids(intents=intents):
                assert not set(intents) & set(self.committed), "what a card has committed is not voided"
            case PrintReceipt():
                assert self.state.verdict in {Verdict.ACCEPTED, Verdict.UNRESOLVED}
                if self.state.verdict is Verdict.ACCEPTED and before.phase in (Phase.REDEEMING, Phase.CONFIRMING):
                    assert {tender.intent for tender in self.state.tenders[:-1]} <= set(self.redeemed)
        assert self.state.remaining >= 0

    def do(self, effect: Effect) -> list[Event]:
        match effect:
            case PrepareCard(amount=amount):
                assert amount > 0
                choice = self.choose(3)
                if choice == 0:
                    return [CardDeclined(Refusal.TOO_LITTLE_LEFT, amount - 1)]
                prepared = CardPrepared(Tender(Instrument.CARD, amount, BEFORE, 1))
                return [EarlierSettled((self.count(),)), prepared] if choice == 1 else [prepared]
            case ServeCard():
                served = (Served(), Served(loaded=1), Served(waits=1, again=True))[self.choose(3)]
                return [CardServed(Served(at_work=True)), CardServed(served)]
            case AskBackend():
                answers = (
                    HoldHeard(None),
                    HoldHeard(HoldAnswer(until=9)),
                    HoldHeard(HoldAnswer(reason=Refusal.BLOCKED)),
                )
                return [answers[self.choose(3)]]
            case AwaitWord(entries=entries):
                assert entries
                words = (WordHeard(), WordHeard(confirmed=True), WordHeard(refusal=Refusal.BAD_SIGNATURE))
                choice = self.choose(3)
                if choice == 2:
                    self.disbelieved.append(self.redeemed[-1])
                return [words[choice]]
            case WriteRefunds(redemptions=redemptions):
                assert self.redemptions.keys() >= set(redemptions)
                self.refunded += [self.redemptions[seq] for seq in redemptions]
                return [Written(tuple(self.count() for _ in redemptions))]
            case CommitCard(intent=intent):
                choice = self.choose(3)
                if choice < 2:
                    self.committed.append(intent)
                return [CardCommitted(AFTER)] if choice == 0 else [CardSilent()]
            case ResolveCard(intent=intent):
                return [self.resolve(intent)]
            case WriteIntent(tender=tender):
                choice = self.choose(4)
                if choice == 0:
                    return [NotWritten()]
                if choice == 1 and tender.instrument is Instrument.CARD:
                    return [NumberTaken()]
                return [Written((self.intent(tender),))]
            case WriteRedemptions(tenders=tenders):
                if self.choose(5) == 0:
                    return [NotWritten()]
                intents = [self.intent(t) if t.intent is None else t.intent for t in tenders]
                return [Written(tuple(self.redeem(intent) for intent in intents))]
            case WriteVoids(intents=intents):
                if self.choose(5) == 0:
                    return [NotWritten()]
                return [Written(tuple(self.void(intent) for intent in intents))]
            case WriteClosing(card=card, beside=beside, given=given):
                if self.choose(5) == 0:
                    return [NotWritten()]
                assert self.open[card].instrument is Instrument.CARD
                follow = self.redeem if given else self.void
                return [Written((self.count(), *(follow(intent) for intent in beside)))]
            case PrintReceipt():
                self.printed.append(self.state.verdict)
                return [ReceiptDone(Paper.UNKNOWN)]
        raise AssertionError(effect)

    def resolve(self, intent: int) -> Event:
        """What the card tells is true, or it is another card or gone again."""
        choice = self.choose(4)
        if choice == 0:
            return CardDeclined(Refusal.ANOTHER_CARD)
        if choice == 1:
            return CardResolved(Fate.UNKNOWN, ())
        if intent not in self.committed:
            return CardResolved(Fate.NEVER_HAPPENED, (self.void(intent),))
        if choice == 2:
            return CardResolved(Fate.PAID_BUT_UNPROVEN, (self.count(),))
        return CardResolved(Fate.PAID, (self.redeem(intent),))

    def count(self) -> int:
        self.seq += 1
        return self.seq

    def intent(self, tender: Tender) -> int:
        seq = self.count()
        self.open[seq] = tender
        return seq

    def redeem(self, intent: int) -> int:
        assert intent not in self.redeemed, "an intent is redeemed once"
        assert intent not in self.voided, "never void and redemption of one intent"
        self.open.pop(intent)
        self.redeemed.append(intent)
        seq = self.count()
        self.redemptions[seq] = intent
        return seq

    def void(self, intent: int) -> int:
        assert intent not in self.redeemed, "never void and redemption of one intent"
        assert intent not in self.voided, "an intent is voided once"
        assert intent not in self.committed, "what a card has committed is not voided"
        self.open.pop(intent)
        self.voided.append(intent)
        return self.count()


def outside(draw: Callable[[int], int]) -> Event:
    """Something that comes from people, devices and the clock."""
    amount = 50 + 50 * draw(10)
    return (
        SaleStarted(bytes(16), amount),
        TokenJudged(Refusal.EXPIRED),
        TokenJudged(Tender(Instrument.PAPER, amount, PaperEvidence(b"n"), 1)),
        TokenJudged(Tender(Instrument.PHONE, amount, PhoneEvidence(b"c"), 1)),
        TokenJudged(Tender(Instrument.PHONE, amount, PhoneEvidence(b"c"), 1), True, Refusal.NEEDS_A_CONNECTION),
        CardArrived(),
        CardDeclined(Refusal.SEVERAL_CARDS),
        GivenUp(Refusal.NOTHING_PRESENTED),
        GivenUp(Refusal.CANCELLED),
        CashTaken(amount),
        Closed(given=bool(draw(2))),
        PrintAgain(),
    )[draw(12)]


@settings(max_examples=300)
@given(st.data())
def test_whatever_happens_money_is_neither_lost_nor_doubled(data: st.DataObject) -> None:
    def choose(choices: int) -> int:
        return data.draw(st.integers(0, choices - 1))

    world = World(choose)
    world.feed(SaleStarted(bytes(16), 500))
    for _ in range(data.draw(st.integers(1, 25))):
        event = outside(choose)
        if isinstance(event, TokenJudged) and isinstance(event.answer, Tender):
            event = TokenJudged(replace(event.answer, amount=min(event.answer.amount, world.state.remaining)))
        world.feed(event)
        assert world.state.phase in {Phase.PRESENT, Phase.UNRESOLVED, Phase.DECIDED}
        assert (world.state.verdict is None) == (world.state.phase is not Phase.DECIDED)
        if world.state.verdict is Verdict.REFUSED:
            kept = set(world.redeemed) - set(world.refunded) - set(world.disbelieved)
            assert not {tender.intent for tender in world.state.tenders} & kept
    assert not set(world.redeemed) & set(world.voided)
    assert set(world.committed) <= set(world.redeemed) | world.open.keys()
