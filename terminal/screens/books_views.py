# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the screens of the till's books say: refunds, sales, totals, the day's end."""

from typing import Final

from heitje.journal import Instrument
from heitje.messages import Outcome
from terminal.flows.books import has_receipt, refund_amount
from terminal.flows.events import (
    Confirmed,
    CopyAsked,
    DayEndAsked,
    FlowEvent,
    Paged,
    RecordChosen,
    RefundAsked,
    SlipAsked,
)
from terminal.flows.scene import Scene
from terminal.history import SaleRecord, Standing, TenderRecord
from terminal.screens.icons import Icon
from terminal.screens.menu_views import back, done
from terminal.screens.palette import Tone, Weight
from terminal.screens.screen import INSTRUMENT_ICONS, Button, Fact, Key, Listing, Pad, Row, Telling, View
from terminal.served_lines import served_lines
from terminal.status import Status
from terminal.totals import Sum, Totals
from terminal.words import Words, words_in

_STANDING_ICONS: Final = {
    Standing.PAID: Icon.CHECK,
    Standing.NOT_PAID: Icon.STOP,
    Standing.OPEN: Icon.QUESTION,
    Standing.GIVEN: Icon.BAG,
    Standing.NOT_GIVEN: Icon.NO_BAG,
}


def refund_choice(scene: Scene, _: Status) -> View:
    """Which payment is to be given back."""
    say = words_in(scene.language)
    rows = tuple(
        _row(place, record, say, f"{say('refund.left')} {say.euros(record.tenders[0].refundable)}")
        for place, record in enumerate(scene.shown_records, start=1)
    )
    return "refund-choice", Tone.CALM, _listing(scene, say("refund.which"), rows, say("refund.none"), say)


def refund_pad(scene: Scene, _: Status) -> View:
    """How much of it."""
    say, amount = words_in(scene.language), refund_amount(scene)
    tender = scene.record.tenders[0] if scene.record else None
    left = tender.refundable if tender else 0
    sure: FlowEvent | None = Confirmed() if 0 < amount <= left else None
    lines = [say("refund.most", amount=say.euros(left))]
    if tender is not None:
        lines.append(say(f"refund.to_{tender.instrument.name.lower()}"))
    if scene.problem is not None:
        lines.insert(0, say.why(scene.problem))
    buttons = (
        back(say),
        Button("refund", say("button.refund"), sure, Icon.REFUND, Weight.PRIMARY, Key.ENTER),
    )
    pad = Pad(say("refund.title"), say.euros(amount), tuple(lines), Icon.REFUND, buttons)
    return "refund-amount", Tone.CALM, pad


def refund_done(scene: Scene, _: Status) -> View:
    """It is in the journal."""
    say = words_in(scene.language)
    tender = scene.record.tenders[0] if scene.record else None
    lines: tuple[str, ...] = (say(f"refund.to_{tender.instrument.name.lower()}"),) if tender else ()
    if scene.served is not None:  # a card was held to the reader since
        lines = served_lines(scene.served, say) or (say("refund.not_yet"),)
    return "refund-done", Tone.GOOD, Telling(say("refund.done"), lines, Icon.REFUND, buttons=(done(say),))


def history(scene: Scene, _: Status) -> View:
    """The sales of the last days, and what became of them."""
    say = words_in(scene.language)
    rows = tuple(
        _row(place, record, say, _standing(record, say)) for place, record in enumerate(scene.shown_records, start=1)
    )
    return "history", Tone.CALM, _listing(scene, say("history.title"), rows, say("history.none"), say)


def record(scene: Scene, _: Status) -> View:
    """One sale."""
    say, shown = words_in(scene.language), scene.record
    if shown is None:
        return "record-loading", Tone.CALM, Telling(say("working.title"), icon=Icon.WAIT, buttons=(back(say),))
    facts = [Fact(say("record.number"), str(shown.number)), Fact(say("record.time"), say.date_and_time(shown.time))]
    for tender in shown.tenders:
        facts += _tender_facts(tender, say)
    if shown.cash:
        facts.append(Fact(say("instrument.cash"), say.euros(shown.cash), Icon.CASH))
    buttons = [Button("print-copy", say("button.print_copy"), CopyAsked(), Icon.PRINTER)] if has_receipt(shown) else []
    if any(tender.refundable for tender in shown.tenders):
        buttons.append(Button("refund", say("button.refund"), RefundAsked(), Icon.REFUND))
    telling = Telling(
        say(f"standing.{shown.standing.name.lower()}"),
        icon=_STANDING_ICONS[shown.standing],
        amount=say.euros(shown.amount),
        facts=tuple(facts),
        buttons=(*buttons, back(say)),
    )
    return "record", Tone.CALM, telling


def _tender_facts(tender: TenderRecord, say: Words) -> list[Fact]:
    icon = INSTRUMENT_ICONS[tender.instrument]
    facts = [Fact(say.instrument(tender.instrument), say.euros(tender.amount), icon)]
    if tender.refunded:
        facts.append(Fact(say("record.refunded"), say.euros(tender.refunded), Icon.REFUND))
    return [*facts, Fact(say("record.outcome"), _outcome(tender, say))]


def _outcome(tender: TenderRecord, say: Words) -> str:
    """What the municipality says of it."""
    if tender.outcome is None:
        return say("outcome.unsent")
    return say(f"outcome.{tender.outcome.outcome.name.lower()}")


