# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may do what over HTTP, as a table: every route, every role, the status.

A route that is not in the table fails the first test, so whoever adds one has to say who may call it. Officials and
citizens have no role here: officials work by command line on the server, and citizens through the town's own pages.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from backend.api import openapi
from backend.shops.admission import suspend
from backend.shops.models import Terminal
from heitje.keys import SigningKey
from heitje.programme import TestProgramme
from heitje.request_signature import Request, sign_request

if TYPE_CHECKING:
    from tests.backend.conftest import City

ROLES = ("anonymous", "impostor", "neighbour", "stranger", "suspended", "active")
"""Nobody; a key of its own under the terminal's name; another till of this town, at the terminal's address; another
programme's till, at its own; the terminal, suspended; the terminal."""
NEIGHBOUR, STRANGER = "00112233445566aa", "ffeeddccbbaa0099"

HOLD = {"sale": "AAAAAAAAAAAAAAAAAAAAAA", "amount": 40, "uid": "BBEiM0RVag", "tmc": 1}
OPENING = {"session": "0" * 32, "uid": "04a1b2c3d4e580", "what": "load"}
ANSWER = {"step": 1, "answer": "kQA"}


@dataclass(frozen=True)
class Row:
    """One route: where it is called, with what, and what each role is told."""

    path: str
    statuses: tuple[int, ...]
    body: object = None


def everyone(path: str, status: int = 200) -> Row:
    """A route that asks nobody who they are."""
    return Row(path, (status,) * len(ROLES))


OWN = "/v1/terminals/{terminal}"
TABLE = {
    f"POST {OWN}/journal": Row("journal", (401, 401, 401, 404, 200, 200), {"after": 0, "entries": []}),
    f"POST {OWN}/holds": Row("holds", (401, 401, 401, 404, 200, 200), HOLD),
    f"GET {OWN}/outcomes": Row("outcomes", (401, 401, 401, 404, 200, 200)),
    f"GET {OWN}/head": Row("head", (401, 401, 401, 404, 200, 200)),
    f"POST {OWN}/card-sessions": Row("card-sessions", (401, 401, 401, 404, 403, 200), OPENING),
    f"POST {OWN}/card-sessions/{{session}}/answers": Row(
        f"card-sessions/{'1' * 32}/answers", (401, 401, 401, 404, 403, 404), ANSWER
    ),
    f"GET {OWN}/cards/{{uid}}/waiting": Row("cards/04a1b2c3d4e580/waiting", (401, 401, 401, 404, 403, 200)),
    f"POST {OWN}/masters": Row("masters", (401, 401, 401, 404, 403, 200), {"key": "A" * 42 + "E", "held": [1]}),
    "GET /v1/trust/metadata/{name}": everyone("/v1/trust/metadata/timestamp.json"),
    "GET /v1/trust/targets/{path}": everyone("/v1/trust/targets/none", 404),
    "GET /v1/health": everyone("/v1/health"),
    "GET /v1/readiness": everyone("/v1/readiness"),
    "GET /v1/openapi.json": everyone("/v1/openapi.json"),
    "GET /v1/proofs/{entry}": everyone(f"/v1/proofs/{'0' * 64}", 404),
    "GET /log/": everyone("/log/", 404),
    "GET /log/{path}": everyone("/log/checkpoint", 404),
}
"""Statuses in the order of ROLES. A 404 for whoever may ask: there is no such session, file, proof or log yet."""
NO_ROUTES = frozenset({"/v1/"})
"""Where the API stands, with nothing at it."""


def patterns(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    """Every address that Django knows, with its variables in braces."""
    for one in resolver.url_patterns:
        where = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one, where)
        elif isinstance(one, URLPattern):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", where)


def routes() -> set[str]:
    """Every method and address: methods as the document has them, else GET."""
    described = {f"/v1{path}": item for path, item in openapi.document()["paths"].items()}
    return {
        f"{method.upper()} {where}"
        for where in set(patterns(get_resolver())) - NO_ROUTES
        for method in described.get(where, {"get": {}})
        if method in ("get", "post", "put", "patch", "delete")
    }


def test_every_route_is_in_the_table() -> None:
    assert routes() == set(TABLE)
    assert all(len(row.statuses) == len(ROLES) for row in TABLE.values())


def ask(row: Row, method: str, role: str, programme: TestProgramme) -> int:
    """Call the route in a role, through the whole of Django but for the socket; the status."""
    own = programme.terminal.hex()
    keys = {
        "impostor": (own, SigningKey.from_seed(b"i" * 32)),
        "neighbour": (NEIGHBOUR, SigningKey.from_seed(NEIGHBOUR.encode().ljust(32, b"x"))),
        "stranger": (STRANGER, SigningKey.from_seed(b"s" * 32)),
        "suspended": (own, programme.terminal_key),
        "active": (own, programme.terminal_key),
    }
    whose = STRANGER if role == "stranger" else own
    path = row.path if row.path.startswith("/") else f"/v1/terminals/{whose}/{row.path}"
    body = b"" if row.body is None else json.dumps(row.body).encode()
    request = Request(method, f"http://testserver{path}", {}, body)
    if role in keys:
        name, key = keys[role]
        sign_request(request, name, key, int(time.time()))
    answer = Client().generic(method, path, body, "application/json", headers=request.headers)
    answer.close()
    return answer.status_code


@pytest.mark.parametrize("role", ROLES)
def test_what_each_role_is_told(city: City, programme: TestProgramme, role: str) -> None:
    city.open_till(NEIGHBOUR, "kapper-2")
    city.confirm(2**32)  # the trust is fresh at any real time
    if role == "suspended":
        suspend(Terminal.objects.get(id=programme.terminal.hex()))
    at = ROLES.index(role)
    told = {route: ask(row, route.split()[0], role, programme) for route, row in TABLE.items()}
    assert told == {route: row.statuses[at] for route, row in TABLE.items()}


def test_the_neighbour_may_do_the_same_at_its_own_address(city: City, programme: TestProgramme) -> None:
    """Its key is a good one: above it was refused for the address alone."""
    city.open_till(NEIGHBOUR, "kapper-2")
    path = f"/v1/terminals/{NEIGHBOUR}/head"
    assert ask(Row(path, ()), "GET", "neighbour", programme) == 200


def test_a_card_is_made_at_a_pick_up_point_alone(city: City, programme: TestProgramme) -> None:
    city.open_till(NEIGHBOUR, "kapper-2")
    opening = {"session": "2" * 32, "uid": "04a1b2c3d4e5f6", "what": "personalise", "order": 1}
    assert ask(Row(f"/v1/terminals/{NEIGHBOUR}/card-sessions", (), opening), "POST", "neighbour", programme) == 409
