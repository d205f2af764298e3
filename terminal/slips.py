# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is printed beside receipts: X and Z, refunds, the self-test, and in training a slip that is worth nothing."""

from drivers.printer.paper import Align, Columns, Line, Paper, Part, Rule, Size
from heitje.journal import Entry, Instrument
from terminal.flows.scene import Check
from terminal.letterhead import Letterhead
from terminal.receipt import head, headline, proof_of
from terminal.sale import State
from terminal.totals import Sum, Totals
from terminal.words import Words


def totals_slip(shop: tuple[str, bytes, Letterhead], totals: Totals, number: int | None, now: int, say: Words) -> Paper:
    """X, or Z where `number` says which closing it is; printed `now`. `shop`: name, terminal, letterhead."""
    name, terminal, letterhead = shop
    parts: list[Part] = [
        *head(name, letterhead),
        headline(say("receipt.x" if number is None else "receipt.z")),
        Columns(say("receipt.till"), terminal.hex()),
        *([Columns(f"Z {number}", say.date_and_time(now))] if number is not None else [Line(say.date_and_time(now))]),
        Rule(),
    ]
    if not totals.last:
        return Paper((*parts, Line(say("receipt.nothing"))))
    parts += [
        Columns(say("receipt.since"), say.date_and_time(totals.since)),
        Columns(say("receipt.until"), say.date_and_time(totals.until)),
        Line(say("receipt.from_to", first=totals.first, last=totals.last)),
        Rule(),
        *(_sum(say.instrument(kind), totals.paid.get(kind, Sum()), say) for kind in Instrument),
        Columns(say("receipt.total"), say.euros(totals.total.amount), bold=True, size=Size.DOUBLE),
        *([_sum(say("totals.cash"), totals.cash, say)] if totals.cash.count else []),
        Rule(),
    ]
    others = {
        "refunds": totals.refunds,
        "unresolved": totals.unresolved,
        "given": totals.given,
        "not_given": totals.not_given,
        **{outcome.name.lower(): part for outcome, part in totals.outcomes.items()},
    }
    parts += [_sum(say(f"totals.{name}"), part, say) for name, part in others.items() if part.count]
    parts += [Columns(say("totals.unsent"), str(totals.unsent)), Line(), Line(say("receipt.no_cash"), Align.CENTER)]
    return Paper(tuple(parts))


def refund_slip(shop: tuple[str, bytes, Letterhead], refund: Entry, say: Words) -> Paper:
    """A payment was given back."""
    name, terminal, letterhead = shop
    instrument = refund.instrument or Instrument.CARD
    parts: list[Part] = [
        *head(name, letterhead),
        Columns(f"{say('receipt.number')} {refund.seq}", say.date_and_time(refund.time)),
        Columns(say("receipt.till"), terminal.hex()),
        Columns(say("receipt.refund_of"), str(refund.of)),
        Rule(),
        headline(say("receipt.refund")),
        Columns(say.instrument(instrument), say.euros(refund.amount or 0), bold=True, size=Size.DOUBLE),
        Rule(),
        Line(say(f"refund.to_{instrument.name.lower()}")),
        *proof_of(refund, say),
    ]
    return Paper(tuple(parts))


def test_slip(shop: tuple[str, bytes, Letterhead], checks: tuple[Check, ...], now: int, say: Words) -> Paper:
    """What the self-test found."""
    name, terminal, letterhead = shop
    parts: list[Part] = [
        *head(name, letterhead),
        headline(say("receipt.self_test")),
        Columns(say("receipt.till"), terminal.hex()),
        Line(say.date_and_time(now)),
        Rule(),
    ]
    for check in checks:
        word = say("receipt.well" if check.well else "receipt.not_well")
        parts.append(Columns(say(check.message), word, bold=not check.well))
        if check.found:
            parts.append(Line(f"  {check.found}"))
    return Paper(tuple(parts))


def practice_slip(shop: tuple[str, bytes, Letterhead], sale: State, now: int, say: Words) -> Paper:
    """What training prints: nobody can take it for a receipt."""
    name, _, letterhead = shop
    parts: list[Part] = [
        headline(say("receipt.practice")),
        Line(say("receipt.practice_why"), Align.CENTER, bold=True),
        Rule(),
        *head(name, letterhead),
        Line(say.date_and_time(now)),
        *(Columns(say.instrument(tender.instrument), say.euros(tender.amount)) for tender in sale.tenders),
        *([Columns(say("instrument.cash"), say.euros(sale.cash))] if sale.cash else []),
        Columns(say("receipt.total"), say.euros(sale.amount), bold=True),
        Rule(),
        headline(say("receipt.practice")),
        Line(say("receipt.practice_why"), Align.CENTER, bold=True),
    ]
    return Paper(tuple(parts))


def _sum(name: str, part: Sum, say: Words) -> Columns:
    return Columns(name, f"{part.count} × {say.euros(part.amount).rjust(11)}")
