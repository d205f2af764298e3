# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A shop's statement on paper: a tagged PDF in nl, en or de, the same bytes as long as nothing that is open changes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
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
_TEMPLATE: Final = """
#let d = json(bytes(sys.inputs.data))
#let t(word) = d.words.at(word)
#set document(title: t("title") + " " + d.date + ", " + d.shop, author: d.payer)
#set text(lang: d.language, font: "Atkinson Hyperlegible", size: 10pt)
#set page(
  paper: "a4",
  margin: (x: 20mm, top: 22mm, bottom: 22mm),
  footer: context [
    #set text(size: 8.5pt, fill: luma(70))
    #d.payer · #d.reference #h(1fr) #t("page") #counter(page).display("1 / 1", both: true)
  ],
)
#set table(stroke: none, inset: (x: 4pt, y: 4.5pt))
#show heading.where(level: 1): set text(size: 20pt)
#show heading.where(level: 2): it => block(above: 16pt, below: 8pt, text(size: 13pt, it.body))

= #t("title") #d.date

#terms(
  separator: h(6pt),
  terms.item(t("for"), d.shop),
  terms.item(t("account"), d.iban),
  terms.item(t("reference"), d.reference),
)

#block(fill: rgb("#e8f1ec"), inset: 10pt, radius: 3pt, width: 100%)[
  #set text(size: 13pt)
  #t("total sent") #h(1fr) #strong("€ " + d.sent)
]

== #t("sales")

#table(
  columns: (auto, 1fr, auto, auto),
  align: (left, left, left, right),
  fill: (_, row) => if row > 0 and calc.even(row) { luma(245) },
  table.header(strong(t("time")), strong(t("what")), strong(t("reference")), strong(t("euro"))),
  table.hline(stroke: 0.7pt),
  ..d.rows.flatten(),
  table.hline(stroke: 0.7pt),
  table.footer(repeat: false, [], strong(t("sum")), [], strong(d.sent)),
)

== #t("open")

#if d.open.len() == 0 [ #t("nothing open") ] else {
  table(
    columns: (auto, auto, 1fr, auto),
    align: (left, left, left, right),
    table.header(strong(t("time")), strong(t("reference")), strong(t("why")), strong(t("euro"))),
    table.hline(stroke: 0.7pt),
    ..d.open.flatten(),
  )
}

#v(10pt)
#t("questions")
"""


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
    return typeset(_TEMPLATE, data, line.batch.cut_at)


def euros(cents: int, language: str) -> str:
    """Euro with the language's decimal sign and a true minus."""
    whole, parts = divmod(abs(cents), 100)
    separators = (",", ".") if language == "en" else (".", ",")
    return f"{'−' if cents < 0 else ''}{whole:,}".replace(",", separators[0]) + f"{separators[1]}{parts:02d}"


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, _ZONE).strftime("%Y-%m-%d %H:%M")
