# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A task and the trail of its moves."""

from typing import ClassVar

from django.db import models

from backend.tasks.transitions import Move, State


class Task(models.Model):
    """Work in public space; `reward` in cents, people by number."""

    title = models.CharField(max_length=120)
    instructions = models.TextField(default="")
    category = models.CharField(max_length=40)
    place = models.CharField(max_length=120)
    minutes = models.PositiveIntegerField()
    reward = models.BigIntegerField()
    state = models.CharField(max_length=9, choices=[(state.value, state.value) for state in State], default=State.DRAFT)
    publisher = models.CharField(max_length=40, default="")
    claimant = models.CharField(max_length=40, default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(reward__gte=1, reward__lte=1_000_000), name="tasks_reward"),
            models.CheckConstraint(condition=models.Q(minutes__gte=1), name="tasks_minutes"),
            models.CheckConstraint(condition=models.Q(state__in=[state.value for state in State]), name="tasks_state"),
        ]

    def __str__(self) -> str:
        return self.title


class TaskMove(models.Model):
    """One move of a task: who, when (Unix seconds), and a rejection's reason."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="moves")
    number = models.PositiveIntegerField()
    move = models.CharField(max_length=8, choices=[(move.value, move.value) for move in Move])
    actor = models.CharField(max_length=40)
    at = models.BigIntegerField()
    reason = models.TextField(default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=("task", "number"), name="tasks_move_once")]
        indexes: ClassVar = [
            models.Index(
                fields=("actor", "at"), name="tasks_validated_by", condition=models.Q(move=Move.VALIDATE.value)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task_id}/{self.number} {self.move}"


class InspectionSeed(models.Model):
    """What decides which validations are inspected again: made once, known to no validator; its digest is an act."""

    seed = models.BinaryField()
    since = models.BigIntegerField()

    def __str__(self) -> str:
        return f"seed since {self.since}"


class SecondInspection(models.Model):
    """A validation that another validator looks at again; times in Unix seconds. `well` is empty until then."""

    validation = models.OneToOneField(TaskMove, on_delete=models.PROTECT, related_name="second")
    drawn_at = models.BigIntegerField()
    inspector = models.CharField(max_length=40, default="")
    inspected_at = models.BigIntegerField(null=True)
    well = models.BooleanField(null=True)
    reason = models.TextField(default="")

    def __str__(self) -> str:
        return f"second inspection of {self.validation}"
