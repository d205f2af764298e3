# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The audit trail: every privileged act is a row of a hash chain that only grows (`heitje backend acts`).

How a row is hashed stands in `heitje.proof.acts`. Whoever keeps the last number and digest can tell later whether
anything before was changed or left out; each night they are anchored in public (`backend.proof.acts_log`).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

from backend.officials.models import Act
from heitje.proof import acts

CONSOLE: Final = "console"
"""The actor of what was done at the server itself, without a number."""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.officials_act', 0))"


@dataclass(frozen=True, slots=True)
class Broken:
    """Where the chain does not hold."""

    number: int
    why: str


def lock() -> None:
    """Make transactions that will record wait for each other from here on.

    One that also locks accounts of the book takes this first, so that no two wait for each other in a circle.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)


def record(actor: str, act: str, subject: str, at: int, details: Mapping[str, object] | None = None) -> Act:
    """Add an act at Unix time `at`, in the caller's transaction: what did not happen leaves none (see `lock`)."""
    with transaction.atomic():
        lock()
        last = Act.objects.order_by("-number").first()
        row = Act(
            number=1 if last is None else last.number + 1,
            at=at,
            actor=actor,
            act=act,
            subject=subject,
            details=json.dumps(dict(details or {}), sort_keys=True, ensure_ascii=False, separators=(",", ":")),
            previous="" if last is None else last.digest,
        )
        row.digest = digest_of(row)
        row.save(force_insert=True)
        return row


def digest_of(act: Act) -> str:
    """The digest that a row has to have, in hex."""
    return format_of(act).digest


def format_of(act: Act) -> acts.Act:
    """A row as it is hashed, and as an auditor is given it."""
    return acts.Act(act.number, act.at, act.actor, act.act, act.subject, act.details, act.previous)


def broken() -> Iterator[Broken]:
    """Every place at which the chain does not hold."""
    number, digest = 0, ""
    for act in Act.objects.order_by("number").iterator():
        if act.number != number + 1:
            yield Broken(act.number, f"follows {number}")
        if act.previous != digest:
            yield Broken(act.number, "does not name the act before")
        if act.digest != digest_of(act):
            yield Broken(act.number, "is not what its digest says")
        number, digest = act.number, act.digest


def head() -> tuple[int, str]:
    """Number and digest of the last act; 0 and nothing before the first."""
    last = Act.objects.order_by("-number").first()
    return (0, "") if last is None else (last.number, last.digest)
