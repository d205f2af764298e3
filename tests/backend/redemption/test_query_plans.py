# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Intake looks nothing up by reading a table through: what it costs does not grow with what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection

from heitje.journal import Kind

if TYPE_CHECKING:
    from tests.backend.conftest import City

GROWING = ("redemption_", "ledger_", "minting_card", "minting_issuedvoucher", "shops_terminal")
TOO_WIDE = ("(terminal_id=?)", "(shop_id=?)")
"""An index that finds all that a terminal or shop ever sent; the refunds that wait are few."""


def plans(statements: list[str]) -> list[str]:
    """How SQLite looks up each statement."""
    steps = []
    with connection.cursor() as cursor:
        for statement in statements:
            if statement.startswith(("SELECT", "UPDATE")):
                cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
                steps += [f"{row[3]}  <-  {statement}" for row in cursor.fetchall()]
    return steps


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_lookup_of_a_batch_uses_an_index(city: City) -> None:
    till, card = city.till, city.cards[0]
    till.anchor()
    till.pay_card(card, 100)
    till.upload()
    till.pay_card(card, 100)
    till.pay_phone(city.phone("citizen-9", 2000), 500)
    till.refund(till.pay_paper(city.note("citizen-9", 500)[1], 500) + 1, 100)
    torn = till.card_intent(card, 100)
    till.commit(card, torn)
    till.complete(torn, Kind.UNRESOLVED, given=True)
    till.pay_card(card, 100)
    statements: list[str] = []
    connection.ensure_connection()
    connection.connection.set_trace_callback(statements.append)
    assert {str(outcome.outcome) for outcome in till.upload().outcomes} == {"accepted"}
    connection.connection.set_trace_callback(None)
    steps = plans(statements)
    scans = [step for step in steps if step.startswith("SCAN ") and step[5:].startswith(GROWING)]
    wide = [
        step
        for step in steps
        if step.startswith(("SEARCH redemption_journalentry", "SEARCH redemption_claim"))
        and step.partition("  <-  ")[0].endswith(TOO_WIDE)
    ]
    assert (scans, wide) == ([], [])
    assert len(steps) > 20
