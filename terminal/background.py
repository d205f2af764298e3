# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The upload beside the sales: a thread with its own connection to the journal, which never holds anything up.

It tries again for ever: soon after a sale while the backend answers, later and later while it does not (JOURNAL.md
section 3). What it hears is in the journal before it is reported.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol

from terminal.contacts import Contact, SyncEnd, SyncReport
from terminal.journal_file import JournalUnreadable
from terminal.journal_store import JournalStore
from terminal.trust.trusted import Trust

PERIOD_S: Final = 300.0
"""Between contacts that find nothing new to send: news, trust, the time."""
BACKOFF_FIRST_S: Final = 2.0
BACKOFF_MOST_S: Final = 300.0
_STOP_WITHIN_S: Final = 2.0
_DOUBLINGS_MAX: Final = 16

_log = logging.getLogger(__name__)


class Syncing(Protocol):
    """What makes contacts: `terminal.sync.Sync`, loaded when the thread begins."""

    trust: Trust

    def run(self) -> SyncReport:
        """Everything."""

    def upload(self) -> SyncReport:
        """Only what is new in the journal."""


@dataclass
class BackgroundSync:
    """`open_journal` and `make_sync` are called in the thread; `report` with each contact, from the thread."""

    open_journal: Callable[[], JournalStore]
    make_sync: Callable[[JournalStore], Syncing]
    report: Callable[[Contact], None]
    chance: Random = field(default_factory=Random)
    period_s: float = PERIOD_S
    backoff_first_s: float = BACKOFF_FIRST_S
    backoff_most_s: float = BACKOFF_MOST_S
    clock: Callable[[], int] = lambda: int(time.time())

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._news = self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)

    def start(self) -> None:
        """Begin with a first contact."""
        self._thread.start()

    def stop(self, within_s: float = _STOP_WITHIN_S) -> None:
        """Begin nothing more; a contact in hand is waited for a moment, and may be broken off by the program's end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def poke(self) -> None:
        """There is something new in the journal. From any thread; returns at once."""
        with self._changed:
            self._news = True
            self._changed.notify()

    def _run(self) -> None:
        try:
            journal = self.open_journal()
        except JournalUnreadable as error:
            _log.error("nothing is uploaded: %s", error)
            return
        try:
            self._serve(self.make_sync(journal))
        finally:
            journal.close()

    def _serve(self, sync: Syncing) -> None:
        failures, due = 0, 0.0
        while self._wait(due, for_news=failures == 0):
            whole = time.monotonic() >= due
            contact = self._contact(sync, whole or failures > 0)
            _tell(contact)
            self.report(contact)
            if contact.report.end is SyncEnd.RESTORED:
                return  # this journal is not to be sent any more
            if contact.report.end is SyncEnd.DONE:
                failures = 0
                due = time.monotonic() + self._jittered(self.period_s) if whole or not due else due
            else:
                due = time.monotonic() + self._jittered(self._backoff_s(failures))
                failures += 1

    def _wait(self, due: float, for_news: bool) -> bool:
        """Until it is time, or there is news and the backend answers. False: it is over."""
        with self._changed:
            while not self._stopping and not (self._news and for_news):
                left_s = due - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
            self._news = False
            return not self._stopping

    def _contact(self, sync: Syncing, whole: bool) -> Contact:
        try:
            report = sync.run() if whole else sync.upload()
        except Exception as error:  # noqa: BLE001  # this thread goes on whatever an answer or a library brings
            _log.error("a contact with the backend failed", exc_info=error)
            report = SyncReport(SyncEnd.LATER, why=type(error).__name__)
        return Contact(report, sync.trust, self.clock())

    def _backoff_s(self, failures: int) -> float:
        return min(self.backoff_most_s, self.backoff_first_s * 2.0 ** min(failures, _DOUBLINGS_MAX))

    def _jittered(self, delay_s: float) -> float:
        """Tills that lost the network together do not come back together."""
        return delay_s * self.chance.uniform(0.5, 1.5)


def _tell(contact: Contact) -> None:
    report = contact.report
    told = {"end": str(report.end), "sent": report.sent, "cursor": report.cursor, "trust": str(report.trust)}
    _log.info("contact with the backend", extra={**told, "publication": report.bundle, "why": report.why or ""})
