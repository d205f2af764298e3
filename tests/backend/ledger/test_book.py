# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The book refuses what must not be, also to somebody at the SQL prompt (LEDGER.md section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, connection, transaction

from backend.ledger import accounts, events
from backend.ledger.models import Account, Transfer
from backend.ledger.posting import Event, EventDiffers, LedgerRefused, Line, Overdrawn, balance, post, post_all
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000


def run_sql(statement: str) -> None:
    """One raw statement, as a person would type it."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


INSERT = "INSERT INTO ledger_transfer (event, line, kind, debit_id, credit_id, amount, reference, at) VALUES "
OPEN = "INSERT INTO ledger_account (kind, owner)"
REPLACE_BY_ID = "INSERT OR REPLACE INTO ledger_transfer SELECT id, event, line, kind, 1, 2, 1, reference, at"
REPLACE_BY_EVENT = """
INSERT OR REPLACE INTO ledger_transfer (event, line, kind, debit_id, credit_id, amount, reference, at)
SELECT event, line, kind, debit_id, credit_id, 1, reference, at FROM ledger_transfer WHERE id = 1
"""


REFUSED = [
    ("UPDATE ledger_transfer SET amount = 1 WHERE id = 1", "never changed"),
    ("UPDATE ledger_transfer SET reference = 'x'", "never changed"),
    ("DELETE FROM ledger_transfer WHERE id = 1", "never deleted"),
    ("DELETE FROM ledger_transfer", "never deleted"),
    (f"{INSERT} ('x', 0, 'x', 1, 2, 0, '', 0)", "amount > 0|ledger_transfer_amount"),
    (f"{INSERT} ('x', 0, 'x', 1, 2, -5, '', 0)", "amount > 0|ledger_transfer_amount"),
    (f"{INSERT} ('x', -1, 'x', 1, 2, 5, '', 0)", "line >= 0|ledger_transfer_line"),
    (f"{INSERT} ('x', 0, 'x', 1, 1, 5, '', 0)", "credit_id <> debit_id|ledger_transfer_two_accounts"),
    (f"{INSERT} ('x', 0, 'x', 3, 1, 999999999, '', 0)", "balance >= 0|ledger_account_balance"),
    (f"{INSERT} ('init:reserve', 0, 'x', 1, 2, 5, '', 0)", "is posted|ledger_transfer_once"),
    (f"{INSERT} ('x', 0, 'x', 1, 999999, 5, '', 0)", "FOREIGN KEY|is not there"),
    ("UPDATE ledger_account SET balance = balance + 1 WHERE id = 2", "by a transfer only"),
    ("UPDATE ledger_account SET balance = balance + 1, last_transfer = last_transfer + 1", "by a transfer only"),
    ("UPDATE ledger_account SET owner = 'me' WHERE kind = 'purse'", "by a transfer only"),
    ("DELETE FROM ledger_account WHERE id = 1", "never deleted"),
    ("INSERT INTO ledger_account (kind, owner, balance) VALUES ('citizen', 'me', 100)", "starts empty"),
    ("INSERT INTO ledger_account (kind, owner) VALUES ('reserve', '')", "starts empty|ledger_account_once"),
    ("INSERT INTO ledger_account (kind, owner, balance, last_transfer) VALUES ('pocket', 'me', 0, 0)", "kind"),
    ("INSERT INTO ledger_account (kind, owner, balance, last_transfer) VALUES ('loss fund', 'me', 0, 0)", "owner"),
]
REFUSED_BY_SQLITE = [
    (f"{REPLACE_BY_ID} FROM ledger_transfer WHERE id = 1", "is posted"),
    (REPLACE_BY_EVENT, "is posted"),
    (f"{INSERT} ('x', 0, 'x', 1, 2, 1.5, '', 0)", "cannot store REAL value in INTEGER column"),
    ("INSERT OR REPLACE INTO ledger_account (id, kind, owner) VALUES (1, 'citizen', 'me')", "starts empty"),
]
REFUSED_BY_POSTGRESQL = [
    ("TRUNCATE ledger_transfer", "never deleted"),
    ("TRUNCATE ledger_account", "never deleted|referenced in a foreign key"),
    ("TRUNCATE ledger_account CASCADE", "never deleted"),
    (f"{INSERT} ('init:reserve', 0, 'x', 1, 2, 5, '', 0) ON CONFLICT (event, line) DO UPDATE SET amount = 1", "never"),
    (
        f"{OPEN} VALUES ('reserve', '') ON CONFLICT (kind, owner) DO UPDATE SET balance = 1",
        "by a transfer only",
    ),
]


@pytest.mark.parametrize(("statement", "says"), REFUSED)
def test_sql_cannot(city: City, statement: str, says: str) -> None:
    refuses(statement, says)


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(("statement", "says"), REFUSED_BY_SQLITE)
def test_sql_of_sqlite_cannot(city: City, statement: str, says: str) -> None:
    refuses(statement, says)


@pytest.mark.parametrize("engine", ["postgresql"])
@pytest.mark.parametrize(("statement", "says"), REFUSED_BY_POSTGRESQL)
def test_sql_of_postgresql_cannot(city: City, statement: str, says: str) -> None:
    refuses(statement, says)


def refuses(statement: str, says: str) -> None:
    """The statement fails, and nothing has changed."""
    before = list(Account.objects.values_list()), list(Transfer.objects.values_list())
    with pytest.raises(DatabaseError, match=says), transaction.atomic():
        run_sql(statement)
    assert (list(Account.objects.values_list()), list(Transfer.objects.values_list())) == before


def test_each_line_moves_both_accounts(city: City) -> None:
    free = city.holds(accounts.FREE_COVER)
    assert post(events.reserve_funded("statement:1", Cents(700), "line 1"), AT)
    assert city.holds(accounts.FREE_COVER) == free + 700
    transfer = Transfer.objects.get(event="statement:1")
    assert (transfer.kind, transfer.reference, transfer.amount, transfer.at) == ("reserve funded", "line 1", 700, AT)


def test_the_same_event_is_already_there(city: City) -> None:
    event = events.reserve_funded("statement:1", Cents(700), "line 1")
    assert post(event, AT)
    reserve = city.holds(accounts.RESERVE)
    assert not post(event, AT + 5)
    assert post_all((event, event), AT) == frozenset()
    assert city.holds(accounts.RESERVE) == reserve


def test_one_batch_posts_an_event_once(city: City) -> None:
    event = events.reserve_funded("statement:1", Cents(700), "line 1")
    reserve = city.holds(accounts.RESERVE)
    assert post_all((event, event), AT) == {"statement:1"}
    assert city.holds(accounts.RESERVE) == reserve + 700


def test_another_event_under_a_known_id_is_refused(city: City) -> None:
    post(events.reserve_funded("statement:1", Cents(700), "line 1"), AT)
    with pytest.raises(EventDiffers):
        post(events.reserve_funded("statement:1", Cents(701), "line 1"), AT)
    with pytest.raises(EventDiffers):
        post(events.loss_fund_filled("statement:1", Cents(700)), AT)


def test_nothing_of_a_refused_event_stays(city: City) -> None:
    loss_fund, count = city.holds(accounts.LOSS_FUND), Transfer.objects.count()
    lines = (
        Line(accounts.LOSS_FUND, accounts.payable("bakker-1"), Cents(100)),
        Line(accounts.citizen("citizen-1"), accounts.payable("bakker-1"), Cents(1)),
    )
    with pytest.raises(Overdrawn):
        post(Event("two lines", "test", lines), AT)
    assert (city.holds(accounts.LOSS_FUND), Transfer.objects.count()) == (loss_fund, count)
    assert balance(accounts.payable("bakker-1")) == 0


def test_an_amount_of_nothing_is_refused(city: City) -> None:
    with pytest.raises(LedgerRefused):
        post(events.reserve_funded("statement:1", Cents(0), "line 1"), AT)


def test_an_account_may_be_emptied_and_no_more(city: City) -> None:
    city.earn("citizen-7", 300)
    note = accounts.note("00" * 16)
    assert post(Event("all", "test", (Line(accounts.citizen("citizen-7"), note, Cents(300)),)), AT)
    with pytest.raises(Overdrawn):
        post(Event("more", "test", (Line(accounts.citizen("citizen-7"), note, Cents(1)),)), AT)
    assert (city.earned("citizen-7"), city.holds(note)) == (0, 300)
