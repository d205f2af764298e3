# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the screens say when a sale has ended, and at a start about the one that was in hand."""

from heitje.journal import CardEvidence
from heitje.refusals import Refusal
from terminal.events import PrintAgain
from terminal.flows.events import AskedAgain, Confirmed, CopyAsked, FlowEvent
from terminal.flows.scene import Happened, Scene
from terminal.flows.stage import TROUBLE
from terminal.sale import Phase, State, Verdict
from terminal.screens.icons import Icon
from terminal.screens.palette import Tone, Weight
from terminal.screens.screen import INSTRUMENT_ICONS, Button, Fact, Key, Telling, View, calm
from terminal.served_lines import served_lines
from terminal.status import Status
from terminal.words import Words, words_in


def result(scene: Scene, say: Words) -> View:
    """The sale has ended, or its receipt is being printed."""
    match scene.sale.verdict:
        case Verdict.ACCEPTED:
            return _accepted(scene, say)
        case Verdict.UNRESOLVED:
            return _left_unresolved(scene, say)
    return _not_paid(scene, say)


def _accepted(scene: Scene, say: Words) -> View:
    state = scene.sale
    facts = [
        *(
            Fact(say.instrument(tender.instrument), say.euros(tender.amount), INSTRUMENT_ICONS[tender.instrument])
            for tender in state.tenders
        ),
        *([Fact(say("instrument.cash"), say.euros(state.cash), Icon.CASH)] if state.cash else []),
    ]
    evidence = state.tenders[-1].evidence if state.tenders else None
    if isinstance(evidence, CardEvidence) and evidence.tmc is not None:
        left = evidence.balance_before - state.tenders[-1].amount
        if state.served is not None and state.served.balance is not None:
            left = state.served.balance
        facts.append(Fact(say("accepted.balance"), say.euros(left), Icon.PURSE))
    if not scene.training:  # what was taken without a connection never looks like what was confirmed
        word, icon = ("confirmed", Icon.ONLINE) if state.confirmed else ("offline", Icon.OFFLINE)
        facts.append(Fact(say(f"receipt.{word}"), "", icon))
    telling = Telling(
        say("accepted.title"),
        (*served_lines(state.served, say), *_about_paper(state, say)),
        Icon.CHECK,
        say.euros(state.amount),
        tuple(facts),
        buttons=_after(state, say),
    )
    if state.phase is Phase.RECEIPT:
        return "accepted-printing", Tone.GOOD, telling
    return "accepted-no-paper" if state.paper in TROUBLE else "accepted", Tone.GOOD, telling


def _left_unresolved(scene: Scene, say: Words) -> View:
    state = scene.sale
    word = {True: "given", False: "not_given", None: "open"}[state.given]
    lines = (say(f"closed.{word}_why"), *_about_paper(state, say))
    icon = {True: Icon.BAG, False: Icon.NO_BAG, None: Icon.QUESTION}[state.given]
    amount = say.euros(state.amount)
    telling = Telling(say(f"closed.{word}"), lines, icon, amount, buttons=_after(state, say))
    name = "printing" if state.phase is Phase.RECEIPT else word.replace("_", "-")
    return f"closed-{name}", Tone.CAREFUL, telling


def _not_paid(scene: Scene, say: Words) -> View:
    state, problem = scene.sale, scene.sale.problem or Refusal.CANCELLED
    cancelled = problem is Refusal.CANCELLED
    headline = say("told.not_paid" if scene.recovering else "cancelled.title" if cancelled else "refused.title")
    nothing = (say("cancelled.nothing"),)
    lines = (*served_lines(state.served, say), *(nothing if cancelled else (say.why(problem), say.remedy(problem))))
    buttons = (
        Button("again", say("button.ask_again"), AskedAgain(), Icon.REPEAT),
        Button("done", say("button.done"), Confirmed(), Icon.NEXT, Weight.PRIMARY, Key.ENTER),
    )
    telling = Telling(headline, lines, Icon.STOP, say.euros(state.amount), buttons=buttons)
    return "cancelled" if cancelled else "not-paid", calm(scene) if cancelled else Tone.BAD, telling


def _about_paper(state: State, say: Words) -> tuple[str, ...]:
    if state.phase is Phase.RECEIPT:
        return (say("paper.printing"),)
    if state.paper in TROUBLE:
        word = state.paper.name.lower()
        return (say(f"paper.{word}"), say(f"paper.{word}.do"))
    return ()


def _after(state: State, say: Words) -> tuple[Button, ...]:
    """What can be done when the sale has ended; while its receipt is being printed, not yet."""
    trouble, printing = state.paper in TROUBLE, state.phase is Phase.RECEIPT
    label = say("button.without_receipt" if trouble else "button.new_sale")
    print_again: FlowEvent | None = None if printing else PrintAgain()
    go_on: FlowEvent | None = None if printing else Confirmed()
    first, second = (Weight.PRIMARY, Weight.NORMAL) if trouble else (Weight.NORMAL, Weight.PRIMARY)
    return (
        Button("print-again", say("button.print_again"), print_again, Icon.PRINTER, first),
        Button("done", label, go_on, Icon.NEXT, second, Key.ENTER),
    )


def told(scene: Scene, _: Status) -> View:
    """What became of the sale in hand when the till went off."""
    say, news = words_in(scene.language), scene.news
    happened = news.happened if news else Happened.NOTHING
    done = Button("done", say("button.done"), Confirmed(), Icon.NEXT, Weight.PRIMARY, Key.ENTER)
    if news is None or happened is Happened.NOTHING:
        telling = Telling(say("told.title"), (say("told.nothing"),), Icon.CHECK, buttons=(done,))
        return "told-nothing", Tone.CALM, telling
    when = say.date_and_time(news.time)
    if happened is Happened.PAID:
        copy = Button("print-copy", say("button.print_receipt"), CopyAsked(), Icon.PRINTER)
        paid = (say("told.paid", when=when),)
        telling = Telling(say("told.was_paid"), paid, Icon.CHECK, say.euros(news.amount), buttons=(copy, done))
        return "told-paid", Tone.GOOD, telling
    again = Button("again", say("button.ask_again"), AskedAgain(), Icon.REPEAT)
    lines = (say("told.power", when=when), say("cancelled.nothing"))
    telling = Telling(say("told.not_paid"), lines, Icon.STOP, say.euros(news.amount), buttons=(again, done))
    return "told-not-paid", Tone.CALM, telling
