# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The table of a task's states, row by row, and that nothing beside it moves a task (RULES.md section 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.ledger import accounts
from backend.ledger.models import Transfer
from backend.tasks.models import Task
from backend.tasks.transitions import TRANSITIONS, Move, Posting, State, find
from backend.tasks.workflow import Draft, NotMoved, draft, move
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000
REWARD = Cents(1200)
WANTED = Draft("Paint the bench", "painting", "Bongerd", 120, REWARD)
ACTORS = {
    Move.PUBLISH: "editor-1",
    Move.WITHDRAW: "editor-1",
    Move.CLAIM: "citizen",
    Move.START: "citizen",
    Move.SUBMIT: "citizen",
    Move.VALIDATE: "inspector-1",
    Move.REJECT: "inspector-1",
    Move.LAPSE: "calendar",
    Move.REWARD: "somebody",
}
PATHS = {
    State.DRAFT: (),
    State.PUBLISHED: (Move.PUBLISH,),
    State.CLAIMED: (Move.PUBLISH, Move.CLAIM),
    State.STARTED: (Move.PUBLISH, Move.CLAIM, Move.START),
    State.SUBMITTED: (Move.PUBLISH, Move.CLAIM, Move.START, Move.SUBMIT),
    State.REJECTED: (Move.PUBLISH, Move.CLAIM, Move.START, Move.SUBMIT, Move.REJECT),
    State.REWARDED: (Move.PUBLISH, Move.CLAIM, Move.START, Move.SUBMIT, Move.VALIDATE),
    State.WITHDRAWN: (Move.PUBLISH, Move.WITHDRAW),
    State.LAPSED: (Move.PUBLISH, Move.CLAIM, Move.LAPSE),
}
HOLDINGS = (accounts.FREE_COVER, accounts.COMMITTED, accounts.citizen("citizen"))


def task_in(state: State) -> Task:
    """A task that came to a state by the moves that lead there."""
    task = draft(WANTED)
    for step in PATHS[state]:
        task = move(task.pk, step, ACTORS[step], AT, reason="a patch is left" if step is Move.REJECT else "")
    return task


@pytest.mark.parametrize("state", PATHS)
@pytest.mark.parametrize("step", Move)
def test_only_the_table_moves_a_task(city: City, state: State, step: Move) -> None:
    task = task_in(state)
    before = [city.holds(name) for name in HOLDINGS]
    row = find(state, step)
    if row is None or step is Move.REWARD:
        with pytest.raises(NotMoved):
            move(task.pk, step, ACTORS[step], AT, reason="x")
        assert Task.objects.get(pk=task.pk).state == state
        assert [city.holds(name) for name in HOLDINGS] == before
        return
    moved = move(task.pk, step, ACTORS[step], AT, reason="x")
    validated = step is Move.VALIDATE
    assert moved.state == (State.REWARDED if validated else row.target)
    free, committed, earned = before
    posts = Posting.MINT if validated else row.posts
    after = {
        Posting.NOTHING: [free, committed, earned],
        Posting.COMMIT: [free - REWARD, committed + REWARD, earned],
        Posting.RELEASE: [free + REWARD, committed - REWARD, earned],
        Posting.MINT: [free, committed - REWARD, earned + REWARD],
    }
    assert [city.holds(name) for name in HOLDINGS] == after[posts]


def test_the_table_reaches_every_state_and_names_each_row_once() -> None:
    assert {row.target for row in TRANSITIONS} | {State.DRAFT} == set(State)
    assert len({(row.source, row.move) for row in TRANSITIONS}) == len(TRANSITIONS)
    assert {row.source for row in TRANSITIONS}.isdisjoint({State.REWARDED, State.WITHDRAWN})


@pytest.mark.parametrize(
    ("state", "step", "actor"),
    [
        (State.CLAIMED, Move.START, "another"),
        (State.STARTED, Move.SUBMIT, "another"),
        (State.SUBMITTED, Move.VALIDATE, "citizen"),
        (State.SUBMITTED, Move.VALIDATE, "editor-1"),
        (State.SUBMITTED, Move.VALIDATE, "editor-2"),
        (State.SUBMITTED, Move.REJECT, "nobody"),
        (State.DRAFT, Move.PUBLISH, "inspector-1"),
        (State.PUBLISHED, Move.WITHDRAW, "citizen"),
        (State.STARTED, Move.LAPSE, "citizen"),
        (State.SUBMITTED, Move.REJECT, "citizen"),
        (State.PUBLISHED, Move.CLAIM, ""),
    ],
)
def test_who_may_not(city: City, state: State, step: Move, actor: str) -> None:
    task = task_in(state)
    with pytest.raises(NotMoved):
        move(task.pk, step, actor, AT, reason="x")
    assert Task.objects.get(pk=task.pk).state == state


def test_a_rejection_gives_a_reason_and_one_more_try(city: City) -> None:
    task = task_in(State.SUBMITTED)
    with pytest.raises(NotMoved, match="reason"):
        move(task.pk, Move.REJECT, "inspector-1", AT)
    move(task.pk, Move.REJECT, "inspector-1", AT, "a patch is left")
    for step in (Move.START, Move.SUBMIT):
        move(task.pk, step, "citizen", AT)
    move(task.pk, Move.REJECT, "inspector-1", AT, "still there")
    with pytest.raises(NotMoved, match="one more try"):
        move(task.pk, Move.START, "citizen", AT)
    assert move(task.pk, Move.LAPSE, "calendar", AT).state == State.LAPSED


def test_a_task_that_the_cover_cannot_pay_is_not_published(city: City) -> None:
    free = city.holds(accounts.FREE_COVER)
    task = draft(Draft("Gold the roof", "other", "Bongerd", 60, Cents(free + 1)))
    with pytest.raises(NotMoved, match="cover"):
        move(task.pk, Move.PUBLISH, "editor-1", AT)
    assert Task.objects.get(pk=task.pk).state == State.DRAFT
    assert task.moves.count() == 0
    assert city.holds(accounts.FREE_COVER) == free


def test_a_lapsed_task_is_published_again_and_paid_once(city: City) -> None:
    task = task_in(State.LAPSED)
    for step in (Move.PUBLISH, Move.CLAIM, Move.START, Move.SUBMIT, Move.VALIDATE):
        move(task.pk, step, ACTORS[step], AT)
    assert city.earned("citizen") == REWARD
    assert Transfer.objects.filter(kind="task validated", reference=str(task.pk)).count() == 1
