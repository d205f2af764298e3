# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A terminal's own addresses. A view parses, calls one function, answers.

Every answer carries the server's signed time: each contact anchors the till's clock (JOURNAL.md section 1).
"""

import time
from dataclasses import replace
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router

from backend.api.authentication import TerminalSignature, signed_time
from backend.api.batches import read_batch
from backend.api.documentation import JSON, signed
from backend.api.idempotency import once
from backend.api.problems import Problem, ProblemRaised
from backend.assembly import configuration_in_use, programme_of
from backend.redemption import intake, outcomes
from backend.redemption.holding import hold
from backend.redemption.journal_branches import OutOfSequence
from backend.shops.models import Terminal
from heitje.holds import HoldRequest
from heitje.journal import MalformedEntry
from heitje.messages import SEQ_MAX, MalformedMessage, encode_base64url, outcome_documents

router: Final = Router(auth=TerminalSignature(), tags=["terminal"])


@router.post(
    "/{terminal}/journal",
    openapi_extra=signed("BatchAnswer", "Batch", problems=(Problem.MALFORMED_ENTRY, Problem.OUT_OF_SEQUENCE)),
    summary="Upload journal entries",
    operation_id="postJournal",
)
def post_journal(request: HttpRequest, terminal: str) -> HttpResponse:
    """Take in entries that follow the last one stored; the answer has one outcome per entry."""
    return HttpResponse(take_in(caller_of(request), request.body), content_type=JSON)


def take_in(caller: Terminal, body: bytes) -> bytes:
    """What a terminal is answered to the body of an upload (also `backend.api.uploads`). Raises `ProblemRaised`."""
    now, programme = int(time.time()), programme_of(configuration_in_use())
    try:
        answer = intake.receive(caller, read_batch(body), programme, now)
    except MalformedMessage as error:
        raise ProblemRaised(Problem.MALFORMED_BODY, str(error)) from error
    except MalformedEntry as error:
        raise ProblemRaised(Problem.MALFORMED_ENTRY, str(error)) from error
    except OutOfSequence as error:
        raise ProblemRaised(Problem.OUT_OF_SEQUENCE, str(error), expected=error.expected) from error
    return replace(answer, server_time=programme.key_store.sign_time(bytes.fromhex(caller.id), now)).encode()


@router.post(
    "/{terminal}/holds",
    openapi_extra=signed("HoldAnswer", "HoldRequest", once=True),
    summary="May I take this now?",
    operation_id="postHold",
)
@once(required=False)
def post_hold(request: HttpRequest, terminal: str) -> JsonResponse:
    """Yes, and it is kept for this sale for ten minutes; or no, for a reason. Asked again, answered alike."""
    caller, now = caller_of(request), int(time.time())
    try:
        asked = HoldRequest.decode(request.body)
    except MalformedMessage as error:
        raise ProblemRaised(Problem.MALFORMED_BODY, str(error)) from error
    return answer_to(caller, hold(caller, asked, programme_of(configuration_in_use()), now).to_document(), now)


@router.get(
    "/{terminal}/outcomes",
    openapi_extra=signed("Outcomes", problems=(Problem.MALFORMED_QUERY,)),
    summary="What became of pending entries",
    operation_id="getOutcomes",
)
def get_outcomes(
    request: HttpRequest, terminal: str, after: Annotated[int, Query(ge=0, le=SEQ_MAX)] = 0
) -> JsonResponse:
    """Entries after `after` that once had to wait, with what they are told now; at most 500."""
    caller = caller_of(request)
    waited = outcomes.waited_since(caller, after)
    return answer_to(caller, {"outcomes": outcome_documents(waited)}, int(time.time()))


@router.get(
    "/{terminal}/head", openapi_extra=signed("Head"), summary="Where the journal stands", operation_id="getHead"
)
def get_head(request: HttpRequest, terminal: str) -> JsonResponse:
    """Number and hash of the last entry stored: a till compares it with its own at the first contact after a start."""
    caller = caller_of(request)
    seq, digest = outcomes.head(caller)
    document = {"seq": seq, "hash": encode_base64url(digest), "state": caller.state}
    return answer_to(caller, document, int(time.time()))


def caller_of(request: HttpRequest) -> Terminal:
    """Whom the signature named."""
    caller = getattr(request, "auth", None)
    if not isinstance(caller, Terminal):
        raise ProblemRaised(Problem.BAD_SIGNATURE)
    return caller


def answer_to(terminal: Terminal, document: dict[str, Any], now: int) -> JsonResponse:
    """An answer, with the server's signed time."""
    return JsonResponse({**document, "server_time": signed_time(terminal, now)})
