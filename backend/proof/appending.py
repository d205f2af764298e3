# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Gives every committed transfer its leaf, once and for good (LEDGER.md section 4).

Numbers are given out before rows are committed, so the newest rows are not all there are. First the horizon: for a
moment nobody may write, whoever is writing ends, and the highest number is read. What lies below it is complete and
will stay so; leaves are made of it in the order of its numbers, chunk by chunk, each chunk in one transaction. Whoever
is killed in between leaves whole chunks, and the next run goes on from there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import OperationalError, connection, transaction

from backend.ledger.rows import BIGINT, BYTES, SMALLINT, TEXT, Columns, insert, select
from backend.proof import figures, leaves
from backend.proof.leaves import COLUMNS, TABLES, Row
from backend.proof.models import Progress, Segment
from backend.redemption.models import MAIN
from heitje.journal import HASH_LENGTH, Kind
from heitje.proof.leaf import Statement
from heitje.proof.tiles import WIDTH, pack

CHUNK: Final = 16_384
"""Transfers in one transaction: on SQLite nobody else writes meanwhile."""
_TURNS: Final = 60
_TURN_MS: Final = 1000
_ONLY: Final = 1
_WITH_RECEIPT: Final = (Kind.REDEMPTION, Kind.REFUND, Kind.UNRESOLVED)
_SEGMENTS: Final = Columns(
    "proof_segment",
    (
        ("first_leaf", BIGINT),
        ("leaves", SMALLINT),
        ("first_transfer", BIGINT),
        ("last_transfer", BIGINT),
        ("entries", BYTES),
    ),
)
_NEXT: Final = f"SELECT {COLUMNS} FROM {TABLES} WHERE t.id > %s AND t.id <= %s ORDER BY t.id LIMIT {CHUNK}"
PREFIX: Final = 16
"""Hex digits of a hash by which an entry is found."""
_SINGLE_RECEIPTS: Final = f"""
INSERT INTO proof_receipt (prefix, terminal, branch, seq)
    SELECT substr(hash, 1, {PREFIX}), terminal_id, branch, seq FROM redemption_journalentry
    WHERE id > %s AND id <= %s AND kind IN ({", ".join(str(int(kind)) for kind in _WITH_RECEIPT)})
"""
_RUN_RECEIPTS: Final = Columns(
    "proof_receipt", (("seq", BIGINT), ("prefix", TEXT), ("terminal", TEXT), ("branch", TEXT))
)
_RUNS: Final = """
SELECT id, terminal_id, first, hashes FROM redemption_journalrun WHERE id > %s AND id <= %s ORDER BY id LIMIT 64
"""


@dataclass(frozen=True, slots=True)
class Appended:
    """What a run added: `statement` is the new one, where one was due; `size` counts all leaves."""

    postings: int
    statement: Statement | None
    size: int


def append(now: int) -> Appended:
    """Bring the log up to the book, and close with a reserve statement where there is something to state."""
    transfers, entries = _horizon("ledger_transfer"), _horizon("redemption_journalentry")
    runs = _horizon("redemption_journalrun")
    added = 0
    while count := _append_chunk(transfers):
        added += count
    while _find_runs(runs):
        pass
    with transaction.atomic():
        progress = _locked()
        if entries > progress.last_entry:
            with connection.cursor() as cursor:
                cursor.execute(_SINGLE_RECEIPTS, [progress.last_entry, entries])
            progress.last_entry = entries
        statement = _state(progress, now)
        progress.save()
    return Appended(added, statement, progress.leaves)


def _horizon(table: str) -> int:
    """Every row of this table up to this number is there, or will never be.

    Whoever would write waits behind us meanwhile, so a long transaction is waited for in short turns. Raises
    `OperationalError` where it outlasts them all.
    """
    turns = _TURNS
    while True:
        try:
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute(f"SET LOCAL lock_timeout = {_TURN_MS}")
                        cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
                ((last,),) = select(f"SELECT coalesce(max(id), 0) FROM {table}")
                return int(last)
        except OperationalError:
            turns -= 1
            if not turns:
                raise


def _locked() -> Progress:
    """The one row, held until the transaction ends."""
    return Progress.objects.select_for_update().get(pk=_ONLY)


def _append_chunk(horizon: int) -> int:
    """Leaves of the next transfers; how many."""
    with transaction.atomic():
        progress = _locked()
        rows = [Row(*row) for row in select(_NEXT, progress.last_transfer, horizon)]
        if rows:
            made = leaves.make(rows)
            insert(_SEGMENTS, _segments(progress.leaves, rows, made.packed))
            progress.leaves += len(rows)
            progress.last_transfer = rows[-1].id
            progress.totals = figures.write(figures.read(progress.totals) + made.totals)
            progress.save()
    return len(rows)


def _find_runs(horizon: int) -> bool:
    """Make the redemptions of the next runs be found: in a run, every second entry is one. False: there is no more."""
    with transaction.atomic():
        progress = _locked()
        runs = select(_RUNS, progress.last_run, horizon)
        insert(
            _RUN_RECEIPTS,
            [
                (first + place, hashes[HASH_LENGTH * place : HASH_LENGTH * place + PREFIX // 2].hex(), terminal, MAIN)
                for _, terminal, first, block in runs
                for hashes in (bytes(block),)
                for place in range(1, len(hashes) // HASH_LENGTH, 2)
            ],
        )
        if runs:
            progress.last_run = runs[-1][0]
            progress.save()
    return bool(runs)


def _segments(first_leaf: int, rows: list[Row], packed: list[bytes]) -> list[tuple[Any, ...]]:
    """Cut at the borders of bundles."""
    segments: list[tuple[Any, ...]] = []
    start = 0
    while start < len(rows):
        leaf = first_leaf + start
        end = min(len(rows), start + WIDTH - leaf % WIDTH)
        segments.append((leaf, end - start, rows[start].id, rows[end - 1].id, b"".join(packed[start:end])))
        start = end
    return segments


def _state(progress: Progress, now: int) -> Statement | None:
    """The reserve statement, where postings came since the last one, or a day has begun."""
    day = datetime.fromtimestamp(now, UTC).date()
    last_day = datetime.fromtimestamp(progress.stated_at, UTC).date()
    if not progress.leaves or (progress.leaves == progress.stated_leaves and day <= last_day):
        return None
    statement = Statement(day, now, figures.figures_of(figures.read(progress.totals)))
    Segment.objects.create(first_leaf=progress.leaves, leaves=1, entries=pack(statement.encode()))
    progress.leaves += 1
    progress.stated_leaves, progress.stated_at = progress.leaves, now
    return statement
