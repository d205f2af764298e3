# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""People, four eyes, the audit trail. What the second yes sets going at once stands in one table."""

import argparse
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from backend.cards import masters
from backend.commands import key_changes
from backend.commands.answer import Answer, Refused
from backend.officials import acts, approvals, staff
from backend.officials.approvals import Content
from backend.officials.matters import APPROVALS, Matter
from backend.officials.models import Act, Official, Request
from backend.proof import acts_log
from backend.settlement import corrections, shop_accounts
from backend.settlement.treasurers import TreasuryRefused
from backend.shops import application, enrolment, suspension
from backend.shops.admission import NotAdmitted

CARRIED_OUT: Final[dict[Matter, Callable[[Content, int], None]]] = {
    Matter.ROLE: staff.change,
    Matter.SHOP_ADMISSION: application.admit,
    Matter.TERMINAL_ENROLMENT: enrolment.enrol,
    Matter.GRANT: corrections.promise,
    Matter.KEY_ROTATION: key_changes.rotate,
    Matter.KEY_REVOCATION: key_changes.revoke,
    Matter.LOG_KEY: key_changes.add_log_key,
    Matter.TERMINAL_MASTERS: masters.release,
    Matter.TERMINAL_RESUMPTION: suspension.resume,
    Matter.SHOP_ACCOUNT: shop_accounts.wait,
}
"""What happens in the transaction of the second yes; what is not here is carried out by the command that asks."""
REFUSALS: Final = (
    approvals.NotApproved,
    staff.NotAppointed,
    NotAdmitted,
    TreasuryRefused,
    suspension.NotSuspended,
)


def appoint_first(arguments: argparse.Namespace) -> Answer:
    """`official first`."""
    one, other = arguments.official
    try:
        staff.appoint_first((one, other), int(time.time()))
    except staff.NotAppointed as error:
        raise Refused(str(error)) from error
    return Answer(f"{one} and {other} are registrars", {"registrars": [one, other]})


def list_officials(arguments: argparse.Namespace) -> Answer:
    """`official list`."""
    roles = {number: sorted(staff.roles_of(number)) for number in Official.objects.values_list("number", flat=True)}
    lines = [f"{number:<16}{', '.join(names) or 'no role'}" for number, names in sorted(roles.items())]
    return Answer("\n".join(lines), {"officials": [{"official": n, "roles": r} for n, r in sorted(roles.items())]})


def change_role(arguments: argparse.Namespace) -> Answer:
    """`official give`, `official take`."""
    content: dict[str, Any] = {
        "official": arguments.official,
        "role": str(arguments.role),
        "take": arguments.take,
        "day_cents": arguments.day_cents,
    }

    def ask(now: int) -> Request:
        staff.check_change(content, arguments.by)
        return approvals.request(Matter.ROLE, f"{arguments.official}: {arguments.role}", content, arguments.by, now)

    return _ask(ask, arguments.by)


def enrol(arguments: argparse.Namespace) -> Answer:
    """`enrol`."""
    wanted = enrolment.Wanted(
        terminal=arguments.terminal.hex(),
        shop=arguments.shop,
        key=arguments.key.hex(),
        paper_till=arguments.paper_till,
        secure_element=arguments.secure_element,
        card_desk=arguments.card_desk,
    )
    try:
        asked = enrolment.request_enrolment(wanted, arguments.by, int(time.time()))
    except REFUSALS as error:
        raise Refused(str(error)) from error
    return _request_answer(asked)


def rotate_keys(arguments: argparse.Namespace) -> Answer:
    """`keys rotate`: asking is the first yes."""
    return _ask(lambda now: key_changes.request_rotation(arguments.by, arguments.at_once, now), arguments.by)


def revoke_key(arguments: argparse.Namespace) -> Answer:
    """`keys revoke`: asking is the first yes."""
    return _ask(lambda now: key_changes.request_revocation(arguments.kid.hex(), arguments.by, now), arguments.by)


def add_log_key(arguments: argparse.Namespace) -> Answer:
    """`keys add-log`: asking is the first yes."""
    return _ask(lambda now: key_changes.request_log_key(arguments.by, now), arguments.by)


def admit_shop(arguments: argparse.Namespace) -> Answer:
    """`shop admit`: asking is the first yes."""
    names = ("shop", "owner", "name", "category", "area", "iban")
    asked = application.Application(**{name: getattr(arguments, name) for name in names})
    return _ask(lambda now: application.request_admission(asked, arguments.by, now), arguments.by)


def change_shop_account(arguments: argparse.Namespace) -> Answer:
    """`shop account`: asking is the first yes."""
    shop, iban = arguments.shop, arguments.iban
    return _ask(lambda now: shop_accounts.request_change(shop, iban, arguments.by, now), arguments.by)


