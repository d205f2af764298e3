# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What stands in the log: a leaf for each posting, and the reserve statement of a day. Deterministic CBOR maps.

| key | posting | reserve statement |
|---|---|---|
| 1 | kind, text: a row of LEDGER.md section 1 | "reserve statement" |
| 2 | day, text: YYYY-MM-DD in UTC | day |
| 3 | debit class, text | |
| 4 | credit class, text | |
| 5 | amount, cents | |
| 6 | commitment, 32 bytes | |
| 7 | | made at, Unix seconds |
| 8 to 17 | | the figures of `Figures`, in its order, cents |

The commitment is SHA-256(salt || opening), the opening the CBOR array [debit account, credit account, event id, line]:
accounts by their numbers in the book, which say nothing to anybody else.
"""

from dataclasses import astuple, dataclass, fields
from datetime import date
from hashlib import sha256
from typing import Final

from heitje.deterministic import NotDeterministic, Value, decode, encode
from heitje.money import Cents
from heitje.proof.classes import AccountClass

STATEMENT: Final = "reserve statement"
COMMITMENT_LENGTH: Final = 32
SALT_LENGTH: Final = 32
_KIND, _DAY, _DEBIT, _CREDIT, _AMOUNT, _COMMITMENT, _AT, _FIGURES = range(1, 9)
_CENTS_MAX: Final = 2**63 - 1


class MalformedLeaf(ValueError):
    """The bytes are no leaf of this log."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A transfer of the book without whose it is."""

    kind: str
    day: date
    debit: AccountClass
    credit: AccountClass
    amount: Cents
    commitment: bytes

    def encode(self) -> bytes:
        """The leaf's bytes."""
        return encode(
            {
                _KIND: self.kind,
                _DAY: self.day.isoformat(),
                _DEBIT: str(self.debit),
                _CREDIT: str(self.credit),
                _AMOUNT: self.amount,
                _COMMITMENT: self.commitment,
            }
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """A statement's figures, cents; the first six since the log began, the others as they stand."""

    minted: int
    """Committed became coins."""
    redeemed: int
    """Coins became owed to shops."""
    refunded: int
    """Back from shops to people."""
    expired: int
    """Coins that went back to free cover: expired, or taken back."""
    recovered: int
    """Coins that went to the loss fund."""
    lost: int
    """What the loss fund paid to shops."""
    outstanding: int
    owed: int
    cover: int
    """Free, committed, set aside, not yet explained."""
    reserve: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A day's reserve statement; `at` Unix seconds."""

    day: date
    at: int
    figures: Figures

    def encode(self) -> bytes:
        """The leaf's bytes."""
        head: dict[int, Value] = {_KIND: STATEMENT, _DAY: self.day.isoformat(), _AT: self.at}
        return encode({**head, **dict(enumerate(astuple(self.figures), _FIGURES))})


@dataclass(frozen=True, slots=True)
class Opening:
    """What a posting's commitment is made of, beside the salt: the accounts' numbers, the event, its line."""

    debit: int
    credit: int
    event: str
    line: int

    def encode(self) -> bytes:
        """Its bytes."""
        return encode([self.debit, self.credit, self.event, self.line])

    def commitment(self, salt: bytes) -> bytes:
        """SHA-256 over salt and opening."""
        return sha256(salt + self.encode()).digest()


def decode_leaf(data: bytes) -> Posting | Statement:
    """Read a leaf. Raises `MalformedLeaf`."""
    try:
        document = decode(data, nesting_max=1)
    except NotDeterministic as error:
        raise MalformedLeaf(str(error)) from error
    if not isinstance(document, dict):
        raise MalformedLeaf("a leaf is a map")
    kind = document.get(_KIND)
    if not isinstance(kind, str) or not kind:
        raise MalformedLeaf("a leaf has a kind")
    return _Fields(document).statement() if kind == STATEMENT else _Fields(document).posting(kind)


class _Fields:
    def __init__(self, document: dict[int, Value]) -> None:
        self._document = document

    def posting(self, kind: str) -> Posting:
        self._only(_COMMITMENT, beside=set())
        commitment, amount = self._document[_COMMITMENT], self._cents(_AMOUNT)
        if not isinstance(commitment, bytes) or len(commitment) != COMMITMENT_LENGTH or amount == 0:
            raise MalformedLeaf("a posting has an amount and a commitment of 32 bytes")
        return Posting(kind, self._day(), self._class(_DEBIT), self._class(_CREDIT), Cents(amount), commitment)

    def statement(self) -> Statement:
        last = _FIGURES + len(fields(Figures)) - 1
        self._only(last, beside={_DEBIT, _CREDIT, _AMOUNT, _COMMITMENT})
        figures = Figures(*(self._cents(key) for key in range(_FIGURES, last + 1)))
        return Statement(self._day(), self._cents(_AT), figures)

    def _only(self, last: int, beside: set[int]) -> None:
        if self._document.keys() != set(range(_KIND, last + 1)) - beside:
            raise MalformedLeaf("a leaf with a member too many or too few")

    def _cents(self, key: int) -> int:
        value = self._document[key]
        if type(value) is not int or not 0 <= value <= _CENTS_MAX:
            raise MalformedLeaf(f"{key} is no amount")
        return value

    def _day(self) -> date:
        text = self._document[_DAY]
        try:
            day = date.fromisoformat(text) if isinstance(text, str) else None
        except ValueError:
            day = None
        if day is None or day.isoformat() != text:
            raise MalformedLeaf("a day is YYYY-MM-DD")
        return day

    def _class(self, key: int) -> AccountClass:
        try:
            return AccountClass(str(self._document[key]))
        except ValueError as error:
            raise MalformedLeaf(f"{self._document[key]!r} is no class of account") from error
