# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roles of officials, and which of them one person may not have together (RULES.md section 4)."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What an official may do."""

    REGISTRAR = "registrar"
    """Gives roles and takes them back, never their own."""
    PUBLISHER = "publisher"
    """Writes, publishes and withdraws tasks."""
    VALIDATOR = "validator"
    """Judges work that was done: this mints."""
    TREASURER = "treasurer"
    """Funds, approves what goes to the bank, explains statements."""
    ENROLLER = "enroller"
    """Takes terminals on, and lets them have their masters."""
    DESK = "desk"
    """Stands at a pick-up point: cards, notes."""
    KEY_KEEPER = "key keeper"
    """Makes, changes and revokes the mint's keys; releases software."""
    AUDITOR = "auditor"
    """Reads everything and changes nothing."""


APART: Final = (frozenset({Role.VALIDATOR, Role.TREASURER}),)
"""No one validates and pays; beside these, an auditor has no other role."""


def clash(roles: frozenset[Role]) -> str:
    """Why one person may not have these roles; empty where they may."""
    for pair in APART:
        if pair <= roles:
            return f"nobody is {' and '.join(sorted(pair))} at once"
    if Role.AUDITOR in roles and len(roles) > 1:
        return "an auditor has no other role"
    return ""
