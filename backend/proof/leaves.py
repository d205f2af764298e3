# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Makes leaves of transfers: which account's secret salts a posting, and the leaf's bytes.

Each posting has a salt of its own, HMAC-SHA-256 of its opening under its account's secret: whoever is given one, with a
receipt's proof, can open no other. With the secret gone nobody can open any of them.
"""

import hmac
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

from backend.ledger.accounts import AccountKind
from backend.ledger.rows import BIGINT, BYTES, Columns, among, insert, listed, select
from backend.proof.models import Salt
from heitje.deterministic import encode
from heitje.proof.classes import AccountClass
from heitje.proof.leaf import COMMITMENT_LENGTH, SALT_LENGTH, Opening
from heitje.proof.tiles import pack

_DAY_S: Final = 86_400
_SALTS: Final = Columns("proof_salt", (("account_id", BIGINT), ("secret", BYTES)))
_OF_A_PERSON: Final = (
    AccountKind.CITIZEN,
    AccountKind.EARMARKED,
    AccountKind.TEAM,
    AccountKind.PURSE,
    AccountKind.ALLOWANCE,
    AccountKind.NOTE,
    AccountKind.LOAD_IN_FLIGHT,
    AccountKind.PAYABLE,
    AccountKind.RETURNED,
)
"""Where a posting has two accounts, the one that stands first here salts it."""
_TEXT: Final = 0x60
_ARRAY_OF_4: Final = b"\x84"
_MAP_OF_4: Final = b"\xa4"
_MAP_OF_6: Final = b"\xa6"
_AMOUNT: Final = b"\x05"
_COMMITMENT: Final = bytes((0x06, 0x58, COMMITMENT_LENGTH))


class Row(NamedTuple):
    """A transfer as it is read for the log."""

    id: int
    event: str
    line: int
    kind: str
    debit: int
    credit: int
    amount: int
    at: int
    debit_kind: str
    credit_kind: str

    @property
    def opening(self) -> Opening:
        """What its commitment is made of."""
        return Opening(self.debit, self.credit, self.event, self.line)

    @property
    def salting(self) -> int:
        """The account whose secret salts it."""
        return self.debit if _debit_salts(self.debit_kind, self.credit_kind) else self.credit


COLUMNS: Final = "t.id, t.event, t.line, t.kind, t.debit_id, t.credit_id, t.amount, t.at, d.kind, c.kind"
TABLES: Final = (
    "ledger_transfer AS t JOIN ledger_account AS d ON d.id = t.debit_id JOIN ledger_account AS c ON c.id = t.credit_id"
)


@dataclass(frozen=True, slots=True)
class Leaves:
    """Leaves as they stand in a bundle, one each, and what went from class to class."""

    packed: list[bytes]
    totals: Counter[tuple[str, str]]


def make(rows: Sequence[Row]) -> Leaves:
    """The leaves of these transfers, in their order; accounts that have no secret yet are given one."""
    secrets = _secrets({row.salting for row in rows})
    totals: Counter[tuple[str, str]] = Counter()
    packed = []
    for row in rows:
        event = row.event.encode()
        opening = b"".join(
            (_ARRAY_OF_4, _uint(row.debit), _uint(row.credit), _head(_TEXT, len(event)), event, _uint(row.line))
        )
        salt = hmac.digest(secrets[row.salting], opening, "sha256")
        beginning = _beginning(row.kind, row.at // _DAY_S, row.debit_kind, row.credit_kind)
        commitment = sha256(salt + opening).digest()
        packed.append(pack(b"".join((beginning, _uint(row.amount), _COMMITMENT, commitment))))
        totals[row.debit_kind, row.credit_kind] += row.amount
    return Leaves(packed, totals)


def salt_of(row: Row) -> bytes | None:
    """The salt of a posting, or None where it was erased."""
    found = Salt.objects.filter(account=row.salting).first()
    return None if found is None else hmac.digest(bytes(found.secret), row.opening.encode(), "sha256")


def _head(major: int, number: int) -> bytes:
    """A CBOR item's head: `heitje.deterministic` by hand, for the two items that every posting has anew."""
    if number < 24:
        return bytes((major | number,))
    if number < 1 << 8:
        return bytes((major | 24, number))
    if number < 1 << 16:
        return bytes((major | 25,)) + number.to_bytes(2, "big")
    if number < 1 << 32:
        return bytes((major | 26,)) + number.to_bytes(4, "big")
    return bytes((major | 27,)) + number.to_bytes(8, "big")


@lru_cache(maxsize=65_536)
def _uint(number: int) -> bytes:
    """A whole number; accounts and prices come again and again."""
    return _head(0, number)


@lru_cache(maxsize=4096)
def _beginning(kind: str, day: int, debit_kind: str, credit_kind: str) -> bytes:
    """What the leaves of one kind, day and pair of classes have alike: all before the amount."""
    iso = datetime.fromtimestamp(day * _DAY_S, UTC).date().isoformat()
    classes = {3: str(AccountClass(debit_kind)), 4: str(AccountClass(credit_kind))}
    written = encode({1: kind, 2: iso, **classes})
    return _MAP_OF_6 + written.removeprefix(_MAP_OF_4) + _AMOUNT


@cache
def _debit_salts(debit_kind: str, credit_kind: str) -> bool:
    ranks = [
        _OF_A_PERSON.index(AccountKind(kind)) if kind in _OF_A_PERSON else len(_OF_A_PERSON)
        for kind in (debit_kind, credit_kind)
    ]
    return ranks[0] <= ranks[1]


def _secrets(accounts: Iterable[int]) -> dict[int, bytes]:
    wanted = set(accounts)
    found = _stored(wanted)
    missing = [(account, os.urandom(SALT_LENGTH)) for account in sorted(wanted - found.keys())]
    insert(_SALTS, missing)
    return found | dict(missing)


def _stored(accounts: set[int]) -> dict[int, bytes]:
    condition = among("account_id", BIGINT)
    rows: list[tuple[Any, ...]] = select(
        f"SELECT account_id, secret FROM proof_salt WHERE {condition}", listed(BIGINT, accounts)
    )
    return {account: bytes(secret) for account, secret in rows}
