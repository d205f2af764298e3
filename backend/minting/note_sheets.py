# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A print run on paper: what each note says, its code at level Q, and the file that never changes once it was made."""

from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from typing import Final

import segno

from backend.minting.models import PrintedNote, PrintRun
from backend.minting.note_words import COLOURS, PICTURES, VALUES, WORDS, Words
from backend.minting.print_runs import order_of, sheet_of
from backend.typesetting import typeset
from heitje.qr import encode_voucher

_TEMPLATE: Final = files("backend.minting") / "note_sheets.typ"
_QUIET: Final = 4
"""Modules of white around a code, as ISO 18004 asks."""


def sheets_of(run: PrintRun) -> bytes:
    """The PDF of a run: made at the first call and kept, so that each later one gives the same bytes."""
    if run.pdf:
        return bytes(run.pdf)
    pdf = typeset(_TEMPLATE.read_text("utf-8"), _said(run), run.made_at)
    PrintRun.objects.filter(pk=run.pk, sha256="").update(pdf=pdf, sha256=sha256(pdf).hexdigest())
    run.refresh_from_db(fields=["pdf", "sha256"])  # of two that print it first, both get what was kept
    return bytes(run.pdf)


def _said(run: PrintRun) -> dict[str, object]:
    """What the template is told."""
    order = order_of(run)
    words = WORDS[order.language]
    notes = list(run.notes.select_related("voucher__home").order_by("number"))
    last = sheet_of(run, len(notes))
    return {
        "title": words.title.format(f"{run.pk:05d}"),
        "language": order.language,
        "paper": order.paper,
        "notes": [_note(note, words, order.scope) for note in notes],
        "sheets": [words.sheet.format(f"{run.pk:05d}", number, last) for number in range(1, last + 1)],
    }


def _note(note: PrintedNote, words: Words, scope: tuple[str, ...]) -> dict[str, object]:
    voucher, place = note.voucher, VALUES.index(note.voucher.amount)
    ends = datetime.fromtimestamp(voucher.expires_at, UTC)
    only = ", ".join(part.replace(":", " ") for part in scope)
    return {
        "number": words.number.format(note),
        "programme": "Heitje",
        "good_for": words.good_for,
        "figures": f"€ {voucher.amount // 100}",
        "words": words.amounts[place],
        "colour": COLOURS[place],
        "picture": PICTURES[place],
        "picture_described": words.pictures[place],
        "code": _code(encode_voucher(bytes(voucher.token))),
        "code_described": words.code_of.format(note),
        "home": words.home.format("" if voucher.home is None else voucher.home.name),
        "elsewhere": words.elsewhere,
        "only": [words.only.format(only)] if only else [],
        "once": words.once,
        "until": words.until.format(f"{ends.day}{words.day_mark} {words.month[ends.month - 1]} {ends.year}"),
    }


def _code(text: str) -> str:
    """The QR as SVG, in alphanumeric mode at level Q."""
    drawn = BytesIO()
    code = segno.make_qr(text, error="q", mode="alphanumeric", boost_error=False)
    code.save(drawn, kind="svg", border=_QUIET, xmldecl=False, omitsize=True, light="#fff")
    return drawn.getvalue().decode()
