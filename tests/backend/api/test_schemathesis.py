# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Requests made up from the document, good and bad, signed and not: each answer is one that the document describes."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from requests.auth import AuthBase
from schemathesis import Case

from heitje.programme import TestProgramme
from heitje.request_signature import Request, sign_request

if TYPE_CHECKING:
    from tests.backend.api.conftest import Served

ROOT = Path(__file__).parents[3]
PROGRAMME = TestProgramme.parse((ROOT / "tests" / "vectors" / "test-programme.json").read_text("utf-8"))
DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
# The signature is made for each request, so none is made up. A schema cannot say what makes a text a journal entry or a
# code, nor that 1.0 is not a whole number: of what it calls good, some is refused.
CONFIG = schemathesis.Config.from_dict(
    {
        "generation": {
            "deterministic": True,
            "max-examples": 8,
            "mode": "all",
            "database": "none",
            "with-security-parameters": False,
        },
        "phases": {"stateful": {"enabled": False}},
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "304", "400", "401", "403", "404", "409", "422", "503"]
            },
        },
    }
)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)


class TerminalAuth(AuthBase):
    """Signs what is about to be sent, as the test programme's terminal."""

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        body = prepared.body or b""
        data = body.encode() if isinstance(body, str) else bytes(body)
        signed = Request(str(prepared.method), str(prepared.url), {}, data)
        sign_request(signed, PROGRAMME.terminal.hex(), PROGRAMME.terminal_key, int(time.time()))
        prepared.headers.update(signed.headers)
        return prepared


SCHEMA.auth.set_from_requests(TerminalAuth())


@SCHEMA.hook
def map_path_parameters(context: schemathesis.HookContext, path_parameters: dict[str, Any] | None) -> Any:
    """Where a terminal's id is well-formed, it is that of the terminal that signs."""
    if path_parameters and re.fullmatch(r"[0-9a-f]{16}", str(path_parameters.get("terminal", ""))):
        path_parameters["terminal"] = PROGRAMME.terminal.hex()
    return path_parameters


SEEN: defaultdict[str, set[int]] = defaultdict(set)
"""Which statuses each operation was seen to give."""


@SCHEMA.parametrize()
def test_every_answer_is_as_described(case: Case[Any], backend: Served) -> None:
    answer = case.call_and_validate(base_url=f"{backend.url}/v1")
    SEEN[case.operation.label].add(answer.status_code)


def test_the_requests_got_behind_the_door(backend: Served) -> None:
    """Signatures were good, and what was asked was looked at: none of it ended at the first refusal."""
    if len(SEEN) < len(DOCUMENT["paths"]):  # this test alone
        return
    done = {label for label, statuses in SEEN.items() if 200 in statuses}
    nothing_there = {"GET /trust/targets/{path}", "GET /proofs/{entry}"}
    assert SEEN.keys() - done == nothing_there
    assert {400, 404} <= SEEN["POST /terminals/{terminal}/journal"]
    assert {400, 404} <= SEEN["POST /terminals/{terminal}/card-sessions/{session}/answers"]


def test_the_document_is_openapi() -> None:
    SCHEMA.validate()
    broken = schemathesis.openapi.from_dict({**DOCUMENT, "paths": {"/x": {"get": {"responses": 5}}}})
    with pytest.raises(Exception, match="is not of type"):
        broken.validate()
