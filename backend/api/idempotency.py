# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Requests that are done once, however often they are sent (draft-ietf-httpapi-idempotency-key-header).

A POST that brings an id of its own (a journal's numbers, a session's name) needs none of this. Any other takes a header
`Idempotency-Key`, a quoted text that the caller makes up for what it wants done:

1. The key is looked up among the caller's own. Another request under it: `422`. An answer under it: that answer.
2. Somebody is at it: `409`, for at most `LEASE_S`; after that whoever was at it is believed dead.
3. The key is taken, and the taking is committed.
4. What was asked is done, and its answer stored, in one transaction. If the key was taken over meanwhile, all of it is
   undone. So an effect and its answer are both there or neither is, whatever is killed when.

A refusal is an answer as well, but nothing is kept of it where it says that the same may be tried again (5xx).
"""

import hashlib
import re
import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, Final, ParamSpec

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from backend.api.models import StoredAnswer
from backend.api.problems import Problem, ProblemRaised, problem_response

HEADER: Final = "Idempotency-Key"
KEPT_S: Final = 86_400
"""So long an answer is kept; the same key after that is a new one."""
LEASE_S: Final = 60
"""Longer than any worker lives that does not answer (`backend.serving`)."""
KEY_LENGTH_MAX: Final = 255
_SECOND_NS: Final = 1_000_000_000
_QUOTED: Final = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"')
"""A String of RFC 8941."""
_META: Final = "HTTP_IDEMPOTENCY_KEY"

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def once(*, required: bool) -> Callable[[View[P]], View[P]]:
    """A view whose effect comes once per key; without a key it is done as it comes, unless the key is `required`."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def respond(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            header = request.META.get(_META)
            if header is None:
                if required:
                    raise ProblemRaised(Problem.IDEMPOTENCY_KEY_MISSING)
                return view(request, *args, **kwargs)
            return _respond_once(request, _read(header), lambda: view(request, *args, **kwargs))

        return respond

    return decorate


def _read(header: str) -> str:
    """The key. Raises `ProblemRaised` for a header of another form."""
    if len(header) > KEY_LENGTH_MAX or not _QUOTED.fullmatch(header):
        raise ProblemRaised(Problem.IDEMPOTENCY_KEY_MALFORMED)
    return header[1:-1]


def _respond_once(request: HttpRequest, key: str, work: Callable[[], HttpResponse]) -> HttpResponse:
    who = getattr(request, "auth", None)
    caller, asked, now = f"{type(who).__name__} {who}", _fingerprint(request), time.time_ns()
    known = StoredAnswer.objects.filter(caller=caller, key=key).first()
    if known is None or known.taken_at < now - KEPT_S * _SECOND_NS:
        StoredAnswer.objects.filter(taken_at__lt=now - KEPT_S * _SECOND_NS).delete()
        try:
            known = StoredAnswer.objects.create(caller=caller, key=key, fingerprint=asked, taken_at=now)  # 3
        except IntegrityError as error:
            raise ProblemRaised(Problem.IDEMPOTENCY_IN_PROGRESS) from error  # 2: at the same moment
        return _work(known, work)
    if bytes(known.fingerprint) != asked:  # 1
        raise ProblemRaised(Problem.IDEMPOTENCY_KEY_REUSED)
    if known.status:  # 1
        return HttpResponse(bytes(known.body), status=known.status, content_type=known.kind)
    mine = StoredAnswer.objects.filter(pk=known.pk, status=0, taken_at=known.taken_at)
    if known.taken_at > now - LEASE_S * _SECOND_NS or not mine.update(taken_at=now):  # 2
        raise ProblemRaised(Problem.IDEMPOTENCY_IN_PROGRESS)
    known.taken_at = now
    return _work(known, work)


def _work(taken: StoredAnswer, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Step 4. Raises `ProblemRaised` where another took over; then nothing was done."""
    mine: dict[str, Any] = {"pk": taken.pk, "status": 0, "taken_at": taken.taken_at}
    try:
        with transaction.atomic():
            response = work()
            _keep(mine, response)
    except ProblemRaised as refused:
        if refused.problem.value.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            StoredAnswer.objects.filter(**mine).delete()
            raise
        response = problem_response(refused.problem, refused.detail, **refused.extra)
        _keep(mine, response)
    except BaseException:
        StoredAnswer.objects.filter(**mine).delete()
        raise
    return response


def _keep(mine: dict[str, Any], response: HttpResponse) -> None:
    kept = {
        "status": response.status_code,
        "kind": response.headers["Content-Type"],
        "body": response.content,
    }
    if not StoredAnswer.objects.filter(**mine).update(**kept):
        raise ProblemRaised(Problem.IDEMPOTENCY_IN_PROGRESS)


def _fingerprint(request: HttpRequest) -> bytes:
    """Method, address and body, each at its place."""
    parts = (request.method or "", request.get_full_path())
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + request.body).digest()
