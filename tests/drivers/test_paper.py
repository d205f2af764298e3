# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Receipts laid out in columns, and in the letters that a printer has."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.printer.letters import CODE_PAGE, printable
from drivers.printer.paper import Align, Columns, Line, Paper, Picture, Qr, Rule, Size, laid_out, plain_text

WIDTHS = st.sampled_from((16, 24, 32, 42, 48))


@given(st.one_of(st.builds(Line, st.text()), st.builds(Columns, st.text(max_size=80), st.text(max_size=20))), WIDTHS)
def test_no_line_is_wider_than_the_paper(part: Line | Columns, columns: int) -> None:
    if isinstance(part, Line):
        part = Line(printable(part.text))
    else:
        part = Columns(printable(part.left), printable(part.right).replace("\n", " "))
    lines = laid_out(part, columns)
    assert lines
    assert all(len(line) <= columns for line in lines)


def test_columns_wrap_on_the_left_and_stand_at_the_right_edge() -> None:
    assert laid_out(Columns("Brood van gisteren", "3,20"), 16) == ["Brood van", "gisteren    3,20"]
    assert laid_out(Columns("TOTAAL", "16,40", size=Size.DOUBLE), 32) == ["TOTAAL     16,40"]
    assert laid_out(Columns("Kort", "een heel lang rechts"), 24) == ["Kort", "    een heel lang rechts"]


def test_lines_wrap_by_word_and_a_long_word_is_cut() -> None:
    assert laid_out(Line("een twee drie"), 8) == ["een twee", "drie"]
    assert laid_out(Line("eenlangwoord"), 5) == ["eenla", "ngwoo", "rd"]
    assert laid_out(Line(""), 8) == [""]
    assert laid_out(Line("a\n\nb"), 8) == ["a", "", "b"]


def test_plain_text() -> None:
    paper = Paper(
        (
            Line("Kop", Align.CENTER),
            Rule(),
            Columns("a", "1"),
            Line("rechts", Align.RIGHT),
            Qr("HV1:ABC"),
            Picture(b""),
        )
    )
    assert plain_text(paper, 12) == "    Kop\n------------\na          1\n      rechts\n[QR] HV1:ABC\n [picture]\n"


def test_letters_that_the_printer_lacks() -> None:
    assert printable("ĳs – “zoet” … € é ½ Łódź λ 😀") == 'ijs - "zoet" ... € é ½ ?ódz ? ?'


def test_no_text_commands_the_printer() -> None:
    assert printable("\x1b@\x1dV0\x10\x04\x01\r\x00\u200e") == "@V0"
    assert printable("a\nb") == "a\nb"


@given(st.text())
def test_everything_printable_is_in_the_code_page(text: str) -> None:
    data = printable(text).encode(CODE_PAGE)
    assert all(byte >= 0x20 or byte == 0x0A for byte in data)
