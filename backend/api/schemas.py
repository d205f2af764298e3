# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The documents as OpenAPI schemas. The strict reading itself is `heitje.messages`'; these describe it."""

from typing import Any, Final

from backend.api.problems import Problem
from heitje.messages import BATCH_ENTRIES_MAX, PROBLEM_TYPE, Outcome
from heitje.relay import End, Work

Schema = dict[str, Any]

_BASE64URL: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9_-]*$"}
_SEQ: Final[Schema] = {"type": "integer", "minimum": 0}
_OUTCOME: Final[Schema] = {
    "type": "object",
    "required": ["seq", "outcome"],
    "properties": {
        "seq": _SEQ,
        "outcome": {"type": "string", "enum": [str(outcome) for outcome in Outcome]},
        "reason": {"type": "string"},
    },
}
PROBLEM: Final[Schema] = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(problem.value.code for problem in Problem)},
        "detail": {"type": "string"},
        "expected": _SEQ,
        "server_time": _BASE64URL,
    },
}

BATCH: Final[Schema] = {
    "type": "object",
    "required": ["after", "entries"],
    "additionalProperties": False,
    "properties": {
        "after": _SEQ,
        "entries": {"type": "array", "maxItems": BATCH_ENTRIES_MAX, "items": _BASE64URL},
    },
}


HOLD_REQUEST: Final[Schema] = {
    "oneOf": [
        {
            "type": "object",
            "required": ["sale", "amount", *members],
            "additionalProperties": False,
            "properties": {"sale": _BASE64URL, "amount": {"type": "integer", "minimum": 1}, **members},
        }
        for members in ({"token": _BASE64URL}, {"uid": _BASE64URL, "tmc": {"type": "integer", "minimum": 1}})
    ]
}


def _object(**properties: Schema) -> Schema:
    properties["server_time"] = _BASE64URL
    return {"type": "object", "required": list(properties), "properties": properties}


JOURNAL_ANSWER: Final = _object(cursor=_SEQ, outcomes={"type": "array", "items": _OUTCOME})
OUTCOMES: Final = _object(outcomes={"type": "array", "items": _OUTCOME})
HOLD: Final[Schema] = {
    "oneOf": [
        _object(held={"type": "boolean", "const": True}, until=_SEQ),
        _object(held={"type": "boolean", "const": False}, reason={"type": "string"}),
    ]
}
HEAD: Final = _object(seq=_SEQ, hash=_BASE64URL, state={"type": "string", "enum": ["active", "suspended"]})


_HEX: Final[Schema] = {"type": "string", "pattern": "^([0-9a-f]{2})+$"}
_CENTS: Final[Schema] = {"type": "integer", "minimum": 0}

CARD_OPENING: Final[Schema] = {
    "type": "object",
    "required": ["session", "uid", "what"],
    "additionalProperties": False,
    "properties": {
        "session": _HEX,
        "uid": _HEX,
        "what": {"type": "string", "enum": [str(work) for work in Work]},
        "order": {"type": "integer", "minimum": 1},
    },
}
CARD_ANSWER: Final[Schema] = {
    "type": "object",
    "required": ["step", "answer"],
    "additionalProperties": False,
    "properties": {"step": {"type": "integer", "minimum": 1}, "answer": {**_BASE64URL, "type": ["string", "null"]}},
}
_CARD_STEP: Final[Schema] = _object(session=_HEX, step={"type": "integer"}, apdu=_BASE64URL)
_CARD_END: Final[Schema] = _object(
    session=_HEX, step={"type": "integer"}, end={"type": "string", "enum": [str(end) for end in End]}
)
_CARD_STEP["properties"] |= {"told": {"type": "string"}}
_CARD_END["properties"] |= {"reason": {"type": "string"}, "amount": _CENTS, "balance": _CENTS}
CARD_REPLY: Final[Schema] = {"oneOf": [_CARD_STEP, _CARD_END]}
WAITING: Final = _object(uid=_HEX, waiting=_CENTS, in_flight={"type": "boolean"}, renew={"type": "boolean"})


def documented(answer: Schema, body: Schema | None = None) -> Schema:
    """What an operation adds to the OpenAPI document: its answer, its body where it has one, and the problems."""
    operation: Schema = {
        "responses": {
            200: {"description": "Done", "content": {"application/json": {"schema": answer}}},
            "default": {"description": "A problem", "content": {PROBLEM_TYPE: {"schema": PROBLEM}}},
        }
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation
