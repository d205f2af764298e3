# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Problem documents (RFC 9457): every error that the API gives stands in this one table, each with its own code."""

from enum import Enum
from typing import Any, NamedTuple

from django.http import JsonResponse

from heitje.messages import PROBLEM_TYPE


class Kind(NamedTuple):
    """What a program goes by (`code`), the HTTP status, and what a person reads."""

    code: str
    status: int
    title: str


class Problem(Enum):
    """The table."""

    MALFORMED_BODY = Kind("malformed-body", 400, "The body is not of the form asked for")
    MALFORMED_ENTRY = Kind("malformed-entry", 400, "An entry is not a journal entry")
    MALFORMED_QUERY = Kind("malformed-query", 400, "A parameter is not of the form asked for")
    BAD_REQUEST = Kind("bad-request", 400, "The request cannot be read")
    BAD_SIGNATURE = Kind("bad-signature", 401, "The request is not signed by this terminal, or not in time")
    TERMINAL_NOT_ALLOWED = Kind("terminal-not-allowed", 403, "This terminal may not do this")
    UNKNOWN_TERMINAL = Kind("unknown-terminal", 404, "There is no such terminal")
    UNKNOWN_CARD_SESSION = Kind("unknown-card-session", 404, "This terminal has no such session with a card")
    NOT_FOUND = Kind("not-found", 404, "There is nothing at this address")
    METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "The address does not know this method")
    OUT_OF_SEQUENCE = Kind("out-of-sequence", 409, "The entries do not follow what is stored")
    CARD_SESSION = Kind("card-session", 409, "This does not fit the session with the card")
    TOO_LARGE = Kind("too-large", 413, "The body is larger than 1 MiB")
    INTERNAL = Kind("internal", 500, "Something went wrong here")
    KEYS_UNAVAILABLE = Kind("keys-unavailable", 503, "The key store cannot be used now: try again later")
    BUSY = Kind("busy", 503, "The database is busy: try again later")


class ProblemRaised(Exception):
    """Ends a request with a problem; `extra` are further members of the document."""

    def __init__(self, problem: Problem, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or problem.value.title)
        self.problem = problem
        self.detail = detail
        self.extra = extra


def problem_response(problem: Problem, detail: str = "", **extra: Any) -> JsonResponse:
    """The document as a response."""
    kind = problem.value
    urn = f"urn:heitje:problem:{kind.code}"
    document = {"type": urn, "title": kind.title, "status": kind.status, "code": kind.code}
    if detail:
        document["detail"] = detail
    return JsonResponse({**document, **extra}, status=kind.status, content_type=PROBLEM_TYPE)
