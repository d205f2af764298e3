# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""One validation in twenty is inspected again, by another validator (LEDGER.md section 2).

Which ones is HMAC-SHA256(seed, event of the validation), modulo twenty. The seed stands in the books and is shown to
nobody who validates; its SHA-256 is an act before it draws for the first time, so an auditor can draw again.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Final

from django.db import transaction

from backend.officials import acts, staff
from backend.officials.roles import Role
from backend.tasks.models import InspectionSeed, SecondInspection, Task, TaskMove
from backend.tasks.transitions import Move

ONE_IN: Final = 20
SEED_LENGTH: Final = 32


class NotInspected(Exception):
    """This second look does not count; the text says why."""


def is_drawn(with_seed: bytes, validation: TaskMove) -> bool:
    """Whether a validation is to be inspected again."""
    name = f"task:{validation.task_id}:{validation.number}".encode()
    return int.from_bytes(hmac.digest(with_seed, name, "sha256")[:8], "big") % ONE_IN == 0


def seed(at: int) -> bytes:
    """The seed, made where there is none yet; a programme makes it when it begins."""
    there = InspectionSeed.objects.filter(pk=1).first()
    if there is None:
        there, new = InspectionSeed.objects.get_or_create(
            pk=1, defaults={"seed": secrets.token_bytes(SEED_LENGTH), "since": at}
        )
        if new:
            acts.record(acts.CONSOLE, "inspection seed made", "", at, {"sha256": sha256(there.seed).hexdigest()})
    return bytes(there.seed)


def draw(validation: TaskMove, at: int) -> None:
    """Draw for a validation, in its own transaction."""
    if is_drawn(seed(at), validation):
        SecondInspection.objects.create(validation=validation, drawn_at=at)


def inspect_again(task_id: int, by: str, well: bool, at: int, reason: str = "") -> SecondInspection:
    """What another validator found. Raises `NotInspected`.

    Found wanting, the reward is taken back by whoever calls (`backend.settlement.corrections`).
    """
    with transaction.atomic():
        acts.lock()
        found = (
            SecondInspection.objects.select_for_update(of=("self",))
            .select_related("validation__task")
            .filter(validation__task=task_id)
            .first()
        )
        if found is None:
            raise NotInspected(f"task {task_id} was not drawn for a second inspection")
        if found.inspected_at is not None:
            raise NotInspected(f"task {task_id} is inspected again already")
        if not staff.has_role(by, Role.VALIDATOR):
            raise NotInspected(f"{by} is no {Role.VALIDATOR}")
        if by in parties(found.validation.task):
            raise NotInspected("who had a part in a task does not inspect it again")
        if not well and not reason:
            raise NotInspected("what is wanting has a reason")
        found.inspector, found.inspected_at, found.well, found.reason = by, at, well, reason
        found.save()
        acts.record(by, "task inspected again", str(task_id), at, {"well": well, "reason": reason})
        return found


def parties(task: Task) -> frozenset[str]:
    """Who published, did or judged a task."""
    judged = task.moves.filter(move__in=(Move.PUBLISH, Move.VALIDATE, Move.REJECT)).values_list("actor", flat=True)
    return frozenset(judged) | {task.claimant}
