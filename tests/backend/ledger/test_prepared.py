# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A prepared statement answers as any other, and fails as any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError, connection, transaction

from backend.ledger.prepared import PREPARED_MAX, Parameters, Rows, execute
from backend.ledger.rows import select
from heitje.journal import Kind

if TYPE_CHECKING:
    from tests.backend.conftest import City
    from tests.conftest import Cluster

ALL = """SELECT id, public_key, paper_till, enrolled_at, CAST(%s AS text), CAST(%s AS boolean), CAST(%s AS bigint)
FROM shops_terminal WHERE id = CAST(%s AS text) AND enrolled_at < %s"""
WRITE = "INSERT INTO ledger_account (kind, owner, balance) VALUES ('citizen', %s, %s)"
COUNT = "SELECT count(*) FROM ledger_account WHERE owner = %s"


@pytest.fixture(params=[3, None], ids=["psycopg prepares too", "psycopg prepares nothing"])
def line(city: City, request: pytest.FixtureRequest) -> City:
    """The town; its connection with either setting of psycopg's own preparing."""
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        connection.connection.prepare_threshold = request.param
    return city


def is_prepared(statement: str) -> bool:
    """Whether the connection knows one that begins so under a name of ours."""
    held = select("SELECT name FROM pg_prepared_statements WHERE statement LIKE %s", statement[:30] + "%")
    return any(name.startswith("heitje_") for (name,) in held)


def by_cursor(statement: str, parameters: Parameters) -> Rows:
    """What Django's cursor answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def test_the_same_rows(line: City) -> None:
    asked = 0
    for name in (line.till.name, "é' --", ""):
        for before, yes, number in ((2**62, True, None), (-(2**62), False, Kind.REFUND), (2**62, None, -1)):
            parameters = ("a \\ 'text'\n", yes, number, name, before)
            assert execute(ALL, parameters) == by_cursor(ALL, parameters)
            with transaction.atomic():
                assert execute(ALL, parameters) == by_cursor(ALL, parameters)
            asked += len(execute(ALL, parameters))
    assert asked == 2
    assert connection.vendor == "sqlite" or is_prepared(ALL)


def once_more(owner: str) -> None:
    with transaction.atomic():
        execute(WRITE, (owner, 0))


def test_what_is_undone_is_undone(line: City) -> None:
    """Whoever begins the transaction; and after it everything is as before."""
    for number in range(5):
        owner = f"nobody-{number}"
        with transaction.atomic():
            assert execute(WRITE, (owner, 0)) == []
            assert execute(COUNT, (owner,)) == select(COUNT, owner) == [(1,)]
            transaction.set_rollback(True)
        assert execute(COUNT, (owner,)) == [(0,)]
        with transaction.atomic():
            execute(WRITE, (owner, 0))
        assert execute(COUNT, (owner,)) == select(COUNT, owner) == [(1,)]
        with pytest.raises(IntegrityError):
            once_more(owner)
        assert execute(COUNT, (owner,)) == [(1,)]


def test_what_the_database_refuses_is_django_s_error(line: City) -> None:
    with pytest.raises(DatabaseError) as refused:
        execute("SELECT nothing FROM nowhere WHERE id = %s", ("x",))
    assert isinstance(refused.value, ProgrammingError if connection.vendor == "postgresql" else OperationalError)
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            execute("SELECT 1")
    assert execute("SELECT 1 WHERE 'x' = %s", ("x",)) == [(1,)]


def test_bytes(line: City) -> None:
    block, kind = bytes(range(256)), "bytea" if connection.vendor == "postgresql" else "blob"
    assert bytes(execute(f"SELECT CAST(%s AS {kind})", (block,))[0][0]) == block


def test_whoever_watches_statements_sees_them(line: City) -> None:
    seen = []

    def watch(run: Callable[..., object], statement: str, *rest: object) -> object:
        seen.append(statement)
        return run(statement, *rest)

    with connection.execute_wrapper(watch):
        assert execute("SELECT 1") == [(1,)]
    assert seen == ["SELECT 1"]


def test_there_is_an_end_to_what_a_connection_holds(line: City) -> None:
    if connection.vendor == "postgresql":
        for number in range(PREPARED_MAX + 5):
            assert execute(f"SELECT {number}") == [(number,)]
        assert select("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'heitje_%%'") == [(PREPARED_MAX,)]


def test_a_connection_that_is_lost(line: City, request: pytest.FixtureRequest) -> None:
    """Told as an operational error; the next connection prepares anew."""
    if connection.vendor == "postgresql":
        statement = "SELECT pg_backend_pid() WHERE 'x' = %s"
        ((before,),) = execute(statement, ("x",))
        cluster: Cluster = request.getfixturevalue("cluster")
        cluster.sql(f"SELECT pg_terminate_backend({before}, 5000)")
        with pytest.raises(OperationalError):
            execute(statement, ("x",))
        connection.close_if_unusable_or_obsolete()
        ((after,),) = execute(statement, ("x",))
        assert before != after
