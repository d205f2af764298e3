# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a receipt says: a pure function of how the sale ended (DESIGN.md section 3)."""

from dataclasses import dataclass
from typing import Final

from drivers.printer.paper import Align, Columns, Correction, Line, Paper, Part, Qr, Rule, Size
from heitje.journal import CardEvidence, Entry, Kind, entry_hash
from terminal.letterhead import NO_LETTERHEAD, Letterhead
from terminal.sale import Verdict
from terminal.words import Words, words_in

_PROOF_MODULE_DOTS: Final = 4
_WHOLE_PERMILLE: Final = 1000
PROOF_PREFIX: Final = "HEITJE:"


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale that has ended: `entries` are its intents, or redemptions where it is paid, in the tenders' order.

    `given`: how the cashier closed an unresolved sale; None: it is not closed. `cash`: what was paid beside them.
    `confirmed`: the backend has said yes to all of it, be it after the entries were written.
    """

    shop_name: str
    terminal: bytes
    amount: int
    verdict: Verdict
    entries: tuple[Entry, ...]
    given: bool | None = None
    cash: int = 0
    confirmed: bool = False


def receipt_of(sold: Sold, language: str, letterhead: Letterhead = NO_LETTERHEAD, *, copy: bool = False) -> Paper:
    """The receipt, in the sale's language; a `copy` says so above everything and below it."""
    say = words_in(language)
    last = sold.entries[-1]
    when = say.date_and_time(last.time)
    mark = [headline(say("receipt.copy")), Line()] if copy else []
    parts: list[Part] = [
        *mark,
        *head(sold.shop_name, letterhead),
        Columns(f"{say('receipt.number')} {last.seq}", when),
        Columns(say("receipt.till"), sold.terminal.hex()),
        Rule(),
        *(Columns(say.instrument(e.instrument), say.euros(e.amount or 0)) for e in sold.entries if e.instrument),
        *([Columns(say("instrument.cash"), say.euros(sold.cash))] if sold.cash else []),
        Columns(say("receipt.total"), say.euros(sold.amount), bold=True, size=Size.DOUBLE),
        *_vat(sold.amount, letterhead, say),
        Rule(),
        *_how_it_ended(sold, say),
        Line(),
        Line(say("receipt.coin"), Align.CENTER),
        *([Line(), Line(say("receipt.copy_of", when=when), Align.CENTER, bold=True)] if copy else []),
    ]
    return Paper(tuple(parts))


def head(shop_name: str, letterhead: Letterhead) -> list[Part]:
    """What stands on top of everything that this shop prints."""
    return [
        Line(shop_name, Align.CENTER, bold=True, size=Size.DOUBLE),
        *(Line(line, Align.CENTER) for line in letterhead.lines),
        Line(),
    ]


def headline(text: str) -> Line:
    """A word that is seen from afar."""
    return Line(text, Align.CENTER, bold=True, size=Size.DOUBLE)


def vat_included(amount: int, permille: int) -> int:
    """Cents of VAT in an amount, half a cent rounded up."""
    whole = _WHOLE_PERMILLE + permille
    return (2 * amount * permille + whole) // (2 * whole)


def _vat(amount: int, letterhead: Letterhead, say: Words) -> list[Part]:
    if letterhead.vat_permille is None:
        return []
    number = [Columns(say("receipt.vat_number"), letterhead.vat_number)] if letterhead.vat_number else []
    rate = say.percent(letterhead.vat_permille)
    included = say.euros(vat_included(amount, letterhead.vat_permille))
    return [Columns(say("receipt.vat", rate=rate), included), *number]


def _how_it_ended(sold: Sold, say: Words) -> list[Part]:
    if sold.verdict is Verdict.UNRESOLVED:
        if sold.given is None:
            return [headline(say("receipt.unresolved")), Line(say("receipt.unresolved_why"))]
        word = "given" if sold.given else "not_given"
        return [headline(say(f"receipt.{word}")), Line(say(f"closed.{word}_why"))]
    ended: list[Part] = [headline(say("receipt.paid"))]
    last = sold.entries[-1]
    proven = last.kind is Kind.REDEMPTION  # else other tills have sold to the card since
    if proven and isinstance(last.evidence, CardEvidence) and last.amount is not None:
        ended.append(Columns(say("receipt.balance"), say.euros(last.evidence.balance_before - last.amount)))
    if last.offline is not None:
        offline = last.offline and not sold.confirmed
        ended.append(Line(say("receipt.offline" if offline else "receipt.confirmed"), Align.CENTER))
    return [*ended, *proof_of(last, say)]


def proof_of(entry: Entry, say: Words) -> list[Part]:
    """The hash of an entry, for whoever wants to look it up."""
    proof = PROOF_PREFIX + entry_hash(entry.encode()).hex().upper()
    return [Line(), Qr(proof, Correction.M, _PROOF_MODULE_DOTS), Line(say("receipt.proof"), Align.CENTER)]
