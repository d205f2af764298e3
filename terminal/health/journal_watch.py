# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the whole journal once after a start, beside the sales: on a damaged one nothing more is to be sold.

A sale reads only what it needs, and could find a note unspent whose page the disk has lost.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from terminal.journal_file import find_damage

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JournalDamaged:
    """The journal's file is damaged: `why`, for a technician."""

    why: str


def watch_journal(path: Path, report: Callable[[JournalDamaged], None]) -> threading.Thread:
    """Begin to read; `report` is called from another thread, and only where something is wrong."""

    def read() -> None:
        why = find_damage(path)
        if why is not None:
            _log.error("the journal is damaged: %s", why)
            report(JournalDamaged(why))

    thread = threading.Thread(target=read, name="journal watch", daemon=True)
    thread.start()
    return thread
