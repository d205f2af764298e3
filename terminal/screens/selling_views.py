# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the screens of a sale say, from the amount pad until it has ended."""

from typing import Final

from heitje import qr
from heitje.codes import PaymentRequest
from heitje.journal import Instrument
from heitje.money import Cents
from heitje.refusals import Refusal
from terminal.events import CashTaken, Closed, GivenUp
from terminal.flows.events import (
    Back,
    CashAsked,
    ClosingAsked,
    Confirmed,
    Drilled,
    FlowEvent,
    LanguageChosen,
    MenuOpened,
)
from terminal.flows.scene import Drill, Scene
from terminal.machine import TRY_AGAIN
from terminal.sale import Phase, State
from terminal.screens.icons import Icon
from terminal.screens.palette import Tone, Weight
from terminal.screens.result_views import result
from terminal.screens.screen import INSTRUMENT_ICONS, Button, Fact, Key, Pad, Telling, View, calm
from terminal.served_lines import served_lines
from terminal.status import Link, Status
from terminal.words import LANGUAGE_NAMES, Words, words_in

_CARD_AT_WORK: Final = frozenset({Phase.CARD_PREPARING, Phase.CARD_INTENT, Phase.CARD_COMMITTING, Phase.RESOLVING})


def language_buttons(language: str, *, whole: bool = False) -> tuple[Button, ...]:
    """One for each language, by its letters or its `whole` own name; the one that is spoken is marked."""
    return tuple(
        Button(
            f"language-{code}",
            name if whole else code.upper(),
            LanguageChosen(code),
            weight=Weight.PRIMARY if code == language else Weight.NORMAL,
        )
        for code, name in LANGUAGE_NAMES.items()
    )


def idle(scene: Scene, status: Status) -> View:
    """The amount pad, which is also where the till rests."""
    say, typed = words_in(scene.language), scene.typed
    pay: FlowEvent | None = Confirmed() if typed else None
    buttons = (
        Button("menu", say("button.menu"), MenuOpened(), Icon.MENU),
        Button("pay", say("button.pay"), pay, Icon.NEXT, Weight.PRIMARY, Key.ENTER),
    )
    languages = () if typed else language_buttons(scene.language)
    pad = Pad(say("idle.title"), say.euros(typed), _notes(scene, status, say), buttons=buttons, languages=languages)
    return "amount" if typed else "idle", Tone.PRACTICE if scene.training else Tone.CALM, pad


def _notes(scene: Scene, status: Status, say: Words) -> tuple[str, ...]:
    if scene.problem is not None:
        return say.why(scene.problem), say.remedy(scene.problem)
    return _limits(scene.typed, status, say) if scene.typed else _how_the_till_does(scene, status, say)


def _how_the_till_does(scene: Scene, status: Status, say: Words) -> tuple[str, ...]:
    if scene.training:
        return (say("practice.nothing_real"),)
    if status.queue_full and not status.asks:
        return (say("idle.queue_full"),)
    if status.queue_nearly_full and not status.asks:
        return (say.count("idle.queue_nearly_full", status.sales_left),)
    return (say("idle.offline"),) if status.link is Link.OFFLINE else ()


def _limits(amount: int, status: Status, say: Words) -> tuple[str, ...]:
    """What is too much without a connection, said before it is refused."""
    lines = []
    for instrument in (Instrument.CARD, Instrument.PHONE):
        most, name = status.room(instrument), say.instrument(instrument)
        if amount > most:
            lines.append(
                say("limit.up_to", what=name, amount=say.euros(most)) if most else say("limit.none", what=name)
            )
    return tuple(lines)


def cash(scene: Scene, _: Status) -> View:
    """How much of it in cash."""
    say, typed, left = words_in(scene.language), scene.typed, scene.sale.remaining
    most = left if scene.sale.tenders else left - 1
    take: FlowEvent | None = Confirmed() if 0 < typed <= most else None
    buttons = (
        Button("back", say("button.back"), Back(), Icon.BACK, key=Key.ESCAPE),
        Button("take-cash", say("button.take_cash"), take, Icon.CASH, Weight.PRIMARY, Key.ENTER),
    )
    lines = (say("cash.of", amount=say.euros(left)),)
    return "cash", calm(scene), Pad(say("cash.title"), say.euros(typed), lines, Icon.CASH, buttons)


