# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Money in and out of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.money import MAX_AMOUNT, cents, format_euros, is_amount, parse_euros


@given(st.integers(1, MAX_AMOUNT), st.sampled_from(["nl", "de", "en", "fr"]))
def test_what_is_written_is_read_again(amount: int, language: str) -> None:
    assert parse_euros(format_euros(amount, language)) == amount


@pytest.mark.parametrize(
    ("text", "amount"), [("3.20", 320), ("3,20", 320), ("3", 300), ("0.01", 1), ("0,99", 99), ("10000", 1_000_000)]
)
def test_as_typed(text: str, amount: int) -> None:
    assert parse_euros(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.00",
        "3.2",
        "3.200",
        "-3",
        "+3",
        " 3",
        "3 ",
        "3\n",
        "03",
        "3.",
        ".20",
        "3,2,0",
        "1e3",
        "10000.01",
        "999999",
        "1000000",
        "٣",
        "3٫20",
        "3.2٠",
        "€3",
        "3_0",
        "0x3",
        "nan",
    ],
)
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_euros(text)


@given(st.text())
def test_no_text_does_worse_than_a_value_error(text: str) -> None:
    try:
        amount = parse_euros(text)
    except ValueError:
        return
    assert is_amount(amount)


@pytest.mark.parametrize("value", [0, -1, 1_000_001, 2**64])
def test_cents_have_a_range(value: int) -> None:
    with pytest.raises(ValueError):
        cents(value)


@pytest.mark.parametrize("value", [True, 1.0, "1", None, b"\x01"])
def test_nothing_but_a_whole_number_is_an_amount(value: object) -> None:
    assert not is_amount(value)


def test_signs_and_decimals() -> None:
    assert cents(1_000_000) == 1_000_000
    assert format_euros(5) == "0,05"
    assert format_euros(-320, "en") == "-3.20"
    assert format_euros(0, "de") == "0,00"
