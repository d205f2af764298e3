# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a till keeps beside its journal and tells nobody: cash that was a part of a sale, and that it is suspended.

It stands in the journal's file, in tables of its own, so that cash is written in the same transaction as the tenders
that it stands beside. A program that does not know these tables leaves them alone: the journal's form is unchanged.
"""

import sqlite3
from contextlib import suppress
from typing import Final, NamedTuple

_TABLES: Final = (
    "{kind} TABLE IF NOT EXISTS cash (sale BLOB PRIMARY KEY, cents INTEGER NOT NULL CHECK (cents > 0)) STRICT",
    "{kind} TABLE IF NOT EXISTS standing (only INTEGER PRIMARY KEY CHECK (only = 1), suspended INTEGER) STRICT",
)


class Cash(NamedTuple):
    """So many cents of a sale were paid in cash; 0: none of it."""

    sale: bytes
    cents: int


class SideBook:
    """One till's; `connection` is its journal's. What is written is in the transaction of whoever writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        for table in _TABLES:
            try:
                connection.execute(table.format(kind="CREATE"))
            except sqlite3.OperationalError:  # a disk that takes nothing: what is empty can be read all the same
                with suppress(sqlite3.OperationalError):
                    connection.execute(table.format(kind="CREATE TEMPORARY"))

    def keep_cash(self, cash: Cash) -> None:
        """A sale has so much cash beside its tenders; it counts when they are paid. Raises `sqlite3.DatabaseError`."""
        self._db.execute("DELETE FROM cash WHERE sale = ?", (cash.sale,))
        if cash.cents:
            self._db.execute("INSERT INTO cash VALUES (?, ?)", cash)

    def cash_of(self, sale: bytes) -> int:
        """Cents in cash of a sale."""
        row = self._db.execute("SELECT cents FROM cash WHERE sale = ?", (sale,)).fetchone()
        return 0 if row is None else int(row[0])

    def keep_suspended(self, suspended: bool) -> None:
        """Remember what the municipality said, for a start without a connection. Raises `sqlite3.DatabaseError`."""
        self._db.execute("INSERT OR REPLACE INTO standing VALUES (1, ?)", (int(suspended),))

    def suspended(self) -> bool:
        """Whether the municipality has suspended this till, as far as was heard."""
        row = self._db.execute("SELECT suspended FROM standing").fetchone()
        return row is not None and bool(row[0])