def _standing(record: SaleRecord, say: Words) -> str:
    """How it stands; where the municipality says something else than a plain yes, that."""
    standing = say(f"standing.{record.standing.name.lower()}")
    news = _news(record)
    if news is None or record.standing is Standing.NOT_PAID:
        return standing
    said = _outcome(news, say)
    return f"{standing} · {said}" if news.outcome is None else said[0].upper() + said[1:]


def _news(record: SaleRecord) -> TenderRecord | None:
    """The first tender that the municipality does not know yet, or of which it does not say a plain yes."""
    told = sorted(record.tenders, key=lambda tender: tender.outcome is None)
    return next((tender for tender in told if tender.outcome is None or _is_news(tender.outcome.outcome)), None)


def _is_news(outcome: Outcome) -> bool:
    return outcome not in (Outcome.ACCEPTED, Outcome.DUPLICATE)


def _row(place: int, record: SaleRecord, say: Words, second: str) -> Row:
    names = ", ".join(dict.fromkeys(say.instrument(tender.instrument) for tender in record.tenders))
    label = f"{say.date_and_time(record.time)} · {names}"
    news = _news(record)
    icon = Icon.ATTENTION if news is not None and news.outcome is not None else _STANDING_ICONS[record.standing]
    button = Button(f"row-{place}", label, RecordChosen(record), icon, key=str(place))
    return Row(button, second, say.euros(record.amount))


def _listing(scene: Scene, headline: str, rows: tuple[Row, ...], empty: str, say: Words) -> Listing:
    older: FlowEvent | None = Paged(1) if scene.page < scene.pages - 1 else None
    newer: FlowEvent | None = Paged(-1) if scene.page else None
    buttons = (
        Button("newer", say("button.newer"), newer, Icon.UP, key=Key.UP),
        Button("older", say("button.older"), older, Icon.DOWN, key=Key.DOWN),
        back(say),
    )
    page = say("list.page", page=scene.page + 1, pages=scene.pages) if scene.pages > 1 else ""
    return Listing(headline, rows, "" if rows else empty, page, buttons)


def totals(scene: Scene, _: Status) -> View:
    """X: what was taken since the day before was closed."""
    say = words_in(scene.language)
    if scene.totals is None:
        return "totals-counting", Tone.CALM, Telling(say("working.title"), icon=Icon.WAIT, buttons=(back(say),))
    telling = Telling(
        say("totals.title"),
        amount=say.euros(scene.totals.total.amount),
        facts=totals_facts(scene.totals, say),
        buttons=(
            Button("print", say("button.print"), SlipAsked(), Icon.PRINTER),
            Button("day-end", say("menu.day_end"), DayEndAsked(), Icon.NIGHT),
            back(say),
        ),
    )
    return "totals", Tone.CALM, telling


def totals_facts(totals: Totals, say: Words) -> tuple[Fact, ...]:
    """The totals' lines; what there is none of is left out."""
    facts = [
        _sum_fact(say.instrument(instrument), totals.paid.get(instrument, Sum()), say, INSTRUMENT_ICONS[instrument])
        for instrument in Instrument
    ]
    others = {
        "cash": (totals.cash, Icon.CASH),
        "refunds": (totals.refunds, Icon.REFUND),
        "unresolved": (totals.unresolved, Icon.QUESTION),
        "given": (totals.given, Icon.BAG),
        "not_given": (totals.not_given, Icon.NO_BAG),
    }
    facts += [_sum_fact(say(f"totals.{name}"), part, say, icon) for name, (part, icon) in others.items() if part.count]
    facts += [
        _sum_fact(say(f"totals.{outcome.name.lower()}"), part, say, Icon.ATTENTION)
        for outcome, part in totals.outcomes.items()
    ]
    if totals.unsent:
        facts.append(Fact(say("totals.unsent"), str(totals.unsent), Icon.QUEUE))
    return tuple(facts)


def _sum_fact(name: str, part: Sum, say: Words, icon: Icon) -> Fact:
    return Fact(name, f"{part.count} ×   {say.euros(part.amount)}", icon)


def day_end(scene: Scene, _: Status) -> View:
    """Shall the day be closed?"""
    say, counted = words_in(scene.language), scene.totals
    lines = [say.why(scene.problem)] if scene.problem is not None else []
    lines.append(say("day_end.what"))
    if counted is not None and counted.unresolved.count:
        lines.append(say.count("day_end.unresolved", counted.unresolved.count))
    sure: FlowEvent | None = None if counted is None else Confirmed()
    telling = Telling(
        say("day_end.title"),
        tuple(lines),
        Icon.NIGHT,
        "" if counted is None else say.euros(counted.total.amount),
        buttons=(Button("close-day", say("menu.day_end"), sure, Icon.NIGHT, Weight.PRIMARY, Key.ENTER), back(say)),
    )
    return "day-end", Tone.CAREFUL if len(lines) > 1 else Tone.CALM, telling


def day_closed(scene: Scene, _: Status) -> View:
    """The day is closed."""
    say, counted = words_in(scene.language), scene.totals or Totals()
    telling = Telling(
        say("day_closed.title", number=scene.number),
        amount=say.euros(counted.total.amount),
        icon=Icon.CHECK,
        facts=totals_facts(counted, say),
        buttons=(Button("print", say("button.print_again"), SlipAsked(), Icon.PRINTER), done(say)),
    )
    return "day-closed", Tone.GOOD, telling
