# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people put right or give: a wrongly validated task, earmarked grants (LEDGER.md section 1)."""

from django.db import transaction

from backend.ledger import accounts, events
from backend.ledger.locking import lock
from backend.ledger.posting import Event, MintingStopped, Overdrawn, post
from backend.officials import approvals
from backend.officials.matters import Matter
from backend.officials.models import Request
from backend.officials.roles import Role
from backend.settlement import recovery, treasurers
from backend.settlement.models import ClawBack, DebtCause, Grant
from backend.settlement.treasurers import TreasuryRefused
from backend.tasks.models import Task
from backend.tasks.transitions import State
from heitje.money import Cents


class NotCorrected(TreasuryRefused):
    """It stays as it is; the text says why."""


def claw_back(task_id: int, official: str, reason: str, now: int) -> ClawBack:
    """Take back what a wrongly validated task minted, as far as it is not spent, once; the rest is a debt.

    A treasurer does it, or the inspector who looked again; never who had a part in the task. Raises `TreasuryRefused`.
    """
    with transaction.atomic():
        task = Task.objects.select_for_update().filter(pk=task_id, state=State.REWARDED).first()
        if task is None:
            raise NotCorrected(f"task {task_id} is not rewarded")
        if official == task.claimant or task.moves.filter(actor=official).exists():
            raise NotCorrected("who had a part in a task does not correct it")
        if not reason:
            raise NotCorrected("a correction has a reason")
        if ClawBack.objects.filter(task=task).exists():
            raise NotCorrected(f"task {task_id} is taken back already")
        by = (Role.TREASURER, Role.VALIDATOR)
        treasurers.act(official, "task clawed back", str(task_id), now, {"reason": reason}, by)
        earner = accounts.earner(task.claimant)
        held = lock((earner,)).get(earner)
        amount = min(task.reward, 0 if held is None else held.balance)
        if amount:
            post(events.wrongly_validated(f"claw back:{task_id}", Cents(amount), str(task_id), task.claimant), now)
        if amount < task.reward:
            recovery.owe(task.claimant, DebtCause.CLAWED_BACK, str(task_id), task.reward - amount, now)
        return ClawBack.objects.create(task=task, amount=amount, official=official, reason=reason, at=now)


def ask_promise(name: str, purpose: str, amount: Cents, official: str, now: int) -> Request:
    """Ask two treasurers for a grant, or for more of one; asking is the first yes. Raises `TreasuryRefused`."""
    content = {"grant": name, "purpose": purpose, "amount": amount}
    try:
        with transaction.atomic():
            asked = approvals.request(Matter.GRANT, name, content, official, now)
            return approvals.approve(asked.pk, official, now)
    except approvals.NotApproved as error:
        raise NotCorrected(str(error)) from error


def promise(content: approvals.Content, now: int) -> None:
    """What two treasurers approved: cover is set aside for a grant. Raises `NotCorrected`."""
    name, amount = str(content["grant"]), Cents(content["amount"])
    with transaction.atomic():
        grant, _ = Grant.objects.select_for_update().get_or_create(name=name, defaults={"purpose": content["purpose"]})
        grant.promised += amount
        _post(events.grant_promised(_next(grant), amount, name), now)
        grant.save()


def withdraw(name: str, amount: Cents, official: str, now: int) -> Grant:
    """Free what was promised of a grant and is not paid: withdrawn, or lapsed. Raises `TreasuryRefused`."""
    with transaction.atomic():
        grant = _grant(name, amount)
        grant.withdrawn += amount
        treasurers.act(official, "grant withdrawn", name, now, {"cents": amount})
        _post(events.grant_withdrawn(_next(grant), amount, name), now)
        grant.save()
        return grant


def pay(name: str, citizen: str, amount: Cents, official: str, now: int) -> Grant:
    """Pay a citizen out of a grant: this mints, onto an account of its own. Raises `TreasuryRefused`."""
    with transaction.atomic():
        grant = _grant(name, amount)
        grant.paid += amount
        treasurers.act(official, "grant paid", name, now, {"cents": amount, "citizen": citizen})
        _post(events.grant_paid(_next(grant), amount, name, citizen), now)
        grant.save()
        return grant


def _grant(name: str, amount: Cents) -> Grant:
    grant = Grant.objects.select_for_update().filter(name=name).first()
    left = 0 if grant is None else grant.promised - grant.withdrawn - grant.paid
    if grant is None or left < amount:
        raise NotCorrected(f"grant {name} has {left} cents left")
    return grant


def _next(grant: Grant) -> str:
    grant.parts += 1
    return f"grant:{grant.name}:{grant.parts}"


def _post(event: Event, now: int) -> bool:
    try:
        return post(event, now)
    except Overdrawn as error:
        raise NotCorrected("there is too little on the account that pays") from error
    except MintingStopped as error:
        raise NotCorrected(str(error)) from error
