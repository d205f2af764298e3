# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Four eyes: asked, approved by two distinct persons of the role, done exactly once; the database holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connection, transaction

from backend.configuration import Engine
from backend.officials import acts, approvals, staff
from backend.officials.approvals import NotApproved
from backend.officials.matters import APPROVED_BY, REQUEST_LIFE_S, Matter
from backend.officials.models import Act, Approval, Request
from backend.officials.roles import Role

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000
CONTENT = {"terminal": "80c566212392d06a"}
MATTER = Matter.TERMINAL_MASTERS
BOTH = pytest.mark.parametrize("engine", list(Engine))
CHANGES = (
    "UPDATE officials_act SET actor = 'nobody'",
    "DELETE FROM officials_act",
    "UPDATE officials_approval SET official_id = 'bram'",
    "DELETE FROM officials_approval",
    "UPDATE officials_request SET content = '{}'",
    "UPDATE officials_request SET subject = 'another'",
    "DELETE FROM officials_request",
    "INSERT INTO officials_act SELECT 1000, at, actor, act, subject, details, digest, 'ab' FROM officials_act",
    "INSERT INTO officials_act SELECT number + 1, at, actor, act, subject, details, 'ab', 'cd' FROM officials_act",
)


def asked() -> Request:
    """A request for a terminal's masters; two enrollers and a treasurer are there."""
    for number, role in (("anna", Role.ENROLLER), ("bram", Role.ENROLLER), ("cor", Role.TREASURER)):
        staff.grant(number, role, AT)
    return approvals.request(MATTER, "80c566212392d06a", CONTENT, "anna", AT, compare="12345678")


@BOTH
def test_two_persons_approve_and_it_is_done_once(city: City, engine: str) -> None:
    request, done = asked(), list[object]()
    assert approvals.request(MATTER, "80c566212392d06a", CONTENT, "bram", AT, compare="12345678") == request
    for by in ("anna", "anna"):
        approvals.approve(request.pk, by, AT, "12345678")
    with pytest.raises(NotApproved, match="waits"):
        approvals.carry_out(request.pk, done.append, AT)
    approvals.approve(request.pk, "bram", AT, "12345678")
    assert approvals.carry_out(request.pk, done.append, AT)
    assert not approvals.carry_out(request.pk, done.append, AT + 1)
    assert done == [CONTENT]
    told = [(act.actor, act.act) for act in Act.objects.order_by("number")][-4:]
    assert told == [
        ("anna", "terminal masters requested"),
        ("anna", "terminal masters approved"),
        ("bram", "terminal masters approved"),
        ("console", "terminal masters carried out"),
    ]
    assert list(acts.broken()) == []


def test_who_and_what_does_not_count(city: City) -> None:
    request = asked()
    with pytest.raises(NotApproved, match="no enroller"):
        approvals.approve(request.pk, "cor", AT, "12345678")
    with pytest.raises(NotApproved, match="no enroller"):
        approvals.approve(request.pk, "nobody", AT, "12345678")
    with pytest.raises(NotApproved, match="compared"):
        approvals.approve(request.pk, "anna", AT, "12345679")
    with pytest.raises(NotApproved, match="something else"):
        approvals.request(MATTER, request.subject, {"terminal": "00"}, "bram", AT, compare="12345678")
    for by in ("anna", "bram"):
        approvals.approve(request.pk, by, AT, "12345678")
    staff.take("bram", Role.ENROLLER, AT)
    with pytest.raises(NotApproved, match="waits"):
        approvals.carry_out(request.pk, lambda _: None, AT)
    with pytest.raises(NotApproved, match="30 days"):
        approvals.approve(request.pk, "anna", AT + REQUEST_LIFE_S + 1, "12345678")
    later = approvals.request(MATTER, request.subject, {"terminal": "00"}, "anna", AT + REQUEST_LIFE_S + 1)
    assert later != request


def test_what_fails_leaves_it_to_be_done(city: City) -> None:
    request = asked()
    for by in ("anna", "bram"):
        approvals.approve(request.pk, by, AT, "12345678")

    def fail(_: approvals.Content) -> None:
        staff.grant("dirk", Role.DESK, AT)
        raise OSError("no line")

    with pytest.raises(OSError, match="no line"):
        approvals.carry_out(request.pk, fail, AT)
    assert not staff.has_role("dirk", Role.DESK)
    assert approvals.carry_out(request.pk, lambda _: None, AT)


def test_one_no_closes_it(city: City) -> None:
    request = asked()
    approvals.approve(request.pk, "anna", AT, "12345678")
    approvals.refuse(request.pk, "bram", AT, "another screen")
    for act in (
        lambda: approvals.approve(request.pk, "bram", AT, "12345678"),
        lambda: approvals.carry_out(request.pk, lambda _: None, AT),
        lambda: approvals.refuse(request.pk, "anna", AT, "again"),
    ):
        with pytest.raises(NotApproved, match="closed"):
            act()
    assert asked() != request


def test_roles_that_stand_apart(city: City) -> None:
    staff.grant("anna", Role.VALIDATOR, AT, day_cents=1000)
    with pytest.raises(staff.NotAppointed, match="treasurer and validator"):
        staff.grant("anna", Role.TREASURER, AT)
    staff.grant("bram", Role.AUDITOR, AT)
    with pytest.raises(staff.NotAppointed, match="auditor"):
        staff.grant("bram", Role.DESK, AT)
    staff.take("anna", Role.VALIDATOR, AT)
    staff.grant("anna", Role.TREASURER, AT)


def test_every_matter_has_its_role() -> None:
    assert set(APPROVED_BY) == set(Matter)


@BOTH
def test_the_database_refuses_what_would_change_the_past(city: City, engine: str) -> None:
    request = asked()
    approvals.approve(request.pk, "anna", AT, "12345678")
    before = (list(Act.objects.values()), list(Approval.objects.values()), list(Request.objects.values()))
    for statement in CHANGES:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert before == (list(Act.objects.values()), list(Approval.objects.values()), list(Request.objects.values()))


@BOTH
def test_a_changed_act_is_found(city: City, engine: str) -> None:
    request = asked()
    approvals.approve(request.pk, "anna", AT, "12345678")
    last, digest = acts.head()
    with connection.cursor() as cursor:  # as somebody would who owns the database
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE officials_act DISABLE TRIGGER officials_act_no_update")
        else:
            cursor.execute("DROP TRIGGER officials_act_no_update")
        cursor.execute("UPDATE officials_act SET actor = 'bram' WHERE number = %s", [last])
    assert [place.number for place in acts.broken()] == [last]
    assert acts.head() == (last, digest)
