# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is stored of the journals: single entries, and runs of whole tenders that were simply accepted."""

from collections.abc import Iterator
from typing import Final, NamedTuple, Self

from backend.ledger.rows import BIGINT, BYTES, TEXT, Columns, Query, select
from backend.redemption.models import MAIN, JournalEntry, JournalRun
from backend.redemption.records import NewRun
from heitje.journal import HASH_LENGTH
from heitje.messages import BATCH_ENTRIES_MAX
from heitje.proof.tiles import pack, unpack

ACCEPTED: Final = "accepted"
RUNS: Final = Columns(
    "redemption_journalrun",
    (
        ("terminal_id", TEXT),
        ("first", BIGINT),
        ("last", BIGINT),
        ("time", BIGINT),
        ("entries", BYTES),
        ("hashes", BYTES),
        ("received_at", BIGINT),
    ),
)
_OVERLAPPING: Final = """
SELECT r.first, substr(r.hashes,
    CAST(32 * (CASE WHEN r.first > %s THEN 0 ELSE %s - r.first END) + 1 AS int), CAST(32 * %s AS int))
FROM redemption_journalrun AS r
WHERE r.terminal_id = %s AND r.first > %s AND r.first <= %s AND r.last >= %s
"""
_LAST_SINGLE: Final = """
SELECT seq, hash FROM redemption_journalentry WHERE terminal_id = %s AND branch = '' ORDER BY seq DESC LIMIT 1
"""
_LAST_RUN: Final = """
SELECT last, substr(hashes, CAST(32 * (last - first) + 1 AS int), 32) FROM redemption_journalrun
WHERE terminal_id = %s ORDER BY first DESC LIMIT 1
"""


class StoredEntry(NamedTuple):
    """One entry as it is stored, and what its terminal was told of it."""

    terminal: str
    branch: str
    seq: int
    hash: str
    data: bytes
    outcome: str = ACCEPTED
    reason: str = ""

    @classmethod
    def of(cls, row: JournalEntry) -> Self:
        """One that stands by itself."""
        return cls(row.terminal_id, row.branch, row.seq, row.hash, bytes(row.data), row.outcome, row.reason)


def run_row(terminal: str, run: NewRun, now: int) -> tuple[str | int | bytes, ...]:
    """A run as it is inserted at Unix time `now`."""
    entries, hashes = b"".join(map(pack, run.entries)), bytes.fromhex("".join(run.hashes))
    return terminal, run.first, run.last, run.time, entries, hashes, now


def overlapping(terminal: str, after: int, until: int) -> Query:
    """The query of the hashes of entries `after` to `until`, as far as they stand in runs.

    A row has where its run begins, and the hashes from there or from `after` on, perhaps beyond `until`. No run is
    longer than a batch, so those that begin long before need not be looked at.
    """
    earliest = after - BATCH_ENTRIES_MAX
    return _OVERLAPPING, (after, after, until - after + 1, terminal, earliest, until, after)


def find(terminal: str, branch: str, seq: int) -> StoredEntry | None:
    """An entry by its place."""
    single = JournalEntry.objects.filter(terminal=terminal, branch=branch, seq=seq).first()
    if single is not None:
        return StoredEntry.of(single)
    if branch != MAIN:
        return None
    run = JournalRun.objects.filter(terminal=terminal, first__lte=seq).order_by("-first").first()
    if run is None or run.last < seq:
        return None
    return next(entry for entry in entries_of(run) if entry.seq == seq)


def entries_of(run: JournalRun) -> Iterator[StoredEntry]:
    """The entries of a run."""
    hashes = bytes(run.hashes)
    for place, data in enumerate(unpack(bytes(run.entries))):
        digest = hashes[place * HASH_LENGTH : (place + 1) * HASH_LENGTH].hex()
        yield StoredEntry(run.terminal_id, MAIN, run.first + place, digest, data)


def since(terminal: str, after: int) -> list[StoredEntry]:
    """All entries of a terminal after `after`, in order."""
    singles = JournalEntry.objects.filter(terminal=terminal, seq__gt=after)
    runs = JournalRun.objects.filter(terminal=terminal, last__gt=after)
    found = [StoredEntry.of(row) for row in singles]
    found += [entry for run in runs for entry in entries_of(run) if entry.seq > after]
    return sorted(found, key=lambda entry: (entry.seq, entry.branch))


def last(terminal: str) -> tuple[int, str] | None:
    """Number and hash of the last entry of the main branch; None before the first."""
    found = [
        *select(_LAST_SINGLE, terminal),
        *((seq, bytes(digest).hex()) for seq, digest in select(_LAST_RUN, terminal)),
    ]
    return max(found, default=None)
