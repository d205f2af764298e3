# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""One small query that every request asks, with as little around it as there can be.

A cursor of Django's and psycopg's costs several times what the database's answer does. Here the statement is prepared
once on each connection and executed by libpq itself; psycopg reads the values. What libpq tells of a failure becomes
Django's error as anywhere else. It begins no transaction, so it is for what is asked outside of one.
"""

from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus

from backend.ledger.rows import select

_TEXT: Final = 0
_prepared: Final[WeakKeyDictionary[psycopg.Connection[Any], set[bytes]]] = WeakKeyDictionary()
"""The names of what each connection has prepared."""


class Query:
    """A query with a `%s` for each parameter; `name` is its own among all queries."""

    def __init__(self, name: str, statement: str) -> None:
        self.statement = statement
        self._name = name.encode("ascii")
        first, *rest = statement.split("%s")
        self._numbered = (first + "".join(f"${at}{text}" for at, text in enumerate(rest, start=1))).encode()

    def rows(self, *parameters: str | int) -> list[tuple[Any, ...]]:
        """What `backend.ledger.rows.select` answers; outside of a transaction."""
        database = connections[DEFAULT_DB_ALIAS]
        if database.vendor != "postgresql" or database.in_atomic_block:
            return select(self.statement, *parameters)
        database.close_if_health_check_failed()
        database.ensure_connection()
        with database.wrap_database_errors:
            return self._ask(database.connection, [str(value).encode() for value in parameters])

    def _ask(self, line: psycopg.Connection[Any], parameters: list[bytes]) -> list[tuple[Any, ...]]:
        prepared = _prepared.get(line)
        if prepared is None:
            prepared = _prepared[line] = set()
        if self._name not in prepared:
            _checked(line, line.pgconn.prepare(self._name, self._numbered), ExecStatus.COMMAND_OK)
            prepared.add(self._name)
        result = _checked(line, line.pgconn.exec_prepared(self._name, parameters, None, _TEXT), ExecStatus.TUPLES_OK)
        reader = Transformer(line)
        reader.set_pgresult(result)
        return reader.load_rows(0, result.ntuples, tuple)


def _checked(line: psycopg.Connection[Any], result: Any, wanted: ExecStatus) -> Any:
    """The result, if it is one. Raises psycopg's errors."""
    if result.status == wanted:
        return result
    if line.pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError("the connection to the database is lost")
    raise psycopg.errors.error_from_result(result, line.info.encoding)
