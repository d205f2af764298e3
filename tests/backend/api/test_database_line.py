# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A server that ended its connections between two requests is noticed before the second, and not asked until then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client

from backend.api import database_line
from backend.configuration import Engine
from heitje.programme import TestProgramme
from heitje.request_signature import Request, sign_request

if TYPE_CHECKING:
    from tests.backend.conftest import City
    from tests.conftest import Cluster


@pytest.fixture
def engine() -> str:
    """SQLite has no server."""
    return Engine.POSTGRESQL


def head(city: City, programme: TestProgramme) -> int:
    """A signed request through the whole of Django but for the socket; its status."""
    request = Request("GET", f"http://testserver/v1/terminals/{city.till.name}/head", {})
    sign_request(request, city.till.name, programme.terminal_key, int(time.time()))
    return Client().get(request.url.removeprefix("http://testserver"), headers=request.headers).status_code


def server() -> int:
    """The process that serves this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_a_server_that_went_away_is_noticed(city: City, programme: TestProgramme, cluster: Cluster) -> None:
    assert head(city, programme) == 200
    before = server()
    cluster.sql(f"SELECT pg_terminate_backend({before}, 5000)")
    connection.close_if_unusable_or_obsolete()  # what Django does between requests; a test's client leaves it out
    assert head(city, programme) == 200
    assert server() != before


def test_it_is_asked_only_once_it_has_said_something(city: City, cluster: Cluster) -> None:
    def spared() -> bool:
        database_line.renew()
        return bool(connection.health_check_done)  # type: ignore[attr-defined]  # as in `database_line`

    before = server()
    assert spared()
    cluster.sql(f"SELECT pg_terminate_backend({before}, 5000)")
    assert not spared()
    connection.close()
    assert not spared(), "a connection that is closed is none"
    assert server() != before
