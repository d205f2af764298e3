# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What comes out of the printer for bytes written by hand from Epson's ESC/POS command reference."""

from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from firmware_sim.printer.condition import Body, PaperLevel
from firmware_sim.printer.receipt_printer import WIDTH_58_MM, PrinterFaults, ReceiptPrinter
from firmware_sim.printer.roll import MARGIN, Receipt

CUT = b"\x1dV\x00"
CELL = (12, 24)


def printed(data: bytes, width: int = 576) -> Receipt:
    """The one receipt that these bytes make."""
    printer = ReceiptPrinter(width)
    printer.receive(b"\x1b@" + data + b"\n" + CUT)
    [receipt] = printer.receipts
    return receipt


def ink(receipt: Receipt) -> tuple[int, int, int, int]:
    """Where there is ink on the paper: left, top, right, bottom in dots."""
    inside = receipt.image.crop((MARGIN, MARGIN, receipt.image.width - MARGIN, receipt.image.height - MARGIN))
    box = inside.point(lambda dot: 255 - dot).getbbox()
    assert box is not None
    return box


def test_text_and_lines() -> None:
    assert printed(b"een\ntwee\n\nvier").text == "een\ntwee\n\nvier\n"


def test_a_long_line_goes_on_in_the_next() -> None:
    assert printed(b"a" * 40, WIDTH_58_MM).text == "a" * 32 + "\n" + "a" * 8 + "\n"


@pytest.mark.parametrize(
    ("page", "byte", "letter"),
    [(0, 0x9C, "£"), (2, 0xD5, "ı"), (19, 0xD5, "€"), (16, 0x80, "€"), (18, 0x88, "ł"), (13, 0x8D, "ı")],
)
def test_code_pages(page: int, byte: int, letter: str) -> None:
    assert printed(bytes((0x1B, 0x74, page, byte))).text == letter + "\n"


def test_an_unknown_code_page_is_counted_and_the_first_is_used() -> None:
    printer = ReceiptPrinter()
    printer.receive(b"\x1bt\xc8\x82\n" + CUT)
    assert printer.receipts[0].text == "é\n"
    assert printer.interpreter.ignored == {"1b74c8": 1}


def test_alignment() -> None:
    left, _, right, _ = ink(printed(b"\x1ba\x00MM"))
    assert left < CELL[0] < right <= 2 * CELL[0]
    left, _, right, _ = ink(printed(b"\x1ba1MM"))
    assert abs((576 - right) - left) <= 2
    left, _, right, _ = ink(printed(b"\x1ba\x02MM"))
    assert 576 - CELL[0] < right <= 576
    assert printed(b"\x1ba\x02MM").text == " " * 46 + "MM\n"


@pytest.mark.parametrize(
    ("style", "wide", "high"),
    [(b"\x1b!\x20", 2, 1), (b"\x1b!\x10", 1, 2), (b"\x1b!\x30", 2, 2), (b"\x1d!\x32", 4, 3), (b"\x1d!\x77", 8, 8)],
)
def test_sizes(style: bytes, wide: int, high: int) -> None:
    one, large = ink(printed(b"H")), ink(printed(style + b"H"))
    assert large[2] - large[0] == wide * (one[2] - one[0])
    assert large[3] - large[1] == high * (one[3] - one[1])


def test_bold_underline_inverted_and_the_small_font() -> None:
    def dots(data: bytes) -> int:
        return sum(printed(data).image.histogram()[:128])

    plain = dots(b"Heitje")
    assert dots(b"\x1bE\x01Heitje") > plain
    assert dots(b"\x1bG\x01Heitje") > plain
    assert dots(b"\x1b-\x01Heitje") > plain
    assert dots(b"\x1dB\x01Heitje") > 6 * CELL[0] * CELL[1] - 2 * plain
    assert dots(b"\x1bM\x01Heitje") < plain
    assert dots(b"\x1bE\x01\x1bE\x00Heitje") == plain
    assert dots(b"\x1b!\xb9\x1b@Heitje") == plain


def test_reset_forgets_style_and_page() -> None:
    assert printed(b"\x1ba\x01\x1bt\x13\x1d!\x11x\n\x1b@\x9c").text.splitlines()[-1] == "£"


