# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Moving a task: one visible transaction per move, the table decides, the ledger follows (RULES.md section 1).

Who publishes or withdraws has the role of a publisher, who judges that of a validator, and a validator mints no more in
a day than their cap. What officials do is in the acts.
"""

from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Sum

from backend.ledger import events
from backend.ledger.posting import Event, MintingStopped, Overdrawn, post
from backend.officials import acts, staff
from backend.officials.roles import Role
from backend.tasks import inspections
from backend.tasks.models import Task, TaskMove
from backend.tasks.transitions import TRANSITIONS, TRIES, Move, Posting, State, Transition, Who, find
from heitje.money import Cents

MINT = "mint"
"""The actor of the reward."""
DAY_S: Final = 86_400
CALENDAR = "calendar"
"""The actor of what time does by itself."""
_OFFICIALS_MOVES: Final = frozenset(row.move for row in TRANSITIONS if row.who in (Who.EDITOR, Who.INSPECTOR))
_ROLES: Final = {Who.EDITOR: Role.PUBLISHER, Who.INSPECTOR: Role.VALIDATOR}


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

    Raises `NotMoved`, and nothing has changed: the state does not know the move, the actor may not make it, a validator
    would mint above the day's cap, or the cover cannot pay a task that is to be published.
    """
    with transaction.atomic():
        if wanted in _OFFICIALS_MOVES:
            acts.lock()
        task = Task.objects.select_for_update().filter(id=task_id).first()
        if task is None:
            raise NotMoved(f"there is no task {task_id}")
        row = _step(task, wanted, actor, at, reason)
        if wanted is Move.VALIDATE:
            inspections.draw(task.moves.get(move=Move.VALIDATE), at)
            _step(task, Move.REWARD, MINT, at, "")
        if row.who in _ROLES:
            acts.record(actor, f"task {wanted}", str(task.pk), at, {"reward": task.reward, "reason": reason})
    return task


def _step(task: Task, wanted: Move, actor: str, at: int, reason: str) -> Transition:
    row = find(State(task.state), wanted)
    if row is None:
        raise NotMoved(f"a task that is {task.state} cannot {wanted}")
    _check_actor(task, row, actor)
    if wanted is Move.VALIDATE:
        _check_cap(task, actor, at)
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
    return row


def _check_actor(task: Task, row: Transition, actor: str) -> None:
    if not actor:
        raise NotMoved("a move has somebody who makes it")
    role = _ROLES.get(row.who)
    if role is not None and not staff.has_role(actor, role):
        raise NotMoved(f"{actor} is no {role}")
    if row.who is Who.CALENDAR and actor != CALENDAR and not staff.has_role(actor, Role.PUBLISHER):
        raise NotMoved(f"a task lapses by the {CALENDAR}, or a {Role.PUBLISHER} says so")
    if row.who is Who.CLAIMANT and actor != task.claimant:
        raise NotMoved("only who claimed the task may do this")
    if row.who is Who.INSPECTOR and actor in (task.claimant, task.publisher):
        raise NotMoved("neither claimant nor publisher judges a task")
    if row.who is Who.MINT and actor != MINT:
        raise NotMoved("a reward follows a validation, by itself")


def _check_cap(task: Task, validator: str, at: int) -> None:
    """Of two validations by one person at once, the second sees the first."""
    cap = staff.day_cents(validator)
    begin = at - at % DAY_S
    same_day = TaskMove.objects.filter(move=Move.VALIDATE, actor=validator, at__gte=begin, at__lt=begin + DAY_S)
    minted = same_day.aggregate(total=Sum("task__reward"))["total"] or 0
    if minted + task.reward > cap:
        raise NotMoved(f"{validator} may mint {cap} cents in a day (UTC), and {minted} of them are minted")


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
