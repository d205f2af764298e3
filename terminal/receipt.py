# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a receipt says: a pure function of how the sale ended (DESIGN.md section 3)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from drivers.printer.paper import Align, Columns, Correction, Line, Paper, Part, Qr, Rule, Size
from heitje.journal import CardEvidence, Entry, Kind, entry_hash
from heitje.money import format_euros
from terminal.sale import Verdict
from terminal.texts import INSTRUMENTS, receipt_text

_TIME_FORMS: Final = {"nl": "%d-%m-%Y %H:%M", "en": "%d/%m/%Y %H:%M", "de": "%d.%m.%Y %H:%M"}
_PROOF_MODULE_DOTS: Final = 4
PROOF_PREFIX: Final = "HEITJE:"


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale that has ended: `entries` are its intents, or redemptions where it is paid, in the tenders' order.

    `given`: how the cashier closed an unresolved sale; None: it is not closed. `cash`: what was paid beside them.
    """

    shop_name: str
    terminal: bytes
    amount: int
    verdict: Verdict
    entries: tuple[Entry, ...]
    given: bool | None = None
    cash: int = 0


def receipt_of(sold: Sold, language: str) -> Paper:
    """The receipt, in the sale's language."""
    say = _Speaker(language)
    last = sold.entries[-1]
    parts: list[Part] = [
        Line(sold.shop_name, Align.CENTER, bold=True, size=Size.DOUBLE),
        Line(),
        Columns(say("number") + f" {last.seq}", say.time(last.time)),
        Columns(say("till"), sold.terminal.hex()),
        Rule(),
        *(Columns(INSTRUMENTS[e.instrument][language], say.euros(e.amount)) for e in sold.entries if e.instrument),
        *([Columns(say("cash"), say.euros(sold.cash))] if sold.cash else []),
        Columns(say("total"), say.euros(sold.amount), bold=True, size=Size.DOUBLE),
        Rule(),
        *_how_it_ended(sold, say),
        Line(),
        Line(say("coin"), Align.CENTER),
    ]
    return Paper(tuple(parts))


def _how_it_ended(sold: Sold, say: "_Speaker") -> list[Part]:
    if sold.verdict is Verdict.UNRESOLVED:
        if sold.given is None:
            return [_headline(say("unresolved")), Line(say("unresolved why"))]
        words = "given" if sold.given else "not given"
        return [_headline(say(words)), Line(say(f"{words} why"))]
    ended: list[Part] = [_headline(say("paid"))]
    last = sold.entries[-1]
    proven = last.kind is Kind.REDEMPTION  # else other tills have sold to the card since
    if proven and isinstance(last.evidence, CardEvidence) and last.amount is not None:
        ended.append(Columns(say("balance"), say.euros(last.evidence.balance_before - last.amount)))
    if last.offline:
        ended.append(Line(say("offline"), Align.CENTER))
    proof = PROOF_PREFIX + entry_hash(last.encode()).hex().upper()
    return [*ended, Line(), Qr(proof, Correction.M, _PROOF_MODULE_DOTS), Line(say("proof"), Align.CENTER)]


def _headline(text: str) -> Line:
    return Line(text, Align.CENTER, bold=True, size=Size.DOUBLE)


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Words, amounts and times in one language."""

    language: str

    def __call__(self, name: str) -> str:
        return receipt_text(name, self.language)

    def euros(self, amount: int | None) -> str:
        return "€ " + format_euros(amount or 0, self.language)

    def time(self, moment: int) -> str:
        return datetime.fromtimestamp(moment).astimezone().strftime(_TIME_FORMS[self.language])
