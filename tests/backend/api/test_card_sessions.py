# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card made and loaded over the wire: HTTP, signatures, two workers, and a reader that only forwards."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from firmware_sim.card.blank import blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from heitje.keys import SigningKey
from heitje.programme import TestProgramme
from heitje.relay import CardAnswer, End, Opening, Reply, Waiting, Work

if TYPE_CHECKING:
    from tests.backend.api.conftest import Served

UID = bytes.fromhex("04A1B2C3D4E5F6")
SPOILED = bytes.fromhex("04A1B2C3D4E5F8")
STRANGER = SigningKey.from_seed(bytes(range(32)))


class Desk:
    """The pick-up point: its commands, its signed requests, and a card on its reader."""

    def __init__(self, backend: Served, programme: TestProgramme) -> None:
        self.backend = backend
        self.path = f"/v1/terminals/{programme.terminal.hex()}"

    def do(self, *words: str) -> dict[str, Any]:
        """A command of the backend's, and its answer."""
        command = [sys.executable, "-m", "heitje", "backend", *words, "--dir", str(self.backend.directory), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def earn(self, citizen: str, cents: int) -> None:
        """A task, from draft to reward."""
        words = ("--title", "weed", "--category", "weeding", "--place", "park", "--minutes", "30")
        task = str(self.do("task", "publish", *words, "--reward", str(cents))["id"])
        for step in ("claim", "start", "submit"):
            self.do("task", step, task, "--by", citizen)
        self.do("task", "validate", task, "--by", "inspector-1")

    def session(self, card: Card, opening: Opening) -> tuple[Reply, int]:
        """A whole session; its end, and how many APDUs it took. Each request is sent twice."""
        card.power_off()
        apdus, reply = 0, self.send(f"{self.path}/card-sessions", opening.encode())
        while reply.apdu is not None:
            apdus += 1
            answer = CardAnswer(reply.step, card.transmit(reply.apdu))
            reply = self.send(f"{self.path}/card-sessions/{opening.session.hex()}/answers", answer.encode())
        return reply, apdus

    def send(self, path: str, body: bytes) -> Reply:
        """A request, twice; the reply to both."""
        answers = [self.backend.send("POST", path, body) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
        first, second = (Reply.from_document(answer.json()) for answer in answers)
        assert first == second
        return first

    def problem(self, path: str, body: bytes, **how: Any) -> tuple[int, str]:
        """A request that is refused: its status and code."""
        answer = self.backend.send("POST" if body else "GET", path, body, **how)
        return answer.status_code, answer.json()["code"]


@pytest.fixture(scope="module")
def desk(backend: Served, programme: TestProgramme) -> Desk:
    """The test programme's terminal, where cards are made."""
    return Desk(backend, programme)


def test_from_blank_to_loaded(desk: Desk) -> None:
    card = Card(MemoryStore(blank_light(UID)))
    desk.earn("citizen-5", 900)
    order = desk.do("card", "order", "--citizen", "citizen-5")["order"]
    spoiled = Card(MemoryStore(blank_light(SPOILED)))
    opening = Opening(secrets.token_bytes(16), SPOILED, Work.PERSONALISE, order)
    assert desk.session(spoiled, opening)[0].end is End.MADE
    freed = desk.do("card", "spoil", "--uid", SPOILED.hex())
    assert (freed["order"], freed["uid"]) == (order, None)
    opening = Opening(secrets.token_bytes(16), UID, Work.PERSONALISE, order)
    made, _ = desk.session(card, opening)
    assert (made.end, made.balance) == (End.MADE, 0)
    assert desk.do("card", "show", "--uid", UID.hex())["state"] == "made"
    desk.do("card", "load", "--uid", UID.hex(), "--amount", "900")
    answer = desk.backend.send("GET", f"{desk.path}/cards/{UID.hex()}/waiting").json()
    assert Waiting.from_document(answer) == Waiting(UID, 900, in_flight=False, renew=False)
    loaded, apdus = desk.session(card, Opening(secrets.token_bytes(16), UID, Work.LOAD))
    assert (loaded.end, loaded.amount, loaded.balance, apdus) == (End.LOADED, 900, 900, 13)
    shown = desk.do("card", "show", "--uid", UID.hex())
    assert (shown["state"], shown["purse"], shown["in_flight"]) == ("in use", 900, 0)
    assert card.image.application.balance == 900
    assert desk.do("check")["holds"]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"session":"00","uid":"04a1b2c3d4e5f6","what":"load"}',
        b'{"session":"' + b"0" * 32 + b'","uid":"04A1B2C3D4E5F6","what":"load"}',
        b'{"session":"' + b"0" * 32 + b'","uid":"04a1b2c3d4e5f6","what":"credit"}',
        b'{"session":"' + b"0" * 32 + b'","uid":"04a1b2c3d4e5f6","what":"load","order":0}',
        b'{"session":"' + b"0" * 32 + b'","uid":"04a1b2c3d4e5f6","what":"load","more":1}',
    ],
)
def test_an_opening_of_another_form_is_refused(desk: Desk, body: bytes) -> None:
    assert desk.problem(f"{desk.path}/card-sessions", body) == (400, "malformed-body")


@pytest.mark.parametrize(
    "body",
    [
        b'{"step":1}',
        b'{"step":0,"answer":"kQA"}',
        b'{"step":1,"answer":"kQ"}',
        b'{"step":1,"answer":"kQ=="}',
        b'{"step":1,"answer":1}',
        b'{"step":1,"answer":"' + b"A" * 348 + b'"}',
    ],
)
def test_an_answer_of_another_form_is_refused(desk: Desk, body: bytes) -> None:
    assert desk.problem(f"{desk.path}/card-sessions/{'0' * 32}/answers", body) == (400, "malformed-body")


def test_what_is_none_of_this_terminals_business(desk: Desk) -> None:
    opening = Opening(secrets.token_bytes(16), UID, Work.LOAD)
    answers = f"{desk.path}/card-sessions/{opening.session.hex()}/answers"
    said = CardAnswer(1, b"\x90\x00").encode()
    assert desk.problem(answers, said) == (404, "unknown-card-session")
    assert desk.problem(f"{desk.path}/card-sessions/zz/answers", said) == (400, "malformed-body")
    assert desk.problem(f"{desk.path}/cards/zz/waiting", b"") == (400, "malformed-query")
    sessions = f"{desk.path}/card-sessions"
    assert desk.problem(sessions, opening.encode(), key=STRANGER) == (401, "bad-signature")
    again = Opening(secrets.token_bytes(16), UID, Work.PERSONALISE, 99)
    assert desk.problem(sessions, again.encode()) == (409, "card-session")
    assert desk.problem(sessions, Opening(secrets.token_bytes(16), bytes(7), Work.PERSONALISE).encode())[0] == 409
    assert desk.send(sessions, opening.encode()).apdu is not None
    assert desk.problem(answers, CardAnswer(2, b"\x90\x00").encode()) == (409, "card-session")
