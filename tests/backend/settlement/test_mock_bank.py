# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Another program's bank: it takes our file, rejects, pays, returns, and its own reports and statements come in."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from mockbank.server import Config, make_server

from backend.assembly import debtor_of
from backend.audit.invariants import check
from backend.ledger import accounts
from backend.settlement import bank_import, night
from backend.settlement.models import BankEntry, BatchLine, Meaning
from backend.shops.models import Shop

if TYPE_CHECKING:
    from tests.backend.conftest import City

Ask = Callable[..., Any]


@pytest.fixture
def engine() -> str:
    """What the bank writes does not depend on who keeps the books."""
    return "sqlite"


@pytest.fixture
def ask() -> Iterator[Ask]:
    """The bank's front door, on the loopback."""
    server = make_server(Config(host="127.0.0.1", port=0, quiet=True))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()

    def call(method: str, path: str, body: bytes | dict[str, object] = b"") -> Any:
        data, kind = (body, "application/xml") if isinstance(body, bytes) else (json.dumps(body).encode(), "text/json")
        url = f"http://127.0.0.1:{server.server_address[1]}{path}"
        request = urllib.request.Request(url, data or None, {"Content-Type": kind}, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    yield call
    server.shutdown()
    serving.join()
    server.server_close()


def test_a_batch_through_a_bank_that_is_not_ours(city: City, ask: Ask) -> None:
    configuration = city.configuration
    account = {"id": "town", "name": configuration.account_holder, "iban": configuration.iban, "balance": 1_000_000}
    ask("POST", "/_mock/accounts", account)
    butcher, grocer = "NL39RABO0300065264", "NL44RABO0123456789"
    for number, (shop, iban, amount) in enumerate((("slager-1", butcher, 200), ("kruidenier-1", grocer, 75)), start=1):
        till = city.open_till(f"00112233445566a{number}", shop)
        Shop.objects.filter(id=shop).update(iban=iban)
        till.anchor()
        till.pay_card(city.cards[0], amount)
        till.upload()
    city.till.anchor()
    city.till.pay_card(city.cards[0], 350)
    city.till.upload()
    today = datetime.now(UTC).date()
    batch = night.settle(today, 1, debtor_of(configuration), configuration.settlements_path, city.till.clock)
    for official in ("treasurer-1", "treasurer-2"):
        night.approve(batch, official, city.till.clock)
    ask("POST", "/_mock/accounts", {"id": "butcher", "iban": butcher, "behaviour": "closed-account"})
    ask("POST", "/payments", night.hand_over(batch, city.till.clock))
    ask("POST", "/_mock/credits", {"account": "town", "amount": 4200})
    ask("POST", "/_mock/advance?days=5")
    taken = [take(city, message["body"].encode()) for message in ask("GET", "/_mock/messages") if is_ours(message)]
    assert sum(done.rejected for done in taken) == 1
    states = dict(BatchLine.objects.values_list("shop", "state"))
    assert states == {"bakker-1": "booked", "slager-1": "rejected", "kruidenier-1": "booked"}
    assert (city.holds(accounts.RESERVE), city.holds(accounts.UNIDENTIFIED)) == (1_000_000 - 425 + 4200, 4200)
    assert list(BankEntry.objects.values_list("meaning", flat=True).order_by("meaning")) == [
        Meaning.PAYMENTS,
        Meaning.PAYMENTS,
        Meaning.UNKNOWN_CREDIT,
    ]


def test_payments_that_the_bank_returns_later(city: City, ask: Ask) -> None:
    configuration = city.configuration
    account = {"id": "town", "name": configuration.account_holder, "iban": configuration.iban, "balance": 1_000_000}
    ask("POST", "/_mock/accounts", {**account, "behaviour": "return-later"})
    city.till.anchor()
    city.till.pay_card(city.cards[0], 350)
    city.till.upload()
    today = datetime.now(UTC).date()
    batch = night.settle(today, 1, debtor_of(configuration), configuration.settlements_path, city.till.clock)
    for official in ("treasurer-1", "treasurer-2"):
        night.approve(batch, official, city.till.clock)
    ask("POST", "/payments", night.hand_over(batch, city.till.clock))
    ask("POST", "/_mock/advance?days=12")
    for message in ask("GET", "/_mock/messages"):
        if is_ours(message):
            take(city, message["body"].encode())
    line = BatchLine.objects.get()
    assert (line.state, line.reason) == ("returned", "AC04")
    assert (city.holds(accounts.RESERVE), city.holds(accounts.returned("bakker-1"))) == (1_000_000, 350)


def is_ours(message: dict[str, Any]) -> bool:
    """Whether a treasurer would be given it: reports, and statements of the reserve's account."""
    return message["account"] == "town" and str(message["type"]).startswith(("pain.002", "camt.053"))


def take(city: City, document: bytes) -> bank_import.Imported:
    """Import; every invariant holds afterwards."""
    account = bank_import.Account(city.configuration.programme, city.configuration.iban)
    done = bank_import.take(document, account, "treasurer-1", city.till.clock)
    assert [finding for finding in check() if not finding.holds] == []
    return done
