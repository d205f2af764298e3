# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Statements on paper: tagged, the same bytes each time, in three languages with every word of the books."""

from __future__ import annotations

import re
import zlib
from datetime import date
from typing import TYPE_CHECKING

import pytest

from backend.assembly import debtor_of
from backend.redemption.models import CaseKind
from backend.redemption.reasons import Reason
from backend.settlement import night, statement_pdf
from backend.settlement.models import Batch, BatchLine
from backend.settlement.statement_words import KNOWN, LANGUAGES, say
from backend.settlement.statements import Row

if TYPE_CHECKING:
    from tests.backend.conftest import City

DAY = date(2026, 11, 24)
LINE = BatchLine(
    batch=Batch(date=DAY, run=1, cut_at=1_795_500_000), amount=1234, name="Café Ö & Søn", iban="NL91ABNA0417164300"
)
ROWS = [Row(1_795_400_000, "redeemed", "c0ffee/1", 1284), Row(1_795_400_060, "refunded", "c0ffee/4", -50)]
OPEN = [Row(1_795_400_000, "held", "c0ffee/7", 1250, "card overdrawn")]


@pytest.fixture
def engine() -> str:
    """Paper does not depend on who keeps the books."""
    return "sqlite"


def structure(pdf: bytes) -> bytes:
    """What stands in a PDF, its compressed parts unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    unpacked = []
    for stream in streams:
        try:
            unpacked.append(zlib.decompress(stream))
        except zlib.error:
            continue  # a font, or something else that is not packed this way
    return pdf + b"".join(unpacked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_statement_is_tagged_and_the_same_each_time(language: str) -> None:
    pdf = statement_pdf.write(LINE, "Gemeente Testburg", "RF12", ROWS, OPEN, language)
    assert pdf == statement_pdf.write(LINE, "Gemeente Testburg", "RF12", ROWS, OPEN, language)
    found = structure(pdf)
    for part in (b"/MarkInfo", b"/StructTreeRoot", b"/TH", b"/TD", b"/H1", f"/Lang({language}".encode()):
        assert part in found.replace(b"/Lang (", b"/Lang("), part


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_books_is_said(language: str) -> None:
    """What a case or an outcome is called in the books never reaches a shop as it stands."""
    words = [*CaseKind.values, Reason.WAITS_FOR_CARD, Reason.WAITS_FOR_SALES, Reason.CARD_CHAIN, Reason.CARD_OVERDRAWN]
    assert set(words) <= KNOWN
    assert all(say(word, language) not in ("", word) for word in words)
    assert say("the bank did not pay: AC04", language).endswith("(AC04)")


def test_amounts_are_written_as_each_language_does() -> None:
    big = Row(0, "redeemed", "x", 123_456_789)
    texts = {language: statement_pdf.euros(big.cents, language) for language in LANGUAGES}
    assert texts == {"nl": "1.234.567,89", "en": "1,234,567.89", "de": "1.234.567,89"}
    assert statement_pdf.euros(-5, "nl") == "−0,05"


def test_the_night_leaves_paper_for_each_shop_or_for_one(city: City) -> None:
    other = city.open_till("00112233445566aa", "slager-1")
    for till in (city.till, other):
        till.anchor()
        till.pay_card(city.cards[0], 200)
        till.upload()
    configuration = city.configuration
    debtor, folder = debtor_of(configuration), configuration.settlements_path
    batch = night.settle(DAY, 1, debtor, folder, city.till.clock)
    names = [path.name for path in night.export_pdf(batch, debtor, folder, "de")]
    assert names == ["statement-bakker-1-de.pdf", "statement-slager-1-de.pdf"]
    [only] = night.export_pdf(batch, debtor, folder, "nl", "slager-1")
    assert only.read_bytes().startswith(b"%PDF-")
    assert night.rows_of(batch) >= 2
