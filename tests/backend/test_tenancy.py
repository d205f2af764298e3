# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Two programmes in one PostgreSQL database: each has its schema, keys and account, and no query sees the other's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, connection, transaction

from backend.configuration import Engine
from backend.ledger.models import Account

if TYPE_CHECKING:
    from tests.backend.conftest import City
    from tests.conftest import Cluster

VECTOR = Path(__file__).parents[1] / "vectors" / "test-programme.json"


@pytest.fixture
def engine() -> str:
    """A schema is PostgreSQL's."""
    return Engine.POSTGRESQL


def heitje(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line, as typed."""
    command = [sys.executable, "-m", "heitje", "backend", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def holdings(directory: Path) -> dict[str, int]:
    """Cents by kind of account, as `status` tells them."""
    document = json.loads(heitje("status", "--dir", directory, "--json").stdout)
    accounts: dict[str, int] = document["accounts"]
    return accounts


def test_a_second_programme_beside_the_first(city: City, cluster: Cluster, tmp_path: Path) -> None:
    database, second = city.configuration.database, tmp_path / "second"
    where = ("--postgresql", database.name, "--schema", "elders", "--db-host", database.host, "--db-user", "heitje")
    init = ("init", "--dir", second, "--test-programme", VECTOR, *where)
    assert heitje(*init).returncode == 0
    before = holdings(city.configuration.directory)
    assert heitje("fund", "500", "--dir", second, "--line", "1").returncode == 0
    assert holdings(second)["reserve"] == before["reserve"] + 500
    assert holdings(city.configuration.directory) == before
    schemas = cluster.sql("SELECT schema_name FROM information_schema.schemata", database.name).split()
    assert {"testburg", "elders"} <= set(schemas)
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert cluster.sql(tables, database.name) == "0"
    refused = heitje("init", "--dir", tmp_path / "third", "--test-programme", VECTOR, *where)
    assert (refused.returncode, refused.stderr.count("holds a backend already")) == (1, 1)


def test_a_connection_sees_its_own_schema_alone(city: City, cluster: Cluster) -> None:
    name = city.configuration.database.name
    cluster.sql("CREATE SCHEMA elders AUTHORIZATION heitje; CREATE TABLE elders.only_there (x int)", name)
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == ("testburg",)
        cursor.execute("SELECT current_schemas(false)")
        assert cursor.fetchone() == (["testburg"],)
        with pytest.raises(DatabaseError, match="only_there"), transaction.atomic():
            cursor.execute("SELECT * FROM only_there")


def test_what_moves_balances_is_bound_to_its_schema(city: City) -> None:
    """A session with another search path that posts by full name moves the balances of the same schema, no other's."""
    before = dict(Account.objects.values_list("kind", "balance").filter(owner=""))
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL search_path TO pg_catalog")
        cursor.execute(
            "INSERT INTO testburg.ledger_transfer (event, line, kind, debit_id, credit_id, amount, reference, at)"
            " SELECT 'x', 0, 'x', d.id, c.id, 5, '', 0 FROM testburg.ledger_account d, testburg.ledger_account c"
            " WHERE d.kind = 'reserve' AND c.kind = 'free cover'"
        )
    after = dict(Account.objects.values_list("kind", "balance").filter(owner=""))
    assert {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]} == {
        "reserve": 5,
        "free cover": 5,
    }
