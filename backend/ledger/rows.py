# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Many rows in one statement, on either engine: arrays on PostgreSQL, one prepared statement on SQLite.

An ORM builds each row's statement anew, which costs more than the database's own work. Here a column goes over the wire
as one array, written as PostgreSQL's array literal; byte strings go as one block with their lengths.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final

from django.db import connection

from backend.ledger.prepared import execute

TEXT: Final = "text"
BIGINT: Final = "bigint"
SMALLINT: Final = "smallint"
BOOLEAN: Final = "boolean"
BYTES: Final = "bytea"

Rows = Sequence[Sequence[Any]]
Query = tuple[str, Sequence[str | int]]
"""A statement and its parameters."""
Found = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Columns:
    """Some columns of a table, each with its type, in the order of a row."""

    table: str
    columns: tuple[tuple[str, str], ...]

    @property
    def names(self) -> str:
        """The columns' names, as SQL lists them."""
        return ", ".join(name for name, _ in self.columns)


def select(statement: str, *parameters: str | int) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return execute(statement, parameters)


def select_all(*queries: Query) -> list[Found]:
    """The rows of several queries, which PostgreSQL is asked one by one: a trip of libpq's costs the least."""
    return [execute(*query) for query in queries]


def among(expression: str, kind: str) -> str:
    """A condition that takes one parameter, `listed`: the expression is one of these values."""
    if connection.vendor == "postgresql":
        return f"{expression} = ANY(%s::{kind}[])"
    return f"{expression} IN (SELECT value FROM json_each(%s))"


def each(alias: str, kind: str) -> str:
    """A table of one parameter, `listed`: its column `value` has these values."""
    if connection.vendor == "postgresql":
        return f"unnest(%s::{kind}[]) AS {alias} (value)"
    return f"json_each(%s) AS {alias}"


def found_by(query: str) -> str:
    """The end of a condition: the number is one that a query finds, few enough to be looked up one by one."""
    return f"= ANY(ARRAY({query}))" if connection.vendor == "postgresql" else f"IN ({query})"


def listed(kind: str, values: Iterable[Any]) -> str:
    """Values as one parameter for `among`."""
    return literal(kind, values) if connection.vendor == "postgresql" else json.dumps(list(values))


def locking(aliases: str) -> str:
    """The end of a query that locks the rows of these tables in its order; SQLite locks all when it begins."""
    return f" FOR NO KEY UPDATE OF {aliases}" if connection.vendor == "postgresql" else ""


def insert(into: Columns, rows: Rows, returning: str = "", unless_there: str = "") -> list[tuple[Any, ...]]:
    """Insert rows; what `returning` names of each.

    `unless_there` names the columns of a key: rows whose key is there already are left out.
    """
    if not rows:
        return []
    conflict = f" ON CONFLICT ({unless_there}) DO NOTHING" if unless_there else ""
    if connection.vendor == "postgresql":
        end = f"{conflict} RETURNING {returning}" if returning else conflict
        same, parameters = arrays(into, rows)
        return execute(_insert_arrays(into, same, end), parameters)
    with connection.cursor() as cursor:
        places = ", ".join(["%s"] * len(into.columns))
        statement = f"INSERT INTO {into.table} ({into.names}) VALUES ({places}){conflict}"
        if not returning:
            cursor.executemany(statement, rows)
            return []
        returned: list[tuple[Any, ...]] = []
        for row in rows:
            cursor.execute(f"{statement} RETURNING {returning}", row)
            returned += cursor.fetchall()
        return returned


def update(of: Columns, rows: Rows) -> None:
    """Set all columns but the first, which is the primary key, of many rows."""
    if not rows:
        return
    (key, _), *changed = of.columns
    if connection.vendor == "postgresql":
        assignments = ", ".join(f"{name} = r.{name}" for name, _ in changed)
        same, parameters = arrays(of, rows)
        read = _select(of, same)
        execute(f"UPDATE {of.table} AS t SET {assignments} FROM ({read}) AS r WHERE t.{key} = r.{key}", parameters)
        return
    with connection.cursor() as cursor:
        assignments = ", ".join(f"{name} = %s" for name, _ in changed)
        statement = f"UPDATE {of.table} SET {assignments} WHERE {key} = %s"
        cursor.executemany(statement, [(*row[1:], row[0]) for row in rows])


def arrays(of: Columns, rows: Rows) -> tuple[tuple[bool, ...], list[Any]]:
    """Which columns say the same in every row, and the parameters of `_select` for these.

    Such a column goes as one value, which spares the database an array of it. The first column is always an array. What
    stands in the statement's list comes first: byte blocks and single values; then the arrays.
    """
    singles: list[Any] = []
    literals: list[str] = []
    same: list[bool] = []
    for (_, kind), column in zip(of.columns, zip(*rows, strict=True), strict=True):
        is_same = bool(same) and column[0] == column[-1] and column.count(column[0]) == len(column)
        same.append(is_same)
        if is_same:
            singles.append(column[0])
        elif kind == BYTES:
            block, starts, lengths = _block(column)
            singles.append(block)
            literals += (starts, lengths)
        else:
            literals.append(literal(kind, column))
    return tuple(same), [*singles, *literals]


def literal(kind: str, column: Iterable[Any]) -> str:
    """One column as PostgreSQL's array literal."""
    if kind == TEXT:
        return _texts(tuple(column))
    if kind == BOOLEAN:
        return "{" + ",".join("NULL" if value is None else "t" if value else "f" for value in column) + "}"
    numbers = ",".join(map(str, column))
    return "{" + (numbers.replace("None", "NULL") if "N" in numbers else numbers) + "}"


def _texts(column: tuple[str | None, ...]) -> str:
    try:
        joined = '","'.join(column)  # type: ignore[arg-type]  # join itself finds a None
    except TypeError:  # a None among them
        joined = '"'
    if "\\" in joined or joined.count('"') != 2 * (len(column) - 1):
        return "{" + ",".join(map(_quoted, column)) + "}"
    return '{"' + joined + '"}' if column else "{}"


def _quoted(text: str | None) -> str:
    return "NULL" if text is None else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _block(column: tuple[bytes, ...]) -> tuple[bytes, str, str]:
    """All byte strings in one, where each begins (from 1), and how long each is."""
    lengths = list(map(len, column))
    starts = list(accumulate(lengths, initial=1))[:-1]
    return b"".join(column), literal(BIGINT, starts), literal(BIGINT, lengths)


@lru_cache(maxsize=256)
def _insert_arrays(into: Columns, same: tuple[bool, ...], end: str) -> str:
    return f"INSERT INTO {into.table} ({into.names}) {_select(into, same)}{end}"


@lru_cache(maxsize=256)
def _select(of: Columns, same: tuple[bool, ...]) -> str:
    """The rows of `arrays`."""
    shown: list[str] = []
    named: list[str] = []
    given: list[str] = []
    for (name, kind), is_same in zip(of.columns, same, strict=True):
        if is_same:
            shown.append(f"%s::{kind} AS {name}" if kind != BYTES else f"%b::bytea AS {name}")
        elif kind == BYTES:
            shown.append(f"substring(%b::bytea FROM u.{name}_at FOR u.{name}_of) AS {name}")
            named += (f"{name}_at", f"{name}_of")
            given += ("%s::int[]", "%s::int[]")
        else:
            shown.append(f"u.{name}")
            named.append(name)
            given.append(f"%s::{kind}[]")
    return f"SELECT {', '.join(shown)} FROM unnest({', '.join(given)}) AS u ({', '.join(named)})"
