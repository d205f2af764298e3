# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""An upload is answered alike with and without Django's request, and Django alone refuses who did not sign."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import override_settings

from backend.api.rates import METER
from backend.api.uploads import Uploads
from backend.shops.admission import suspend
from backend.shops.models import Terminal
from heitje.journal import Kind
from heitje.keys import SigningKey
from heitje.messages import Batch, decode_base64url, read_object
from heitje.programme import TestProgramme
from heitje.request_signature import Request, sign_request
from heitje.server_time import read

if TYPE_CHECKING:
    from tests.backend.conftest import City

HOST = "city.example:8000"
Application = Callable[..., Iterable[bytes]]
VARIES = frozenset({"RateLimit", "Retry-After", "Content-Length"})


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: str
    headers: dict[str, str]
    document: dict[str, Any]

    @property
    def told(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        """All that does not depend on when it was asked."""
        headers = {name: "" if name in VARIES else value for name, value in self.headers.items()}
        return self.status, headers, {**self.document, "server_time": "server_time" in self.document}


def environment(
    city: City, key: SigningKey, body: bytes, age_s: int = 0, changes: Mapping[str, str | None] = MappingProxyType({})
) -> dict[str, Any]:
    """A signed upload as a server hands it on; of `changes` None takes away."""
    path = f"/v1/terminals/{city.till.name}/journal"
    signed = Request("POST", f"http://{HOST}{path}", {}, body)
    sign_request(signed, city.till.name, key, int(time.time()) - age_s)
    made: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.9",
        "HTTP_HOST": HOST,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    made |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed.headers.items()}
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


def ask(application: Application, asked: dict[str, Any]) -> Answer:
    """Call an application once."""
    heads: list[tuple[str, list[tuple[str, str]]]] = []
    body = b"".join(application(asked, lambda status, headers: heads.append((status, headers))))
    ((status, headers),) = heads
    assert dict(headers)["Content-Length"] == str(len(body))
    assert len(dict(headers)) == len(headers)
    return Answer(status, dict(headers), read_object(body, 2**20))


def nobody(*_: object) -> Iterable[bytes]:
    raise AssertionError("Django was asked")


def good(till: Any, after: int = 0) -> bytes:
    return Batch(after, tuple(till.entries[after:])).encode()


@pytest.fixture
def key(programme: TestProgramme) -> SigningKey:
    return programme.terminal_key


def test_what_is_taken_in_is_answered_alike(city: City, key: SigningKey, programme: TestProgramme) -> None:
    """Each way takes in what the other is told is there already."""
    ways: list[Application] = [Uploads(nobody), get_wsgi_application()]
    for number in range(4):
        city.till.append(Kind.NOTE)
        city.till.append(Kind.DAY_CLOSED)
        first, second = (ask(way, environment(city, key, good(city.till, 2 * number))) for way in ways)
        assert first.told[:2] == second.told[:2]
        assert first.document["cursor"] == second.document["cursor"] == 2 * number + 2
        outcomes = [[told["outcome"] for told in answer.document["outcomes"]] for answer in (first, second)]
        assert outcomes == [["accepted"] * 2, ["duplicate"] * 2]
        for answer in (first, second):
            signed = decode_base64url(answer.document["server_time"])
            assert abs(read(signed, programme.terminal, [programme.mint.public]) - time.time()) <= 5
        ways.reverse()


def test_what_its_terminal_signed_is_refused_alike(city: City, key: SigningKey) -> None:
    city.till.append(Kind.NOTE)
    bodies = [
        b'{"after":0}',
        good(city.till)[:-1],
        Batch(0, (b"\xa0",)).encode(),
        Batch(5, (b"\xa0",)).encode(),
        Batch(7, (city.till.entries[0],)).encode(),
    ]
    for body in bodies:
        first, second = (ask(way, environment(city, key, body)) for way in (Uploads(nobody), get_wsgi_application()))
        assert first.told == second.told
        assert first.status[:2] == "40"
    assert ask(Uploads(nobody), environment(city, key, good(city.till))).status == "200 OK"


