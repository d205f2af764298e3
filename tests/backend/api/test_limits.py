# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How often one may ask: the counting by itself, and over a real socket with two workers that count together."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from backend.api.rates import Meter, Policy, site_of
from heitje.request_signature import Request, sign_request

if TYPE_CHECKING:
    from heitje.programme import TestProgramme
    from tests.backend.api.conftest import Served

HEAD = "/v1/terminals/80c566212392d06a/head"
VECTOR = Path(__file__).parents[2] / "vectors" / "test-programme.json"
SECOND = 1_000_000_000
POLICY = Policy("test", 60, 5)
"""One a second, five at once."""


def allowed(meter: Meter, at_s: float, caller: str = "somebody", policy: Policy = POLICY) -> bool:
    """Whether a request at this time is allowed."""
    taken = meter.take(policy, caller, 1_000 * SECOND + int(at_s * SECOND))
    assert taken is not None
    return taken.allowed


def test_a_burst_and_then_one_a_second() -> None:
    meter = Meter()
    assert [allowed(meter, 0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert [allowed(meter, 0.5), allowed(meter, 1), allowed(meter, 1), allowed(meter, 2)] == [False, True, False, True]
    assert [allowed(meter, 100) for _ in range(6)] == [True] * 5 + [False]


def test_what_is_told() -> None:
    meter = Meter()
    first = meter.take(POLICY, "x", SECOND)
    assert first is not None
    assert (first.policy.told, first.told) == ('"test";q=5;w=5', '"test";r=4;t=1')
    *_, last, refused = [meter.take(POLICY, "x", SECOND) for _ in range(5)]
    assert last is not None
    assert refused is not None
    assert (last.allowed, last.told) == (True, '"test";r=0;t=5')
    assert (refused.allowed, refused.told) == (False, '"test";r=0;t=1')


def test_no_number_is_no_limit() -> None:
    assert Meter().take(Policy("off", 0, 1), "x") is None


def test_callers_and_policies_are_counted_apart() -> None:
    meter, other = Meter(), Policy("other", 60, 5)
    assert [allowed(meter, 0, f"caller {number % 100}") for number in range(500)] == [True] * 500
    assert [allowed(meter, 0, f"caller {number}") for number in range(100)] == [False] * 100
    assert allowed(meter, 0, "caller 0", other)


def test_more_callers_than_places_let_pass_what_they_must_and_no_less() -> None:
    """Whoever is pushed out is taken for new: nobody is refused for what somebody else did."""
    meter = Meter()
    assert all(allowed(meter, 0, f"caller {number}") for number in range(70_000))


@given(st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=60))
def test_never_more_than_burst_and_rate(pauses: list[int]) -> None:
    meter, now, passed = Meter(), SECOND, list[int]()
    for pause in pauses:
        now += pause
        taken = meter.take(POLICY, "x", now)
        assert taken is not None
        if taken.allowed:
            passed.append(now)
    for start in range(len(passed)):
        for end in range(start, len(passed)):
            assert end - start + 1 <= POLICY.burst + (passed[end] - passed[start]) // SECOND


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002"),
        ("2001:db8:1:2::9", "20010db800010002"),
        ("127.0.0.1", None),
        ("127.8.8.8", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("", None),
        ("unix:", None),
    ],
)
def test_whom_an_address_is_counted_as(address: str, site: str | None) -> None:
    assert site_of(address) == site


# --- over a socket ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def narrow(
    tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., AbstractContextManager[Served]]
) -> Iterator[Served]:
    """A backend behind one proxy, with narrow limits."""
    limits = {
        "terminal_per_minute": 6,
        "terminal_burst": 20,
        "address_per_minute": 6,
        "address_burst": 30,
        "body_bytes": 2000,
        "trusted_proxies": 1,
    }
    directory: Path = tmp_path_factory.mktemp("narrow") / "backend"
    command = [sys.executable, "-m", "heitje", "backend", "init", "--test-programme", str(VECTOR)]
    subprocess.run([*command, "--dir", str(directory)], check=True, timeout=60, stdout=subprocess.DEVNULL)
    path = directory / "backend.toml"
    before, _, _ = path.read_text("utf-8").partition("[limits]")
    lines = "".join(f"{name} = {value}\n" for name, value in limits.items())
    path.write_text(f"{before}[limits]\n{lines}", "utf-8")
    with serve(directory) as running:
        yield running


def test_a_terminal_is_counted_by_both_workers_together(narrow: Served) -> None:
    def ask(_: int) -> requests.Response:
        return narrow.send("GET", HEAD)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(40)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(200), statuses.count(429)) in [(20, 20), (21, 19)], "one place comes back in ten seconds"
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (refused.json()["code"], refused.headers["RateLimit-Policy"]) == (
        "too-many-requests",
        '"terminal";q=20;w=200',
    )
    assert 1 <= int(refused.headers["Retry-After"]) <= 10


def test_a_stranger_uses_up_nothing_of_a_terminal(narrow: Served) -> None:
    """Only what is signed is counted as a terminal's."""
    for _ in range(25):
        assert requests.get(narrow.url + HEAD, timeout=30).status_code == 401


def test_an_address_is_counted_before_anything_is_looked_at(narrow: Served) -> None:
    def ask(seen: str) -> requests.Response:
        return requests.get(f"{narrow.url}/v1/health", headers={"X-Forwarded-For": seen}, timeout=30)

    answers = [ask("203.0.113.9, 198.51.100.7") for _ in range(33)]
    statuses = [answer.status_code for answer in answers]
    assert (statuses[0], statuses[-1]) == (200, 429)
    assert statuses.count(429) in (2, 3)
    assert answers[-1].headers["RateLimit-Policy"] == '"address";q=30;w=300'
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert ask("198.51.100.7, 203.0.113.9").status_code == 200, "only what our own proxy saw is believed"


def test_a_proxy_that_ends_tls_tells_what_was_asked_for(narrow: Served, programme: TestProgramme) -> None:
    """The signature covers the address that the till meant: https, and the name by which it calls."""
    request = Request("GET", f"https://api.testburg.example{HEAD}", {})
    sign_request(request, programme.terminal.hex(), programme.terminal_key, int(time.time()))
    headers = {"Host": "api.testburg.example", "X-Forwarded-Proto": "https", **request.headers}
    good = requests.get(narrow.url + HEAD, headers=headers, timeout=30)
    assert good.status_code in (200, 429), "429: it has asked too often above, and its signature was looked at before"
    without = {name: value for name, value in headers.items() if name != "X-Forwarded-Proto"}
    assert requests.get(narrow.url + HEAD, headers=without, timeout=30).status_code == 401


def test_the_size_of_a_body_is_configured(narrow: Served) -> None:
    answer = requests.post(
        f"{narrow.url}{HEAD}", data=b" " * 2001, headers={"Content-Type": "application/json"}, timeout=30
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
