# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The migrations make the tables that the models describe, and SQLite is set up for money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.management import call_command
from django.db import connection, transaction

if TYPE_CHECKING:
    from tests.backend.conftest import City


def test_no_model_is_ahead_of_its_migrations(city: City) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_book_is_strict(city: City) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pragma_table_list WHERE strict")
        assert {row[0] for row in cursor.fetchall()} == {"ledger_account", "ledger_transfer"}


def test_each_commit_is_synced_and_foreign_keys_hold(city: City) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
    with connection.cursor() as cursor:
        for name, value in wanted.items():
            cursor.execute(f"PRAGMA {name}")
            assert cursor.fetchone() == (value,)


def test_a_transaction_takes_the_write_lock_when_it_begins(city: City) -> None:
    statements: list[str] = []
    connection.ensure_connection()
    connection.connection.set_trace_callback(statements.append)
    with transaction.atomic():
        pass
    connection.connection.set_trace_callback(None)
    assert statements[0] == "BEGIN IMMEDIATE"
