# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a treasurer does is done by a treasurer, and stands in the acts (RULES.md section 4)."""

from collections.abc import Mapping

from backend.officials import acts
from backend.officials.roles import Role
from backend.officials.staff import has_role


class TreasuryRefused(Exception):
    """It is not done; the text says why, and nothing has changed."""


def act(
    official: str,
    what: str,
    subject: str,
    at: int,
    details: Mapping[str, object] | None = None,
    roles: tuple[Role, ...] = (Role.TREASURER,),
) -> None:
    """Record what an official of one of these roles is about to do, in the caller's transaction.

    Raises `TreasuryRefused`.
    """
    if not any(has_role(official, role) for role in roles):
        raise TreasuryRefused(f"{official or 'nobody'} is no {' and no '.join(roles)}")
    acts.record(official, what, subject, at, details)
