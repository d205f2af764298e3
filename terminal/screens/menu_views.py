# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the menu says, and the screens that are no list and no sale: a balance, paper trouble, a suspended till."""

from heitje.journal import Instrument
from terminal.events import PrintAgain
from terminal.flows.events import (
    Back,
    BalanceAsked,
    Confirmed,
    DayEndAsked,
    FlowEvent,
    HistoryAsked,
    LastReceiptAsked,
    RefundAsked,
    ServiceAsked,
    SignedOff,
    TotalsAsked,
    TrainingAsked,
    TrainingEnded,
)
from terminal.flows.scene import Duty, Scene, Suspension
from terminal.screens.icons import Icon
from terminal.screens.palette import Tone, Weight
from terminal.screens.screen import Button, Fact, Key, Telling, Tiles, View
from terminal.served_lines import served_lines
from terminal.status import Status
from terminal.words import Words, words_in
from terminal.worth import Worth


def back(say: Words) -> Button:
    """The way out."""
    return Button("back", say("button.back"), Back(), Icon.BACK, key=Key.ESCAPE)


def done(say: Words) -> Button:
    """It has been read."""
    return Button("done", say("button.done"), Confirmed(), Icon.NEXT, Weight.PRIMARY, Key.ENTER)


def menu(scene: Scene, _: Status) -> View:
    """What else can be done."""
    say = words_in(scene.language)
    if scene.training:
        ends = Button("practice", say("menu.end_practice"), TrainingEnded(), Icon.PRACTICE, Weight.PRIMARY)
        return "menu-practice", Tone.PRACTICE, Tiles((ends, back(say)))
    asked: list[tuple[str, FlowEvent, Icon]] = [
        ("balance", BalanceAsked(), Icon.PURSE),
        ("refund", RefundAsked(), Icon.REFUND if scene.may(Duty.REFUND) else Icon.LOCK),
        ("last_receipt", LastReceiptAsked(), Icon.PRINTER),
        ("history", HistoryAsked(), Icon.LIST),
        ("totals", TotalsAsked(), Icon.TOTALS),
        ("day_end", DayEndAsked(), Icon.NIGHT if scene.may(Duty.DAY_END) else Icon.LOCK),
        ("practice", TrainingAsked(), Icon.PRACTICE),
        ("service", ServiceAsked(), Icon.TOOLS),
    ]
    if scene.with_operators:
        asked.append(("sign_off", SignedOff(), Icon.LOCK))
    tiles = [Button(name.replace("_", "-"), say(f"menu.{name}"), event, icon) for name, event, icon in asked]
    return "menu", Tone.CALM, Tiles((*tiles, back(say)))


def balance(scene: Scene, _: Status) -> View:
    """What is on a card."""
    say = words_in(scene.language)
    if scene.problem is not None:
        why = (say.why(scene.problem), say.remedy(scene.problem))
        telling = Telling(say("balance.none"), why, Icon.CROSS, buttons=(back(say),))
        return "balance-none", Tone.BAD, telling
    if scene.balance is not None:
        telling = Telling(
            say("balance.title"),
            served_lines(scene.served, say) or (say("balance.next"),),
            Icon.PURSE,
            say.euros(scene.balance),
            buttons=(done(say),),
        )
        return "balance-shown", Tone.CALM, telling
    if scene.worth is not None:
        return "balance-worth", Tone.CALM, _worth(scene.worth, say)
    asking = Telling(say("balance.title"), (say("balance.ask"),), Icon.PURSE, buttons=(back(say),))
    return "balance", Tone.CALM, asking


def _worth(worth: Worth, say: Words) -> Telling:
    """Of a phone no more is said than a till can know: what other tills took of it does not show in its code."""
    until = Fact(say("balance.until"), say.date_and_time(worth.until))
    if worth.instrument is Instrument.PAPER:
        amount = say.euros(worth.amount)
        return Telling(say("balance.note"), icon=Icon.NOTE, amount=amount, facts=(until,), buttons=(done(say),))
    facts = (
        Fact(say("balance.code"), say.euros(worth.code), Icon.PHONE),
        Fact(say("balance.issued"), say.euros(worth.amount)),
        Fact(say("balance.taken_here"), say.euros(worth.taken_here)),
        until,
    )
    amount = say.euros(worth.most)
    return Telling(say("balance.phone"), (say("balance.ask_phone"),), None, amount, facts, buttons=(done(say),))


def paper(scene: Scene, _: Status) -> View:
    """A person has to look after the printer."""
    say, word = words_in(scene.language), scene.paper.name.lower() if scene.paper else "unknown"
    telling = Telling(
        say(f"paper.{word}"),
        (say(f"paper.{word}.do"),),
        Icon.PRINTER,
        buttons=(
            Button("print-again", say("button.print_again"), PrintAgain(), Icon.PRINTER, Weight.PRIMARY, Key.ENTER),
            Button("done", say("button.without_paper"), Confirmed(), Icon.NEXT, key=Key.ESCAPE),
        ),
    )
    return f"paper-{word.replace('_', '-')}", Tone.CAREFUL, telling


def suspended(scene: Scene, _: Status) -> View:
    """This till sells no more."""
    say = words_in(scene.language)
    why = scene.suspended or Suspension.CITY
    lines = (say(f"suspended.{why.name.lower()}"), say("suspended.do"))
    telling = Telling(
        say("suspended.title"),
        lines,
        Icon.STOP,
        buttons=(
            Button("history", say("menu.history"), HistoryAsked(), Icon.LIST),
            Button("totals", say("menu.totals"), TotalsAsked(), Icon.TOTALS),
            Button("service", say("menu.service"), ServiceAsked(), Icon.TOOLS),
        ),
    )
    return "suspended", Tone.STOPPED, telling


def manager(scene: Scene, _: Status) -> View:
    """What was asked for is for a manager."""
    say = words_in(scene.language)
    change = Button("sign-off", say("button.someone_else"), SignedOff(), Icon.PERSON, Weight.PRIMARY, Key.ENTER)
    lines = (say("manager.do", name=scene.operator),) if scene.operator else (say("manager.do_nobody"),)
    telling = Telling(say("manager.title"), lines, Icon.LOCK, buttons=(change, back(say)))
    return "manager-only", Tone.CAREFUL, telling
