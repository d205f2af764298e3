# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The server's signed time (JOURNAL.md section 1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje import cose, server_time
from heitje.cose import AAD_TIME, MalformedToken
from heitje.deterministic import Value, encode
from heitje.keys import SigningKey

KEY = SigningKey.from_seed(bytes(32))
OTHER = SigningKey.from_seed(b"\x01" * 32)
TERMINAL = bytes.fromhex("80c566212392d06a")
NOW = 1_790_000_000
TOKEN = server_time.sign(TERMINAL, NOW, KEY)


def read(token: bytes) -> int:
    return server_time.read(token, TERMINAL, [OTHER.public, KEY.public])


@given(st.integers(0, 2**64 - 1), st.binary(min_size=8, max_size=8))
def test_round_trip(now: int, terminal: bytes) -> None:
    assert server_time.read(server_time.sign(terminal, now, KEY), terminal, [KEY.public]) == now


def test_claims() -> None:
    assert cose.payload_map(cose.parse(TOKEN)) == {3: "80c566212392d06a", 6: NOW}


def test_tampered_everywhere() -> None:
    assert read(TOKEN) == NOW
    for place in range(len(TOKEN)):
        for bit in range(8):
            with pytest.raises(MalformedToken):
                read(TOKEN[:place] + bytes((TOKEN[place] ^ 1 << bit,)) + TOKEN[place + 1 :])
        with pytest.raises(MalformedToken):
            read(TOKEN[:place])
    with pytest.raises(MalformedToken):
        read(TOKEN + b"\x00")


@pytest.mark.parametrize(
    "claims",
    [
        {3: TERMINAL.hex()},
        {6: NOW},
        {3: TERMINAL.hex(), 6: NOW, 1: "nl"},
        {3: TERMINAL.hex().upper(), 6: NOW},
        {3: "0" * 16, 6: NOW},
        {3: TERMINAL, 6: NOW},
        {3: TERMINAL.hex(), 6: -1},
        {3: TERMINAL.hex(), 6: "now"},
        [],
    ],
    ids=str,
)
def test_well_signed_and_malformed(claims: Value) -> None:
    with pytest.raises(MalformedToken):
        read(cose.sign(encode(claims), KEY, AAD_TIME))


def test_another_key_domain_or_terminal() -> None:
    for token in (
        server_time.sign(TERMINAL, NOW, SigningKey.from_seed(b"\x02" * 32)),
        cose.sign(encode({3: TERMINAL.hex(), 6: NOW}), KEY, cose.AAD_VOUCHER),
        server_time.sign(bytes(8), NOW, KEY),
    ):
        with pytest.raises(MalformedToken):
            read(token)
    with pytest.raises(MalformedToken):
        server_time.read(TOKEN, TERMINAL, [])


@pytest.mark.parametrize("now", [-1, 2**64])
def test_out_of_range_is_not_signed(now: int) -> None:
    with pytest.raises(ValueError):
        server_time.sign(TERMINAL, now, KEY)
