# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Moving a task: one visible transaction per move, the table decides, the ledger follows (RULES.md section 1)."""

from dataclasses import dataclass

from django.db import transaction

from backend.ledger import events
from backend.ledger.posting import Event, MintingStopped, Overdrawn, post
from backend.tasks.models import Task, TaskMove
from backend.tasks.transitions import TRIES, Move, Posting, State, Transition, Who, find
from heitje.money import Cents

MINT = "mint"
"""The actor of the reward."""


class NotMoved(Exception):
    """The task stays where it is; the text says why."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a task before it is published; `reward` in cents."""

    title: str
    category: str
    place: str
    minutes: int
    reward: Cents
    instructions: str = ""


def draft(wanted: Draft) -> Task:
    """Write a task down; nobody sees it yet."""
    return Task.objects.create(
        title=wanted.title,
        instructions=wanted.instructions,
        category=wanted.category,
        place=wanted.place,
        minutes=wanted.minutes,
        reward=wanted.reward,
    )


def move(task_id: int, wanted: Move, actor: str, at: int, reason: str = "") -> Task:
    """Make one move at Unix time `at`; a validation mints in the same transaction.

    Raises `NotMoved`, and nothing has changed: the state does not know the move, the actor may not make it, or the
    cover cannot pay a task that is to be published.
    """
    with transaction.atomic():
        task = Task.objects.select_for_update().filter(id=task_id).first()
        if task is None:
            raise NotMoved(f"there is no task {task_id}")
        _step(task, wanted, actor, at, reason)
        if wanted is Move.VALIDATE:
            _step(task, Move.REWARD, MINT, at, "")
    return task


def _step(task: Task, wanted: Move, actor: str, at: int, reason: str) -> None:
    row = find(State(task.state), wanted)
    if row is None:
        raise NotMoved(f"a task that is {task.state} cannot {wanted}")
    _check_actor(task, row, actor)
    if wanted is Move.REJECT and not reason:
        raise NotMoved("a rejection gives a reason")
    again = row.source is State.REJECTED and wanted is Move.START
    if again and task.moves.filter(move=Move.REJECT).count() >= TRIES:
        raise NotMoved("a rejection leaves one more try, and that was it")
    number = task.moves.count() + 1
    TaskMove.objects.create(task=task, number=number, move=wanted, actor=actor, at=at, reason=reason)
    event = _event(task, row, f"task:{task.id}:{number}")
    if event is not None:
        try:
            post(event, at)
        except Overdrawn as error:
            raise NotMoved("the cover cannot pay this task") from error
        except MintingStopped as error:
            raise NotMoved(str(error)) from error
    task.state = row.target
    if wanted is Move.PUBLISH:
        task.publisher, task.claimant = actor, ""
    if wanted is Move.CLAIM:
        task.claimant = actor
    task.save()


def _check_actor(task: Task, row: Transition, actor: str) -> None:
    if not actor:
        raise NotMoved("a move has somebody who makes it")
    if row.who is Who.CLAIMANT and actor != task.claimant:
        raise NotMoved("only who claimed the task may do this")
    if row.who is Who.INSPECTOR and actor in (task.claimant, task.publisher):
        raise NotMoved("neither claimant nor publisher judges a task")
    if row.who is Who.MINT and actor != MINT:
        raise NotMoved("a reward follows a validation, by itself")


def _event(task: Task, row: Transition, event_id: str) -> Event | None:
    reward = Cents(task.reward)
    match row.posts:
        case Posting.COMMIT:
            return events.task_published(event_id, reward, str(task.id))
        case Posting.RELEASE:
            return events.task_withdrawn(event_id, reward, str(task.id))
        case Posting.MINT:
            return events.task_validated(event_id, reward, str(task.id), task.claimant)
        case Posting.NOTHING:
            return None
