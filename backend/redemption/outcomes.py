# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What became of entries that once had to wait, and where a terminal's journal stands (JOURNAL.md section 3)."""

from django.db.models import QuerySet

from backend.redemption.models import MAIN, JournalEntry
from backend.shops.models import Terminal
from heitje.journal import head_of
from heitje.messages import BATCH_ENTRIES_MAX, EntryOutcome, Outcome


def waited_since(terminal: Terminal, after: int) -> tuple[EntryOutcome, ...]:
    """Entries after `after` that were once pending, with what they are told now; at most 500, in order."""
    rows = JournalEntry.objects.filter(terminal=terminal, waited=True, seq__gt=after).order_by("seq")
    return as_told(rows[:BATCH_ENTRIES_MAX])


def head(terminal: Terminal) -> tuple[int, bytes]:
    """Number and hash of the last entry that is stored; before the first one, 0 and what its `prev` must be."""
    main = JournalEntry.objects.filter(terminal=terminal, branch=MAIN)
    last = main.order_by("-seq").values_list("seq", "hash").first()
    if last is None:
        return 0, head_of(bytes.fromhex(terminal.id))
    return last[0], bytes.fromhex(last[1])


def as_told(rows: QuerySet[JournalEntry]) -> tuple[EntryOutcome, ...]:
    """What stored entries are told now."""
    return tuple(EntryOutcome(row.seq, Outcome(row.outcome), row.reason or None) for row in rows)
