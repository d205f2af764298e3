# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Measures in force, which the next trust bundle carries to every till (LEDGER.md section 2)."""

from django.db.models import Min

from backend.minting.models import Measure, MeasureKind, Publication


def impose(kind: MeasureKind, at: int, subject: str = "") -> None:
    """Put a measure in force; one that is stays as it was."""
    Measure.objects.get_or_create(kind=kind, subject=subject, defaults={"since": at})


def cards_online_only() -> bool:
    """Whether tills shall take no card offline."""
    return Measure.objects.filter(kind=MeasureKind.CARDS_ONLINE_ONLY).exists()


def revoked_kids() -> frozenset[bytes]:
    """Ids of keys that sign no voucher any more."""
    rows = Measure.objects.filter(kind=MeasureKind.KEY_REVOKED).values_list("subject", flat=True)
    return frozenset(bytes.fromhex(subject) for subject in rows)


def told_of_revocation(kid: str) -> int | None:
    """When tills could first know that a key is revoked: the first publication after it; none so far."""
    revoked = Measure.objects.filter(kind=MeasureKind.KEY_REVOKED, subject=kid).first()
    if revoked is None:
        return None
    told: int | None = Publication.objects.filter(issued_at__gte=revoked.since).aggregate(first=Min("issued_at"))[
        "first"
    ]
    return told
