# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What became of entries that once had to wait, and where a terminal's journal stands (JOURNAL.md section 3)."""

from collections.abc import Iterable

from backend.redemption import stored_journal
from backend.redemption.models import JournalEntry
from backend.redemption.stored_journal import StoredEntry
from backend.shops.models import Terminal
from heitje.journal import head_of
from heitje.messages import BATCH_ENTRIES_MAX, EntryOutcome, Outcome


def waited_since(terminal: Terminal, after: int) -> tuple[EntryOutcome, ...]:
    """Entries after `after` that were once pending, with what they are told now; at most 500, in order."""
    rows = JournalEntry.objects.filter(terminal=terminal, waited=True, seq__gt=after).order_by("seq")
    return as_told(rows[:BATCH_ENTRIES_MAX])


def head(terminal: Terminal) -> tuple[int, bytes]:
    """Number and hash of the last entry that is stored; before the first one, 0 and what its `prev` must be."""
    last = stored_journal.last(terminal.id)
    if last is None:
        return 0, head_of(bytes.fromhex(terminal.id))
    seq, digest = last
    return seq, bytes.fromhex(digest)


def as_told(entries: Iterable[JournalEntry | StoredEntry]) -> tuple[EntryOutcome, ...]:
    """What stored entries are told now."""
    return tuple(EntryOutcome(entry.seq, Outcome(entry.outcome), entry.reason or None) for entry in entries)
