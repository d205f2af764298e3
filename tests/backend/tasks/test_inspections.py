# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A validator's day has an end, who publishes does not judge, and one validation in twenty is looked at again."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from backend.officials import staff
from backend.officials.models import Act
from backend.officials.roles import Role
from backend.tasks import inspections
from backend.tasks.inspections import NotInspected
from backend.tasks.models import InspectionSeed, SecondInspection, TaskMove
from backend.tasks.transitions import Move, State
from backend.tasks.workflow import Draft, NotMoved, draft, move
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000
DAY_S = 86_400


def submitted(reward: int = 500, publisher: str = "editor-1") -> int:
    """A task that waits to be judged."""
    task = draft(Draft("Paint the bench", "painting", "Bongerd", 30, Cents(reward)))
    move(task.pk, Move.PUBLISH, publisher, AT)
    for step in (Move.CLAIM, Move.START, Move.SUBMIT):
        move(task.pk, step, "citizen-8", AT)
    return task.pk


def test_a_validator_mints_no_more_in_a_day_than_the_cap(city: City) -> None:
    staff.grant("eva", Role.VALIDATOR, AT, day_cents=1200)
    first, second, third = (submitted() for _ in range(3))
    move(first, Move.VALIDATE, "eva", AT)
    move(second, Move.VALIDATE, "eva", AT)
    with pytest.raises(NotMoved, match="1200 cents in a day"):
        move(third, Move.VALIDATE, "eva", AT)
    assert city.earned("citizen-8") == 1000
    move(third, Move.VALIDATE, "eva", AT - AT % DAY_S + DAY_S)
    assert city.earned("citizen-8") == 1500


def test_a_new_cap_counts_what_was_minted_before_it(city: City) -> None:
    staff.grant("eva", Role.VALIDATOR, AT, day_cents=500)
    move(submitted(), Move.VALIDATE, "eva", AT)
    staff.grant("eva", Role.VALIDATOR, AT, day_cents=900)
    with pytest.raises(NotMoved, match="day"):
        move(submitted(), Move.VALIDATE, "eva", AT)


def test_one_person_of_both_roles_does_not_judge_what_they_published(city: City) -> None:
    staff.grant("editor-2", Role.VALIDATOR, AT)
    task = submitted(publisher="editor-2")
    with pytest.raises(NotMoved, match="publisher"):
        move(task, Move.VALIDATE, "editor-2", AT)
    assert move(submitted(), Move.VALIDATE, "editor-2", AT).state == State.REWARDED


def test_the_draw_is_the_seed_s_and_one_in_twenty(city: City) -> None:
    seed = bytes(InspectionSeed.objects.get().seed)
    [act] = Act.objects.filter(act="inspection seed made")
    assert sha256(seed).hexdigest() in act.details
    assert seed.hex() not in act.details
    drawn = sum(inspections.is_drawn(seed, TaskMove(task_id=number, number=5)) for number in range(20_000))
    assert 850 < drawn < 1150
    for _ in range(30):
        move(submitted(1), Move.VALIDATE, "inspector-1", AT)
    validations = TaskMove.objects.filter(move=Move.VALIDATE)
    wanted = {row.pk for row in validations if inspections.is_drawn(seed, row)}
    assert set(SecondInspection.objects.values_list("validation_id", flat=True)) == wanted


def test_another_looks_again_and_once(city: City) -> None:
    task = submitted()
    move(task, Move.VALIDATE, "inspector-1", AT)
    SecondInspection.objects.get_or_create(
        validation=TaskMove.objects.get(task=task, move=Move.VALIDATE), defaults={"drawn_at": AT}
    )
    for by, why in (("inspector-1", "part"), ("citizen-8", "validator"), ("treasurer-1", "validator")):
        with pytest.raises(NotInspected, match=why):
            inspections.inspect_again(task, by, True, AT)
    with pytest.raises(NotInspected, match="reason"):
        inspections.inspect_again(task, "inspector-2", False, AT)
    found = inspections.inspect_again(task, "inspector-2", False, AT, "no paint")
    assert (found.well, found.inspector, found.reason) == (False, "inspector-2", "no paint")
    with pytest.raises(NotInspected, match="already"):
        inspections.inspect_again(task, "inspector-3", True, AT)
    with pytest.raises(NotInspected, match="not drawn"):
        inspections.inspect_again(submitted(), "inspector-3", True, AT)


def test_what_officials_do_is_in_the_acts(city: City) -> None:
    before = Act.objects.count()
    task = submitted()
    move(task, Move.VALIDATE, "inspector-1", AT)
    told = [(act.actor, act.act, act.subject) for act in Act.objects.order_by("number")[before:]]
    assert told == [("editor-1", "task publish", str(task)), ("inspector-1", "task validate", str(task))]
