# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every event of LEDGER.md section 1 moves what its row of the table says, and the book is wide enough for all."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from backend.ledger import accounts, events, minting_stop, postgresql_schema, sqlite_schema
from backend.ledger.accounts import AccountKind, AccountName
from backend.ledger.models import Account, Transfer
from backend.ledger.posting import Event, LedgerRefused, Line, MintingStopped, Overdrawn, balances, post
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000
RESERVE, FREE, COMMITTED, FUND = accounts.RESERVE, accounts.FREE_COVER, accounts.COMMITTED, accounts.LOSS_FUND
IN_BATCH, UNIDENTIFIED = accounts.IN_BATCH, accounts.UNIDENTIFIED
ANNA, TEAM, MARKED = accounts.citizen("anna"), accounts.team("team:buurt"), accounts.earmarked("sport-1", "anna")
PURSE, FLIGHT = accounts.purse("04"), accounts.load_in_flight("04")
PHONE, NOTE = accounts.allowance("aa"), accounts.note("bb")
OWED, BACK = accounts.payable("bakker-1"), accounts.returned("bakker-1")
C = Cents(5)
TABLE = [
    (events.reserve_funded("e", C, "1"), RESERVE, FREE),
    (events.excess_withdrawn("e", C, "1"), FREE, RESERVE),
    (events.bank_charged("e", C, "1"), FREE, RESERVE),
    (events.credit_unidentified("e", C, "1"), RESERVE, UNIDENTIFIED),
    (events.credit_explained("e", C, FREE, "1"), UNIDENTIFIED, FREE),
    (events.credit_explained("e", C, BACK, "1"), UNIDENTIFIED, BACK),
    (events.loss_fund_filled("e", C), FREE, FUND),
    (events.task_published("e", C, "7"), FREE, COMMITTED),
    (events.task_withdrawn("e", C, "7"), COMMITTED, FREE),
    (events.grant_promised("e", C, "sport-1"), FREE, COMMITTED),
    (events.grant_withdrawn("e", C, "sport-1"), COMMITTED, FREE),
    (events.task_validated("e", C, "7", "anna"), COMMITTED, ANNA),
    (events.task_validated("e", C, "7", "team:buurt"), COMMITTED, TEAM),
    (events.grant_paid("e", C, "sport-1", "anna"), COMMITTED, MARKED),
    (events.team_shared("e", C, "team:buurt", "anna"), TEAM, ANNA),
    (events.load_sent("e", C, ANNA, "04"), ANNA, FLIGHT),
    (events.load_proven("e", C, "04"), FLIGHT, PURSE),
    (events.load_not_done("e", C, ANNA, "04"), FLIGHT, ANNA),
    (events.allowance_issued("e", C, "anna", "aa"), ANNA, PHONE),
    (events.note_issued("e", C, "anna", "bb"), ANNA, NOTE),
    (events.redeemed("e", PURSE, "bakker-1", C, "1"), PURSE, OWED),
    (events.redeemed("e", PHONE, "bakker-1", C, "1"), PHONE, OWED),
    (events.redeemed("e", NOTE, "bakker-1", C, "1"), NOTE, OWED),
    (events.redeemed_later("e", ((FUND, C),), "bakker-1", "1"), FUND, OWED),
    (events.redeemed_later("e", ((ANNA, C), (FUND, Cents(0))), "bakker-1", "1"), ANNA, OWED),
    (events.not_given("e", "04", "anna", C, "1"), PURSE, ANNA),
    (events.unclaimed("e", "04", "anna", C), PURSE, ANNA),
    (events.recovered("e", "anna", C, "1"), ANNA, FUND),
    (events.wrongly_validated("e", C, "7", "anna"), ANNA, FREE),
    (events.refunded("e", "bakker-1", ANNA, C, "1"), OWED, ANNA),
    (events.refunded("e", "bakker-1", NOTE, C, "1"), OWED, NOTE),
    (events.voucher_expired("e", PHONE, ANNA, C), PHONE, ANNA),
    (events.voucher_expired("e", NOTE, ANNA, C), NOTE, ANNA),
    (events.coins_expired("e", ANNA, C, "by-law 3"), ANNA, FREE),
    (events.settlement_cut("e", "bakker-1", C, "b"), OWED, IN_BATCH),
    (events.payment_rejected("e", "bakker-1", C, "b"), IN_BATCH, OWED),
    (events.payments_booked("e", C, "b"), IN_BATCH, RESERVE),
    (events.payment_returned("e", "bakker-1", C, "b"), RESERVE, BACK),
    (events.paid_again("e", "bakker-1", C, "b"), BACK, OWED),
]
NUMBERS = count()
DEBIT_SIDE = {AccountKind.RESERVE}


