# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The API over a real socket: signed requests, every problem with its code, and that a refusal changes nothing."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from heitje import server_time
from heitje.holds import HoldRequest
from heitje.journal import Kind, entry_hash
from heitje.keys import SigningKey
from heitje.messages import BATCH_BYTES_MAX, Batch, BatchAnswer, Outcome, decode_base64url
from heitje.programme import TestProgramme

if TYPE_CHECKING:
    from tests.backend.api.conftest import Served
    from tests.backend.conftest import Plastic, Till

TERMINAL = "80c566212392d06a"
JOURNAL = f"/v1/terminals/{TERMINAL}/journal"
HEAD = f"/v1/terminals/{TERMINAL}/head"
STRANGER = SigningKey.from_seed(b"s" * 32)


@pytest.fixture
def own_key(programme: TestProgramme) -> SigningKey:
    """The terminal's key."""
    return programme.terminal_key


def problem(answer: requests.Response) -> tuple[int, str]:
    """Status and code of a problem document."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["API-Version"] == "1.1.0"
    document = answer.json()
    assert (document["status"], document["type"]) == (answer.status_code, f"urn:heitje:problem:{document['code']}")
    return answer.status_code, document["code"]


def is_server_time(token: str, programme: TestProgramme) -> bool:
    """Whether a text is the server's signed time for this terminal, now."""
    told = server_time.read(decode_base64url(token), programme.terminal, [programme.mint.public])
    return abs(told - time.time()) < 30


def test_a_journal_is_taken_in(backend: Served, till: Till, new_card: type[Plastic], programme: TestProgramme) -> None:
    assert backend.head() == 0
    till.anchor()
    till.pay_card(new_card(programme.cards[0].uid, programme.cards[0].balance), 350)
    till.complete(till.card_intent(new_card(programme.cards[1].uid, 40), 30), Kind.UNRESOLVED, given=True)
    answer = backend.upload(till)
    assert (answer.status_code, answer.headers["API-Version"]) == (200, "1.1.0")
    told = BatchAnswer.from_document(answer.json())
    assert told.cursor == 5
    outcomes = [outcome.outcome for outcome in told.outcomes]
    assert outcomes == [Outcome.ACCEPTED] * 4 + [Outcome.PENDING]
    assert is_server_time(answer.json()["server_time"], programme)
    again = BatchAnswer.from_document(backend.upload(till).json())
    assert {outcome.outcome for outcome in again.outcomes} == {Outcome.DUPLICATE}


def test_the_head_and_what_waits(backend: Served, till: Till, programme: TestProgramme) -> None:
    head = backend.send("GET", HEAD).json()
    assert (head["seq"], head["state"]) == (5, "active")
    assert decode_base64url(head["hash"]) == entry_hash(till.entries[4])
    waiting = backend.send("GET", f"/v1/terminals/{TERMINAL}/outcomes?after=0").json()
    assert [(row["seq"], row["outcome"]) for row in waiting["outcomes"]] == [(5, "pending")]
    assert is_server_time(waiting["server_time"], programme)
    later = backend.send("GET", f"/v1/terminals/{TERMINAL}/outcomes?after=5").json()
    assert later["outcomes"] == []


def test_the_key_id_may_be_the_keys_own(backend: Served, own_key: SigningKey) -> None:
    assert backend.send("GET", HEAD, key_id=own_key.public.kid.hex()).status_code == 200


# --- who is let in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        {"key": STRANGER},
        {"key_id": "00112233445566aa"},
        {"key_id": STRANGER.public.kid.hex()},
        {"age_s": 302},
        {"age_s": -302},
        {"signed_path": HEAD},
        {"signed_path": f"/v1/terminals/{TERMINAL}/journal?x=1"},
        {"signed_body": b'{"after":5,"entries":["AA"]}'},
        {"signed_body": b""},
        {"headers": {"Signature": "sig1=:AAAA:"}},
        {"headers": {"Signature": "garbage"}},
        {"headers": {"Signature-Input": "sig1=()"}},
        {"headers": {"Signature-Input": '"""(((;;'}},
        {"headers": {"Content-Digest": "sha-256=:AAAA:"}},
        {"headers": {"Content-Digest": "md5=:AAAA:"}},
    ],
)
def test_another_signature_is_refused_and_told_the_time(
    backend: Served, programme: TestProgramme, spoil: dict[str, object]
) -> None:
    before = backend.head()
    answer = backend.send("POST", JOURNAL, b'{"after":5,"entries":[]}', **spoil)  # type: ignore[arg-type]
    assert problem(answer) == (401, "bad-signature")
    assert is_server_time(answer.json()["server_time"], programme)
    assert backend.head() == before


def test_no_signature_is_refused(backend: Served) -> None:
    for method in ("GET", "POST"):
        path = HEAD if method == "GET" else JOURNAL
        assert problem(requests.request(method, backend.url + path, timeout=10)) == (401, "bad-signature")


