# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The messages of card sessions: round trips, and nothing of another form."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.messages import MalformedMessage
from heitje.relay import STEP_MAX, CardAnswer, End, Opening, Reply, Waiting, Work

SESSIONS = st.binary(min_size=16, max_size=16)
UIDS = st.binary(min_size=7, max_size=7)
STEPS = st.integers(1, STEP_MAX)
CENTS = st.none() | st.integers(0, 15_000)
SESSION, UID = bytes(16), bytes(7)


@given(SESSIONS, UIDS, st.sampled_from(Work), st.none() | st.integers(1, 2**63 - 1))
def test_openings_go_there_and_back(session: bytes, uid: bytes, what: Work, order: int | None) -> None:
    opening = Opening(session, uid, what, order)
    assert Opening.decode(opening.encode()) == opening


@given(STEPS, st.none() | st.binary(min_size=2, max_size=258))
def test_answers_go_there_and_back(step: int, answer: bytes | None) -> None:
    said = CardAnswer(step, answer)
    assert CardAnswer.decode(said.encode()) == said


@given(SESSIONS, STEPS, st.binary(min_size=1, max_size=261), st.none() | st.text())
def test_steps_go_there_and_back(session: bytes, step: int, apdu: bytes, told: str | None) -> None:
    reply = Reply(session, step, apdu, told=told)
    assert Reply.from_document(json.loads(json.dumps(reply.to_document()))) == reply


@given(SESSIONS, STEPS, st.sampled_from(End), CENTS, CENTS, st.none() | st.text())
def test_ends_go_there_and_back(
    session: bytes, step: int, end: End, amount: int | None, balance: int | None, reason: str | None
) -> None:
    reply = Reply(session, step, end=end, amount=amount, balance=balance, reason=reason)
    assert Reply.from_document(json.loads(json.dumps(reply.to_document()))) == reply


@given(UIDS, st.integers(0, 15_000), st.booleans(), st.booleans())
def test_what_waits_goes_there_and_back(uid: bytes, cents: int, in_flight: bool, renew: bool) -> None:
    waiting = Waiting(uid, cents, in_flight, renew)
    assert Waiting.from_document(json.loads(json.dumps(waiting.to_document()))) == waiting
    assert waiting.anything is bool(cents or in_flight or renew)


def changed(document: dict[str, Any], **values: object) -> bytes:
    return json.dumps({**document, **values}).encode()


OPENING = json.loads(Opening(SESSION, UID, Work.LOAD, 5).encode())
ANSWER = json.loads(CardAnswer(1, b"\x91\x00").encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"session":"' + b"0" * 32 + b'"}',
        changed(OPENING, session="0" * 31),
        changed(OPENING, session="0" * 31 + "G"),
        changed(OPENING, session="A" * 32),
        changed(OPENING, session=0),
        changed(OPENING, uid="0" * 16),
        changed(OPENING, what="loads"),
        changed(OPENING, what=None),
        changed(OPENING, order=None),
        changed(OPENING, order=True),
        changed(OPENING, order=2**63),
        changed(OPENING, amount=1),
        changed(OPENING, what="load" + " " * 4096),
    ],
)
def test_no_opening(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        Opening.decode(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        changed(ANSWER, step=0),
        changed(ANSWER, step=True),
        changed(ANSWER, step=STEP_MAX + 1),
        changed(ANSWER, answer=""),
        changed(ANSWER, answer="kQ"),
        changed(ANSWER, answer="kQA="),
        changed(ANSWER, answer="A" * 346),
        changed(ANSWER, answer=["kQA"]),
        changed(ANSWER, more=1),
    ],
)
def test_no_answer(body: bytes) -> None:
    with pytest.raises(MalformedMessage):
        CardAnswer.decode(body)


STEP = Reply(SESSION, 1, b"\x60").to_document()
ENDED = Reply(SESSION, 2, end=End.LOADED, amount=5).to_document()


@pytest.mark.parametrize(
    "document",
    [
        {},
        {**STEP, "end": "loaded"},
        {**STEP, "session": None},
        {**STEP, "step": "1"},
        {**STEP, "apdu": ""},
        {**STEP, "apdu": 1},
        {**STEP, "apdu": "A" * 350},
        {**STEP, "told": 1},
        {**ENDED, "end": "done"},
        {**ENDED, "end": 1},
        {**ENDED, "amount": "5"},
        {**ENDED, "balance": 5.0},
        {**ENDED, "reason": []},
    ],
)
def test_no_reply(document: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage):
        Reply.from_document(document)


@pytest.mark.parametrize("name", ["uid", "waiting", "in_flight", "renew"])
def test_nothing_that_waits(name: str) -> None:
    document = Waiting(UID, 5, in_flight=False, renew=True).to_document()
    with pytest.raises(MalformedMessage):
        Waiting.from_document({**document, name: "x"})


def test_a_newer_backend_may_say_more() -> None:
    assert Reply.from_document({**STEP, "server_time": "x", "more": 1}) == Reply(SESSION, 1, b"\x60")
