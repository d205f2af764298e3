# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The look at the whole journal after a start: silent on a good one, heard on a damaged one."""

import queue
from pathlib import Path

from terminal.configuration import TerminalConfiguration
from terminal.health.journal_watch import JournalDamaged, watch_journal
from terminal.journal_store import JournalStore


def looked(path: Path) -> list[JournalDamaged]:
    """What it reports."""
    reported: queue.SimpleQueue[JournalDamaged] = queue.SimpleQueue()
    watch_journal(path, reported.put).join(30)
    return [reported.get()] if not reported.empty() else []


def test_a_good_journal_is_silent(configuration: TerminalConfiguration, journal: JournalStore) -> None:
    assert looked(configuration.journal_path) == []


def test_a_damaged_one_is_heard(configuration: TerminalConfiguration, journal: JournalStore) -> None:
    journal.close()
    path = configuration.journal_path
    data = bytearray(path.read_bytes())
    data[3 * 1024 : 4 * 1024] = b"\xa5" * 1024
    path.write_bytes(data)
    [told] = looked(path)
    assert path.name in told.why
