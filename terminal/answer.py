# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What `heitje terminal sell` answers: the decision, for a program and for a person."""

from typing import Any, Final

from heitje.journal import Entry, Instrument, Kind
from heitje.money import format_euros
from terminal.counter import Till
from terminal.receipt_printing import Receipt
from terminal.sale import State, Verdict
from terminal.served_lines import served_lines
from terminal.words import words_in

EXIT_CODES: Final = {Verdict.ACCEPTED: 0, Verdict.REFUSED: 1, Verdict.UNRESOLVED: 3}


def answer_document(till: Till, receipt: Receipt | None) -> dict[str, Any]:
    """The decision as one JSON object. `amount` cents; `entries` are all that this sale wrote.

    `loaded` cents came onto the card beside, and `waits` cents did not yet. `earlier` tells of other sales of the same
    card that were settled by this tap.
    """
    state = till.state
    entries = [till.journal.entry(seq) for seq in state.entries]
    verdict = state.verdict or Verdict.REFUSED
    return {
        "decision": str(verdict),
        "reason": None if verdict is Verdict.ACCEPTED or state.problem is None else str(state.problem),
        "amount": state.amount,
        "instrument": _instrument(state, entries),
        "entries": list(state.entries),
        "receipt": None if receipt is None else receipt.to_document(),
        "sale": state.sale.hex(),
        "tenders": [
            {"instrument": tender.instrument.name.lower(), "amount": tender.amount} for tender in state.tenders
        ],
        "balance": state.balance,
        "loaded": state.served.loaded if state.served is not None else 0,
        "waits": state.served.waits if state.served is not None else 0,
        "earlier": [
            {"seq": entry.seq, "kind": entry.kind.name.lower(), "of": entry.of}
            for entry in entries
            if entry.sale != state.sale
        ],
    }


def answer_text(till: Till, receipt: Receipt | None, language: str) -> str:
    """The decision in words: what, why, and what to do."""
    state = till.state
    lines = [
        f"earlier sale, entry {entry.of}: {entry.kind.name.lower()}"
        for entry in map(till.journal.entry, state.entries)
        if entry.sale != state.sale
    ]
    verdict = state.verdict or Verdict.REFUSED
    lines.append(f"{verdict}: € {format_euros(state.amount, language)}")
    if verdict is Verdict.REFUSED and state.problem is not None:
        lines.append(words_in(language).refusal(state.problem))
    if verdict is Verdict.UNRESOLVED:
        lines.append("the card did not answer: `heitje terminal close` the sale as given or not given;")
        lines.append("the next sale to the same card settles this one first, and then takes its own amount")
    say = words_in(language)
    lines += [f"  {say.instrument(tender.instrument)}  {say.euros(tender.amount)}" for tender in state.tenders]
    if state.balance is not None:
        lines.append(f"  balance of the card: € {format_euros(state.balance, language)}")
    lines += [f"  {line}" for line in served_lines(state.served, say)]
    if receipt is not None and receipt.report is not None:
        lines.append(f"  receipt: {receipt.to_document()['printed']}")
    return "\n".join(lines)


def _instrument(state: State, entries: list[Entry]) -> str | None:
    """What paid, or would have: of several tenders the last."""
    if state.tenders:
        return state.tenders[-1].instrument.name.lower()
    intents = [entry for entry in entries if entry.sale == state.sale and entry.kind is Kind.INTENT]
    last = intents[-1].instrument if intents else (Instrument.CARD if state.balance is not None else None)
    return None if last is None else last.name.lower()
