# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A terminal that was stolen, or whose shop has closed, is no longer believed; two enrollers believe it again.

One enroller is enough to suspend, for that harms nobody for long. What it still sends: JOURNAL.md section 3.
"""

from django.db import transaction

from backend.officials import acts, approvals
from backend.officials.approvals import Content
from backend.officials.matters import Matter
from backend.officials.models import Request
from backend.officials.roles import Role
from backend.officials.staff import has_role
from backend.shops.models import Terminal, TerminalState


class NotSuspended(Exception):
    """The terminal stays as it is; the text says why."""


def suspend(terminal_id: str, reason: str, by: str, at: int) -> bool:
    """Believe it no longer, from Unix time `at` on. False: it was suspended before. Raises `NotSuspended`."""
    with transaction.atomic():
        acts.lock()
        terminal = Terminal.objects.select_for_update().filter(id=terminal_id).first()
        _check(terminal_id, terminal, by)
        new = Terminal.objects.filter(id=terminal_id, state=TerminalState.ACTIVE).update(state=TerminalState.SUSPENDED)
        if new:
            acts.record(by, "terminal suspended", terminal_id, at, {"reason": reason})
        return bool(new)


def request_resumption(terminal_id: str, by: str, at: int) -> Request:
    """Ask two enrollers to believe it again. Raises `NotSuspended`, `approvals.NotApproved`."""
    terminal = Terminal.objects.filter(id=terminal_id).first()
    _check(terminal_id, terminal, by)
    if terminal is not None and terminal.state == TerminalState.ACTIVE:
        raise NotSuspended(f"{terminal_id} is not suspended")
    return approvals.request(Matter.TERMINAL_RESUMPTION, terminal_id, {"terminal": terminal_id}, by, at)


def resume(content: Content, _: int) -> None:
    """What two approved."""
    Terminal.objects.filter(id=content["terminal"]).update(state=TerminalState.ACTIVE)


def _check(terminal_id: str, terminal: Terminal | None, by: str) -> None:
    if not has_role(by, Role.ENROLLER):
        raise NotSuspended(f"{by} is no {Role.ENROLLER}")
    if terminal is None:
        raise NotSuspended(f"there is no terminal {terminal_id}")
