# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A request under a key is done once: sent again, sent at once by many, killed in the middle, taken over by another.

What is done here is a deposit that every call makes anew, so that nothing but the key can keep it from coming twice.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path
from ninja import NinjaAPI

from backend.api.application import on_problem
from backend.api.idempotency import KEPT_S, LEASE_S, once
from backend.api.models import StoredAnswer
from backend.api.problems import Problem, ProblemRaised
from backend.configuration import Engine
from backend.ledger.accounts import RESERVE
from backend.minting import cover
from heitje.holds import HoldRequest
from heitje.money import Cents
from heitje.request_signature import Request, sign_request

if TYPE_CHECKING:
    from heitje.programme import TestProgramme
    from tests.backend.conftest import City

NOW = 1_795_500_000
CENTS = Cents(100)
Deposit = Callable[..., tuple[int, dict[str, Any]]]


class Gate:
    """Holds a deposit in the middle."""

    def __init__(self) -> None:
        self.hold = False
        self.reached, self.go_on = threading.Event(), threading.Event()

    def pass_through(self) -> None:
        """Wait here where one is held."""
        if self.hold:
            self.hold = False
            self.reached.set()
            assert self.go_on.wait(30)


GATE = Gate()


def who_calls(request: HttpRequest) -> str:
    """The caller's name, as it says."""
    return request.headers["X-Who"]


def make_urls() -> ModuleType:
    """An API of its own with a deposit in it."""
    api = NinjaAPI(urls_namespace="deposits", docs_url=None, openapi_url=None, auth=who_calls)
    api.exception_handler(ProblemRaised)(on_problem)

    @api.post("/deposits")
    @once(required=True)
    def deposit(request: HttpRequest, how: str = "") -> JsonResponse:
        line = secrets.token_hex(8)
        cover.fund(f"statement:{line}", CENTS, line, NOW)
        GATE.pass_through()
        if how == "refused":
            raise ProblemRaised(Problem.CARD_SESSION, "after the money moved")
        if how == "broken":
            raise ProblemRaised(Problem.BUSY)
        if how == "killed":
            raise KeyboardInterrupt
        return JsonResponse({"line": line})

    urls = ModuleType("urls_of_deposits")
    urls.urlpatterns = [path("v1/", api.urls)]  # type: ignore[attr-defined]
    return urls


URLS = make_urls()


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> str:
    """The engine that keeps the books."""
    return str(request.param)


@pytest.fixture
def deposit(city: City) -> Iterator[Deposit]:
    """Send a deposit; status and document of the answer."""

    def send(key: str | None = '"one"', body: bytes = b"{}", who: str = "anna", how: str = "") -> tuple[int, Any]:
        headers = {"X-Who": who, **({} if key is None else {"Idempotency-Key": key})}
        answer = Client().post(f"/v1/deposits?how={how}", body, content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    with override_settings(ROOT_URLCONF=URLS):
        yield send


def deposits(city: City, before: int) -> int:
    """How many have come."""
    return (city.holds(RESERVE) - before) // CENTS


def test_sent_again_it_is_answered_alike_and_done_once(city: City, deposit: Deposit) -> None:
    before = city.holds(RESERVE)
    first = deposit()
    assert first[0] == 200
    assert [deposit() for _ in range(3)] == [first] * 3
    assert deposits(city, before) == 1
    assert deposit('"two"') != first
    assert deposit(who="bert") != first, "a key is its caller's own"
    assert deposits(city, before) == 3


def test_another_request_under_the_key(city: City, deposit: Deposit) -> None:
    before = city.holds(RESERVE)
    deposit()
    assert deposit(body=b'{"more": 1}')[1]["code"] == "idempotency-key-reused"
    assert deposit(how="x")[0] == 422, "another address is another request"
    assert deposits(city, before) == 1


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency-key-missing"),
        ("one", "idempotency-key-malformed"),
        ('""', "idempotency-key-malformed"),
        ('"a"b"', "idempotency-key-malformed"),
        ('"a', "idempotency-key-malformed"),
        (f'"{"a" * 254}"', "idempotency-key-malformed"),
    ],
)
def test_no_key_or_one_of_another_form(city: City, deposit: Deposit, key: str | None, code: str) -> None:
    before = city.holds(RESERVE)
    status, document = deposit(key)
    assert (status, document["code"], deposits(city, before)) == (400, code, 0)