@pytest.mark.parametrize("name", ["00112233445566aa", "80C566212392D06A", "x", "%00", "%C3%A9" * 40])
def test_an_unknown_terminal_is_not_found(backend: Served, name: str) -> None:
    answer = backend.send("POST", f"/v1/terminals/{name}/journal", b"{}")
    assert problem(answer) == (404, "unknown-terminal")


# --- what is let in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed-body"),
        (b"{", 400, "malformed-body"),
        (b"[]", 400, "malformed-body"),
        (b"\xff\xfe", 400, "malformed-body"),
        (b"{}", 400, "malformed-body"),
        (b'{"after":5}', 400, "malformed-body"),
        (b'{"after":"5","entries":[]}', 400, "malformed-body"),
        (b'{"after":-1,"entries":[]}', 400, "malformed-body"),
        (b'{"after":1e3,"entries":[]}', 400, "malformed-body"),
        (b'{"after":99999999999999999999999,"entries":[]}', 400, "malformed-body"),
        (b'{"after":5,"entries":[],"more":1}', 400, "malformed-body"),
        (b'{"after":5,"entries":{}}', 400, "malformed-body"),
        (b'{"after":5,"entries":[5]}', 400, "malformed-body"),
        (b'{"after":5,"entries":["AA=="]}', 400, "malformed-body"),
        (b'{"after":5,"entries":["\xc3\xa9"]}', 400, "malformed-body"),
        (b"[" * 100_000, 400, "malformed-body"),
        (b'{"after":5,"entries":["AA"]}', 400, "malformed-entry"),
        (b'{"after":5,"entries":["oA"]}', 400, "malformed-entry"),
        (json.dumps({"after": 5, "entries": ["oA"] * 501}).encode(), 400, "malformed-body"),
        (b" " * (BATCH_BYTES_MAX + 1), 413, "too-large"),
    ],
)
def test_another_body_is_refused(backend: Served, body: bytes, status: int, code: str) -> None:
    before = backend.head()
    assert problem(backend.send("POST", JOURNAL, body)) == (status, code)
    assert backend.head() == before


def cut(entry: bytes) -> list[bytes]:
    """An entry cut short everywhere, and with more after its end."""
    return [entry[:at] for at in range(len(entry))] + [entry + b"\x00"]


def test_an_entry_cut_anywhere_is_refused(backend: Served, till: Till) -> None:
    till.append(Kind.NOTE)
    whole = till.entries.pop()
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda part: backend.send("POST", JOURNAL, Batch(5, (part,)).encode()), cut(whole))
    assert {problem(answer) for answer in answers} == {(400, "malformed-entry")}
    assert backend.head() == 5


def test_a_gap_is_refused_with_what_is_expected(backend: Served, till: Till) -> None:
    for _ in range(2):
        till.append(Kind.NOTE)
    answer = backend.send("POST", JOURNAL, Batch(6, (till.entries[6],)).encode())
    assert problem(answer) == (409, "out-of-sequence")
    assert answer.json()["expected"] == 6
    del till.entries[5:]
    assert backend.head() == 5


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not-found"),
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", JOURNAL, 405, "method-not-allowed"),
        ("DELETE", HEAD, 405, "method-not-allowed"),
        ("GET", f"/v1/terminals/{TERMINAL}/outcomes?after=x", 400, "malformed-query"),
        ("GET", f"/v1/terminals/{TERMINAL}/outcomes?after=-1", 400, "malformed-query"),
        ("GET", f"/v1/terminals/{TERMINAL}/outcomes?after={2**70}", 400, "malformed-query"),
    ],
)
def test_another_address_or_method(backend: Served, method: str, path: str, status: int, code: str) -> None:
    assert problem(backend.send(method, path)) == (status, code)


def test_many_at_once_with_the_same_batch(backend: Served, till: Till, own_key: SigningKey) -> None:
    first = len(till.entries)
    for _ in range(100):
        till.append(Kind.NOTE)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: backend.upload(till, first), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    told = [{outcome.outcome for outcome in BatchAnswer.from_document(answer.json()).outcomes} for answer in answers]
    assert sorted(told, key=str) == [{Outcome.ACCEPTED}] + [{Outcome.DUPLICATE}] * 7
    assert backend.head() == first + 100


def test_a_hold_over_the_wire(backend: Served, programme: TestProgramme) -> None:
    asked = HoldRequest(bytes(16), 40, uid=programme.cards[1].uid, tmc=1)
    path = f"/v1/terminals/{TERMINAL}/holds"
    answer = backend.send("POST", path, asked.encode()).json()
    assert answer["held"]
    assert answer["until"] > time.time()
    assert is_server_time(answer["server_time"], programme)
    assert backend.send("POST", path, asked.encode()).json()["until"] == answer["until"]
    refused = backend.send("POST", path, HoldRequest(bytes(16), 41, uid=programme.cards[1].uid, tmc=1).encode()).json()
    assert (refused["held"], refused["reason"]) == (False, "too little left")
    assert problem(backend.send("POST", path, b"{}")) == (400, "malformed-body")
    assert problem(backend.send("POST", path, asked.encode(), key=STRANGER)) == (401, "bad-signature")
