# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an operation says of itself in the OpenAPI document: what it takes, what it answers, every problem it gives."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

from backend.api.idempotency import HEADER
from backend.api.middleware import API_VERSION
from backend.api.problems import Problem
from backend.api.schemas import EXAMPLES, Schema, ref
from heitje.messages import PROBLEM_TYPE

JSON: Final = "application/json"

ALWAYS: Final = (Problem.BAD_REQUEST, Problem.TOO_MANY, Problem.INTERNAL)
_SIGNED: Final = (Problem.BAD_SIGNATURE, Problem.UNKNOWN_TERMINAL, Problem.BUSY, Problem.KEYS_UNAVAILABLE)
_WITH_BODY: Final = (
    Problem.MALFORMED_BODY,
    Problem.LENGTH_REQUIRED,
    Problem.TOO_LARGE,
    Problem.UNSUPPORTED_MEDIA_TYPE,
)
_ONCE: Final = (
    Problem.IDEMPOTENCY_KEY_MALFORMED,
    Problem.IDEMPOTENCY_IN_PROGRESS,
    Problem.IDEMPOTENCY_KEY_REUSED,
)
_TELL_WHEN: Final = frozenset({429, 503})

HEADERS: Final[dict[str, Schema]] = {
    "ApiVersion": {"description": "The API's full version.", "schema": {"type": "string"}, "example": API_VERSION},
    "RateLimit": {
        "description": "How many requests may still come at once (`r`), and seconds until all may (`t`).",
        "schema": {"type": "string"},
        "example": '"terminal";r=599;t=1',
    },
    "RateLimitPolicy": {
        "description": "How many requests may come at once (`q`), and in how many seconds as many come back (`w`).",
        "schema": {"type": "string"},
        "example": '"terminal";q=600;w=30',
    },
    "RetryAfter": {
        "description": "Seconds after which it is worth trying again.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 3,
    },
    "ETag": {"description": "Names this state of the document.", "schema": {"type": "string"}, "example": '"5f0c"'},
}
"""The components; a response's own headers refer to them."""
_NAMES: Final = {
    "API-Version": "ApiVersion",
    "RateLimit": "RateLimit",
    "RateLimit-Policy": "RateLimitPolicy",
    "Retry-After": "RetryAfter",
    "ETag": "ETag",
}
_IDEMPOTENCY_KEY: Final[Schema] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A quoted text of the caller's own for what it wants done, the same when it sends it again.",
    "schema": {"type": "string", "maxLength": 255, "pattern": '^"[!#-Z^-~]+"$'},
    "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
}
_LIMITED: Final = ("API-Version", "RateLimit", "RateLimit-Policy")


def headers(*names: str) -> dict[str, Schema]:
    """References to the components."""
    return {name: {"$ref": f"#/components/headers/{_NAMES[name]}"} for name in names}


def signed(
    answer: str,
    body: str | None = None,
    *,
    problems: Iterable[Problem] = (),
    once: bool = False,
) -> Schema:
    """A terminal's own operation: its answer and body are component schemas of these names.

    `once`: it takes an idempotency key.
    """
    listed = {*ALWAYS, *_SIGNED, *problems}
    if body is not None:
        listed |= set(_WITH_BODY)
    if once:
        listed |= set(_ONCE)
    operation: Schema = {"responses": {200: _answer(answer), **problem_responses(listed)}}
    if body is not None:
        content = {"schema": ref(body), "examples": _examples(body)}
        operation["requestBody"] = {"required": True, "content": {JSON: content}}
    if once:
        operation["parameters"] = [_IDEMPOTENCY_KEY]
    return operation


def public(
    answer: str | None = None,
    kind: str = JSON,
    *,
    example: Any = None,
    conditional: bool = False,
    problems: Iterable[Problem] = (),
) -> Schema:
    """An operation for everybody; `conditional`: it has an entity tag, and may answer that nothing has changed."""
    told: Schema = {"type": "string", "format": "binary"} if answer is None else ref(answer)
    content: Schema = {"schema": told}
    if answer in EXAMPLES:
        content["examples"] = _examples(str(answer))
    if example is not None:
        content["example"] = example
    tagged = ("ETag",) if conditional else ()
    responses: dict[int, Schema] = {
        200: {"description": "Done.", "headers": headers("API-Version", *tagged), "content": {kind: content}}
    }
    if conditional:
        responses[304] = {"description": "Not modified.", "headers": headers("API-Version", "ETag")}
    return {"responses": responses | problem_responses({*ALWAYS, *problems})}


def problem_responses(problems: Iterable[Problem]) -> dict[int, Schema]:
    """One response per status; each of its problems is an example."""

    def status(problem: Problem) -> int:
        return problem.value.status

    responses = {}
    for code, group in groupby(sorted(problems, key=lambda one: (one.value.status, one.value.code)), status):
        kinds = [problem.value for problem in group]
        waits = ("Retry-After",) if code in _TELL_WHEN else ()
        examples = {kind.code: {"$ref": f"#/components/examples/{kind.code}"} for kind in kinds}
        responses[code] = {
            "description": " · ".join(kind.title for kind in kinds) + ".",
            "headers": headers("API-Version", *waits),
            "content": {PROBLEM_TYPE: {"schema": ref("Problem"), "examples": examples}},
        }
    return responses


def _answer(name: str) -> Schema:
    content = {"schema": ref(name), "examples": _examples(name)}
    return {"description": "Done.", "headers": headers(*_LIMITED), "content": {JSON: content}}


def _examples(name: str) -> Schema:
    return {name: {"$ref": f"#/components/examples/{name}"}}
