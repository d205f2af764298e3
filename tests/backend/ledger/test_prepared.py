# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A prepared query answers as any other, and fails as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction

from backend.ledger.prepared import Query
from backend.ledger.rows import select

if TYPE_CHECKING:
    from tests.backend.conftest import City
    from tests.conftest import Cluster

ALL = """SELECT id, public_key, paper_till, enrolled_at, CAST(%s AS text) FROM shops_terminal
WHERE id = CAST(%s AS text) AND enrolled_at < %s"""


def test_the_same_rows(city: City) -> None:
    query, asked = Query("test_rows", ALL), 0
    for name in (city.till.name, "é' --", ""):
        for before in (2**62, 0):
            parameters = ("a \\ 'text'\n", name, before)
            assert query.rows(*parameters) == select(query.statement, *parameters)
            with transaction.atomic():
                assert query.rows(*parameters) == select(query.statement, *parameters)
            asked += len(query.rows(*parameters))
    assert asked == 1


def test_what_the_database_refuses_is_django_s_error(city: City) -> None:
    with pytest.raises(DatabaseError) as refused:
        Query("test_none", "SELECT nothing FROM nowhere WHERE id = %s").rows("x")
    assert isinstance(refused.value, ProgrammingError if connection.vendor == "postgresql" else OperationalError)
    assert Query("test_one", "SELECT 1 WHERE 'x' = %s").rows("x") == [(1,)]


def test_a_connection_that_is_lost(city: City, request: pytest.FixtureRequest) -> None:
    """Told as an operational error; the next connection prepares anew."""
    if connection.vendor != "postgresql":
        return
    query = Query("test_lost", "SELECT pg_backend_pid() WHERE 'x' = %s")
    ((before,),) = query.rows("x")
    cluster: Cluster = request.getfixturevalue("cluster")
    cluster.sql(f"SELECT pg_terminate_backend({before}, 5000)")
    with pytest.raises(OperationalError):
        query.rows("x")
    connection.close_if_unusable_or_obsolete()
    ((after,),) = query.rows("x")
    assert before != after