def sale(scene: Scene, status: Status) -> View:
    """The sale, wherever it is."""
    say, state = words_in(scene.language), scene.sale
    if state.phase is Phase.PRESENT:
        return _present(scene, status, say) if state.problem is None else _refused(scene, say)
    if state.phase is Phase.UNRESOLVED:
        return _unresolved(scene, say)
    if state.phase in (Phase.RECEIPT, Phase.DECIDED):
        return result(scene, say)
    return _working(scene, say)


def _present(scene: Scene, status: Status, say: Words) -> View:
    state = scene.sale
    facts = [*_taken(state, say)]
    if not scene.training:
        for instrument in Instrument:
            most = _most(state.remaining, status.room(instrument), say)
            facts.append(Fact(say.instrument(instrument), most, INSTRUMENT_ICONS[instrument]))
    request = "" if scene.training else request_text(state, status)
    begun = bool(state.tenders or state.cash)
    telling = Telling(
        say("present.rest" if begun else "present.title"),
        _before_paying(scene, status, say),
        amount=say.euros(state.remaining),
        facts=tuple(facts),
        qr=request,
        qr_label=say("present.scan") if request else "",
        buttons=_drills(say) if scene.training else _while_waiting(scene, say),
    )
    return "present-rest" if begun else "present", calm(scene), telling


def _before_paying(scene: Scene, status: Status, say: Words) -> tuple[str, ...]:
    if scene.training:
        return (say("practice.choose"),)
    return (say("present.card_lies"),) if status.card_lies else ()


def request_text(state: State, status: Status) -> str:
    """The request that a phone can scan: no more than a phone may pay now; empty where it may not pay."""
    amount = min(state.remaining, status.room(Instrument.PHONE))
    if amount <= 0:
        return ""
    return qr.encode_request(PaymentRequest(status.terminal, Cents(amount), status.programme, state.sale))


def _most(remaining: int, most: int, say: Words) -> str:
    if not most:
        return say("present.needs_connection")
    return say("present.yes") if remaining <= most else say("present.up_to", amount=say.euros(most))


def _taken(state: State, say: Words) -> tuple[Fact, ...]:
    tenders = tuple(
        Fact(say.instrument(tender.instrument), say.euros(tender.amount), Icon.CHECK, strong=True)
        for tender in state.tenders
    )
    cash = (Fact(say("instrument.cash"), say.euros(state.cash), Icon.CHECK, strong=True),) if state.cash else ()
    return tenders + cash


def _while_waiting(scene: Scene, say: Words) -> tuple[Button, ...]:
    languages = list(LANGUAGE_NAMES)
    following = languages[(languages.index(scene.sale_language) + 1) % len(languages)]
    spoken = say("button.customer_language", language=LANGUAGE_NAMES[scene.sale_language])
    return (
        Button("customer-language", spoken, LanguageChosen(following), Icon.PERSON),
        Button("cash", say("button.cash"), CashAsked(), Icon.CASH),
        *_rest_in_cash(scene.sale, say),
        _cancel(say),
    )


def _rest_in_cash(state: State, say: Words) -> tuple[Button, ...]:
    if not state.tenders:
        return ()
    return (Button("rest-cash", say("button.rest_cash"), CashTaken(state.remaining), Icon.CASH, Weight.PRIMARY),)


def _cancel(say: Words) -> Button:
    return Button("cancel", say("button.cancel"), GivenUp(Refusal.CANCELLED), Icon.CROSS, Weight.DANGER, Key.ESCAPE)


