# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Vouchers: the table of claims, both kinds of phone key, and nothing else (VOUCHERS.md section 2)."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje import cose, qr, vouchers
from heitje.cose import AAD_VOUCHER, MalformedToken
from heitje.deterministic import Value, encode
from heitje.keys import PublicKey, SigningKey
from heitje.money import Cents
from heitje.vouchers import Voucher

MINT = SigningKey.from_seed(bytes(range(32)))
PHONE = SigningKey.from_seed(bytes(32)).public
PHONE_P256 = SigningKey.from_p256(bytes(31) + b"\x07").public
NOTE = Voucher("nl.testburg", 1_800_000_000, 1_790_000_000, bytes(16), Cents(500), home="bakker-1")
CLAIMS: dict[int, Value] = {1: "nl.testburg", 4: 1_800_000_000, 6: 1_790_000_000, 7: bytes(16), -70001: 500}
OKP: Value = {1: {1: 1, -1: 6, -2: PHONE.raw}}
EC2: Value = {1: {1: 2, -1: 1, -2: PHONE_P256.raw[1:33], -3: PHONE_P256.raw[33:]}}

TEXTS = st.text(max_size=12)
UINTS = st.integers(0, 2**64 - 1)
VOUCHERS = st.builds(
    Voucher,
    iss=TEXTS,
    exp=UINTS,
    iat=UINTS,
    cti=st.binary(min_size=16, max_size=16),
    amount=st.integers(1, 1_000_000).map(Cents),
    nbf=st.none() | UINTS,
    cnf=st.none() | st.sampled_from([PHONE, PHONE_P256]),
    scope=st.none() | st.lists(TEXTS, max_size=4).map(tuple),
).flatmap(
    lambda voucher: st.just(voucher) if voucher.cnf else TEXTS.map(lambda home: replace(voucher, home=home or None))
)


def read(claims: dict[int, Value]) -> Voucher:
    return vouchers.decode(cose.sign(encode(claims), MINT, AAD_VOUCHER)).voucher


def is_malformed(claims: dict[int, Value]) -> bool:
    try:
        read(claims)
    except MalformedToken:
        return True
    return False


@given(VOUCHERS)
def test_round_trip(voucher: Voucher) -> None:
    token = vouchers.issue(voucher, MINT)
    signed = vouchers.decode(token)
    assert signed.voucher == voucher
    assert signed.token == token
    assert cose.verify(signed.sign1, AAD_VOUCHER, MINT.public)


def test_claims_as_the_table_has_them() -> None:
    assert read({**CLAIMS, -70003: "bakker-1"}) == NOTE
    assert read({**CLAIMS, 5: 7, 8: OKP, -70002: ["category:cafe", "shop:x"]}) == replace(
        NOTE, home=None, nbf=7, cnf=PHONE, scope=("category:cafe", "shop:x")
    )
    assert read({**CLAIMS, 8: EC2}).cnf == PHONE_P256
    assert NOTE.to_claims() == {**CLAIMS, -70003: "bakker-1"}


@pytest.mark.parametrize("key", CLAIMS)
def test_each_claim_that_must_be_there(key: int) -> None:
    assert is_malformed({other: value for other, value in CLAIMS.items() if other != key})


@pytest.mark.parametrize("key", [0, 2, 3, 9, 10, -1, -70000, -70004, -70005, -70006, -70010, 2**64 - 1])
def test_a_claim_that_has_no_place(key: int) -> None:
    assert is_malformed({**CLAIMS, key: 1})
    assert is_malformed({**CLAIMS, key: "text"})


