# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's states and what happens in each: `step(state, event) -> (state, effects)`, pure (DESIGN.md section 3).

A sale is paid by one or more tenders. Intents go to the journal first; a card commits last, after its intent is on
disk; the redemptions of all tenders go to disk in one transaction, and only then is anything said or printed
(JOURNAL.md section 1).

`TRANSITIONS` is the machine. An event that has no row in a phase changes nothing: a card that is still on the reader
while the receipt prints is no reason to act.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from heitje.card.sale import Fate
from heitje.journal import Instrument
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
from terminal.sale import Phase, State, Tender, Verdict

Step: TypeAlias = tuple[State, tuple[Effect, ...]]

TRY_AGAIN: Final = frozenset({Refusal.CARD_REMOVED, Refusal.SEVERAL_CARDS, Refusal.DEVICE_NOT_READY})
"""With these the same card may simply be held again, and the sale waits for it."""


def step(state: State, event: Event) -> Step:
    """Take one event. Pure; an event without a row changes nothing."""
    action = TRANSITIONS.get((state.phase, type(event)))
    return (state, ()) if action is None else action(state, event)


def _start(_: State, event: SaleStarted) -> Step:
    return State(Phase.PRESENT, event.sale, event.amount), ()


def _judge_token(state: State, event: TokenJudged) -> Step:
    if isinstance(event.answer, Refusal):
        return replace(state, problem=event.answer), ()
    if event.asks:
        asking = replace(state, phase=Phase.ASKING, asked=event.answer, unheard=event.unheard, problem=None)
        return asking, (AskBackend(state.sale, event.answer),)
    return _take_tender(state, event.answer)


def _take_tender(state: State, tender: Tender) -> Step:
    tendered = replace(state, tenders=(*state.tenders, tender), problem=None)
    if tendered.remaining:
        return tendered, (WriteIntent(state.sale, tender, state.cash),)
    return _redeem(tendered)


def _take_answer(state: State, event: HoldHeard) -> Step:
    """A yes, a no, or none in time: then the offline rules apply (VOUCHERS.md section 4)."""
    heard, asked = replace(state, phase=Phase.PRESENT, asked=None, unheard=None), state.asked
    if state.cancelled:  # what was promised and is not taken ends by itself
        return _give_up(heard, GivenUp(Refusal.CANCELLED))
    refusal = state.unheard if event.answer is None else event.answer.reason
    if refusal is not None or asked is None:
        return replace(heard, problem=refusal), ()
    return _take_tender(heard, replace(asked, offline=event.answer is None))


def _note_intent(state: State, event: Written) -> Step:
    """The intent of a part tender is on disk; the sale goes on."""
    (intent,) = event.entries
    tenders = (*state.tenders[:-1], replace(state.tenders[-1], intent=intent))
    return replace(state, tenders=tenders, entries=(*state.entries, intent)), ()


def _prepare_card(state: State, _: CardArrived | CardServed) -> Step:
    return replace(state, phase=Phase.CARD_PREPARING, problem=None, balance=None), (
        PrepareCard(state.sale, state.remaining),
    )


def _prepare_card_again(state: State, _: NumberTaken) -> Step:
    return (
        replace(state, phase=Phase.CARD_PREPARING, tenders=state.tenders[:-1]),
        (PrepareCard(state.sale, state.tenders[-1].amount),),
    )


def _take_cash(state: State, event: CashTaken) -> Step:
    """Cash for a part, or for the rest of what other tenders have begun; cash alone is no sale of this till."""
    with_cash = replace(state, cash=state.cash + event.amount, problem=None, balance=None)
    if event.amount <= 0 or with_cash.remaining < 0 or (not with_cash.remaining and not state.tenders):
        return state, ()
    return _redeem(with_cash) if not with_cash.remaining else (with_cash, ())


def _cancel_when_possible(state: State, _: GivenUp) -> Step:
    return replace(state, cancelled=True), ()


def _write_card_intent(state: State, event: CardPrepared) -> Step:
    if state.cancelled:  # what the card has prepared is nothing until it commits
        return _give_up(state, GivenUp(Refusal.CANCELLED))
    waiting = replace(state, phase=Phase.CARD_INTENT, tenders=(*state.tenders, event.tender))
    return waiting, (WriteIntent(state.sale, event.tender, state.cash),)


def _decline_card(state: State, event: CardDeclined) -> Step:
    """What waits for a card that has too little may be enough."""
    declined = replace(state, phase=Phase.PRESENT, problem=event.reason, balance=event.balance, served=None)
    if state.cancelled:
        return _give_up(declined, GivenUp(Refusal.CANCELLED))
    return declined, (ServeCard(),) if event.reason is Refusal.TOO_LITTLE_LEFT else ()


def _sell_to_loaded(state: State, event: CardServed) -> Step:
    """A card that had too little has got something, and is asked once more."""
    served = replace(state, served=event.served)
    loaded = event.served.loaded and not event.served.at_work
    return _prepare_card(served, event) if loaded and state.problem is Refusal.TOO_LITTLE_LEFT else (served, ())


