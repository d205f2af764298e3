# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What only a running API shows of the NL API Design Rules, and the document that it serves (docs/openapi.json)."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

if TYPE_CHECKING:
    from tests.backend.api.conftest import Served

COPY = Path(__file__).parents[3] / "docs" / "openapi.json"
DOCUMENT = json.loads(COPY.read_text("utf-8"))
TERMINAL = "80c566212392d06a"
JOURNAL = f"/v1/terminals/{TERMINAL}/journal"
HEAD = f"/v1/terminals/{TERMINAL}/head"
EVERYWHERE = {
    "API-Version": DOCUMENT["info"]["version"],
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""/core/version-header and /core/transport/security-headers."""

ANSWERS = [
    ("GET", "/v1/health", 200),
    ("GET", "/v1/readiness", 200),
    ("GET", "/v1/openapi.json", 200),
    ("GET", "/v1/trust/metadata/timestamp.json", 200),
    ("GET", "/v1/trust/metadata/1.root.json", 200),
    ("GET", "/v1/trust/targets/none", 404),
    ("GET", HEAD, 401),
    ("POST", JOURNAL, 401),
    ("GET", "/v1/terminals/0000000000000000/head", 404),
    ("GET", f"{HEAD}/", 404),
    ("GET", "/v1/health/", 404),
    ("GET", "/v1/nothing", 404),
    ("GET", "/v1", 404),
    ("GET", "/", 404),
    ("PUT", "/v1/health", 405),
    ("OPTIONS", HEAD, 405),
    ("POST", "/v1/openapi.json", 405),
    ("DELETE", JOURNAL, 405),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_carries_the_headers(backend: Served, method: str, path: str, status: int) -> None:
    """/core/no-trailing-slash and /core/error-handling/problem-details as well: 404 and no redirect, and a problem."""
    answer = requests.request(method, backend.url + path, timeout=30, allow_redirects=False)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    if status >= 400:
        problem = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (problem["status"], bool(problem["title"]), bool(problem["detail"])) == (status, True, True)
    assert answer.headers["Content-Length"] == str(len(answer.content))
    if status == 405:
        assert answer.headers["Allow"] == ("POST" if path == JOURNAL else "GET, HEAD")


def test_a_terminals_answers_are_its_own(backend: Served) -> None:
    """No cache keeps them, and no page of another site may read them (/core/transport/cors)."""
    answer = backend.send("GET", HEAD, headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["RateLimit-Policy"] == '"terminal";q=20000;w=2'


def test_the_document_is_for_every_site(backend: Served) -> None:
    """/core/publish-openapi."""
    answer = requests.get(f"{backend.url}/v1/openapi.json", timeout=30)
    assert answer.json() == DOCUMENT
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_copy_is_current() -> None:
    """`heitje backend openapi > docs/openapi.json` makes it anew; it needs no backend's directory."""
    command = [sys.executable, "-m", "heitje", "backend", "openapi"]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert printed == COPY.read_text("utf-8")


@pytest.mark.parametrize("path", ["openapi.json", "trust/metadata/timestamp.json", "trust/metadata/1.root.json"])
def test_what_has_not_changed_is_not_sent_again(backend: Served, path: str) -> None:
    first = requests.get(f"{backend.url}/v1/{path}", timeout=30)
    again = requests.get(f"{backend.url}/v1/{path}", timeout=30, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    other = requests.get(f"{backend.url}/v1/{path}", timeout=30, headers={"If-None-Match": '"other"'})
    assert other.content == first.content


@pytest.mark.parametrize("path", ["health", "openapi.json", "trust/metadata/timestamp.json", "nothing"])
def test_the_head_of_an_answer(backend: Served, path: str) -> None:
    whole, head = (requests.request(method, f"{backend.url}/v1/{path}", timeout=30) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (whole.status_code, b"")
    for answer in (whole, head):
        del answer.headers["Date"]
    assert head.headers == whole.headers


def test_the_head_of_a_signed_answer(backend: Served) -> None:
    assert (backend.send("HEAD", HEAD).status_code, backend.send("GET", HEAD).status_code) == (200, 200)
    signed_as_get = backend.send("GET", HEAD).request.headers
    assert requests.head(backend.url + HEAD, headers=dict(signed_as_get), timeout=30).status_code == 401


# --- bodies that are not read -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("text/plain", 415, "unsupported-media-type"),
        ("application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        ("application/json-seq", 415, "unsupported-media-type"),
        ("", 415, "unsupported-media-type"),
        ("application/json", 401, "bad-signature"),
        ("Application/JSON; charset=utf-8", 401, "bad-signature"),
    ],
)
def test_the_kind_of_a_body(backend: Served, kind: str, status: int, code: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = requests.post(backend.url + JOURNAL, data=b"{}", headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def raw(backend: Served, headers: dict[str, str], body: bytes = b"") -> tuple[int, str]:
    """A POST as it stands, and what is answered before anything of the body is looked at."""
    place = urlsplit(backend.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.putrequest("POST", JOURNAL, skip_host="Host" in headers)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["code"]
    finally:
        connection.close()


def test_a_body_that_is_too_long_is_refused_by_its_length(backend: Served) -> None:
    assert raw(backend, {"Content-Length": str(1_048_577)}) == (413, "too-large")
    assert raw(backend, {"Content-Length": str(10**18)}) == (413, "too-large")


def test_a_body_in_chunks_is_refused(backend: Served) -> None:
    assert raw(backend, {"Transfer-Encoding": "chunked"}, b"2\r\n{}\r\n0\r\n\r\n") == (411, "length-required")


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET /v1/" + b"x" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri-too-long"),
        (b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Y: " + b"x" * 70_000 + b"\r\n\r\n", 431, "headers-too-large"),
        (b"hello there\r\n\r\n", 400, "bad-request"),
        (b"GET /v1/health HTTP/9.9\r\nHost: x\r\n\r\n", 400, "bad-request"),
    ],
)
def test_what_is_no_request_is_a_problem_as_well(backend: Served, sent: bytes, status: int, code: str) -> None:
    place = urlsplit(backend.url)
    with socket.create_connection((place.hostname, place.port), timeout=30) as line:
        line.sendall(sent)
        answer = http.client.HTTPResponse(line)
        answer.begin()
        assert (answer.status, json.loads(answer.read())["code"]) == (status, code)
    assert (answer.headers["Content-Type"], answer.headers["API-Version"]) == (
        "application/problem+json",
        EVERYWHERE["API-Version"],
    )


def test_a_host_that_is_none_is_a_bad_request(backend: Served) -> None:
    assert raw(backend, {"Host": "a b", "Content-Length": "0"}) == (400, "bad-request")
