# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A database that another writer holds: the till is told to try again later, and nothing of the batch is there."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

from django.db import connection
from django.test import Client

from backend.redemption.models import JournalEntry
from heitje.journal import Kind
from heitje.messages import Batch
from heitje.programme import TestProgramme
from heitje.request_signature import Request, sign_request

if TYPE_CHECKING:
    from tests.backend.conftest import City


def post(city: City, programme: TestProgramme) -> tuple[int, str, str | None]:
    """The till's journal, signed, through the whole of Django but for the socket.

    Status and kind of the answer, and when to try again.
    """
    path = f"/v1/terminals/{city.till.name}/journal"
    body = Batch(0, tuple(city.till.entries)).encode()
    signed = Request("POST", f"http://testserver{path}", {"Content-Type": "application/json"}, body)
    sign_request(signed, city.till.name, programme.terminal_key, int(time.time()))
    headers = {name: value for name, value in signed.headers.items() if name != "Content-Type"}
    answer = Client().post(path, body, content_type="application/json", headers=headers)
    return answer.status_code, answer.headers["Content-Type"], answer.headers.get("Retry-After")


def test_busy_is_503_and_later_it_is_taken_in(city: City, programme: TestProgramme) -> None:
    city.till.append(Kind.NOTE)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(city.configuration.database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = post(city, programme)
        other.execute("ROLLBACK")
    assert refused == (503, "application/problem+json", "5")
    assert JournalEntry.objects.count() == 0
    assert post(city, programme) == (200, "application/json", None)
    assert JournalEntry.objects.count() == 1
