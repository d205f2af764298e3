# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers that are kept, so that a request that is sent again is not done again."""

from django.db import models


class StoredAnswer(models.Model):
    """What a caller was told under an idempotency key of its own; `status` 0: it is still being worked on.

    `caller` is who signed, `fingerprint` the SHA-256 of what was asked. `taken_at` is in Unix nanoseconds and tells
    apart who works on it: whoever takes over writes another.
    """

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    taken_at = models.BigIntegerField(db_index=True)
    status = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(max_length=60, default="")
    body = models.BinaryField(default=b"")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("caller", "key"), name="api_one_answer_per_key"),)

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