def test_feeding() -> None:
    height = printed(b"x").image.height
    assert printed(b"x\x1bd\x03x").image.height == height + 3 * 30
    assert printed(b"\x1b3\x3cx\nx").image.height == 2 * 60 + 2 * MARGIN
    assert printed(b"\x1b3\x3c\x1b2x\nx").image.height == height + 30
    assert printed(b"x\x1bJ\x64x").image.height == height + 100
    assert printed(b"x").image.width == 576 + 2 * MARGIN


def test_tabs_and_positions() -> None:
    assert printed(b"a\tb").text == "a       b\n"
    assert printed(b"a\x1b$\x78\x00b").text == "a         b\n"


def test_every_form_of_cut() -> None:
    for cut in (b"\x1dV\x00", b"\x1dV\x01", b"\x1dV0", b"\x1dV1", b"\x1dVA\x10", b"\x1dVB\x00", b"\x1bi", b"\x1bm"):
        printer = ReceiptPrinter()
        printer.receive(b"x\n" + cut + cut + b"y\n" + cut)
        assert [receipt.text for receipt in printer.receipts] == ["x\n", "y\n"], cut.hex()


def test_raster_picture() -> None:
    receipt = printed(b"\x1dv0\x00\x02\x00\x03\x00" + b"\xff\xff\x80\x01\xff\xff")
    assert ink(receipt) == (0, 0, 16, 3)
    dots = [receipt.image.getpixel((MARGIN + x, MARGIN + 1)) for x in range(16)]
    assert dots == [0] + [255] * 14 + [0]
    assert ink(printed(b"\x1dv0\x03\x02\x00\x03\x00" + b"\xff" * 6)) == (0, 0, 32, 6)
    assert "[picture 16x3]" in receipt.text


def test_column_picture() -> None:
    box = ink(printed(b"\x1b*\x21\x04\x00" + b"\xff\xff\xff" * 4))
    assert (box[2] - box[0], box[3] - box[1]) == (4, 24)
    box = ink(printed(b"\x1b*\x00\x04\x00" + b"\xff" * 4))
    assert (box[2] - box[0], box[3] - box[1]) == (8, 24)


def test_graphics_are_stored_and_printed() -> None:
    store = b"\x1d(L\x12\x000p0\x01\x011\x10\x00\x04\x00" + b"\xff" * 8
    assert ink(printed(store + b"\x1d(L\x02\x0002")) == (0, 0, 16, 4)
    long_form = b"\x1d8L\x12\x00\x00\x000p0\x01\x011\x10\x00\x04\x00" + b"\xff" * 8
    assert ink(printed(long_form + b"\x1d(L\x02\x0002")) == (0, 0, 16, 4)
    assert "picture" not in printed(store + b"x").text


def qr(content: bytes, level: bytes = b"1", dots: int = 5) -> bytes:
    length = (len(content) + 3).to_bytes(2, "little")
    return (
        b"\x1d(k\x04\x001A2\x00"
         b"\x1d(k\x03\x001C" + bytes((dots,))
        + b"\x1d(k\x03\x001E" + level
        + b"\x1d(k" + length + b"1P0" + content
        + b"\x1d(k\x03\x001Q0"
    )  # fmt: skip


@pytest.mark.parametrize("level", [b"0", b"1", b"2", b"3"])
def test_a_qr_code_can_be_read(level: bytes) -> None:
    content = b"HV1:" + b"ABCDEFGHIJ0123456789 $%*+-./:" * 4
    receipt = printed(b"\x1ba\x01" + qr(content, level))
    [found] = zxingcpp.read_barcodes(receipt.image)
    assert found.bytes == content
    assert receipt.text.startswith("[QR] HV1:")


def test_no_qr_code_holds_that_much() -> None:
    assert printed(qr(b"x" * 5000) + b"verder").text == "verder\n"
    assert printed(qr(b"") + b"verder").text == "verder\n"


def test_the_drawer() -> None:
    printer = ReceiptPrinter()
    printer.receive(b"\x1bp\x00\x19\xfa\x1bp\x01\x19\xfa")
    assert printer.interpreter.drawer_kicks == 2


def test_unknown_commands_are_counted_and_not_fatal() -> None:
    printer = ReceiptPrinter()
    printer.receive(b"\x1b\x99\x1d\xee\x1d\xee\x1dh\x50dag\n" + CUT)
    assert printer.interpreter.unknown == {"1b99": 1, "1dee": 2}
    assert printer.interpreter.ignored == {"1d68": 1}
    assert printer.receipts[0].text == "dag\n"


