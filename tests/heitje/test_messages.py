# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""JSON between terminal and backend: in form or malformed, of any size (JOURNAL.md section 3)."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje import messages
from heitje.messages import (
    BATCH_BYTES_MAX,
    BATCH_ENTRIES_MAX,
    SEQ_MAX,
    Batch,
    BatchAnswer,
    EntryOutcome,
    MalformedMessage,
    Outcome,
    decode_base64url,
    encode_base64url,
)

SEQS = st.integers(0, SEQ_MAX)
OUTCOMES = st.builds(EntryOutcome, seq=SEQS, outcome=st.sampled_from(Outcome), reason=st.none() | st.text(max_size=30))


def body(document: object) -> bytes:
    return json.dumps(document).encode()


@given(st.binary(max_size=100))
def test_base64url(data: bytes) -> None:
    text = encode_base64url(data)
    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")
    assert decode_base64url(text) == data


@pytest.mark.parametrize(
    "text", ["A", "AA==", "AB", "AAB", "AA=", "+A", "/w", "A A", "AA\n", "AAAA=", "é", "\ud800", "A" * 5]
)
def test_no_other_base64(text: str) -> None:
    with pytest.raises(MalformedMessage):
        decode_base64url(text)


@given(st.text(max_size=20) | st.text(alphabet="AZaz09-_=+/", max_size=9))
def test_a_text_is_the_only_one_for_its_bytes(text: str) -> None:
    try:
        data = decode_base64url(text)
    except MalformedMessage:
        return
    assert encode_base64url(data) == text


@given(SEQS, st.lists(st.binary(max_size=50), max_size=10).map(tuple))
def test_a_batch_there_and_back(after: int, entries: tuple[bytes, ...]) -> None:
    batch = Batch(after, entries)
    assert Batch.decode(batch.encode()) == batch


def test_a_batch_as_written() -> None:
    assert Batch(7, (b"\xff\xfe", b"")).encode() == b'{"after":7,"entries":["__4",""]}'
    assert Batch.decode(b' {"entries": ["__4"], "after": 7} ') == Batch(7, (b"\xff\xfe",))


@pytest.mark.parametrize(
    "document",
    [
        [],
        1,
        None,
        "text",
        {},
        {"after": 0},
        {"entries": []},
        {"after": 0, "entries": [], "more": 1},
        {"after": -1, "entries": []},
        {"after": SEQ_MAX + 1, "entries": []},
        {"after": 0.0, "entries": []},
        {"after": True, "entries": []},
        {"after": "0", "entries": []},
        {"after": None, "entries": []},
        {"after": 0, "entries": {}},
        {"after": 0, "entries": "AAAA"},
        {"after": 0, "entries": [1]},
        {"after": 0, "entries": [None]},
        {"after": 0, "entries": [["AAAA"]]},
        {"after": 0, "entries": ["AA=="]},
        {"after": 0, "entries": ["AAAA", "%"]},
        {"after": 0, "entries": ["AAAA"] * (BATCH_ENTRIES_MAX + 1)},
    ],
    ids=lambda document: str(document)[:60],
)
def test_no_other_batch(document: object) -> None:
    with pytest.raises(MalformedMessage):
        Batch.decode(body(document))


def test_five_hundred_entries_and_one_mebibyte() -> None:
    assert len(Batch.decode(Batch(0, (b"\x00",) * BATCH_ENTRIES_MAX).encode()).entries) == BATCH_ENTRIES_MAX
    empty = len(Batch(0, (b"",)).encode())
    room = (BATCH_BYTES_MAX - empty) // 4 * 3
    full = Batch(0, (bytes(room),)).encode()
    padding = b" " * (BATCH_BYTES_MAX - len(full))
    assert Batch.decode(full + padding).entries == (bytes(room),)
    with pytest.raises(MalformedMessage, match="bytes"):
        Batch.decode(full + padding + b" ")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{}x",
        b"\xff",
        b'{"after": 0, "entries": ["\xff"]}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        b'{"after": ' + b"9" * 10_000 + b', "entries": []}',
        b'{"after": 1e400, "entries": []}',
        b'{"after": NaN, "entries": []}',
        b"\xef\xbb\xbf{}",
        '{"after": 0, "entries": []}'.encode("utf-16"),
        '{"after": 0, "entries": []}'.encode("utf-32-le"),
        b"null",
        b"\x00" * 1000,
    ],
    ids=lambda data: str(data[:40]),
)
def test_no_json_of_ours(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        Batch.decode(data)


@given(st.binary(max_size=300))
def test_noise(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        Batch.decode(data)


def test_cut_anywhere() -> None:
    data = Batch(7, (b"entry", b"another")).encode()
    for end in range(len(data)):
        with pytest.raises(MalformedMessage):
            Batch.decode(data[:end])


@given(SEQS, st.lists(OUTCOMES, max_size=6).map(tuple), st.none() | st.binary(max_size=100))
def test_an_answer_there_and_back(cursor: int, outcomes: tuple[EntryOutcome, ...], server_time: bytes | None) -> None:
    answer = BatchAnswer(cursor, outcomes, server_time)
    document = messages.read_object(answer.encode(), 10**6)
    assert document == answer.to_document()
    assert BatchAnswer.from_document(document) == answer


def test_an_answer_as_written() -> None:
    outcomes = (EntryOutcome(1, Outcome.ACCEPTED), EntryOutcome(2, Outcome.REFUSED, "bad signature"))
    assert BatchAnswer(2, outcomes, b"\xff").to_document() == {
        "cursor": 2,
        "outcomes": [
            {"seq": 1, "outcome": "accepted"},
            {"seq": 2, "outcome": "refused", "reason": "bad signature"},
        ],
        "server_time": "_w",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"cursor": -1},
        {"cursor": "1"},
        {"cursor": None},
        {"outcomes": None},
        {"outcomes": {}},
        {"outcomes": [1]},
        {"outcomes": [{}]},
        {"outcomes": [{"seq": 1}]},
        {"outcomes": [{"seq": 1, "outcome": "paid"}]},
        {"outcomes": [{"seq": 1, "outcome": 1}]},
        {"outcomes": [{"seq": "1", "outcome": "accepted"}]},
        {"outcomes": [{"seq": 1, "outcome": "refused", "reason": 7}]},
        {"server_time": 7},
        {"server_time": "=="},
    ],
    ids=str,
)
def test_no_other_answer(change: dict[str, Any]) -> None:
    good: dict[str, Any] = {"cursor": 1, "outcomes": [{"seq": 1, "outcome": "accepted"}]}
    BatchAnswer.from_document(good)
    with pytest.raises(MalformedMessage):
        BatchAnswer.from_document({**good, **change})


def test_an_object_has_a_size() -> None:
    assert messages.read_object(b'{"a":1}', 7) == {"a": 1}
    with pytest.raises(MalformedMessage):
        messages.read_object(b'{"a":1}', 6)
