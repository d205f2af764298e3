# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The quick reader of batches takes what the strict one takes, and nothing else."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.api.batches import read_batch
from heitje.messages import BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, SEQ_MAX, Batch, MalformedMessage, encode_base64url

SIGNS = 'AQgwEIMUYcko048BCZaz19-_+/=\\u0041n"[]{},: \t\n\x00é'
NEAR = st.text(alphabet=SIGNS, max_size=9) | st.binary(max_size=9).map(encode_base64url)


def read(reader: object, body: bytes) -> Batch | None:
    try:
        return reader(body)  # type: ignore[no-any-return,operator]
    except MalformedMessage:
        return None


def is_read_alike(body: bytes) -> bool:
    return read(read_batch, body) == read(Batch.decode, body)


@given(st.integers(-2, SEQ_MAX + 2), st.lists(NEAR, max_size=4))
@example(0, [""])
@example(SEQ_MAX, ["", ""])
@example(SEQ_MAX + 1, ["AA"])
def test_texts_as_they_come(after: int, texts: list[str]) -> None:
    """Each in JSON's own writing, and put there raw."""
    for ascii_only in (True, False):
        document = {"after": after, "entries": texts}
        assert is_read_alike(json.dumps(document, separators=(",", ":"), ensure_ascii=ascii_only).encode())
    raw = '","'.join(texts)
    assert is_read_alike(f'{{"after":{after},"entries":["{raw}"]}}'.encode())


@given(st.lists(st.binary(max_size=40), max_size=3), st.integers(0, 200), st.integers(0, 2), st.binary(max_size=2))
def test_a_body_that_was_changed_anywhere(entries: list[bytes], at: int, gone: int, new: bytes) -> None:
    body = Batch(7, tuple(entries)).encode()
    at = min(at, len(body))
    assert is_read_alike(body)
    assert is_read_alike(body[:at] + new + body[at + gone :])


@given(st.text(alphabet=SIGNS[:27], min_size=1, max_size=5))
def test_each_end_of_a_text(text: str) -> None:
    """Loose bits, and lengths that no bytes have."""
    assert is_read_alike(f'{{"after":1,"entries":["{text}"]}}'.encode())


@pytest.mark.parametrize(
    "body",
    [
        Batch(0, (b"x",) * BATCH_ENTRIES_MAX).encode(),
        Batch(0, (b"x",) * (BATCH_ENTRIES_MAX + 1)).encode(),
        Batch(0, (bytes((BATCH_BYTES_MAX - 30) // 4 * 3 - 3),)).encode(),
        Batch(0, (bytes(BATCH_BYTES_MAX // 4 * 3),)).encode(),
        b'{"after":00,"entries":["AA"]}',
        b'{"after":1,"entries":["AA",1]}',
        b'{"after":1,"entries":["AA",null]}',
        b'{"after":1,"entries":["AA",["AA"]]}',
        b'{"after":1,"entries":["AA",]}',
        b'{"after":1,"entries":["AA" ,"AA"]}',
        b'{"after":1,"entries":["AA"],"entries":["AQ"]}',
        b'{"after":1,"entries":["AA"],"more":["AQ"]}',
        b'{"after":1,"entries":["AA"]]}',
        b'{"after":1,"entries":["\xff"]}',
    ],
    ids=lambda body: str(body[-30:]),
)
def test_forms(body: bytes) -> None:
    assert is_read_alike(body)
