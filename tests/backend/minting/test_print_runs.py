# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Print runs: paid for and made once whatever is killed, denied until handed out, void and back; and the paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pypdfium2
import pytest
import zxingcpp

from backend.assembly import programme_of
from backend.configuration import Engine
from backend.ledger import accounts, events
from backend.ledger.posting import post
from backend.minting import expiry, print_runs
from backend.minting.bundles import deny_list
from backend.minting.models import IssuedVoucher, PrintRun
from backend.minting.note_sheets import sheets_of
from backend.minting.print_runs import Order
from backend.minting.vouchers import NotIssued
from heitje import qr
from heitje.acceptance import ListedKey, is_signed_by
from heitje.bundle import KeyUse
from heitje.cose import AAD_VOUCHER
from heitje.money import Cents
from heitje.vouchers import SignedVoucher

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000
DAY_S = 86_400
DESK = "desk-1"
ORDER = Order("bakker-1", ((2, 500), (1, 2000)), "citizen", "anna", "anna")
STOCK = Order("bakker-1", ((3, 1000),), "earmarked", "stock/desk-north")
InChild = Callable[..., bool]

BOTH = pytest.mark.parametrize("engine", list(Engine))


def make(city: City, order: Order = ORDER, event: str = "order 1", by: str = DESK, at: int = AT) -> PrintRun:
    """The run of an order."""
    return print_runs.make_run(event, order, by, "nl.testburg", programme_of(city.configuration).key_store, at)


def denied(run: PrintRun) -> list[int]:
    """Numbers of its notes that tills are told to refuse."""
    listed = deny_list(AT)
    return [note.number for note in run.notes.order_by("number") if bytes.fromhex(note.voucher_id) in listed]


@BOTH
def test_a_run_is_made_once_paid_and_denied_until_handed_out(city: City, engine: str) -> None:
    city.earn("anna", 4000)
    run = make(city)
    assert make(city) == run
    assert (city.earned("anna"), IssuedVoucher.objects.count()) == (1000, 3)
    with pytest.raises(NotIssued, match="another order"):
        make(city, replace(ORDER, language="de"))
    assert denied(run) == [1, 2, 3]
    assert print_runs.hand_out(run, 1, 2, DESK, AT) == 2
    assert print_runs.hand_out(run, 2, 2, DESK, AT) == 0
    assert denied(run) == [3]
    with pytest.raises(NotIssued, match="handed out: 00001-001, 00001-002"):
        print_runs.void(run, 1, 3, DESK, AT, "spoilt")
    assert print_runs.void(run, 3, 3, DESK, AT, "spoilt") == 1
    assert print_runs.void(run, 3, 3, DESK, AT, "spoilt") == 0
    with pytest.raises(NotIssued, match="void"):
        print_runs.hand_out(run, 3, 3, DESK, AT)
    assert denied(run) == [3]
    for first, last in ((0, 1), (3, 4), (3, 2)):
        with pytest.raises(NotIssued, match="has the notes 1 to 3"):
            print_runs.hand_out(run, first, last, DESK, AT)
    assert print_runs.notes_on(run, 1, 1) == (1, 3)
    with pytest.raises(NotIssued, match="sheets 1 to 1"):
        print_runs.notes_on(run, 1, 2)


@pytest.mark.parametrize(
    ("order", "by", "why"),
    [
        (replace(ORDER, notes=((1, 2000), (1, 1000), (1, 500), (1, 200), (1, 100), (3, 100))), DESK, "holds less"),
        (replace(ORDER, notes=((1, 300),)), DESK, "1, 2, 5, 10 or 20"),
        (replace(ORDER, notes=()), DESK, "1 to 400"),
        (replace(ORDER, notes=((401, 100),)), DESK, "1 to 400"),
        (replace(ORDER, home="nobody"), DESK, "no shop"),
        (replace(ORDER, home="slager-1"), DESK, "no paper till"),
        (replace(ORDER, kind="free cover", owner=""), DESK, "pays for no voucher"),
        (replace(ORDER, kind="committed", owner=""), DESK, "pays for no voucher"),
        (replace(ORDER, kind="earmarked", owner="sport/anna"), DESK, "holds less"),
        (ORDER, "treasurer-1", "no desk"),
    ],
)
def test_what_is_not_made_costs_nothing(city: City, order: Order, by: str, why: str) -> None:
    city.open_till("00112233445566aa", "slager-1")
    city.earn("anna", 4000)
    with pytest.raises(NotIssued, match=why):
        make(city, order, by=by)
    assert (city.earned("anna"), IssuedVoucher.objects.count(), PrintRun.objects.count()) == (4000, 0, 0)


