# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The journal's file: SQLite in WAL mode with `synchronous=FULL` (JOURNAL.md)."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

_SCHEMA: Final = """
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    bytes BLOB NOT NULL
) STRICT;
CREATE TRIGGER entries_are_never_changed BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;
CREATE TRIGGER entries_are_never_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;
CREATE TABLE takings (
    intent INTEGER PRIMARY KEY REFERENCES entries (seq),
    instrument INTEGER NOT NULL,
    item BLOB NOT NULL,
    code_seq INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    time INTEGER NOT NULL,
    open INTEGER NOT NULL,
    closed INTEGER NOT NULL
) STRICT;
CREATE INDEX takings_by_item ON takings (item);
CREATE INDEX takings_open ON takings (intent) WHERE open;
CREATE TABLE upload (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    cursor INTEGER NOT NULL,
    anchor INTEGER NOT NULL,
    superseded INTEGER NOT NULL
) STRICT;
CREATE TABLE outcomes (
    seq INTEGER PRIMARY KEY REFERENCES entries (seq),
    outcome TEXT NOT NULL,
    reason TEXT
) STRICT;
INSERT INTO upload VALUES (1, 0, 0, 0);
PRAGMA user_version = 1;
"""
_VERSION: Final = 1
_BUSY_TIMEOUT_S: Final = 10.0
_PAGE_BYTES: Final = 1024
"""A commit writes whole pages; an entry is about 250 bytes, 700 with a code in it."""

_SETTINGS: Final = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")


_TAKINGS_WITHOUT_ENTRY: Final = (
    "SELECT intent FROM takings WHERE intent NOT IN (SELECT seq FROM entries)"
    " UNION SELECT seq + 1 FROM entries WHERE seq + 1 NOT IN (SELECT seq FROM entries)"
    " AND seq < (SELECT MAX(seq) FROM entries) LIMIT 1"
)


class JournalUnreadable(Exception):
    """The journal cannot be opened, or what it holds is not this terminal's journal."""


class JournalNotWritten(Exception):
    """The disk is full, read-only or broken: nothing of what was asked for is in the journal."""


def create(path: Path) -> sqlite3.Connection:
    """A file for an empty journal. Raises `FileExistsError`, `JournalNotWritten`."""
    if path.exists():
        raise FileExistsError(path)
    try:
        connection = _open(path, f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
    except sqlite3.DatabaseError as error:
        raise JournalNotWritten(f"{path}: {error}") from error
    return connection


def connect(path: Path) -> sqlite3.Connection:
    """An existing journal's file. Raises `JournalUnreadable`."""
    if not path.is_file():
        raise JournalUnreadable(f"{path}: there is no journal here")
    try:
        connection = _open(path)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise JournalUnreadable(f"{path}: {error}") from error
    if version != _VERSION:
        connection.close()
        raise JournalUnreadable(f"{path}: a journal of version {version}, this program knows {_VERSION}")
    return connection


def find_damage(path: Path) -> str | None:
    """Read the whole file and hold it to itself, indexes included; what is wrong with it, None: nothing.

    It takes as long as reading takes, so a till that sells has it done beside its sales.
    """
    try:
        with closing(_open(path)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            rows = connection.execute(_TAKINGS_WITHOUT_ENTRY).fetchone()
    except sqlite3.DatabaseError as error:
        return f"{path}: {error}"
    if found != "ok":
        return f"{path}: {found}"
    return None if rows is None else f"{path}: entry {rows[0]} is lost"


def is_empty(path: Path) -> bool:
    """Whether nothing would be lost with this file: it is not there, holds no entry, or was never set up.

    A file that cannot be read is not empty.
    """
    if not path.exists():
        return True
    try:
        with closing(_open(path)) as connection:
            (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
            return not tables or connection.execute("SELECT 1 FROM entries LIMIT 1").fetchone() is None
    except sqlite3.DatabaseError:
        return False


def _open(path: Path, *first: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        for statement in (*first, *_SETTINGS):
            connection.execute(statement)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