def _note_served(state: State, event: CardServed) -> Step:
    return replace(state, served=event.served), ()


def _serve_again(state: State, _: CardArrived) -> Step:
    """The card that was asked for once more, after the sale."""
    wanted = state.served is not None and state.served.again
    return state, (ServeCard(),) if wanted else ()


def _note_earlier(state: State, event: EarlierSettled) -> Step:
    return replace(state, entries=(*state.entries, *event.entries)), ()


def _commit_card(state: State, event: Written) -> Step:
    (intent,) = event.entries
    tenders = (*state.tenders[:-1], replace(state.tenders[-1], intent=intent))
    committing = replace(state, phase=Phase.CARD_COMMITTING, tenders=tenders, entries=(*state.entries, intent))
    return committing, (CommitCard(intent),)


def _redeem_card(state: State, event: CardCommitted) -> Step:
    last = replace(state.tenders[-1], evidence=event.evidence)
    return _redeem(replace(state, tenders=(*state.tenders[:-1], last)))


def _wait_for_same_card(state: State, _: CardSilent) -> Step:
    return replace(state, phase=Phase.UNRESOLVED, problem=Refusal.CARD_REMOVED), ()


def _ask_card(state: State, _: CardArrived) -> Step:
    intent = state.tenders[-1].intent
    return (state, ()) if intent is None else (replace(state, phase=Phase.RESOLVING), (ResolveCard(intent),))


def _take_resolution(state: State, event: CardResolved) -> Step:
    resolved = replace(state, entries=(*state.entries, *event.entries))
    if event.fate in (Fate.PAID, Fate.PAID_BUT_UNPROVEN):
        paid = replace(resolved, phase=Phase.RECEIPT, verdict=Verdict.ACCEPTED, problem=None)
        return paid, (ServeCard(), PrintReceipt())
    if event.fate is Fate.NEVER_HAPPENED:
        again = replace(resolved, phase=Phase.CARD_PREPARING, tenders=state.tenders[:-1], problem=None)
        return again, (PrepareCard(state.sale, again.remaining),)
    return replace(resolved, phase=Phase.UNRESOLVED, problem=Refusal.CARD_ERROR), ()


def _wait_on(state: State, event: CardDeclined) -> Step:
    """Another card, or it left again: what became of the sale is still open."""
    return replace(state, phase=Phase.UNRESOLVED, problem=event.reason), ()


def _close(state: State, event: Closed) -> Step:
    *beside, card = [tender.intent for tender in state.tenders if tender.intent is not None]
    closing = WriteClosing(card, tuple(beside), event.given)
    return replace(state, phase=Phase.CLOSING, given=event.given, problem=None), (closing,)


def _end_closed(state: State, event: Written) -> Step:
    closed = replace(state, verdict=Verdict.UNRESOLVED, entries=(*state.entries, *event.entries))
    return replace(closed, phase=Phase.RECEIPT), (PrintReceipt(),)


def _stay_unresolved(state: State, _: NotWritten) -> Step:
    return replace(state, phase=Phase.UNRESOLVED, given=None, problem=Refusal.DEVICE_NOT_READY), ()


def _leave_unresolved(state: State, _: GivenUp) -> Step:
    """At a tear nothing more is written: the open intent is enough (JOURNAL.md section 1)."""
    return replace(state, phase=Phase.RECEIPT, verdict=Verdict.UNRESOLVED), (PrintReceipt(),)


def _drop_tender(state: State, _: NotWritten) -> Step:
    """A tender whose intent is not on disk is none: nothing was taken."""
    return _give_up(replace(state, tenders=state.tenders[:-1]), GivenUp(Refusal.DEVICE_NOT_READY))


def _leave_unredeemed(state: State, event: NotWritten) -> Step:
    """A card has committed, and its open intent is on disk: it tells at its next tap. Without one nothing was taken."""
    last = state.tenders[-1]
    if last.intent is None:
        return _drop_tender(state, event)
    if last.instrument is not Instrument.CARD:
        return _give_up(state, GivenUp(Refusal.DEVICE_NOT_READY))
    unresolved = replace(state, verdict=Verdict.UNRESOLVED, problem=Refusal.DEVICE_NOT_READY)
    return replace(unresolved, phase=Phase.RECEIPT), (PrintReceipt(),)


def _leave_open(state: State, _: NotWritten) -> Step:
    """The intents of a sale that nobody was told is paid are voided at the next start (JOURNAL.md section 1)."""
    return replace(state, phase=Phase.DECIDED), ()


def _give_up(state: State, event: GivenUp) -> Step:
    """The sale ends unpaid; its other tenders are voided first. A problem says more than that time is over."""
    timed_out = event.reason is Refusal.NOTHING_PRESENTED
    reason = state.problem if timed_out and state.problem is not None else event.reason
    refused = replace(state, verdict=Verdict.REFUSED, problem=reason)
    intents = tuple(tender.intent for tender in state.tenders if tender.intent is not None)
    if intents:
        return replace(refused, phase=Phase.SETTLING), (WriteVoids(intents),)
    return replace(refused, phase=Phase.DECIDED), ()