def test_status_is_answered_in_the_middle_of_a_picture() -> None:
    printer = ReceiptPrinter()
    picture = b"\x1dv0\x00\x02\x00\x04\x00" + b"\xff\xff\xff"
    assert printer.receive(picture) == b""
    assert printer.receive(b"\x10") + printer.receive(b"\x04") == b""
    assert printer.receive(b"\x01") == b"\x12"
    printer.receive(b"\xff\xff" + b"\n" + CUT)  # to the picture the three bytes are picture
    assert "[picture 16x4]" in printer.receipts[0].text


@pytest.mark.parametrize(
    ("body", "answers"),
    [
        (Body(), "12 12 12 12"),
        (Body(paper=PaperLevel.LOW), "12 12 12 1e"),
        (Body(paper=PaperLevel.OUT), "1a 32 12 7e"),
        (Body(cover_open=True), "1a 16 12 12"),
        (Body(paper=PaperLevel.OUT, cover_open=True), "1a 36 12 7e"),
        (Body(silent=True), ""),
    ],
)
def test_status_bytes(body: Body, answers: str) -> None:
    printer = ReceiptPrinter()
    printer.change(body)
    asked = b"".join(printer.receive(bytes((0x10, 0x04, n))) for n in (1, 2, 3, 4))
    assert asked == bytes.fromhex(answers)
    assert printer.receive(b"\x10\x04\x05\x10\x04\x00") == b""


def test_the_answer_in_turn_waits_for_what_is_before_it() -> None:
    printer = ReceiptPrinter(faults=PrinterFaults(paper_out_after_lines=2))
    later: list[bytes] = []
    printer.answer = later.append
    assert printer.receive(b"1\n2\n3\n" + CUT + b"\x1dr\x01") == b""
    assert (printer.body.paper, printer.receipts) == (PaperLevel.OUT, [])
    assert printer.receive(b"\x10\x04\x02") == b"\x32"
    printer.change(Body(paper=PaperLevel.LOW))
    assert later == [b"\x03"]
    assert printer.receipts[0].text == "1\n2\n3\n"
    assert printer.receive(b"\x1dr1\x1dI\x01") == b"\x03\x20"


def test_a_stopped_printer_takes_so_much_and_no_more() -> None:
    printer = ReceiptPrinter()
    printer.change(Body(cover_open=True))
    while not printer.full:
        printer.receive(b"x" * 4096)
    printer.change(Body())
    assert not printer.full


def test_numbers_go_on_from_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "receipt-0041.png").write_bytes(b"")
    (tmp_path / "receipt-x.png").write_bytes(b"")
    paths: list[Path] = []
    printer = ReceiptPrinter(folder=tmp_path)
    printer.printed = paths.append
    printer.receive(b"x\n" + CUT)
    assert paths == [tmp_path / "receipt-0042.png"]
    with Image.open(paths[0]) as picture:
        assert picture.size == printer.receipts[0].image.size
    assert paths[0].with_suffix(".txt").read_text() == "x\n"


@given(st.lists(st.binary(max_size=120), max_size=10))
def test_any_bytes_print_something_or_nothing_and_never_break_it(portions: list[bytes]) -> None:
    printer = ReceiptPrinter(WIDTH_58_MM)
    for portion in portions:
        printer.receive(portion)
    printer.receive(bytes(70_000))  # ends whatever command was begun, be it a large picture
    printer.receive(b"\x1b@dag\n" + CUT)
    assert printer.receive(b"\x10\x04\x01") == b"\x12"


COMMANDS = st.sampled_from((b"\x1b", b"\x1d", b"\x1c", b"\x10", b"\x1d(k", b"\x1d(L", b"\x1dv0", b"\x1b*"))


@given(st.lists(st.tuples(COMMANDS, st.binary(max_size=20)), max_size=20))
def test_half_right_commands_never_break_it(commands: list[tuple[bytes, bytes]]) -> None:
    printer = ReceiptPrinter(WIDTH_58_MM)
    for code, data in commands:
        printer.receive(code + data)
    assert printer.receive(b"\x10\x04\x01")[-1:] == b"\x12"
