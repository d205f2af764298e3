# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where the entries of a batch stand in a terminal's journal: already there, next, or the beginning of a fork.

A journal is one line, unless a disk was cloned or somebody rewrote it: then two entries share a predecessor. The line
that came first is the main branch; another is named by the hash of its first entry (JOURNAL.md section 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from backend.ledger.rows import Found, Query, select_all
from backend.redemption.models import MAIN
from backend.redemption.stored_journal import ACCEPTED, overlapping
from heitje.journal import HASH_LENGTH, head_of

_SINGLE: Final = """
SELECT 0, branch, seq, hash, outcome, reason FROM redemption_journalentry
WHERE terminal_id = %s AND branch = '' AND seq BETWEEN %s AND %s
UNION ALL SELECT 1, '', max(seq), '', '', '' FROM redemption_journalentry WHERE terminal_id = %s AND branch = ''
UNION ALL SELECT 1, '', (SELECT r.last FROM redemption_journalrun AS r WHERE r.terminal_id = %s
    ORDER BY r.first DESC LIMIT 1), '', '', ''
UNION ALL SELECT 0, branch, seq, hash, outcome, reason FROM redemption_journalentry
WHERE terminal_id = %s AND branch > ''
"""
"""The main branch where the batch is, its last entry, and every other branch: there is none unless a journal forked."""


class OutOfSequence(Exception):
    """A gap, or a predecessor that is not stored: the batch is refused whole; `expected` is what should come."""

    def __init__(self, expected: int) -> None:
        super().__init__(f"entry {expected} is expected")
        self.expected = expected


class Placed(NamedTuple):
    """One entry's place."""

    seq: int
    digest: str
    branch: str
    known: bool
    starts_fork: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    branch: str
    outcome: str
    reason: str


_ACCEPTED: Final = _Row(MAIN, ACCEPTED, "")
_DIGITS: Final = 2 * HASH_LENGTH


class Branches:
    """The part of a terminal's journal that a batch touches."""

    def __init__(self, terminal: str, rows: dict[tuple[int, str], _Row], heads: dict[str, int]) -> None:
        self._terminal = terminal
        self._rows = rows
        self._heads = heads

    @classmethod
    def load(cls, terminal: str, after: int, count: int) -> Self:
        """Read entries `after` … `after + count` and the last of each branch."""
        return cls.of(terminal, after, count, *select_all(*cls.queries(terminal, after, count)))

    @staticmethod
    def queries(terminal: str, after: int, count: int) -> tuple[Query, Query]:
        """What to ask, for `of`."""
        until = after + count
        singles = (_SINGLE, (terminal, after, until, terminal, terminal, terminal))
        return singles, overlapping(terminal, after, until)

    @classmethod
    def of(cls, terminal: str, after: int, count: int, singles: Found, runs: Found) -> Self:
        """What was answered."""
        heads: dict[str, int] = {MAIN: 0}
        stored: dict[tuple[int, str], _Row] = {}
        until = after + count
        for is_head, branch, seq, *row in singles:
            if is_head or branch != MAIN:
                heads[branch] = max(seq or 0, heads.get(branch, 0))
            if not is_head and after <= seq <= until:
                stored[seq, row[0]] = _Row(branch, *row[1:])
        for first, hashes in runs:
            digits = bytes(hashes).hex()
            for place in range(0, len(digits), _DIGITS):
                seq = max(first, after) + place // _DIGITS
                if seq <= until:
                    stored[seq, digits[place : place + _DIGITS]] = _ACCEPTED
        return cls(terminal, stored, heads)

    @property
    def next_seq(self) -> int:
        """The number of the entry that the main branch wants next."""
        return self._heads[MAIN] + 1

    def holds(self, seq: int, digest: str) -> bool:
        """Whether these very bytes are stored, as far as was loaded."""
        return (seq, digest) in self._rows

    def told(self, placed: Placed) -> str | None:
        """What a stored entry was told, where it was not simply accepted."""
        row = self._rows.get((placed.seq, placed.digest))
        if row is None or row.outcome == ACCEPTED:
            return None
        return f"{row.outcome}: {row.reason}" if row.reason else row.outcome

    def reaches(self, seq: int) -> bool:
        """Whether anything of this number or a later one is stored, in any branch."""
        return max(self._heads.values()) >= seq

    def place(self, after: int, prev: bytes, digests: Sequence[str]) -> list[Placed]:
        """Place entries in a row; `prev` is the hash of the one before them. Raises `OutOfSequence`."""
        if not digests:
            return []
        branch = self._predecessor(after, prev)
        placed = []
        for seq, digest in enumerate(digests, start=after + 1):
            row = self._rows.get((seq, digest)) if self._rows else None
            if row is not None:
                branch = row.branch
                placed.append(Placed(seq, digest, branch, True))
                continue
            forks = self._heads[branch] != seq - 1
            if forks:
                branch = digest[:16]
            self._heads[branch] = seq
            placed.append(Placed(seq, digest, branch, False, forks))
        return placed

    def _predecessor(self, after: int, prev: bytes) -> str:
        if after == 0:
            if prev != head_of(bytes.fromhex(self._terminal)):
                raise OutOfSequence(self.next_seq)
            return MAIN
        row = self._rows.get((after, prev.hex()))
        if row is None:
            raise OutOfSequence(self.next_seq)
        return row.branch