def suspend_terminal(arguments: argparse.Namespace) -> Answer:
    """`terminal suspend`."""
    name = arguments.terminal.hex()
    try:
        new = suspension.suspend(name, arguments.reason, arguments.by, int(time.time()))
    except suspension.NotSuspended as error:
        raise Refused(str(error)) from error
    return Answer(f"{name} is {'' if new else 'already '}suspended", {"terminal": name, "new": new})


def resume_terminal(arguments: argparse.Namespace) -> Answer:
    """`terminal resume`: asking is the first yes."""
    name = arguments.terminal.hex()
    return _ask(lambda now: suspension.request_resumption(name, arguments.by, now), arguments.by)


def request_masters(arguments: argparse.Namespace) -> Answer:
    """`masters`."""
    try:
        asked = masters.request_release(arguments.terminal, arguments.by, int(time.time()))
    except REFUSALS as error:
        raise Refused(str(error)) from error
    return _request_answer(asked)


def list_requests(arguments: argparse.Namespace) -> Answer:
    """`approval list`."""
    waiting = Request.objects.filter(carried_out_at=None, refused_at=None).order_by("id")
    lines = [f"{_line(found)}\n       {found.content}" for found in waiting]
    return Answer("\n".join(lines) or "nothing waits", {"requests": [_document(found) for found in waiting]})


def approve(arguments: argparse.Namespace) -> Answer:
    """`approval approve`."""
    try:
        return say_yes(arguments.request, arguments.by, int(time.time()), arguments.compared)
    except REFUSALS as error:
        raise Refused(str(error)) from error


def refuse(arguments: argparse.Namespace) -> Answer:
    """`approval refuse`."""
    try:
        return _request_answer(approvals.refuse(arguments.request, arguments.by, int(time.time()), arguments.reason))
    except approvals.NotApproved as error:
        raise Refused(str(error)) from error


def say_yes(request: int, by: str, now: int, compared: str = "") -> Answer:
    """Approve; the second yes carries it out where `CARRIED_OUT` knows how. Raises what those raise."""
    with transaction.atomic():
        asked = approvals.approve(request, by, now, compared)
        do = CARRIED_OUT.get(Matter(asked.matter))
        if do is not None and approvals.is_approved(asked):
            approvals.carry_out(request, lambda content: do(content, now), now)
    return _request_answer(Request.objects.get(pk=request))


def show_acts(arguments: argparse.Namespace) -> Answer:
    """`acts`."""
    broken = list(acts.broken())
    number, digest = acts.head()
    rows = Act.objects.filter(number__gt=arguments.after).order_by("number")
    lines = [f"{act.number:>5}  {_moment(act.at)}  {act.actor:<14} {act.act}  {act.subject}" for act in rows]
    lines += [f"BROKEN at {place.number}: it {place.why}" for place in broken]
    lines.append(f"{'BROKEN' if broken else 'holds'}: {number} acts, the last {digest}")
    if arguments.out is not None:
        try:
            Path(arguments.out).write_bytes(acts_log.export())
        except OSError as error:
            raise Refused(str(error)) from error
    document = {
        "holds": not broken,
        "broken": [{"number": place.number, "why": place.why} for place in broken],
        "head": {"number": number, "digest": digest},
        "acts": [
            {
                "number": act.number,
                "at": act.at,
                "actor": act.actor,
                "act": act.act,
                "subject": act.subject,
                "details": json.loads(act.details),
                "digest": act.digest,
            }
            for act in rows
        ],
    }
    return Answer("\n".join(lines), document, ok=not broken)


def _ask(ask: Callable[[int], Request], by: str) -> Answer:
    """Ask, and say the first yes, or the second of somebody who asks for the same."""
    now = int(time.time())
    try:
        with transaction.atomic():
            return say_yes(ask(now).pk, by, now)
    except REFUSALS as error:
        raise Refused(str(error)) from error


def _request_answer(found: Request) -> Answer:
    return Answer(_line(found), _document(found))


def _line(found: Request) -> str:
    if found.carried_out_at is not None:
        state = "done"
    elif found.refused_at is not None:
        state = "refused"
    else:
        state = f"{found.approvals.count()} of {APPROVALS} said yes"
    return f"request {found.pk}: {found.matter}, {found.subject}: {state}"


def _document(found: Request) -> dict[str, object]:
    return {
        "request": found.pk,
        "matter": found.matter,
        "subject": found.subject,
        "content": approvals.content_of(found),
        "compare": bool(found.compare),
        "requested_by": found.requested_by,
        "approvals": list(found.approvals.order_by("at", "id").values_list("official_id", flat=True)),
        "approved": approvals.is_approved(found),
        "carried_out": found.carried_out_at is not None,
        "refused": found.refused_at is not None,
    }


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
