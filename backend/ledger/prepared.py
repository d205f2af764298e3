# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Small statements that every request sends, with as little around them as there can be.

A cursor of Django's and psycopg's costs several times what PostgreSQL's answer does. Here a statement is prepared once
on each connection and executed by libpq itself, which waits without holding up other threads; psycopg reads the values.
What libpq tells of a failure becomes Django's error as anywhere else, and a transaction that Django opened is begun
with its first statement, as psycopg does. Whatever is not as simple goes through Django's cursor: SQLite, values of
other types than these, somebody who watches the statements, more of them than a connection should hold.

Where psycopg prepares statements as well (`prepare_threshold`), it has the server forget all of them at a rollback,
ours with its own. Outside of a transaction that is found out and made good; inside one it would cost the transaction,
so there these connections use a cursor.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGresult

Rows = list[tuple[Any, ...]]
Parameters = Sequence[str | int | bytes | None]

PREPARED_MAX: Final = 200
"""Statements that one connection holds."""
_TEXT, _BINARY = 0, 1
_KINDS: Final[tuple[tuple[type, int, int, Callable[[Any], bytes | None]], ...]] = (
    (bool, 16, _TEXT, lambda value: b"t" if value else b"f"),
    (int, 20, _TEXT, lambda value: int.__repr__(value).encode()),
    (str, 0, _TEXT, lambda value: str.__str__(value).encode()),
    (bytes, 17, _BINARY, bytes),
    (type(None), 0, _TEXT, lambda _: None),
)
"""A value's type at PostgreSQL, 0 where it is to find that out, and how it is written; members of enumerations too."""
_prepared: Final[WeakKeyDictionary[psycopg.Connection[Any], dict["_Statement", bytes]]] = WeakKeyDictionary()
"""What each connection has prepared, and its name there."""


class _Statement(NamedTuple):
    """A statement with numbered parameters of certain types."""

    text: bytes
    kinds: tuple[int, ...]
    forms: tuple[int, ...]
    writers: tuple[Callable[[Any], bytes | None], ...]


def execute(statement: str, parameters: Parameters = ()) -> Rows:
    """The rows that a statement with a `%s` for each parameter answers; none where it answers none."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql" and not database.execute_wrappers and not database.queries_logged:
        known = _statement(statement, tuple(map(type, parameters)))
        if known is not None:
            database.close_if_health_check_failed()
            database.ensure_connection()
            database.validate_no_broken_transaction()
            line: psycopg.Connection[Any] = database.connection
            if _may_prepare(line, known):
                with database.wrap_database_errors:
                    return _run(line, known, parameters)
    with database.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [] if cursor.description is None else list(cursor.fetchall())


@lru_cache(maxsize=1024)
def _statement(statement: str, types: tuple[type, ...]) -> _Statement | None:
    kinds = [next((kind for kind in _KINDS if issubclass(given, kind[0])), None) for given in types]
    if "%%" in statement or not all(kinds):
        return None
    first, *rest = statement.replace("%b", "%s").split("%s")
    text = first + "".join(f"${at}{words}" for at, words in enumerate(rest, start=1))
    _, numbers, forms, writers = zip(*filter(None, kinds), strict=True) if types else ((), (), (), ())
    return _Statement(text.encode(), numbers, forms, writers)


def _may_prepare(line: psycopg.Connection[Any], statement: _Statement) -> bool:
    names = _prepared.setdefault(line, {})
    return (
        line.pgconn.pipeline_status == PipelineStatus.OFF
        and (line.autocommit or line.prepare_threshold is None)
        and (statement in names or len(names) < PREPARED_MAX)
    )


def _run(line: psycopg.Connection[Any], statement: _Statement, parameters: Parameters) -> Rows:
    values = [write(value) for write, value in zip(statement.writers, parameters, strict=True)]
    _begin(line)
    try:
        result = _executed(line, statement, values)
    except psycopg.errors.InvalidSqlStatementName:
        if not line.autocommit:
            raise
        _prepared[line].clear()
        result = _executed(line, statement, values)
    if result.status == ExecStatus.COMMAND_OK:
        return []
    reader = Transformer(line)
    reader.set_pgresult(result)
    return reader.load_rows(0, result.ntuples, tuple)


def _executed(line: psycopg.Connection[Any], statement: _Statement, values: list[bytes | None]) -> PGresult:
    names = _prepared[line]
    name = names.get(statement)
    if name is None:
        name = b"heitje_%d" % len(names)
        _checked(line, line.pgconn.prepare(name, statement.text, statement.kinds))
        names[statement] = name
    result = line.pgconn.exec_prepared(name, values, statement.forms, _TEXT)  # type: ignore[arg-type]  # None is NULL
    return _checked(line, result)


def _begin(line: psycopg.Connection[Any]) -> None:
    """Begin the transaction that is to be, with its first statement."""
    if not line.autocommit and line.pgconn.transaction_status == TransactionStatus.IDLE:
        _checked(line, line.pgconn.exec_(b"BEGIN"))


def _checked(line: psycopg.Connection[Any], result: PGresult) -> PGresult:
    """The result, if it is one. Raises psycopg's errors."""
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    if line.pgconn.status != ConnStatus.OK:
        raise psycopg.OperationalError("the connection to the database is lost")
    raise psycopg.errors.error_from_result(result, line.info.encoding)
