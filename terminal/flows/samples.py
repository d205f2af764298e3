# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""One sample of everything that can happen to a sale and around it: what the tables are walked with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from heitje.card.sale import Fate
from heitje.holds import HoldAnswer
from heitje.journal import CardEvidence, Instrument, PaperEvidence
from heitje.refusals import Refusal
from terminal import effects as sale_effects
from terminal import events as sale_events
from terminal.flows import effects, events
from terminal.flows.scene import Check, Details, Drill, Happened, News
from terminal.history import SaleRecord, TenderRecord
from terminal.sale import Paper, Phase, Served, State, Tender
from terminal.totals import Totals
from terminal.worth import Worth

AMOUNT: Final = 1000
_SALE: Final = bytes(16)
_EVIDENCE: Final = CardEvidence(bytes(7), bytes(16), bytes(16), AMOUNT, bytes(16), tmc_before=0)
_PART: Final = Tender(Instrument.PAPER, AMOUNT // 2, PaperEvidence(b""), 0)
_WHOLE: Final = replace(_PART, amount=AMOUNT)
_CARD: Final = Tender(Instrument.CARD, AMOUNT, _EVIDENCE, 0)
_CARD_REST: Final = replace(_CARD, amount=AMOUNT // 2)
_WRITTEN: Final = (sale_events.Written((1,)), sale_events.NotWritten())
_NEVER: Final = Refusal.EXPIRED

SALE_EVENTS: Final[tuple[sale_events.Event, ...]] = (
    sale_events.SaleStarted(_SALE, AMOUNT),
    sale_events.TokenJudged(_PART),
    sale_events.TokenJudged(_WHOLE),
    sale_events.TokenJudged(_WHOLE, asks=True),
    sale_events.TokenJudged(_NEVER),
    sale_events.CardArrived(),
    sale_events.CardDeclined(Refusal.SEVERAL_CARDS),
    sale_events.CashTaken(AMOUNT // 2),
    sale_events.GivenUp(Refusal.CANCELLED),
    sale_events.Closed(given=True),
    sale_events.PrintAgain(),
)
"""What comes from outside."""


_CARD_ERRANDS: Final = (
    sale_effects.PrepareCard,
    sale_effects.CommitCard,
    sale_effects.ResolveCard,
    sale_effects.ServeCard,
    effects.ReadBalance,
)


def can_happen(sale: State, pending: Sequence[object], event: object) -> bool:
    """Whether a till can come to this: nothing takes more than remains, a card takes all of it, one card at a time."""
    match event:
        case sale_events.CardArrived() | sale_events.CardDeclined(reason=Refusal.SEVERAL_CARDS):
            return not any(isinstance(effect, _CARD_ERRANDS) for effect in pending)
        case sale_events.TokenJudged(answer=Tender(amount=amount)):
            return amount <= sale.remaining
        case sale_events.CardPrepared(tender=Tender(amount=amount)):
            return amount == sale.remaining
    return True


SALE_ANSWERS: Final[Mapping[type, tuple[sale_events.Event, ...]]] = {
    sale_effects.PrepareCard: (
        sale_events.CardPrepared(_CARD),
        sale_events.CardPrepared(_CARD_REST),
        sale_events.CardDeclined(Refusal.TOO_LITTLE_LEFT, 120),
        sale_events.EarlierSettled((1,)),
    ),
    sale_effects.AskBackend: (
        sale_events.HoldHeard(None),
        sale_events.HoldHeard(HoldAnswer(until=1)),
        sale_events.HoldHeard(HoldAnswer(reason=_NEVER)),
    ),
    sale_effects.CommitCard: (sale_events.CardCommitted(replace(_EVIDENCE, tmc=1)), sale_events.CardSilent()),
    sale_effects.ResolveCard: (
        *(sale_events.CardResolved(fate, (1,)) for fate in Fate),
        sale_events.CardDeclined(Refusal.ANOTHER_CARD),
    ),
    sale_effects.ServeCard: (
        sale_events.CardServed(Served()),
        sale_events.CardServed(Served(loaded=AMOUNT, balance=AMOUNT)),
        sale_events.CardServed(Served(waits=AMOUNT, again=True)),
    ),
    sale_effects.AwaitWord: (
        sale_events.WordHeard(),
        sale_events.WordHeard(confirmed=True),
        sale_events.WordHeard(refusal=Refusal.BAD_SIGNATURE),
    ),
    sale_effects.WriteIntent: (*_WRITTEN, sale_events.NumberTaken()),
    sale_effects.WriteRedemptions: (sale_events.Written((1, 2)), sale_events.NotWritten()),
    sale_effects.WriteVoids: _WRITTEN,
    sale_effects.WriteRefunds: _WRITTEN,
    sale_effects.WriteClosing: _WRITTEN,
    sale_effects.PrintReceipt: (sale_events.ReceiptDone(Paper.PRINTED),),
}
"""What the till's hands may answer to each effect."""

AT_ONCE: Final = frozenset(
    {
        *(sale_effects.WriteIntent, sale_effects.WriteRedemptions, sale_effects.WriteVoids, sale_effects.WriteRefunds),
        *(sale_effects.WriteClosing, effects.BeginSale, effects.CheckPin, effects.SignOff, effects.ListSales),
        *(effects.CountTotals, effects.CloseDay, effects.WriteRefund, effects.RunSelfTest),
    }
)
"""Effects that are answered before anything else is heard."""

_RECORD: Final = SaleRecord(_SALE, 0, 2, (TenderRecord(1, Instrument.CARD, AMOUNT, 2, redemption=2),))
_TORN: Final = State(Phase.UNRESOLVED, _SALE, AMOUNT, (replace(_CARD, intent=1),), (1,))

FLOW_EVENTS: Final[tuple[events.FlowEvent, ...]] = (
    *(event for event in SALE_EVENTS if not isinstance(event, sale_events.SaleStarted)),
    events.Began(None, ()),
    events.Began(None, (_TORN,)),
    *(events.Began(News(happened, AMOUNT, _SALE), ()) for happened in Happened),
    events.Typed("500"),
    events.Erased(),
    events.Confirmed(),
    events.Back(),
    events.Paged(1),
    events.RecordChosen(_RECORD),
    events.LanguageChosen("en"),
    events.OperatorChosen("Anouk"),
    events.SignedOff(),
    events.MenuOpened(),
    events.BalanceAsked(),
    events.RefundAsked(),
    events.HistoryAsked(),
    events.LastReceiptAsked(),
    events.CopyAsked(),
    events.TotalsAsked(),
    events.DayEndAsked(),
    events.SlipAsked(),
    events.ServiceAsked(),
    events.DetailsAsked(Details.DEVICES),
    events.SelfTestAsked(),
    events.TrainingAsked(),
    events.TrainingEnded(),
    *(events.Drilled(drill) for drill in Drill),
    events.CashAsked(),
    events.ClosingAsked(),
    events.Lapsed(),
    events.AskedAgain(),
    events.WorthRead(Worth(Instrument.PHONE, 2500, 0, 500, 300)),
    events.WorthRead(_NEVER),
    events.Suspended(),
    events.Readmitted(),
)

FLOW_ANSWERS: Final[Mapping[type, tuple[events.FlowEvent, ...]]] = {
    **SALE_ANSWERS,
    effects.BeginSale: (sale_events.SaleStarted(_SALE, AMOUNT), sale_events.NotWritten()),
    effects.CheckPin: (
        events.PinChecked(events.PinAnswer.RIGHT),
        events.PinChecked(events.PinAnswer.RIGHT, manager=True),
        events.PinChecked(events.PinAnswer.WRONG, attempts_left=4),
        events.PinChecked(events.PinAnswer.LOCKED, wait_s=30),
    ),
    effects.SignOff: (),
    effects.ReadBalance: (sale_events.BalanceRead(AMOUNT), sale_events.CardDeclined(_NEVER)),
    effects.ListSales: (events.SalesListed((_RECORD,) * 5), events.SalesListed(())),
    effects.CountTotals: (events.TotalsCounted(Totals()),),
    effects.CloseDay: (events.DayClosed(Totals(), 3), sale_events.NotWritten()),
    effects.WriteRefund: (events.RefundWritten(3), sale_events.NotWritten()),
    effects.RunSelfTest: (events.Tested((Check("device.reader", well=True),)),),
    effects.PrintSlip: (events.SlipDone(Paper.PRINTED), events.SlipDone(Paper.PAPER_OUT)),
}