def _drills(say: Words) -> tuple[Button, ...]:
    return (
        Button("drill-pays", say("practice.pays"), Drilled(Drill.PAYS), Icon.CARD, Weight.PRIMARY),
        Button("drill-little", say("practice.too_little"), Drilled(Drill.HAS_TOO_LITTLE), Icon.CARD),
        Button("drill-leaves", say("practice.too_soon"), Drilled(Drill.LEAVES_TOO_SOON), Icon.CARD),
        _cancel(say),
    )


def _refused(scene: Scene, say: Words) -> View:
    """Why, what to do, and the ways that are left. The sale still waits."""
    state, problem = scene.sale, scene.sale.problem or Refusal.CANCELLED
    again = problem in TRY_AGAIN
    facts = [Fact(say("refused.still"), say.euros(state.remaining), strong=True)]
    buttons = []
    if state.balance is not None:
        facts.append(Fact(say("refused.balance"), say.euros(state.balance), Icon.CARD))
        if 0 < state.balance < state.remaining:
            label = say("button.balance_and_cash", amount=say.euros(state.balance))
            buttons.append(Button("balance-and-cash", label, CashTaken(state.remaining - state.balance), Icon.CASH))
    if scene.training:
        buttons.append(Button("drill-pays", say("practice.pays"), Drilled(Drill.PAYS), Icon.CARD))
    telling = Telling(
        say("refused.again" if again else "refused.title"),
        (say.why(problem), *(served_lines(state.served, say) or (say.remedy(problem),))),
        Icon.REPEAT if again else Icon.CROSS,
        facts=tuple(facts),
        buttons=(
            *buttons,
            Button("other-means", say("button.go_on"), Confirmed(), Icon.NEXT, Weight.PRIMARY, Key.ENTER),
            _cancel(say),
        ),
    )
    return "once-more" if again else "refused", Tone.CAREFUL if again else Tone.BAD, telling


def _working(scene: Scene, say: Words) -> View:
    state = scene.sale
    asking = state.phase is Phase.ASKING
    lines = (say("working.card"),) if state.phase in _CARD_AT_WORK else (say("working.asking"),) if asking else ()
    buttons: tuple[Button, ...] = ()
    if asking or state.phase is Phase.CARD_PREPARING:
        cancel = _cancel(say)
        label = say("working.cancelling") if state.cancelled else cancel.label
        event = None if state.cancelled else cancel.event
        buttons = (Button(cancel.id, label, event, cancel.icon, cancel.weight, cancel.key),)
    telling = Telling(say("working.title"), lines, Icon.WAIT, say.euros(state.amount), buttons=buttons)
    return "asking" if asking else "working", calm(scene), telling


def _unresolved(scene: Scene, say: Words) -> View:
    state = scene.sale
    lines = [say("unresolved.power")] if scene.recovering else []
    if state.problem not in (None, Refusal.CARD_REMOVED):
        lines.append(say.why(state.problem))
    lines += [say("unresolved.do"), say("unresolved.never_twice")]
    buttons = [Button("not-coming", say("button.not_coming"), ClosingAsked(), Icon.NEXT)]
    if scene.training:
        buttons.insert(0, Button("drill-again", say("practice.again"), Drilled(Drill.PAYS), Icon.CARD, Weight.PRIMARY))
    telling = Telling(
        say("unresolved.title"), tuple(lines), Icon.QUESTION, say.euros(state.amount), buttons=tuple(buttons)
    )
    return "unresolved-at-start" if scene.recovering else "unresolved", Tone.CAREFUL, telling


def closing(scene: Scene, _: Status) -> View:
    """The card does not come back: does the customer have the goods?"""
    say = words_in(scene.language)
    buttons = (
        Button("given", say("button.given"), Closed(given=True), Icon.BAG),
        Button("not-given", say("button.not_given"), Closed(given=False), Icon.NO_BAG),
        Button("back", say("button.back"), Back(), Icon.BACK, key=Key.ESCAPE),
    )
    lines = (say("closing.given"), say("closing.not_given"))
    telling = Telling(say("closing.title"), lines, Icon.QUESTION, say.euros(scene.sale.amount), buttons=buttons)
    return "closing", Tone.CAREFUL, telling
