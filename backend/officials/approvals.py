# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Four eyes: a request, a yes by two distinct officials, and then it is done exactly once.

```
request(matter, subject, content, by, at)   what is to be done, whole, as data
approve(request, by, at, compared)          twice, by two persons of the role that `matters` names
carry_out(request, do, at)                  do(content) and the mark that it was done, in one transaction
```

What was approved is what is done: the content never changes, and `do` is given nothing else. Where both have to have
seen something (the 8 digits of a terminal's key), it is asked of each. Every step is in the acts.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from backend.officials import acts
from backend.officials.matters import APPROVALS, APPROVED_BY, REQUEST_LIFE_S, Matter
from backend.officials.models import Approval, Request
from backend.officials.staff import has_role

Content = dict[str, Any]


class NotApproved(Exception):
    """This is not asked, approved or done; the text says why."""


def request(matter: Matter, subject: str, content: Mapping[str, Any], by: str, at: int, compare: str = "") -> Request:
    """Ask for something to be approved, at Unix time `at`. The same again is the one that is open already.

    `by`: an official, or a part of the programme ("night"). Asking is no approval. Raises `NotApproved` where another
    request on the same subject is open.
    """
    written = json.dumps(dict(content), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    with transaction.atomic():
        acts.lock()
        there = Request.objects.filter(
            matter=matter, subject=subject, carried_out_at__isnull=True, refused_at__isnull=True
        ).first()
        if there is not None and there.requested_at + REQUEST_LIFE_S < at:
            _close(there, acts.CONSOLE, "request lapsed", at)
            there = None
        if there is not None:
            if (there.content, there.compare) != (written, compare):
                raise NotApproved(f"{there} is open already, and asks for something else")
            return there
        made = Request.objects.create(
            matter=matter, subject=subject, content=written, compare=compare, requested_by=by, requested_at=at
        )
        acts.record(by, f"{matter} requested", subject, at, {"request": made.pk, "content": dict(content)})
        return made


def approve(request_id: int, by: str, at: int, compared: str = "") -> Request:
    """One official's yes, once; `compared` is what this official read. Raises `NotApproved`."""
    with transaction.atomic():
        acts.lock()
        found = _open_request(request_id, at)
        role = APPROVED_BY[Matter(found.matter)]
        if not has_role(by, role):
            raise NotApproved(f"{by} is no {role}")
        if found.compare and compared != found.compare:
            raise NotApproved("what you compared is not what was asked for: look again, and refuse it if it stays so")
        _, new = Approval.objects.get_or_create(request=found, official_id=by, defaults={"at": at})
        if new:
            acts.record(by, f"{found.matter} approved", found.subject, at, {"request": found.pk})
        return found


def refuse(request_id: int, by: str, at: int, reason: str) -> Request:
    """One official's no, which closes the request. Raises `NotApproved`."""
    with transaction.atomic():
        acts.lock()
        found = _open_request(request_id, at)
        role = APPROVED_BY[Matter(found.matter)]
        if not has_role(by, role):
            raise NotApproved(f"{by} is no {role}")
        _close(found, by, f"{found.matter} refused", at, reason)
        return found


def is_approved(found: Request) -> bool:
    """Whether two officials who have the role now said yes."""
    role = APPROVED_BY[Matter(found.matter)]
    return sum(has_role(row.official_id, role) for row in found.approvals.all()) >= APPROVALS


def carry_out(request_id: int, do: Callable[[Content], None], at: int) -> bool:
    """Do what was approved, in one transaction with the mark that it is done. False: it was done before.

    Of two that come at once, one does it and the other finds it done. What `do` raises undoes all. Raises
    `NotApproved` where two have not said yes, or one has said no.
    """
    with transaction.atomic():
        acts.lock()
        found = Request.objects.select_for_update().filter(pk=request_id).first()
        if found is None:
            raise NotApproved(f"there is no request {request_id}")
        if found.carried_out_at is not None:
            return False
        found = _open_request(request_id, at)
        if not is_approved(found):
            raise NotApproved(f"{found} waits for {APPROVALS} officials")
        do(content_of(found))
        found.carried_out_at = at
        found.save(update_fields=["carried_out_at"])
        acts.record(acts.CONSOLE, f"{found.matter} carried out", found.subject, at, {"request": found.pk})
        return True


def content_of(found: Request) -> Content:
    """What a request asks for."""
    content: Content = json.loads(found.content)
    return content


def _open_request(request_id: int, at: int) -> Request:
    found = Request.objects.select_for_update().filter(pk=request_id).first()
    if found is None:
        raise NotApproved(f"there is no request {request_id}")
    if not found.is_open:
        raise NotApproved(f"{found} is closed")
    if found.requested_at + REQUEST_LIFE_S < at:
        raise NotApproved(f"{found} is older than {REQUEST_LIFE_S // 86_400} days: ask anew")
    return found


def _close(found: Request, by: str, act: str, at: int, reason: str = "") -> None:
    found.refused_at = at
    found.save(update_fields=["refused_at"])
    acts.record(by, act, found.subject, at, {"request": found.pk, "reason": reason})
