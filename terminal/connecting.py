# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Puts a till's connection together. Its own threads load what it needs: a till is ready before its network is."""

import time
from collections.abc import Callable
from typing import Final

from heitje.holds import ANSWER_WITHIN_S, HoldAnswer, HoldRequest
from terminal.background import BackgroundSync, Syncing
from terminal.configuration import TerminalConfiguration
from terminal.connection import Connection
from terminal.contacts import Contact, LineEvent
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.relaying import Relaying
from terminal.trust.store import TrustStore

RELAY_WITHIN_S: Final = 2.0
RELAY_PATIENCE_S: Final = 3.0
"""How long a card at the counter is kept for one answer, and for a line that fails: the sale is decided by then."""


def connect(
    url: str,
    configuration: TerminalConfiguration,
    keys: TerminalKeys,
    report: Callable[[LineEvent], None],
    clock: Callable[[], int] = lambda: int(time.time()),
    within_s: float = ANSWER_WITHIN_S,
) -> Connection:
    """The connection of one till to its backend; nothing happens before it is started."""
    store = TrustStore(configuration.trust_path, keys.roots, configuration.terminal)

    def open_journal() -> JournalStore:
        return JournalStore.open(configuration.journal_path, configuration.terminal)

    def make_sync(journal: JournalStore) -> Syncing:
        from terminal.sync import Sync

        return Sync(url, keys, store.load(), journal, store, clock)

    def new_asker() -> Callable[[HoldRequest], HoldAnswer | None]:
        from terminal.line import Line, ask_hold

        line = Line(url, configuration.terminal, keys.signing, clock, within_s, within_s)
        return lambda asked: ask_hold(line, asked)

    def new_relay() -> Relaying:
        from terminal.card_relay import CardRelay
        from terminal.line import Line

        question = Line(url, configuration.terminal, keys.signing, clock, within_s, within_s)
        longer_s = max(RELAY_WITHIN_S, within_s)
        line = Line(url, configuration.terminal, keys.signing, clock, longer_s, longer_s)
        return CardRelay(line, patience_s=RELAY_PATIENCE_S, question=question)

    def make_background(report_contact: Callable[[Contact], None]) -> BackgroundSync:
        return BackgroundSync(open_journal, make_sync, report_contact, clock=clock)

    return Connection(make_background, new_asker, report, within_s, new_relay)