WRONG: dict[int, list[Value]] = {
    1: [1, b"nl.testburg", True, [], ["nl.testburg"]],
    4: [-1, "1800000000", True, b"\x01", [], -(2**64)],
    5: [-1, "5", False, b""],
    6: [-1, "6", True],
    7: [bytes(15), bytes(17), b"", "a" * 16, 7],
    8: [1, b"", "key", [], {}, {1: 1}, {2: {1: 1, -1: 6, -2: bytes(32)}}, {1: {}}, {1: []}, {1: PHONE.raw}],
    -70001: [0, -1, 1_000_001, 2**64 - 1, "500", b"\x01", True],
    -70002: ["shop:x", b"", {}, [1], ["a", b"b"], [["a"]], [True]],
    -70003: [1, b"bakker-1", [], ["bakker-1"], True],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_claim_that_is_not_of_its_type_or_range(key: int, value: Value) -> None:
    assert is_malformed({**CLAIMS, key: value})


@pytest.mark.parametrize(
    "key",
    [
        {1: 1, -1: 6, -2: bytes(31)},
        {1: 1, -1: 6, -2: bytes(33)},
        {1: 1, -1: 6},
        {1: 1, -2: bytes(32)},
        {-1: 6, -2: bytes(32)},
        {1: 1, -1: 7, -2: bytes(32)},
        {1: 1, -1: 1, -2: bytes(32)},
        {1: 3, -1: 6, -2: bytes(32)},
        {1: True, -1: 6, -2: bytes(32)},
        {1: 1, -1: 6, -2: "a" * 32},
        {1: 1, 2: b"kid", -1: 6, -2: bytes(32)},
        {1: 1, 3: -8, -1: 6, -2: bytes(32)},
        {1: 1, -1: 6, -2: bytes(32), -3: bytes(32)},
        {1: 1, -1: 6, -2: bytes(32), -4: bytes(32)},
        {1: 2, -1: 1, -2: bytes(32)},
        {1: 2, -1: 1, -2: bytes(32), -3: True},
        {1: 2, -1: 1, -2: bytes(32), -3: bytes(31)},
        {1: 2, -1: 2, -2: bytes(32), -3: bytes(32)},
        {1: 2, -1: 6, -2: bytes(32), -3: bytes(32)},
        {1: 2, -1: 1, -2: bytes(32), -3: bytes(32), -4: bytes(32)},
    ],
    ids=str,
)
def test_no_other_cose_key(key: Value) -> None:
    assert is_malformed({**CLAIMS, 8: {1: key}})
    assert is_malformed({**CLAIMS, 8: {1: key, 3: b""}})


def test_boundaries() -> None:
    for amount in (1, 1_000_000):
        assert read({**CLAIMS, -70001: amount}).amount == amount
    for time in (0, 2**32, 2**64 - 1):
        assert read({**CLAIMS, 4: time, 5: time, 6: time}).exp == time
    assert read({**CLAIMS, -70002: []}).scope == ()
    assert read({**CLAIMS, 1: ""}).iss == ""
    assert read({**CLAIMS, -70001: 3}).amount == 3  # the mint's signature is the authority on a note's value


def test_home_is_for_paper() -> None:
    assert is_malformed({**CLAIMS, 8: OKP, -70003: "bakker-1"})
    with pytest.raises(ValueError, match="home"):
        vouchers.issue(replace(NOTE, cnf=PHONE), MINT)


@pytest.mark.parametrize(
    "voucher",
    [
        replace(NOTE, amount=Cents(0)),
        replace(NOTE, amount=Cents(1_000_001)),
        replace(NOTE, cti=bytes(15)),
        replace(NOTE, exp=-1),
        replace(NOTE, iat=2**64),
        replace(NOTE, scope=("a" * 700,)),
    ],
)
def test_nothing_is_issued_that_nobody_would_read(voucher: Voucher) -> None:
    with pytest.raises(ValueError):
        vouchers.issue(voucher, MINT)


def test_every_changed_byte_of_a_recorded_note(vectors: Path) -> None:
    """Refused, or another note whose signature does not fit: every value of every byte."""
    document = json.loads((vectors / "vouchers.json").read_text())
    key = PublicKey(bytes.fromhex(document["default"]["keys"][0]["public"]))
    token = qr.decode_text(document["vectors"][0]["text"], "HV1:")
    original = vouchers.decode(token)
    assert cose.verify(original.sign1, AAD_VOUCHER, key)
    for place in range(len(token)):
        for value in {*range(0, 256, 7), token[place] ^ 1, token[place] ^ 0x20, token[place] ^ 0x80} - {token[place]}:
            changed = token[:place] + bytes((value,)) + token[place + 1 :]
            try:
                signed = vouchers.decode(changed)
            except MalformedToken:
                continue
            differs = (signed.voucher, signed.sign1.kid, signed.sign1.algorithm, signed.sign1.signature)
            assert differs != (original.voucher, original.sign1.kid, -8, original.sign1.signature)
            assert not cose.verify(signed.sign1, AAD_VOUCHER, key)


@given(st.binary(max_size=200))
def test_noise_as_payload(payload: bytes) -> None:
    try:
        voucher = vouchers.decode(cose.sign(payload, MINT, AAD_VOUCHER)).voucher
    except MalformedToken:
        return
    assert encode(voucher.to_claims()) == payload
