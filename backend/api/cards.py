# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sessions with cards, of which a terminal only forwards the APDUs, what waits for a card (CARD.md section 7), and the
masters of key 1 that a terminal holds (docs/keys.md).
"""

import time
from typing import Final

from django.http import HttpRequest, JsonResponse
from ninja import Router

from backend.api.authentication import TerminalSignature
from backend.api.documentation import signed
from backend.api.problems import Problem, ProblemRaised
from backend.api.terminals import answer_to, caller_of
from backend.assembly import configuration_in_use, programme_of
from backend.cards import masters
from backend.cards.relay import NoSuchSession, SessionRefused, open_session, take_answer
from backend.cards.waiting import at_next_tap
from backend.shops.models import Terminal, TerminalState
from heitje.card.layout import UID_LENGTH
from heitje.master_delivery import MasterRequest
from heitje.messages import MalformedMessage, encode_base64url
from heitje.relay import SESSION_LENGTH, CardAnswer, Opening, read_hex

router: Final = Router(auth=TerminalSignature(), tags=["card"])


@router.post(
    "/{terminal}/card-sessions",
    openapi_extra=signed("CardReply", "CardOpening", problems=(Problem.TERMINAL_NOT_ALLOWED, Problem.CARD_SESSION)),
    summary="Begin a card session",
    operation_id="postCardSession",
)
def post_session(request: HttpRequest, terminal: str) -> JsonResponse:
    """The first APDU for the card in this terminal's field. The same opening again has the same answer."""
    caller, now = _trusted(request), int(time.time())
    try:
        reply = open_session(caller, Opening.decode(request.body), programme_of(configuration_in_use()), now)
    except MalformedMessage as error:
        raise ProblemRaised(Problem.MALFORMED_BODY, str(error)) from error
    except SessionRefused as error:
        raise ProblemRaised(Problem.CARD_SESSION, str(error)) from error
    return answer_to(caller, reply.to_document(), now)


@router.post(
    "/{terminal}/card-sessions/{session}/answers",
    openapi_extra=signed(
        "CardReply",
        "CardAnswer",
        problems=(Problem.TERMINAL_NOT_ALLOWED, Problem.UNKNOWN_CARD_SESSION, Problem.CARD_SESSION),
    ),
    summary="Bring what the card answered",
    operation_id="postCardAnswer",
)
def post_answer(request: HttpRequest, terminal: str, session: str) -> JsonResponse:
    """The next APDU, or the end. The same answer again has the same reply."""
    caller, now = _trusted(request), int(time.time())
    try:
        name = read_hex(session, SESSION_LENGTH, "session")
        reply = take_answer(caller, name, CardAnswer.decode(request.body), programme_of(configuration_in_use()), now)
    except MalformedMessage as error:
        raise ProblemRaised(Problem.MALFORMED_BODY, str(error)) from error
    except NoSuchSession as error:
        raise ProblemRaised(Problem.UNKNOWN_CARD_SESSION) from error
    except SessionRefused as error:
        raise ProblemRaised(Problem.CARD_SESSION, str(error)) from error
    return answer_to(caller, reply.to_document(), now)


@router.get(
    "/{terminal}/cards/{uid}/waiting",
    openapi_extra=signed("Waiting", problems=(Problem.TERMINAL_NOT_ALLOWED, Problem.MALFORMED_QUERY)),
    summary="What waits for a card",
    operation_id="getWaiting",
)
def get_waiting(request: HttpRequest, terminal: str, uid: str) -> JsonResponse:
    """What an online tap would do: cents to be loaded, a load to be settled, a newer key 1."""
    caller, now = _trusted(request), int(time.time())
    try:
        waiting = at_next_tap(read_hex(uid, UID_LENGTH, "uid"), programme_of(configuration_in_use()), now)
    except MalformedMessage as error:
        raise ProblemRaised(Problem.MALFORMED_QUERY, str(error)) from error
    return answer_to(caller, waiting.to_document(), now)


@router.post(
    "/{terminal}/masters",
    openapi_extra=signed("MasterAnswer", "MasterRequest", problems=(Problem.TERMINAL_NOT_ALLOWED,)),
    summary="Which masters of key 1 I hold",
    operation_id="postMasters",
)
def post_masters(request: HttpRequest, terminal: str) -> JsonResponse:
    """What the terminal lacks, sealed to the key that it made for this request, once two officials let it have them."""
    caller, now = _trusted(request), int(time.time())
    try:
        asked = MasterRequest.decode(request.body)
        state, token = masters.answer(caller, asked, programme_of(configuration_in_use()).key_store, now)
    except (MalformedMessage, ValueError) as error:
        raise ProblemRaised(Problem.MALFORMED_BODY, str(error)) from error
    document = {"state": str(state)} | ({"masters": encode_base64url(token)} if token else {})
    return answer_to(caller, document, now)


def _trusted(request: HttpRequest) -> Terminal:
    """Whom the signature named, if it is not suspended."""
    caller = caller_of(request)
    if caller.state != TerminalState.ACTIVE:
        raise ProblemRaised(Problem.TERMINAL_NOT_ALLOWED)
    return caller