def _redeem(state: State) -> Step:
    return replace(state, phase=Phase.REDEEMING, problem=None), (
        WriteRedemptions(state.sale, state.tenders, state.cash),
    )


def _end_redeemed(state: State, event: Written) -> Step:
    """All of it is on disk. Of a card the backend's word is waited for a moment (CARD.md section 7)."""
    redeemed = replace(state, entries=(*state.entries, *event.entries))
    if any(tender.instrument is Instrument.CARD for tender in state.tenders):
        return replace(redeemed, phase=Phase.CONFIRMING), (AwaitWord(event.entries),)
    return _accept(redeemed, confirmed=not any(tender.offline for tender in state.tenders))


def _take_word(state: State, event: WordHeard) -> Step:
    """Only a word against it changes anything: a card that the backend does not believe is paid to nobody.

    What was taken beside it is given back.
    """
    if event.refusal is not None:
        refused = replace(state, phase=Phase.DECIDED, verdict=Verdict.REFUSED, problem=event.refusal)
        beside = state.entries[-len(state.tenders) : -1]
        if not beside and not state.cash:
            return refused, ()
        return replace(refused, phase=Phase.SETTLING), (WriteRefunds(state.sale, beside),)
    paid, effects = _accept(state, confirmed=event.confirmed)
    return paid, (ServeCard(), *effects)


def _accept(state: State, confirmed: bool) -> Step:
    paid = replace(state, phase=Phase.RECEIPT, verdict=Verdict.ACCEPTED, confirmed=confirmed)
    return paid, (PrintReceipt(),)


def _end_refused(state: State, event: Written) -> Step:
    return replace(state, phase=Phase.DECIDED, entries=(*state.entries, *event.entries)), ()


def _end(state: State, event: ReceiptDone) -> Step:
    return replace(state, phase=Phase.DECIDED, paper=event.paper), ()


def _print_again(state: State, _: PrintAgain) -> Step:
    """On paper is what the journal holds: a sale that ended unpaid has no receipt."""
    if state.verdict is Verdict.REFUSED:
        return state, ()
    return replace(state, phase=Phase.RECEIPT), (PrintReceipt(),)


_AFTER_A_CARD: Final = (Phase.ASKING, Phase.REDEEMING, Phase.SETTLING, Phase.RECEIPT, Phase.DECIDED)
"""Where a sale can be while a card is served that has paid it, or could not."""

TRANSITIONS: Final[dict[tuple[Phase, type], Callable[..., Step]]] = {
    (Phase.IDLE, SaleStarted): _start,
    (Phase.DECIDED, SaleStarted): _start,
    (Phase.PRESENT, TokenJudged): _judge_token,
    (Phase.ASKING, HoldHeard): _take_answer,
    (Phase.ASKING, GivenUp): _cancel_when_possible,
    (Phase.PRESENT, Written): _note_intent,
    (Phase.PRESENT, NotWritten): _drop_tender,
    (Phase.PRESENT, CardArrived): _prepare_card,
    (Phase.PRESENT, CardDeclined): _decline_card,
    (Phase.PRESENT, CashTaken): _take_cash,
    (Phase.PRESENT, GivenUp): _give_up,
    (Phase.CARD_PREPARING, CardPrepared): _write_card_intent,
    (Phase.CARD_PREPARING, CardDeclined): _decline_card,
    (Phase.CARD_PREPARING, EarlierSettled): _note_earlier,
    (Phase.CARD_PREPARING, GivenUp): _cancel_when_possible,
    (Phase.CARD_INTENT, Written): _commit_card,
    (Phase.CARD_INTENT, NotWritten): _drop_tender,
    (Phase.CARD_INTENT, NumberTaken): _prepare_card_again,
    (Phase.CARD_COMMITTING, CardCommitted): _redeem_card,
    (Phase.CARD_COMMITTING, CardSilent): _wait_for_same_card,
    (Phase.UNRESOLVED, CardArrived): _ask_card,
    (Phase.UNRESOLVED, CardDeclined): _wait_on,
    (Phase.UNRESOLVED, Closed): _close,
    (Phase.UNRESOLVED, GivenUp): _leave_unresolved,
    (Phase.RESOLVING, CardResolved): _take_resolution,
    (Phase.RESOLVING, CardDeclined): _wait_on,
    (Phase.CLOSING, Written): _end_closed,
    (Phase.CLOSING, NotWritten): _stay_unresolved,
    (Phase.REDEEMING, Written): _end_redeemed,
    (Phase.REDEEMING, NotWritten): _leave_unredeemed,
    (Phase.CONFIRMING, WordHeard): _take_word,
    (Phase.SETTLING, Written): _end_refused,
    (Phase.SETTLING, NotWritten): _leave_open,
    (Phase.RECEIPT, ReceiptDone): _end,
    (Phase.DECIDED, PrintAgain): _print_again,
    (Phase.DECIDED, CardArrived): _serve_again,
    **{(phase, CardServed): _note_served for phase in _AFTER_A_CARD},
    (Phase.PRESENT, CardServed): _sell_to_loaded,
}
