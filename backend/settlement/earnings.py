# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is earned pays first what is owed: each way to earn, and the recovery in the same transaction.

Whatever else comes onto a citizen's account (a refund, a load that was not done) is looked at by the night
(`recovery.recover` of everybody). Earmarked money is apart and pays no debt.
"""

from django.db import transaction

from backend.ledger import accounts, events
from backend.ledger.locking import lock
from backend.ledger.posting import Overdrawn, post
from backend.officials import acts
from backend.settlement import recovery
from backend.settlement.treasurers import TreasuryRefused
from backend.tasks import workflow
from backend.tasks.models import Task
from backend.tasks.transitions import Move
from heitje.money import Cents


def move(task_id: int, wanted: Move, actor: str, at: int, reason: str = "") -> Task:
    """Make one move of a task, as `workflow.move`; what a validation mints pays debts first. Raises `NotMoved`."""
    if wanted is not Move.VALIDATE:
        return workflow.move(task_id, wanted, actor, at, reason)
    with transaction.atomic():
        acts.lock()
        lock((accounts.LOSS_FUND,))
        task = workflow.move(task_id, wanted, actor, at, reason)
        recovery.recover(at, {task.claimant})
        return task


def share(event_id: str, team: str, citizen: str, amount: Cents, now: int) -> bool:
    """A team gives one of its people a share; false: done already. Raises `TreasuryRefused`."""
    if not team.startswith(accounts.TEAM_PREFIX):
        raise TreasuryRefused(f"a team's number begins with {accounts.TEAM_PREFIX}")
    with transaction.atomic():
        lock((accounts.LOSS_FUND,))
        try:
            new = post(events.team_shared(f"share:{event_id}", amount, team, citizen), now)
        except Overdrawn as error:
            raise TreasuryRefused("there is too little on the team's account") from error
        recovery.recover(now, {citizen})
        return new
