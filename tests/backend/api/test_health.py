# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Health is that the process answers; readiness is that each part of it can work, and which cannot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client

from backend.configuration import Engine

if TYPE_CHECKING:
    from tests.backend.conftest import City


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that keeps the books."""
    return str(request.param)


def readiness() -> tuple[int, dict[str, str]]:
    """Status, and what each part says."""
    answer = Client().get("/v1/readiness")
    document: dict[str, Any] = answer.json()
    assert document.get("code") == (None if answer.status_code == 200 else "not-ready")
    return answer.status_code, document["checks"]


def test_all_is_well(city: City) -> None:
    city.confirm(2**32)  # trust that is fresh at any real time
    assert readiness() == (200, dict.fromkeys(("database", "tables", "keys", "trust"), "pass"))
    assert Client().get("/v1/health").json()["status"] == "pass"


def test_tables_of_another_version(city: City) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'api'")
    status, checks = readiness()
    assert (status, checks["database"], checks["tables"]) == (503, "pass", "the tables are of another version")


def test_what_is_published_is_too_old_or_not_there(city: City) -> None:
    timestamp = city.configuration.trust_path / "metadata" / "timestamp.json"
    document = json.loads(timestamp.read_bytes())
    document["signed"]["expires"] = "2001-01-01T00:00:00Z"
    timestamp.write_text(json.dumps(document), "utf-8")
    assert readiness()[1]["trust"] == "what is published has expired"
    timestamp.unlink()
    assert readiness()[1]["trust"] == "nothing is published"
    assert Client().get("/v1/health").status_code == 200


def test_a_database_that_is_gone(city: City) -> None:
    connection.close()
    database = connection.settings_dict
    name = database["NAME"]
    database["NAME"] = "/nowhere/at/all"
    try:
        status, checks = readiness()
        assert (status, checks["database"]) == (503, "the database does not answer")
        assert Client().get("/v1/health").status_code == 200
    finally:
        connection.close()
        database["NAME"] = name


def test_keys_that_may_not_be_used(city: City) -> None:
    city.configuration.key_store_path.unlink()
    assert readiness()[1]["keys"] == "the keys cannot be used"
