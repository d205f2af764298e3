# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Many officials at once, on PostgreSQL: done once, within the cap, no circle of waiting, one chain of acts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, TypeVar

import pytest
from django.db import connection

from backend.configuration import Engine
from backend.ledger import accounts
from backend.officials import acts, approvals, staff
from backend.officials.approvals import Content, NotApproved
from backend.officials.matters import Matter
from backend.officials.models import Act, Request
from backend.officials.roles import Role
from backend.tasks.transitions import Move
from backend.tasks.workflow import Draft, NotMoved, draft, move
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000
Result = TypeVar("Result")
pytestmark = pytest.mark.parametrize("engine", [Engine.POSTGRESQL])


def at_once(*works: Callable[[], Result]) -> list[Result]:
    """Each in a thread with a connection of its own; all begin together."""
    together = Barrier(len(works), timeout=30)

    def run(work: Callable[[], Result]) -> Result:
        try:
            together.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_what_two_approved_is_done_once(city: City, engine: str) -> None:
    def ask() -> Request:
        return approvals.request(Matter.GRANT, "sport", {"cents": 500}, "treasurer-1", AT)

    asked = at_once(ask, ask, ask)
    assert len({request.pk for request in asked}) == 1
    name, done = asked[0].pk, list[Content]()
    at_once(*(lambda by=by: approvals.approve(name, by, AT) for by in ("treasurer-1", "treasurer-2") * 2))
    assert sorted(at_once(*(lambda: approvals.carry_out(name, done.append, AT) for _ in range(4)))) == [False] * 3 + [
        True
    ]
    assert done == [{"cents": 500}]
    told = list(Act.objects.filter(subject="sport").order_by("number").values_list("act", flat=True))
    assert told == ["grant requested", "grant approved", "grant approved", "grant carried out"]
    assert list(acts.broken()) == []


def test_a_cap_holds_when_everything_is_validated_at_once(city: City, engine: str) -> None:
    staff.grant("eva", Role.VALIDATOR, AT, day_cents=1000)
    tasks = []
    for _ in range(4):
        task = draft(Draft("Paint the bench", "painting", "Bongerd", 30, Cents(400)))
        for step, by in ((Move.PUBLISH, "editor-1"), (Move.CLAIM, "anna"), (Move.START, "anna"), (Move.SUBMIT, "anna")):
            move(task.pk, step, by, AT)
        tasks.append(task.pk)

    def validate(task: int) -> bool:
        try:
            move(task, Move.VALIDATE, "eva", AT)
        except NotMoved:
            return False
        return True

    def publish() -> bool:
        task = draft(Draft("Weed the square", "weeding", "Bongerd", 30, Cents(100)))
        return bool(move(task.pk, Move.PUBLISH, "editor-1", AT))

    committed = city.holds(accounts.COMMITTED)
    results = at_once(*(lambda task=task: validate(task) for task in tasks), publish, publish)
    assert sum(results[:4]) == 2
    assert (city.earned("anna"), city.holds(accounts.COMMITTED)) == (800, committed - 800 + 200)
    assert list(acts.broken()) == []


def test_one_no_against_the_second_yes(city: City, engine: str) -> None:
    asked = approvals.request(Matter.GRANT, "sport", {}, "treasurer-1", AT)
    approvals.approve(asked.pk, "treasurer-1", AT)

    def yes() -> bool:
        try:
            approvals.approve(asked.pk, "treasurer-2", AT)
            return approvals.carry_out(asked.pk, lambda _: None, AT)
        except NotApproved:
            return False

    def no() -> bool:
        try:
            return not approvals.refuse(asked.pk, "treasurer-1", AT, "too much").is_open
        except NotApproved:
            return False

    done, refused = at_once(yes, no)
    assert done != refused
    closed = Request.objects.get(pk=asked.pk)
    assert (closed.carried_out_at is not None, closed.refused_at is not None) == (done, refused)
