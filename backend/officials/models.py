# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Officials, their roles, what two of them approve, and the acts; all times in Unix seconds, people by number.

Acts and approvals are never changed and never deleted: the database itself refuses (`append_only`).
"""

from typing import ClassVar

from django.db import models

from backend.officials.matters import Matter
from backend.officials.roles import Role


class Official(models.Model):
    """Somebody who works for the programme. Names live elsewhere (RULES.md section 6)."""

    number = models.CharField(primary_key=True, max_length=40)
    since = models.BigIntegerField()

    def __str__(self) -> str:
        return self.number


class RoleGrant(models.Model):
    """A role that an official has, or had until `ended_at`. `day_cents`: what a validator may mint in a day (UTC)."""

    official = models.ForeignKey(Official, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=10, choices=[(role.value, role.value) for role in Role])
    since = models.BigIntegerField()
    ended_at = models.BigIntegerField(null=True)
    day_cents = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("official", "role"), condition=models.Q(ended_at__isnull=True), name="officials_role_once"
            ),
            models.CheckConstraint(
                condition=models.Q(day_cents__isnull=True) | models.Q(role=Role.VALIDATOR.value, day_cents__gt=0),
                name="officials_day_cents",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.official_id}: {self.role}"


class Request(models.Model):
    """Something that waits for two officials. `content` is all that will be done, as JSON in one form.

    `compare` is what each of the two has to have seen with their own eyes, where there is such a thing.
    """

    matter = models.CharField(max_length=30, choices=[(matter.value, matter.value) for matter in Matter])
    subject = models.CharField(max_length=80)
    content = models.TextField()
    compare = models.CharField(max_length=40, default="")
    requested_by = models.CharField(max_length=40)
    requested_at = models.BigIntegerField()
    carried_out_at = models.BigIntegerField(null=True)
    refused_at = models.BigIntegerField(null=True)
    """One official said no: that closes it."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("matter", "subject"),
                condition=models.Q(carried_out_at__isnull=True, refused_at__isnull=True),
                name="officials_one_open_request",
            ),
            models.CheckConstraint(
                condition=models.Q(carried_out_at__isnull=True) | models.Q(refused_at__isnull=True),
                name="officials_done_or_refused",
            ),
        ]

    def __str__(self) -> str:
        return f"request {self.pk}: {self.matter} {self.subject}"

    @property
    def is_open(self) -> bool:
        """Whether it is neither carried out nor refused."""
        return self.carried_out_at is None and self.refused_at is None


class Approval(models.Model):
    """One official's yes to a request."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="approvals")
    official = models.ForeignKey(Official, on_delete=models.PROTECT, related_name="+")
    at = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("request", "official"), name="officials_approval_once"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.official_id}"


class Act(models.Model):
    """One privileged act. `digest` is the SHA-256 of the row, `previous` that of the row before; both in hex."""

    number = models.BigIntegerField(primary_key=True)
    at = models.BigIntegerField()
    actor = models.CharField(max_length=40)
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    details = models.TextField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.number} {self.actor}: {self.act} {self.subject}"
