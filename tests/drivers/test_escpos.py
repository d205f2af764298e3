# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is sent to an ESC/POS printer, to the byte, and what its status bytes mean."""

import io
import itertools

import pytest
from PIL import Image

from drivers.printer import Condition
from drivers.printer.escpos_printer import encode
from drivers.printer.escpos_status import (
    ASK_ERROR,
    ASK_IN_TURN,
    ASK_OFFLINE_CAUSE,
    ASK_PAPER,
    ASK_PRINTER,
    conditions,
    stopped,
)
from drivers.printer.paper import (
    PAPER_58_MM,
    PAPER_80_MM,
    Align,
    Columns,
    Correction,
    Line,
    Paper,
    Picture,
    Qr,
    Rule,
    Size,
)

START = b"\x1b@\x1bt\x13"
END = b"\x1ba\x00\x1bd\x06\x1dV\x00"
OK = 0x12


def test_every_receipt_begins_with_reset_and_code_page_and_ends_with_a_cut() -> None:
    assert encode(Paper(()), PAPER_80_MM) == START + END
    assert encode(Paper((Line("x"),)), PAPER_58_MM).startswith(START)


def test_text_is_in_the_code_page_with_its_style() -> None:
    data = encode(Paper((Line("€ é", Align.CENTER, bold=True, size=Size.DOUBLE),)), PAPER_80_MM)
    assert b"\x1b!\x30" in data  # double height and width
    assert b"\x1bE\x01" in data
    assert b"\x1ba\x01\xd5 \x82\n" in data
    data = encode(Paper((Rule(), Columns("links", "rechts"))), PAPER_58_MM)
    assert b"-" * 32 + b"\n" in data
    assert b"links                     rechts\n" in data
    assert b"\x1bE\x01" not in data


def test_a_qr_code_is_native_or_a_picture() -> None:
    paper = Paper((Qr("HV1:ABC", Correction.Q, module_dots=5),))
    native = encode(paper, PAPER_80_MM)
    assert b"\x1d(k\x03\x001C\x05" in native
    assert b"\x1d(k\x03\x001E2" in native  # level Q
    assert b"\x1d(k\x0a\x001P0HV1:ABC" in native
    picture = encode(paper, PAPER_80_MM, native_qr=False)
    assert b"\x1d(k" not in picture
    assert b"\x1dv0\x00" in picture


def test_a_picture_is_made_to_fit() -> None:
    for width, expected in ((200, 200 // 8), (1000, 384 // 8)):
        png = io.BytesIO()
        Image.new("1", (width, 10), 0).save(png, "PNG")
        data = encode(Paper((Picture(png.getvalue()),)), PAPER_58_MM)
        assert b"\x1dv0\x00" + bytes((expected, 0)) in data


def test_no_answer_is_never_fine() -> None:
    answers = (OK, None)
    for four in itertools.product(answers, repeat=4):
        status = conditions(*four)
        assert (status == {Condition.FINE}) == (None not in four)
        assert (Condition.SILENT in status) == (None in four)


@pytest.mark.parametrize(
    ("four", "found"),
    [
        ((OK | 0x08, OK | 0x04, OK, OK), {Condition.OFFLINE, Condition.COVER_OPEN}),
        ((OK | 0x08, OK | 0x20, OK, OK | 0x6C), {Condition.OFFLINE, Condition.PAPER_OUT}),
        ((OK, OK, OK, OK | 0x0C), {Condition.PAPER_LOW}),
        ((OK, OK, OK | 0x08, OK), {Condition.OFFLINE}),
        ((OK, OK | 0x40, OK, OK), {Condition.OFFLINE}),
        ((OK | 0x04, OK, OK, OK), {Condition.FINE}),  # the drawer is nobody's trouble
    ],
)
def test_conditions(four: tuple[int, int, int, int], found: set[Condition]) -> None:
    assert conditions(*four) == found


def test_answers_are_told_apart() -> None:
    real_time = (ASK_PRINTER, ASK_OFFLINE_CAUSE, ASK_ERROR, ASK_PAPER)
    for byte in range(256):
        fits = {question.fits(byte) for question in real_time}
        assert len(fits) == 1
        assert not (fits == {True} and ASK_IN_TURN.fits(byte))
    assert ASK_PRINTER.fits(0x12)
    assert ASK_PRINTER.fits(0x7E)
    assert ASK_IN_TURN.fits(0x0F)
    assert not ASK_PRINTER.fits(0x00)


def test_what_stops_a_receipt() -> None:
    assert not stopped(None)
    assert not stopped(OK)
    assert stopped(OK | 0x20)
    assert stopped(OK | 0x04)
