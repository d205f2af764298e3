# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""X and Z, refunds, self-test and practice slips as golden texts; letterhead; letters of other scripts as pictures.

`UPDATE_GOLDENS=1 pytest tests/terminal/test_slips.py` writes them anew; the difference is then to be looked at.
"""

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from drivers.printer.escpos_printer import encode
from drivers.printer.letters import printable
from drivers.printer.paper import PAPER_58_MM, PAPER_80_MM, Align, Line, Paper, Picture, Size, plain_text
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from heitje.journal import Entry, Instrument, Kind, PhoneEvidence
from heitje.messages import Outcome
from terminal import slips as printed
from terminal.catalogues import LANGUAGES
from terminal.flows.scene import Check
from terminal.letterhead import Letterhead
from terminal.paper_script import with_pictures
from terminal.sale import Phase, State, Tender, Verdict
from terminal.totals import Sum, Totals
from terminal.words import words_in

GOLDENS = Path(__file__).with_name("slips") / "goldens"
WIDTHS = {58: PAPER_58_MM, 80: PAPER_80_MM}
TERMINAL = bytes.fromhex("80c566212392d06a")
NOW = 1_795_000_000
HEAD = Letterhead(("Markt 1, Testburg", "045-1234567"), 90, "NL001234567B01")
SHOP = ("Bakkerij De Wip", TERMINAL, HEAD)
TOTALS = Totals(
    first=1012,
    last=1079,
    since=NOW - 30_000,
    until=NOW,
    paid={Instrument.CARD: Sum(21, 17_245), Instrument.PHONE: Sum(9, 4310)},
    cash=Sum(3, 1275),
    refunds=Sum(1, 320),
    unresolved=Sum(1, 240),
    given=Sum(1, 450),
    not_given=Sum(2, 700),
    outcomes={Outcome.CONFLICT: Sum(1, 500), Outcome.REFUSED: Sum(1, 100), Outcome.PENDING: Sum(1, 240)},
    unsent=12,
)
REFUND = Entry(77, bytes(32), TERMINAL, NOW, Kind.REFUND, bytes(16), 200, Instrument.CARD, of=52, operator="Anouk")
CHECKS = (Check("device.reader", well=True), Check("check.disk", well=False, found="12 MiB"))
SALE = State(
    Phase.RECEIPT,
    bytes(16),
    820,
    (Tender(Instrument.PHONE, 500, PhoneEvidence(b""), NOW, 1),),
    verdict=Verdict.ACCEPTED,
    cash=320,
)


def slips(language: str) -> Iterator[tuple[str, Paper]]:
    say = words_in(language)
    yield "x", printed.totals_slip(SHOP, TOTALS, None, NOW, say)
    yield "z", printed.totals_slip(SHOP, TOTALS, 1080, NOW, say)
    yield "z-nothing", printed.totals_slip(SHOP, Totals(), 1081, NOW, say)
    yield "refund", printed.refund_slip(SHOP, REFUND, say)
    yield "self-test", printed.test_slip(SHOP, CHECKS, NOW, say)
    yield "practice", printed.practice_slip(SHOP, SALE, NOW, say)


@pytest.fixture(autouse=True)
def _in_the_towns_own_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("paper_mm", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_slip_reads_as_its_golden(language: str, paper_mm: int) -> None:
    for name, paper in slips(language):
        text = plain_text(paper, WIDTHS[paper_mm].columns)
        golden = GOLDENS / f"{name}-{language}-{paper_mm}.txt"
        if os.environ.get("UPDATE_GOLDENS"):
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(text, "utf-8")
        assert text == golden.read_text("utf-8"), name


def test_no_golden_is_left_over() -> None:
    wanted = {f"{name}-{language}-{mm}.txt" for language in LANGUAGES for name, _ in slips(language) for mm in WIDTHS}
    assert {path.name for path in GOLDENS.iterdir()} == wanted


@pytest.mark.parametrize("paper_mm", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_comes_out_of_a_printer_as_it_reads(language: str, paper_mm: int) -> None:
    width = WIDTHS[paper_mm]
    for name, paper in slips(language):
        printer = ReceiptPrinter(width.dots)
        printer.receive(encode(paper, width))
        [receipt] = printer.receipts
        said = [line.strip() for line in printable(plain_text(paper, width.columns)).splitlines() if "[QR]" not in line]
        on_paper = [line.strip() for line in receipt.text.splitlines()]
        assert [line for line in said if line and line not in on_paper] == [], name


def test_nothing_about_practice_can_be_taken_for_a_receipt() -> None:
    text = plain_text(dict(slips("nl"))["practice"], 48)
    assert text.count("OEFENBON") == 2
    assert "BETAALD" not in text
    assert "[QR]" not in text


@pytest.mark.parametrize(
    ("settings", "head"),
    [
        ({}, Letterhead()),
        ({"vat_percent": 9}, Letterhead(vat_permille=90)),
        ({"vat_percent": "5.5"}, Letterhead(vat_permille=55)),
        ({"vat_percent": "21,0"}, Letterhead(vat_permille=210)),
        ({"lines": ["Markt 1"], "vat_number": "NL1"}, Letterhead(("Markt 1",), None, "NL1")),
    ],
)
def test_a_letterhead_is_read_and_written(settings: dict[str, object], head: Letterhead) -> None:
    import tomllib

    assert Letterhead.from_settings(settings) == head
    assert Letterhead.from_settings(tomllib.loads("\n".join(head.to_settings()))) == head


@pytest.mark.parametrize(
    "settings",
    [
        {"vat_percent": 5.5},
        {"vat_percent": "much"},
        {"vat_percent": True},
        {"vat_percent": -1},
        {"lines": "Markt 1"},
        {"lines": [1]},
        {"lines": ["x"] * 7},
        {"vat_number": 7},
    ],
)
def test_a_letterhead_that_is_none_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="receipt"):
        Letterhead.from_settings(settings)


@pytest.mark.parametrize("width", WIDTHS.values(), ids=lambda width: f"{width.dots} dots")
@pytest.mark.parametrize("size", Size)
@pytest.mark.parametrize("text", ["Κατάστημα Αθήνα", "Київський хліб", "مخبز الحي القديم", "Łódź i spółka"])
def test_another_script_is_printed_as_it_is(text: str, size: Size, width: object) -> None:
    paper = Paper((Line(text, Align.CENTER, size=size), Line("Totaal")))
    assert width in WIDTHS.values()
    roll = PAPER_58_MM if width == PAPER_58_MM else PAPER_80_MM
    first, second = with_pictures(paper, roll).parts
    assert isinstance(first, Picture)
    assert second == Line("Totaal")
    picture = Image.open(io.BytesIO(first.png)).convert("L")
    assert picture.width == roll.dots
    ink = picture.point(lambda level: 255 - level).getbbox()
    assert ink is not None
    assert ink[0] > 0
    assert ink[2] < roll.dots


@pytest.mark.parametrize("text", ["Bakkerij De Wip", "Café € 3,20?", "北京", "العربية и ελληνικά"])
def test_what_the_code_page_has_or_no_font_stays_text(text: str) -> None:
    paper = Paper((Line(text),))
    assert with_pictures(paper, PAPER_80_MM) == paper
