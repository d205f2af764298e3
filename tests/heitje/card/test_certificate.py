# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card certificate and file 00 (CARD.md section 5)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje import cose
from heitje.card import certificate
from heitje.card.certificate import CardCertificate
from heitje.cose import AAD_CARD, MalformedToken
from heitje.deterministic import Value, encode
from heitje.keys import SigningKey

MINT = SigningKey.from_seed(bytes(range(32)))
UID = bytes.fromhex("04A1B2C3D4E580")
CARD = CardCertificate("nl.testburg", 2_000_000_000, 1_700_000_000, UID)
CLAIMS: dict[int, Value] = {1: "nl.testburg", 4: 2_000_000_000, 6: 1_700_000_000, -70010: UID, -70011: 1}


def is_malformed(claims: Value) -> bool:
    try:
        certificate.decode(cose.sign(encode(claims), MINT, AAD_CARD))
    except MalformedToken:
        return True
    return False


@given(
    st.builds(
        CardCertificate,
        iss=st.text(max_size=8),
        exp=st.integers(0, 2**64 - 1),
        iat=st.integers(0, 2**64 - 1),
        uid=st.binary(min_size=7, max_size=7),
        scope=st.none() | st.lists(st.text(max_size=6), max_size=3).map(tuple),
    )
)
def test_round_trip(card: CardCertificate) -> None:
    signed = certificate.decode(certificate.issue(card, MINT))
    assert signed.certificate == card
    assert cose.verify(signed.sign1, AAD_CARD, MINT.public)


def test_claims_as_the_table_has_them() -> None:
    assert CARD.to_claims() == CLAIMS
    assert not is_malformed({**CLAIMS, -70002: ["category:cafe"]})
    for key in CLAIMS:
        assert is_malformed({other: value for other, value in CLAIMS.items() if other != key})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (1, 1),
        (4, -1),
        (6, "6"),
        (-70010, UID[:-1]),
        (-70010, UID + b"\x00"),
        (-70010, UID.hex()),
        (-70011, 0),
        (-70011, 2),
        (-70011, True),
        (-70002, "category:cafe"),
        (-70002, [1]),
        (5, 1),
        (7, bytes(16)),
        (-70001, 500),
        (-70003, "bakker-1"),
    ],
)
def test_no_other_claims(key: int, value: Value) -> None:
    assert is_malformed({**CLAIMS, key: value})


def test_246_bytes_and_no_more() -> None:
    room = certificate.CERTIFICATE_MAX - len(certificate.issue(replace(CARD, scope=("",)), MINT)) - 1
    longest = certificate.issue(replace(CARD, scope=("a" * room,)), MINT)
    assert len(longest) == certificate.CERTIFICATE_MAX
    assert len(certificate.to_file(longest)) == 248
    with pytest.raises(MalformedToken):
        certificate.issue(replace(CARD, scope=("a" * (room + 1),)), MINT)
    with pytest.raises(MalformedToken):
        certificate.decode(longest + b"\x00")


def test_changed_anywhere() -> None:
    token = certificate.issue(CARD, MINT)
    for place in range(len(token)):
        for bit in range(8):
            changed = token[:place] + bytes((token[place] ^ 1 << bit,)) + token[place + 1 :]
            try:
                signed = certificate.decode(changed)
            except MalformedToken:
                continue
            assert not cose.verify(signed.sign1, AAD_CARD, MINT.public)
        with pytest.raises(MalformedToken):
            certificate.decode(token[:place])


def test_the_file_begins_with_the_length() -> None:
    token = certificate.issue(CARD, MINT)
    file = certificate.to_file(token)
    assert file[:2] == bytes((len(token), 0))
    assert certificate.length_of(file) == len(token)


@pytest.mark.parametrize("beginning", [b"", b"\x00", bytes(160), b"\xf7\x00", b"\xff\xff", b"\x00\x01", b"\xff" * 160])
def test_a_length_that_cannot_be(beginning: bytes) -> None:
    with pytest.raises(MalformedToken):
        certificate.length_of(beginning)