def test_a_refusal_is_kept_and_undoes_what_was_done(city: City, deposit: Deposit) -> None:
    before = city.holds(RESERVE)
    first = deposit(how="refused")
    assert (first[0], first[1]["detail"]) == (409, "after the money moved")
    assert deposit(how="refused") == first
    assert deposits(city, before) == 0


def test_a_fault_is_not_kept(city: City, deposit: Deposit) -> None:
    before = city.holds(RESERVE)
    assert deposit(how="broken")[0] == 503
    assert StoredAnswer.objects.count() == 0
    with pytest.raises(KeyboardInterrupt):
        deposit(how="killed")
    assert (StoredAnswer.objects.count(), deposits(city, before)) == (0, 0)


def test_while_the_first_is_at_it(city: City, deposit: Deposit) -> None:
    before, told = city.holds(RESERVE), []

    def first() -> None:
        try:
            told.append(deposit())
        finally:
            connection.close()

    GATE.hold = True
    GATE.reached.clear()
    GATE.go_on.clear()
    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert GATE.reached.wait(30)
        status, document = deposit()
        assert (status, document["code"]) == (409, "idempotency-in-progress")
        assert deposit(body=b"[]")[0] == 422
    finally:
        GATE.go_on.set()
        thread.join(30)
    assert told == [deposit()]
    assert deposits(city, before) == 1


def abandon(taken_s_ago: int) -> None:
    """As if a worker had been killed after it took the key."""
    StoredAnswer.objects.update(status=0, body=b"", taken_at=time.time_ns() - taken_s_ago * 1_000_000_000)


def test_who_was_killed_is_waited_for_and_then_taken_over_from(city: City, deposit: Deposit) -> None:
    before = city.holds(RESERVE)
    deposit()
    abandon(LEASE_S - 20)
    assert deposit()[0] == 409
    abandon(LEASE_S + 1)
    again = deposit()
    assert (again[0], deposit()) == (200, again)
    assert deposits(city, before) == 2, "the first one's answer was taken away above, not its money"


def test_who_is_taken_over_from_undoes_all_of_it(city: City, deposit: Deposit) -> None:
    """Slow, not dead: the other one's answer is there when it is done, and its own deposit must not be."""
    before = city.holds(RESERVE)

    class TakeOver(Gate):
        def pass_through(self) -> None:
            StoredAnswer.objects.update(taken_at=1)

    global GATE
    usual, GATE = GATE, TakeOver()
    try:
        assert deposit()[1]["code"] == "idempotency-in-progress"
    finally:
        GATE = usual
    assert deposits(city, before) == 0


def test_answers_are_forgotten_in_the_end(city: City, deposit: Deposit) -> None:
    before = city.holds(RESERVE)
    deposit()
    StoredAnswer.objects.update(taken_at=time.time_ns() - (KEPT_S + 1) * 1_000_000_000)
    deposit('"two"')
    assert list(StoredAnswer.objects.values_list("key", flat=True)) == ["two"]
    deposit()
    assert deposits(city, before) == 3


def test_a_question_before_a_sale_may_have_a_key(city: City, programme: TestProgramme) -> None:
    def ask(amount: int) -> tuple[int, dict[str, Any]]:
        where = f"/v1/terminals/{programme.terminal.hex()}/holds"
        body = HoldRequest(bytes(16), amount, uid=programme.cards[0].uid, tmc=1).encode()
        request = Request("POST", f"http://testserver{where}", {}, body)
        sign_request(request, programme.terminal.hex(), programme.terminal_key, int(time.time()))
        headers = {**request.headers, "Idempotency-Key": '"sale 1"'}
        answer = Client().post(where, body, content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    first = ask(100)
    assert (first[0], first[1]["held"], ask(100)) == (200, True, first)
    assert ask(200)[0] == 422
