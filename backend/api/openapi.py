# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The OpenAPI document: the routes as they are, the component schemas, and what holds for all of them.

`heitje backend openapi` prints it, `/v1/openapi.json` serves it, and docs/openapi.json is its copy, which a test keeps.
"""

import hashlib
import json
from functools import cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from backend.api.application import api
from backend.api.documentation import HEADERS
from backend.api.problems import Problem, problem_document
from backend.api.schemas import EXAMPLES, SCHEMAS, Schema
from heitje.messages import SEQ_MAX

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_INFO: Final = {
    "summary": "What terminals and their makers ask of the municipality",
    "contact": {
        "name": "The Heitje contributors",
        "url": "https://heitje.example/heitje/issues",
        "email": "api@heitje.example",
    },
    "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
}
_TAGS: Final = (
    ("terminal", "A terminal's journal, and the one question that it may ask before a sale."),
    ("card", "Sessions with a card, of which the terminal only forwards the APDUs."),
    ("trust", "The trust repository (The Update Framework): files for everyone."),
    ("proof", "Proofs that a receipt is in the public log, for whoever holds the receipt."),
    ("health", "Whether the service runs, and whether it can work."),
)
_PARAMETERS: Final[dict[str, Schema]] = {
    "terminal": {
        "description": "The terminal's id: 8 bytes in lower-case hex.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
        "example": "80c566212392d06a",
    },
    "session": {
        "description": "The session's name: 16 bytes in lower-case hex.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "example": "284d35c6d6cf14c4ce45271923775144",
    },
    "uid": {
        "description": "The card's UID: 7 bytes in lower-case hex.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{14}$"},
        "example": "04a1b2c3d4e580",
    },
    "entry": {
        "description": "The SHA-256 of the journal entry in lower-case hex, as the small QR of a receipt has it.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "example": "bec294dba758827bfeb646ce03819079a149374161a5b7f80c8fdbbd70a0aa48",
    },
    "after": {
        "description": "Only entries of a higher number.",
        "schema": {"type": "integer", "minimum": 0, "maximum": SEQ_MAX, "default": 0},
        "example": 0,
    },
    "name": {
        "description": "`timestamp.json`, or a role's document by its number.",
        "schema": {"type": "string", "pattern": r"^(timestamp|[0-9]+\.[a-z]+)\.json$"},
        "example": "1.root.json",
    },
    "path": {
        "description": "The file's name, with its SHA-256 before the last part. It may hold slashes.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._/-]*$"},
        "example": "nl.testburg/5a1f.deny.bin",
    },
}
_SIGNATURE: Final = (
    "HTTP Message Signatures (RFC 9421). One signature, by the terminal's Ed25519 key, over `@method`, `@target-uri`"
    " and, where there is a body, `content-digest` (RFC 9530); parameters `created`, good for 300 s either way, and"
    " `keyid`, the terminal's id in lower-case hex. A `401` carries the server's signed time."
)
_SCHEMES: Final[dict[str, Schema]] = {
    "TerminalSignature": {"type": "apiKey", "in": "header", "name": "Signature", "description": _SIGNATURE},
    "TerminalSignatureInput": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature-Input",
        "description": "What `Signature` covers, and its parameters (RFC 9421 section 4.1).",
    },
}


def document() -> dict[str, Any]:
    """The whole document, the same for every programme."""
    made = json.loads(json.dumps(api.get_openapi_schema(path_prefix="")))
    for item in made["paths"].values():
        for method in _METHODS:
            if method in item:
                _finish(item[method])
    return {
        "openapi": "3.1.0",
        "info": {**made["info"], **_INFO},
        "servers": [{"url": "/v1", "description": "The programme's own backend, wherever it stands."}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS],
        "paths": made["paths"],
        "components": {
            "schemas": SCHEMAS,
            "headers": HEADERS,
            "examples": _component_examples(),
            "securitySchemes": _SCHEMES,
        },
    }


def text() -> str:
    """The document as it is printed and served."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


@cache
def _served() -> tuple[bytes, str]:
    data = text().encode()
    return data, f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def serve(request: HttpRequest) -> HttpResponse:
    """`/v1/openapi.json`, for every browser on every site (NL API Design Rules, /core/publish-openapi)."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    data, tag = _served()
    fresh = request.headers.get("If-None-Match") == tag
    response = HttpResponse(status=304) if fresh else HttpResponse(data, content_type="application/json")
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _finish(operation: dict[str, Any]) -> None:
    """Parameters as they are meant, statuses in order, and who may call."""
    operation["parameters"] = [
        {**parameter, **_PARAMETERS.get(parameter["name"], {})} for parameter in operation["parameters"]
    ]
    operation["responses"] = dict(sorted(operation["responses"].items()))
    operation["security"] = [{name: [] for name in _SCHEMES}] if operation.get("security") else []


def _component_examples() -> dict[str, Schema]:
    problems = {problem.value.code: {"value": problem_document(problem)} for problem in Problem}
    return {**{name: {"value": value} for name, value in EXAMPLES.items()}, **problems}
