# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Money: whole euro cents in one type, never a float.

1 heitje = 1 euro. Amounts in vouchers, codes and journal entries are 1 … 1 000 000 cents (VOUCHERS.md section 1).
"""

import re
from typing import Final, NewType

Cents = NewType("Cents", int)
"""Whole euro cents."""

MAX_AMOUNT: Final = Cents(1_000_000)

_TYPED: Final = re.compile(r"(?:0|[1-9][0-9]{0,5})(?:[.,][0-9]{2})?", re.ASCII)
_DECIMAL_SIGN: Final = {"nl": ",", "de": ",", "en": "."}


def is_amount(value: object) -> bool:
    """Whether `value` is a whole number of cents that an amount may be."""
    return type(value) is int and 1 <= value <= MAX_AMOUNT


def cents(value: int) -> Cents:
    """An amount of `value` cents. Raises `ValueError` outside 1 … 1 000 000."""
    if not is_amount(value):
        raise ValueError(f"an amount is 1 to {MAX_AMOUNT} cents, not {value!r}")
    return Cents(value)


def parse_euros(text: str) -> Cents:
    """Read `3.20`, `3,20` or `3` as typed by a person. Raises `ValueError` for anything else and for zero."""
    if not _TYPED.fullmatch(text):
        raise ValueError(f"an amount is written as 3.20 or 3,20, not {text!r}")
    euros, _, rest = text.replace(",", ".").partition(".")
    return cents(int(euros) * 100 + int(rest or "0"))


def format_euros(value: int, language: str = "nl") -> str:
    """Write cents as euros with two decimals in the language's way (`3,20`, in English `3.20`)."""
    sign = "-" if value < 0 else ""
    euros, rest = divmod(abs(value), 100)
    return f"{sign}{euros}{_DECIMAL_SIGN.get(language, '.')}{rest:02d}"
