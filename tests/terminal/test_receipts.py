# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Receipts as they are read: golden texts of every kind of sale, in each language, on each width of paper.

`UPDATE_GOLDENS=1 pytest tests/terminal/test_receipts.py` writes them anew; the difference is then to be looked at.
"""

import os
import string
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.printer.escpos_printer import encode
from drivers.printer.letters import printable
from drivers.printer.paper import PAPER_58_MM, PAPER_80_MM, plain_text
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from heitje.journal import CardEvidence, Entry, Evidence, Instrument, Kind, PaperEvidence, PhoneEvidence, entry_hash
from heitje.refusals import Refusal
from terminal.configuration import LANGUAGES
from terminal.letterhead import Letterhead
from terminal.receipt import Sold, receipt_of, vat_included
from terminal.sale import Verdict
from terminal.words import words_in

GOLDENS = Path(__file__).with_name("goldens")
TERMINAL = bytes.fromhex("80c566212392d06a")
WIDTHS = {58: PAPER_58_MM, 80: PAPER_80_MM}
SALE = bytes(16)
CARD = CardEvidence(bytes(7), bytes(16), bytes(16), 2500, bytes(16), tmc=8, tmv=bytes(8))


@pytest.fixture(autouse=True)
def _in_the_towns_own_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Amsterdam")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def redemption(seq: int, instrument: Instrument, amount: int) -> Entry:
    evidence: dict[Instrument, Evidence] = {
        Instrument.CARD: CARD,
        Instrument.PHONE: PhoneEvidence(b"code"),
        Instrument.PAPER: PaperEvidence(b"note"),
    }
    return Entry(
        seq,
        bytes(32),
        TERMINAL,
        1_795_000_000,
        Kind.REDEMPTION,
        SALE,
        amount,
        instrument,
        evidence[instrument],
        of=seq - 1,
        offline=True,
        bundle=1,
        operator="till",
    )


def intent(seq: int, instrument: Instrument, amount: int) -> Entry:
    evidence = replace(CARD, tmc=None, tmv=None, tmc_before=7) if instrument is Instrument.CARD else None
    entry = redemption(seq, instrument, amount)
    return replace(entry, kind=Kind.INTENT, evidence=evidence or entry.evidence, of=None)


def sold(verdict: Verdict, *entries: Entry, given: bool | None = None, shop: str = "Bakkerij De Wip") -> Sold:
    return Sold(shop, TERMINAL, sum(entry.amount or 0 for entry in entries), verdict, entries, given)


PART = redemption(4, Instrument.PAPER, 500)
SALES = {
    "card": sold(Verdict.ACCEPTED, redemption(2, Instrument.CARD, 320)),
    "phone": sold(Verdict.ACCEPTED, redemption(2, Instrument.PHONE, 1_000_000)),
    "note and card": sold(Verdict.ACCEPTED, PART, redemption(5, Instrument.CARD, 320)),
    "note and cash": replace(sold(Verdict.ACCEPTED, PART), amount=820, cash=320),
    "paid without proof": sold(Verdict.ACCEPTED, intent(1, Instrument.CARD, 320)),
    "unresolved": sold(Verdict.UNRESOLVED, replace(PART, kind=Kind.INTENT, of=None), intent(5, Instrument.CARD, 320)),
    "given": sold(Verdict.UNRESOLVED, intent(1, Instrument.CARD, 320), given=True),
    "not given": sold(Verdict.UNRESOLVED, intent(1, Instrument.CARD, 320), given=False),
    "long name": sold(
        Verdict.ACCEPTED,
        redemption(2, Instrument.CARD, 1),
        shop="Coöperatieve Buurtwinkel 't Hèitje van de Molenberg — groente, fruit & ijs (€)",
    ),
}


@pytest.mark.parametrize("paper_mm", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SALES)
def test_a_receipt_reads_as_its_golden(name: str, language: str, paper_mm: int) -> None:
    text = plain_text(receipt_of(SALES[name], language), WIDTHS[paper_mm].columns)
    golden = GOLDENS / f"{name.replace(' ', '-')}-{language}-{paper_mm}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def test_no_golden_is_left_over() -> None:
    wanted = {
        f"{name.replace(' ', '-')}-{language}-{mm}.txt" for name in SALES for language in LANGUAGES for mm in WIDTHS
    }
    assert {path.name for path in GOLDENS.iterdir()} == wanted


@pytest.mark.parametrize("paper_mm", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SALES)
def test_it_comes_out_of_a_printer_as_it_reads(name: str, language: str, paper_mm: int) -> None:
    """Line for line, as another program's printer would print it; nothing is cut off and no letter is lost."""
    width = WIDTHS[paper_mm]
    paper = receipt_of(SALES[name], language)
    printer = ReceiptPrinter(width.dots)
    printer.receive(encode(paper, width))
    [receipt] = printer.receipts
    said = [line.strip() for line in printable(plain_text(paper, width.columns)).splitlines() if "[QR]" not in line]
    printed = [line.strip() for line in receipt.text.splitlines()]
    missing = [line for line in said if line and line not in printed]
    assert missing == []
    assert receipt.image.width > width.dots


def test_the_proof_is_the_hash_of_what_was_redeemed() -> None:
    entry = redemption(2, Instrument.CARD, 320)
    text = plain_text(receipt_of(sold(Verdict.ACCEPTED, entry), "en"), 48)
    assert f"[QR] HEITJE:{entry_hash(entry.encode()).hex().upper()}" in text


def test_a_balance_is_claimed_only_with_proof() -> None:
    for name in SALES:
        text = plain_text(receipt_of(SALES[name], "en"), 48)
        assert ("Left on the card" in text) == (name in {"card", "note and card", "long name"})


@pytest.mark.parametrize("refusal", Refusal)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_says_why_and_what_to_do(refusal: Refusal, language: str) -> None:
    say = words_in(language)
    for text in (say.why(refusal), say.remedy(refusal)):
        assert 10 <= len(text) <= 100
        assert text[0] in string.ascii_uppercase
        assert text.endswith(".")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_refusal_has_a_reason_of_its_own(language: str) -> None:
    said = [words_in(language).why(refusal) for refusal in Refusal]
    assert len(said) == len(set(said))


@pytest.mark.parametrize(
    ("amount", "permille", "vat"), [(109, 90, 9), (320, 90, 26), (121, 210, 21), (1, 90, 0), (10, 55, 1)]
)
def test_vat_is_what_is_included(amount: int, permille: int, vat: int) -> None:
    assert vat_included(amount, permille) == vat


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_copy_says_so_and_vat_is_shown_where_it_is_configured(language: str) -> None:
    letterhead = Letterhead(("Markt 1, Testburg",), 90, "NL001234567B01")
    text = plain_text(receipt_of(SALES["card"], language, letterhead, copy=True), 48)
    say = words_in(language)
    assert text.count(say("receipt.copy")) >= 1
    assert say("receipt.copy_of", when=say.date_and_time(1_795_000_000)) in text
    assert say("receipt.vat", rate="9") in text
    assert say.euros(26) in text
    assert "NL001234567B01" in text
    assert "Markt 1" in text
    plain = plain_text(receipt_of(SALES["card"], language), 48)
    assert say("receipt.copy") not in plain
    assert say("receipt.vat", rate="9") not in plain
