# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Minting stops while the reserve is in doubt, until a person has explained it (LEDGER.md section 3).

The database itself refuses to post a validated task or a paid grant while a stop stands. Promises, sales and refunds
go on: they bring no coin into being.
"""

from backend.ledger.models import MintingStop


def stop(cause: str, at: int) -> None:
    """Stop minting for a cause, once; `at` Unix seconds."""
    MintingStop.objects.get_or_create(cause=cause, defaults={"since": at})


def lift(cause: str, by: str, at: int) -> None:
    """A person explained a cause; where it was the last one, minting goes on."""
    MintingStop.objects.filter(cause=cause, lifted_at=None).update(lifted_at=at, lifted_by=by)


def standing() -> tuple[str, ...]:
    """The causes that stand, the oldest first."""
    return tuple(MintingStop.objects.filter(lifted_at=None).order_by("since", "id").values_list("cause", flat=True))
