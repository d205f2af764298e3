# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tasks from draft to reward."""

import argparse
import time

from django.db import transaction

from backend.commands.answer import Answer, Refused
from backend.settlement import corrections, earnings
from backend.settlement.treasurers import TreasuryRefused
from backend.tasks import inspections
from backend.tasks.models import SecondInspection, Task
from backend.tasks.transitions import Move
from backend.tasks.workflow import Draft, NotMoved, draft
from heitje.money import format_euros


def publish(arguments: argparse.Namespace) -> Answer:
    """`task publish`."""
    if arguments.minutes < 1:
        raise Refused("a task takes a minute at least")
    written = draft(Draft(arguments.title, arguments.category, arguments.place, arguments.minutes, arguments.reward))
    return _moved(written.pk, Move.PUBLISH, arguments.by)


def make_move(arguments: argparse.Namespace) -> Answer:
    """Any other move."""
    return _moved(arguments.task, arguments.move, arguments.by, arguments.reason)


def list_tasks(arguments: argparse.Namespace) -> Answer:
    """`task list`."""
    tasks = list(Task.objects.order_by("id"))
    lines = [f"{task.pk:>4}  {task.state:<10} {format_euros(task.reward):>8}  {task.title}" for task in tasks]
    return Answer("\n".join(lines), {"tasks": [_document(task) for task in tasks]})


def list_inspections(arguments: argparse.Namespace) -> Answer:
    """`task inspections`."""
    drawn = SecondInspection.objects.select_related("validation__task").order_by("id")
    lines = [f"{found.validation.task_id:>4}  {_finding(found):<10} {found.validation.task.title}" for found in drawn]
    return Answer("\n".join(lines), {"inspections": [_inspection(found) for found in drawn]})


def inspect_again(arguments: argparse.Namespace) -> Answer:
    """`task inspect-again`; what is wanting is taken back in the same transaction."""
    now, well = int(time.time()), arguments.found == "well"
    try:
        with transaction.atomic():
            found = inspections.inspect_again(arguments.task, arguments.by, well, now, arguments.reason)
            if not well:
                corrections.claw_back(arguments.task, arguments.by, arguments.reason, now)
    except (inspections.NotInspected, TreasuryRefused) as error:
        raise Refused(str(error)) from error
    return Answer(f"task {arguments.task}: {_finding(found)}", _inspection(found))


def _finding(found: SecondInspection) -> str:
    return "open" if found.well is None else "well" if found.well else "wanting"


def _inspection(found: SecondInspection) -> dict[str, object]:
    return {
        "task": found.validation.task_id,
        "validated_by": found.validation.actor,
        "finding": _finding(found),
        "inspector": found.inspector or None,
        "reason": found.reason,
    }


def _moved(task_id: int, step: Move, actor: str, reason: str = "") -> Answer:
    try:
        task = earnings.move(task_id, step, actor, int(time.time()), reason)
    except NotMoved as error:
        raise Refused(str(error)) from error
    return Answer(f"task {task.pk} is {task.state}", _document(task))


def _document(task: Task) -> dict[str, str | int]:
    return {
        "id": task.pk,
        "title": task.title,
        "category": task.category,
        "place": task.place,
        "minutes": task.minutes,
        "reward": task.reward,
        "state": str(task.state),
        "claimant": task.claimant,
    }
