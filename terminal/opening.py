# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Opens a till's directory: configuration, keys, trust, journal, its lock, its printer, its connection."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from drivers.devices import open_printer
from drivers.printer.paper import PAPER_58_MM, PAPER_80_MM
from heitje.programme import is_published
from heitje.trust_root import root_keys
from terminal.configuration import ConfigurationError, TerminalConfiguration
from terminal.connecting import connect
from terminal.connection import Connection
from terminal.contacts import LineEvent
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.receipt_printing import ReceiptDesk
from terminal.trust.store import TrustStore, TrustUnreadable
from terminal.trust.trusted import Trust


def load_till(directory: Path) -> tuple[TerminalConfiguration, TerminalKeys, Trust]:
    """What a till is set up with. Raises `ConfigurationError`."""
    configuration = TerminalConfiguration.load(directory)
    keys = TerminalKeys.load(configuration.keys_path, configuration.production)
    store = trust_store_of(configuration, keys)
    try:
        trust, root = store.load(), root_keys(store.root)
    except (TrustUnreadable, ValueError) as error:
        raise ConfigurationError(str(error)) from error
    if configuration.production and any(map(is_published, root)):
        raise ConfigurationError(f"{store.directory}: the published test root, and this till is set to production")
    if not keys.versions(trust.bundle.df_name) and configuration.backend_url is None:
        words = f"no master for the cards of {trust.bundle.iss}, and no backend to have them from"
        raise ConfigurationError(f"{configuration.keys_path}: {words}")
    return configuration, keys, trust


def trust_store_of(configuration: TerminalConfiguration, keys: TerminalKeys) -> TrustStore:
    """Where this till's trust is."""
    return TrustStore(configuration.trust_path, keys.roots, configuration.terminal)


@contextmanager
def opened_journal(configuration: TerminalConfiguration) -> Iterator[JournalStore]:
    """The journal, closed again at the end. Raises `JournalUnreadable`."""
    journal = JournalStore.open(configuration.journal_path, configuration.terminal)
    try:
        yield journal
    finally:
        journal.close()


@contextmanager
def locked(configuration: TerminalConfiguration) -> Iterator[None]:
    """One program sells at a time: two would not see each other's notes before they are on disk."""
    with configuration.lock_path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError("another program is selling at this till") from error
        yield


def connecting(
    configuration: TerminalConfiguration, keys: TerminalKeys
) -> Callable[[Callable[[LineEvent], None]], Connection] | None:
    """How this till gets its connection; None where no backend is configured."""
    url = configuration.backend_url
    return None if url is None else lambda report: connect(url, configuration, keys, report)


def receipt_desk(configuration: TerminalConfiguration) -> ReceiptDesk:
    """Its printer, not opened yet, with what stands on its paper. Raises `LibraryMissing`."""
    width = {58: PAPER_58_MM, 80: PAPER_80_MM}[configuration.paper_mm]
    printer = open_printer(configuration.printer, width) if configuration.printer else None
    return ReceiptDesk(printer, configuration.paper_mm, configuration.language, configuration.letterhead)
