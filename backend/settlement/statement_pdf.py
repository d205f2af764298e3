# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A shop's statement on paper: a tagged PDF in nl, en or de, the same bytes as long as nothing that is open changes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from backend.settlement.models import BatchLine
from backend.settlement.statement_words import say
from backend.settlement.statements import Row
from backend.typesetting import typeset

_ZONE: Final = ZoneInfo("Europe/Amsterdam")
_HEADINGS: Final = (
    *("title", "for", "account", "date", "reference", "time", "what", "euro", "why", "sales", "sum"),
    *("total sent", "open", "nothing open", "page", "questions"),
)
_TEMPLATE: Final = files("backend.settlement") / "statement.typ"


def write(
    line: BatchLine, payer: str, reference: str, rows: Sequence[Row], still_open: Iterable[Row], language: str
) -> bytes:
    """The statement of one line of a batch; `payer` is the municipality."""
    data = {
        "language": language,
        "words": {word: say(word, language) for word in _HEADINGS},
        "payer": payer,
        "date": line.batch.date.isoformat(),
        "shop": line.name,
        "iban": " ".join(line.iban[at : at + 4] for at in range(0, len(line.iban), 4)),
        "reference": reference,
        "sent": euros(line.amount, language),
        "rows": [[_time(row.at), say(row.what, language), row.reference, euros(row.cents, language)] for row in rows],
        "open": [
            [
                _time(row.at),
                row.reference,
                say(row.why or row.what, language),
                euros(row.cents, language) if row.cents else "–",
            ]
            for row in still_open
        ],
    }
    return typeset(_TEMPLATE.read_text(encoding="utf-8"), data, line.batch.cut_at)


def euros(cents: int, language: str) -> str:
    """Euro with the language's decimal sign and a true minus."""
    whole, parts = divmod(abs(cents), 100)
    separators = (",", ".") if language == "en" else (".", ",")
    return f"{'−' if cents < 0 else ''}{whole:,}".replace(",", separators[0]) + f"{separators[1]}{parts:02d}"


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, _ZONE).strftime("%Y-%m-%d %H:%M")