def test_a_suspended_terminal_is_seen_at_once(city: City, key: SigningKey) -> None:
    way = Uploads(nobody)
    city.till.append(Kind.NOTE)
    assert ask(way, environment(city, key, good(city.till))).document["outcomes"][0]["outcome"] == "accepted"
    suspend(Terminal.objects.get(id=city.till.name))
    phone = city.phone("citizen-30", 500)
    city.till.pay_phone(phone, 300)
    told = ask(way, environment(city, key, good(city.till, 1))).document["outcomes"]
    assert {outcome["outcome"] for outcome in told} != {"accepted"}


OTHERS: dict[str, tuple[int, dict[str, str | None]]] = {
    "another method": (405, {"REQUEST_METHOD": "PUT"}),
    "another terminal": (401, {"PATH_INFO": "/v1/terminals/0011223344556677/journal"}),
    "no terminal's id": (404, {"PATH_INFO": "/v1/terminals/001122334455667g/journal"}),
    "another address": (404, {"PATH_INFO": "/v1/terminals/0011223344556677/journals"}),
    "a query": (401, {"QUERY_STRING": "after=1"}),
    "another host": (401, {"HTTP_HOST": "other.example"}),
    "no host": (400, {"HTTP_HOST": "city example"}),
    "another scheme": (401, {"wsgi.url_scheme": "https"}),
    "another kind": (415, {"CONTENT_TYPE": "text/plain"}),
    "chunks": (411, {"HTTP_TRANSFER_ENCODING": "chunked"}),
    "no length": (401, {"CONTENT_LENGTH": None}),
    "a shorter length": (401, {"CONTENT_LENGTH": "9"}),
    "no number": (413, {"CONTENT_LENGTH": "x"}),
    "too long": (413, {"CONTENT_LENGTH": "1048577"}),
    "no signature": (401, {"HTTP_SIGNATURE": None}),
    "no input": (401, {"HTTP_SIGNATURE_INPUT": None}),
    "no digest": (401, {"HTTP_CONTENT_DIGEST": None}),
    "another signature": (401, {"HTTP_SIGNATURE": f"sig1=:{'A' * 86}==:"}),
}


def test_everything_else_goes_the_long_way(city: City, key: SigningKey) -> None:
    """And is told there what it would have been told without the short one."""
    city.open_till("0011223344556677", "kapper-2")
    city.till.append(Kind.NOTE)
    body = good(city.till)
    for name, (status, changes) in OTHERS.items():
        first, second = (
            ask(way, environment(city, key, body, changes=changes))
            for way in (Uploads(get_wsgi_application()), get_wsgi_application())
        )
        assert first.told == second.told, name
        assert first.status.startswith(str(status)), name
    for stranger, age_s, expected in (
        (SigningKey.from_seed(b"s" * 32), 0, "401"),
        (key, 301, "401"),
        (key, -301, "401"),
    ):
        answer = ask(Uploads(get_wsgi_application()), environment(city, stranger, body, age_s))
        assert answer.status.startswith(expected)
        assert answer.document["server_time"]
    unknown = replace(city, till=replace(city.till, name="00000000000000ff"))
    assert ask(Uploads(get_wsgi_application()), environment(unknown, key, body)).document["code"] == "unknown-terminal"


def test_every_request_is_counted_once(city: City, key: SigningKey) -> None:
    """For its address whatever it is, for its terminal once it is known to be the terminal's."""
    limits = replace(
        city.configuration.limits, terminal_per_minute=1, terminal_burst=3, address_per_minute=1, address_burst=6
    )
    city.till.append(Kind.NOTE)
    body = good(city.till)
    with override_settings(HEITJE=replace(city.configuration, limits=limits)):
        METER.reset()
        way = Uploads(get_wsgi_application())
        stranger = SigningKey.from_seed(b"s" * 32)
        asked = [key, stranger, key, key, key, stranger, key]
        told = [ask(way, environment(city, whose, body)) for whose in asked]
        METER.reset()
    assert [answer.status[:3] for answer in told] == ["200", "401", "200", "200", "429", "401", "429"]
    assert [json.dumps(answer.headers["RateLimit"]).split(";")[:2] for answer in told] == [
        [json.dumps(f'"{name}"')[:-1], f"r={left}"]
        for name, left in (
            ("terminal", 2),
            ("address", 4),
            ("terminal", 1),
            ("terminal", 0),
            ("terminal", 0),
            ("address", 0),
            ("address", 0),
        )
    ]
