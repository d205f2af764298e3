# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Training: the same sale, with a card that exists nowhere. It touches no journal, card or key (JOURNAL.md section 1).

What the sale wants done is answered here, so that nothing of it ever reaches the till's hands; only a slip that says
that it is none is printed.
"""

from collections import deque
from dataclasses import replace
from typing import Final

from heitje.card.sale import Fate
from heitje.journal import CardEvidence, Instrument
from heitje.refusals import Refusal
from terminal import machine
from terminal.effects import (
    AskBackend,
    AwaitWord,
    CommitCard,
    Effect,
    PrepareCard,
    PrintReceipt,
    ResolveCard,
    ServeCard,
    WriteRedemptions,
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
    Event,
    GivenUp,
    HoldHeard,
    PrintAgain,
    WordHeard,
    Written,
)
from terminal.flows.effects import FlowEffect, PrintSlip
from terminal.flows.events import (
    Back,
    CashAsked,
    ClosingAsked,
    Confirmed,
    Drilled,
    Erased,
    LanguageChosen,
    Lapsed,
    MenuOpened,
    Readmitted,
    SlipDone,
    Suspended,
    TrainingAsked,
    TrainingEnded,
    Typed,
)
from terminal.flows.scene import Drill, Place, PracticeSlip, Scene
from terminal.flows.stage import Rows, Step, home
from terminal.sale import Phase, Served, State, Tender

DRILL_BALANCE: Final = 120
"""Cents on the card that has too little, or one less than it is asked for."""
DRILL_LEFT: Final = 500
"""Cents that the card which pays keeps."""
NO_CARD: Final = CardEvidence(bytes(7), bytes(16), bytes(16), 0, bytes(16), tmc_before=0)

IN_TRAINING: Final = frozenset(
    {
        *(Typed, Erased, Confirmed, Back, Lapsed, LanguageChosen, MenuOpened, TrainingEnded, Suspended, Readmitted),
        *(Drilled, CashAsked, CashTaken, ClosingAsked, Closed, GivenUp, SlipDone, PrintAgain),
    }
)
"""What is heard in training; a real card, a code and the journal are not."""


def practise(scene: Scene, event: Event) -> Step:
    """Give an event to the sale, and the answers that it would get from a card and a journal."""
    events: deque[Event] = deque([event])
    printed: tuple[FlowEffect, ...] = ()
    while events:
        state, effects = machine.step(scene.sale, events.popleft())
        scene = replace(scene, sale=state)
        for effect in effects:
            if isinstance(effect, PrintReceipt):
                printed = (PrintSlip(PracticeSlip(state), scene.sale_language),)
            else:
                events.append(_answer(effect, scene.drill, state))
    return scene, printed


def _answer(effect: Effect, drill: Drill | None, state: State) -> Event:
    match effect:
        case PrepareCard(amount=amount):
            if drill is Drill.HAS_TOO_LITTLE:
                return CardDeclined(Refusal.TOO_LITTLE_LEFT, min(DRILL_BALANCE, amount - 1))
            evidence = replace(NO_CARD, balance_before=amount + DRILL_LEFT)
            return CardPrepared(Tender(Instrument.CARD, amount, evidence, time=0))
        case CommitCard():
            silent = drill is Drill.LEAVES_TOO_SOON
            return CardSilent() if silent else CardCommitted(_evidence(state))
        case ResolveCard():
            return CardResolved(Fate.PAID, (len(state.entries) + 1,))
        case ServeCard():
            return CardServed(Served())
        case AskBackend():
            return HoldHeard(None)
        case AwaitWord():
            return WordHeard()
        case WriteRedemptions(tenders=tenders):
            return Written(tuple(range(len(state.entries) + 1, len(state.entries) + 1 + len(tenders))))
    return Written((len(state.entries) + 1,))


def _evidence(state: State) -> CardEvidence:
    evidence = state.tenders[-1].evidence
    return replace(evidence, tmc=1) if isinstance(evidence, CardEvidence) else NO_CARD


def _drill(scene: Scene, event: Drilled) -> Step:
    if not scene.training or scene.sale.phase not in (Phase.PRESENT, Phase.UNRESOLVED):
        return scene, ()
    return practise(replace(scene, place=Place.SALE, drill=event.drill), CardArrived())


def _begin_training(scene: Scene, _: TrainingAsked) -> Step:
    return home(replace(scene, drill=Drill.PAYS))


def _end_training(scene: Scene, _: TrainingEnded) -> Step:
    return home(replace(scene, drill=None)) if scene.training else (scene, ())


TRAINING: Final[Rows] = {
    (Place.MENU, TrainingAsked): _begin_training,
    **{(place, TrainingEnded): _end_training for place in (Place.MENU, Place.IDLE, Place.SALE)},
    **{(place, Drilled): _drill for place in (Place.SALE, Place.CLOSING)},
}