def holdings() -> dict[AccountName, int]:
    """What every account holds."""
    rows = Account.objects.values_list("kind", "owner", "balance")
    return {AccountName(AccountKind(kind), owner): held for kind, owner, held in rows}


def fill(name: AccountName) -> None:
    """Money on an account, from the reserve by way of the cover; the account is opened."""
    number = next(NUMBERS)
    post(events.reserve_funded(f"fill {number}", C, ""), AT)
    if name not in (RESERVE, FREE):
        post(Event(f"move {number}", "test", (Line(FREE, name, C),)), AT)


def test_each_row_of_the_table_moves_its_two_accounts(city: City) -> None:
    """All of them on one book: before and after, nothing but debit and credit has changed."""
    for number, (event, debit, credit) in enumerate(TABLE):
        fill(debit)
        if credit == RESERVE:
            fill(credit)
        before = balances({*holdings(), debit, credit})
        named = Event(f"{number} {event.kind}", event.kind, event.lines, event.reference)
        assert post(named, AT), event.kind
        after = balances(before)
        sign = {name: -1 if name.kind in DEBIT_SIDE else 1 for name in before}
        moved = {name: after[name] - before[name] for name in before if after[name] != before[name]}
        assert moved == {debit: -C * sign[debit], credit: C * sign[credit]}, event.kind
        assert not post(named, AT), "an event is posted once"


def test_every_kind_of_account_is_used_and_no_other_is_known(city: City) -> None:
    named = {name.kind for _, debit, credit in TABLE for name in (debit, credit)}
    assert named == set(AccountKind)
    sql = " ".join((*postgresql_schema.TABLES, *sqlite_schema.TABLES))
    assert all(sql.count(f"'{kind}'") >= 2 for kind in AccountKind)


@pytest.mark.parametrize("event", [row[0] for row in TABLE if row[1].kind not in (AccountKind.RESERVE,)][:6])
def test_no_account_goes_below_zero(city: City, event: Event) -> None:
    held = balances({event.lines[0].debit})[event.lines[0].debit]
    too_much = Line(event.lines[0].debit, event.lines[0].credit, Cents(held + 1))
    with pytest.raises(Overdrawn):
        post(Event("too much", event.kind, (too_much,)), AT)


def test_a_narrower_book_is_made_wide_with_its_rows(city: City) -> None:
    before = list(Account.objects.order_by("id").values_list()), list(Transfer.objects.order_by("id").values_list())
    schema = postgresql_schema if connection.vendor == "postgresql" else sqlite_schema
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
        for statement in schema.WIDER:
            cursor.execute(statement)
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.execute("PRAGMA foreign_key_check")
            assert cursor.fetchall() == []
    after = list(Account.objects.order_by("id").values_list()), list(Transfer.objects.order_by("id").values_list())
    assert after == before
    fill(accounts.team("team:buurt"))
    with pytest.raises(LedgerRefused):
        post(Event("x", "test", (Line(FREE, FREE, C),)), AT)


def test_while_minting_is_stopped_the_database_mints_nothing(city: City) -> None:
    fill(COMMITTED)
    minting_stop.stop("an unknown debit", AT)
    minting_stop.stop("an unknown debit", AT + 9)
    assert minting_stop.standing() == ("an unknown debit",)
    for event in (events.task_validated("m", C, "7", "anna"), events.grant_paid("m", C, "sport-1", "anna")):
        with pytest.raises(MintingStopped):
            post(event, AT)
    assert post(events.task_withdrawn("w", C, "7"), AT), "what mints nothing goes on"
    minting_stop.lift("an unknown debit", "anna", AT)
    assert minting_stop.standing() == ()
    assert post(events.task_published("p", C, "7"), AT)
    assert post(events.task_validated("m", C, "7", "anna"), AT)
