# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tables of claims: which keys a payload may have, which it must have, and what each value must be.

A decoder refuses what is not in its table or not of its type (VOUCHERS.md section 1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from heitje.cose import MalformedToken
from heitje.deterministic import Value
from heitje.money import is_amount

Test = Callable[[object], bool]

UINT_MAX: Final = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of a table."""

    key: int
    name: str
    test: Test
    required: bool = True


def is_uint(value: object) -> bool:
    """An unsigned integer of at most 64 bits (a boolean is none)."""
    return type(value) is int and 0 <= value <= UINT_MAX


def is_text(value: object) -> bool:
    """A text string."""
    return type(value) is str


def is_texts(value: object) -> bool:
    """An array of text strings."""
    return type(value) is list and all(type(item) is str for item in value)


def is_bytes(length: int | None = None) -> Test:
    """A byte string, of `length` bytes where one is given."""
    return lambda value: type(value) is bytes and length in (None, len(value))


def is_exactly(*allowed: int) -> Test:
    """One of the integers named."""
    return lambda value: type(value) is int and value in allowed


def is_bool(value: object) -> bool:
    """A boolean."""
    return type(value) is bool


AMOUNT: Final[Test] = is_amount


class Table:
    """The claims of one kind of document."""

    def __init__(self, *claims: Claim) -> None:
        self._claims = {claim.key: claim for claim in claims}
        self._required = tuple(claim for claim in claims if claim.required)

    def read(self, document: dict[int, Value]) -> dict[str, Any]:
        """The values by name; what is absent is left out. Raises `MalformedToken`."""
        values: dict[str, Any] = {}
        for key, value in document.items():
            claim = self._claims.get(key)
            if claim is None:
                raise MalformedToken(f"a claim {key} has no place here")
            if not claim.test(value):
                raise MalformedToken(f"{claim.name} is not of its type or range")
            values[claim.name] = value
        for claim in self._required:
            if claim.name not in values:
                raise MalformedToken(f"{claim.name} is missing")
        return values

    def write(self, values: dict[str, Any]) -> dict[int, Value]:
        """The document of values by name; None is left out. Raises `ValueError` for what `read` would refuse."""
        document = {
            claim.key: values[claim.name] for claim in self._claims.values() if values.get(claim.name) is not None
        }
        self.read(document)
        return document