@BOTH
def test_a_stock_s_note_is_paid_by_the_citizen_who_gets_it(city: City, engine: str) -> None:
    stock, free = accounts.earmarked("stock", "desk-north"), city.holds(accounts.FREE_COVER)
    post(events.grant_promised("g1", Cents(3000), "stock"), AT)
    post(events.grant_paid("g2", Cents(3000), "stock", "desk-north"), AT)
    run = make(city, STOCK)
    assert city.holds(stock) == 0
    city.earn("anna", 1500)
    with pytest.raises(NotIssued, match="handed to a citizen"):
        print_runs.hand_out(run, 1, 1, DESK, AT)
    with pytest.raises(NotIssued, match="not earned that much"):
        print_runs.hand_out(run, 1, 2, DESK, AT, "anna")
    assert denied(run) == [1, 2, 3]
    assert print_runs.hand_out(run, 1, 1, DESK, AT, "anna") == 1
    note = run.notes.get(number=1).voucher
    assert (city.earned("anna"), city.holds(stock), city.holds(note.account)) == (500, 1000, 1000)
    assert (note.citizen, note.source, denied(run)) == ("anna", accounts.citizen("anna"), [2, 3])
    print_runs.void(run, 2, 3, DESK, AT, "unsold")
    assert expiry.end_vouchers(AT + 22 * DAY_S) == expiry.Ended(2, 2000)
    assert (city.holds(stock), city.holds(accounts.FREE_COVER)) == (3000, free - 3000 - 1500)


def test_a_run_survives_a_kill_at_any_statement(city: City, in_child: InChild) -> None:
    city.earn("anna", 4000)
    order, statement = replace(ORDER, notes=((1, 500),), paper="receipt"), 1
    while in_child(lambda: sheets_of(make(city, order)), statement):
        made = PrintRun.objects.count()
        assert made == IssuedVoucher.objects.count() <= 1
        assert city.earned("anna") == 4000 - 500 * made
        statement += 3
    assert statement > 20
    run = PrintRun.objects.get()
    assert run.pdf
    assert bytes(run.pdf) == sheets_of(make(city, order))
    assert city.earned("anna") == 3500


@pytest.mark.parametrize(
    ("paper", "language", "said"),
    [
        ("a4", "nl", ("vijf euro", "twintig euro", "Geldig tot en met 24 november 2027", "Oplage 00001, vel 1 van 2")),
        ("a4", "en", ("five euros", "twenty euros", "Valid until 24 November 2027", "Keep it like money")),
        ("receipt", "de", ("fünf Euro", "zwanzig Euro", "Gültig bis 24. November 2027", "ohne Wechselgeld")),
    ],
)
def test_what_is_on_paper_is_what_was_signed(city: City, paper: str, language: str, said: tuple[str, ...]) -> None:
    city.earn("anna", 10_000)
    run = make(city, replace(ORDER, notes=((7, 500), (2, 2000)), paper=paper, language=language))
    pdf = sheets_of(run)
    PrintRun.objects.update(pdf=b"", sha256="")
    assert sheets_of(PrintRun.objects.get()) == pdf, "the same notes give the same bytes"
    for mark in (b"pdfuaid", b"/MarkInfo", b"/StructTreeRoot", f"/Lang({language}".encode()):
        assert mark in pdf.replace(b"/Lang (", b"/Lang(")
    pages = list(pypdfium2.PdfDocument(pdf))
    text = re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_range() for page in pages))
    for words in (*said, "€ 5", "€ 20", "Bakkerij De Eerste", "00001-009"):
        assert words in text
    assert len(pages) == (2 if paper == "a4" else 9)
    codes = [code for page in pages for code in zxingcpp.read_barcodes(page.render(scale=150 / 72).to_pil())]
    assert {(str(code.format), code.ec_level) for code in codes} == {("QR Code", "Q")}
    tokens = [bytes(note.voucher.token) for note in run.notes.order_by("number").select_related("voucher")]
    assert sorted(code.text for code in codes) == sorted(map(qr.encode_voucher, tokens))
    keys = tuple(
        ListedKey(key.public, key.valid_from, key.valid_until)
        for key in programme_of(city.configuration).key_store.keys
        if KeyUse.VOUCHER in key.uses
    )
    for code in codes:
        note = qr.read(code.text)
        assert isinstance(note, SignedVoucher)
        assert is_signed_by(note.sign1, AAD_VOUCHER, keys, AT)
        assert note.voucher.home == "bakker-1"
