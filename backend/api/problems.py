# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Problem documents (RFC 9457): every error that the API gives stands in this one table, each with its own code."""

from enum import Enum
from typing import Any, NamedTuple

from django.http import JsonResponse

from heitje.messages import PROBLEM_TYPE


class Kind(NamedTuple):
    """What a program goes by (`code`), the status, what a person reads, and what to do where nothing else is said."""

    code: str
    status: int
    title: str
    advice: str


class Problem(Enum):
    """The table."""

    MALFORMED_BODY = Kind(
        "malformed-body",
        400,
        "The body is not of the form asked for",
        "Send a JSON object with the members that the documentation names, and no others.",
    )
    MALFORMED_ENTRY = Kind(
        "malformed-entry",
        400,
        "An entry is not a journal entry",
        "Each entry is sent byte for byte as the journal holds it; nothing of the batch was taken.",
    )
    MALFORMED_QUERY = Kind(
        "malformed-query",
        400,
        "A parameter is not of the form asked for",
        "Send the parameter as the documentation describes it.",
    )
    BAD_REQUEST = Kind("bad-request", 400, "The request cannot be read", "Send a well-formed HTTP request.")
    IDEMPOTENCY_KEY_MISSING = Kind(
        "idempotency-key-missing",
        400,
        "This needs an idempotency key",
        "Send a header Idempotency-Key with a quoted text of your own, and the same one when you send this again.",
    )
    IDEMPOTENCY_KEY_MALFORMED = Kind(
        "idempotency-key-malformed",
        400,
        "The idempotency key is not of its form",
        "Idempotency-Key is a text in double quotes, of at most 253 characters.",
    )
    BAD_SIGNATURE = Kind(
        "bad-signature",
        401,
        "The request is not signed by this terminal, or not in time",
        "Sign method, target and body with the terminal's key, at the server's time.",
    )
    TERMINAL_NOT_ALLOWED = Kind(
        "terminal-not-allowed",
        403,
        "This terminal may not do this",
        "It is suspended. What it has in its journal can still be uploaded; a person has to look at it.",
    )
    UNKNOWN_TERMINAL = Kind(
        "unknown-terminal", 404, "There is no such terminal", "The terminal must be enrolled before it can call."
    )
    UNKNOWN_CARD_SESSION = Kind(
        "unknown-card-session",
        404,
        "This terminal has no such session with a card",
        "Begin a session, and go on under its name.",
    )
    NOT_FOUND = Kind(
        "not-found", 404, "There is nothing at this address", "The addresses are listed in /v1/openapi.json."
    )
    NO_PROOF = Kind(
        "no-proof",
        404,
        "The public log has no proof by this hash",
        "The hash is in the small QR of a receipt. What was bought today is in the log tomorrow.",
    )
    PROOF_ERASED = Kind(
        "proof-erased",
        410,
        "What would open these postings was erased",
        "Its person asked for it. A proof that was fetched before stays valid.",
    )
    METHOD_NOT_ALLOWED = Kind(
        "method-not-allowed", 405, "The address does not know this method", "The header Allow names those that it does."
    )
    OUT_OF_SEQUENCE = Kind(
        "out-of-sequence",
        409,
        "The entries do not follow what is stored",
        "Send again from the entry whose number is in `expected`.",
    )
    CARD_SESSION = Kind(
        "card-session", 409, "This does not fit the session with the card", "Begin a new session with the card."
    )
    IDEMPOTENCY_IN_PROGRESS = Kind(
        "idempotency-in-progress",
        409,
        "The first request with this idempotency key is still being worked on",
        "Send the same request again in a moment.",
    )
    LENGTH_REQUIRED = Kind(
        "length-required",
        411,
        "A body needs a Content-Length",
        "Bodies in chunks are not read; send the body with its length.",
    )
    TOO_LARGE = Kind(
        "too-large",
        413,
        "The body is larger than is taken here",
        "Send fewer entries at once; a body has 1 MiB at most.",
    )
    URI_TOO_LONG = Kind(
        "uri-too-long", 414, "The address is too long", "No address of this API has more than 4 000 characters."
    )
    UNSUPPORTED_MEDIA_TYPE = Kind(
        "unsupported-media-type", 415, "The body is of another kind than is read here", "Send application/json."
    )
    IDEMPOTENCY_KEY_REUSED = Kind(
        "idempotency-key-reused",
        422,
        "Another request was sent under this idempotency key",
        "A key belongs to one request; make up another one.",
    )
    HEADERS_TOO_LARGE = Kind(
        "headers-too-large", 431, "The header fields are too large", "Send fewer and shorter header fields."
    )
    TOO_MANY = Kind(
        "too-many-requests", 429, "Too many requests", "Wait for as many seconds as the header Retry-After says."
    )
    INTERNAL = Kind(
        "internal", 500, "Something went wrong here", "It is in the log. Whether it was done is not known: ask again."
    )
    KEYS_UNAVAILABLE = Kind(
        "keys-unavailable",
        503,
        "The key store cannot be used now: try again later",
        "Nothing was stored; send the same again.",
    )
    BUSY = Kind("busy", 503, "The database is busy: try again later", "Nothing was stored; send the same again.")
    NOT_READY = Kind("not-ready", 503, "The service cannot do its work now", "The member `checks` says what is amiss.")


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
    return JsonResponse({**problem_document(problem, detail), **extra}, status=kind.status, content_type=PROBLEM_TYPE)


def problem_document(problem: Problem, detail: str = "") -> dict[str, Any]:
    """Its members."""
    kind = problem.value
    return {
        "type": f"urn:heitje:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "code": kind.code,
        "detail": detail or kind.advice,
    }
