# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Leaves: one way to write each, and nothing else is read."""

from dataclasses import fields, replace
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.deterministic import Value, decode, encode
from heitje.money import Cents
from heitje.proof.classes import COVER, OUTSTANDING, OWED, AccountClass
from heitje.proof.leaf import Figures, MalformedLeaf, Opening, Posting, Statement, decode_leaf

POSTING = Posting(
    "redeemed", date(2026, 11, 24), AccountClass.PURSE, AccountClass.PAYABLE, Cents(320), bytes(range(32))
)
STATEMENT = Statement(date(2026, 11, 24), 1_795_500_000, Figures(*range(1, 11)))

amounts = st.integers(1, 2**63 - 1)
postings = st.builds(
    Posting,
    st.text(min_size=1).filter(lambda kind: kind != "reserve statement"),
    st.dates(),
    st.sampled_from(AccountClass),
    st.sampled_from(AccountClass),
    amounts.map(Cents),
    st.binary(min_size=32, max_size=32),
)


def test_known_posting() -> None:
    written = [
        b"\xa6\x01\x68redeemed",
        b"\x02\x6a2026-11-24",
        b"\x03\x65purse",
        b"\x04\x67payable",
        b"\x05\x19\x01\x40",
    ]
    assert POSTING.encode() == b"".join([*written, b"\x06\x58\x20", bytes(range(32))])
    assert decode_leaf(POSTING.encode()) == POSTING


def test_known_statement() -> None:
    assert decode(STATEMENT.encode(), nesting_max=1) == {
        1: "reserve statement",
        2: "2026-11-24",
        7: 1_795_500_000,
        **{number + 7: number for number in range(1, 11)},
    }
    assert decode_leaf(STATEMENT.encode()) == STATEMENT
    assert len(fields(Figures)) == 10


@given(postings)
def test_a_posting_comes_back(posting: Posting) -> None:
    assert decode_leaf(posting.encode()) == posting


def test_the_commitment_is_over_salt_and_opening() -> None:
    opening = Opening(3, 9, "redemption:0011223344556677:1", 0)
    assert opening.encode() == encode([3, 9, "redemption:0011223344556677:1", 0])
    assert opening.commitment(bytes(32)) == sha256(bytes(32) + opening.encode()).digest()
    assert replace(opening, line=1).commitment(bytes(32)) != opening.commitment(bytes(32))


def test_every_class_is_in_one_group() -> None:
    assert set(AccountClass) - {AccountClass.RESERVE} == OUTSTANDING | OWED | COVER
    assert len(OUTSTANDING) + len(OWED) + len(COVER) == len(AccountClass) - 1


def changed(**values: Value) -> dict[int, Value]:
    document = decode(POSTING.encode())
    assert isinstance(document, dict)
    return {**document, **{int(key[1:]): value for key, value in values.items()}}


def without(key: int) -> dict[int, Value]:
    return {member: value for member, value in changed().items() if member != key}


@pytest.mark.parametrize(
    "document",
    [
        *(without(key) for key in range(1, 7)),
        *(changed(**{f"_{key}": 1}) for key in (1, 2, 3, 4, 6, 7)),
        changed(_1=""),
        changed(_1="reserve statement"),
        changed(_2="2026-13-01"),
        changed(_2="20261124"),
        changed(_3="pocket"),
        changed(_5=0),
        changed(_5=-1),
        changed(_5=True),
        changed(_5=2**63),
        changed(_6=bytes(31)),
        {**{key: number for number, key in enumerate(range(8, 18))}, 1: "reserve statement", 2: "2026-11-24"},
    ],
)
def test_no_leaf(document: dict[int, Value]) -> None:
    with pytest.raises(MalformedLeaf):
        decode_leaf(encode(document))


@pytest.mark.parametrize("data", [b"", b"\x80", POSTING.encode() + b"\x00", POSTING.encode()[:-1], b"\xa0"])
def test_no_document(data: bytes) -> None:
    with pytest.raises(MalformedLeaf):
        decode_leaf(data)
