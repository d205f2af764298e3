# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Masters on their way to a terminal: only whom they are for reads them, and only if the programme sent them."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from heitje import cose, master_delivery
from heitje.acceptance import ListedKey
from heitje.cose import AAD_MASTERS, AAD_TIME, MalformedToken
from heitje.deterministic import Value, encode
from heitje.keys import SigningKey
from heitje.master_delivery import MasterRequest, Opener, seal, sign
from heitje.messages import MalformedMessage
from heitje.programme import TestProgramme

NOW = 1_795_500_000
MASTERS = {1: bytes(range(16)), 2: bytes(range(16, 32))}
TERMINAL, DF_NAME = bytes.fromhex("5e1f00d5a1e2b3c4"), bytes.fromhex("f0484549544a4501")


def listed(key: SigningKey) -> tuple[ListedKey, ...]:
    return (ListedKey(key.public, NOW - 10, NOW + 10),)


def test_the_owner_of_the_request_reads_them_and_nobody_else(programme: TestProgramme) -> None:
    opener, mint = Opener(), programme.mint
    sealed = seal(MASTERS, TERMINAL, DF_NAME, opener.key)
    token = sign(sealed, TERMINAL, DF_NAME, NOW, mint)
    assert opener.open(token, TERMINAL, DF_NAME, listed(mint), NOW) == MASTERS
    assert all(master not in token for master in MASTERS.values())
    with pytest.raises(MalformedToken, match="not sealed to this request"):
        Opener().open(token, TERMINAL, DF_NAME, listed(mint), NOW)
    for terminal, df_name in ((bytes(8), DF_NAME), (TERMINAL, bytes(8))):
        with pytest.raises(MalformedToken, match="another terminal or programme"):
            opener.open(token, terminal, df_name, listed(mint), NOW)
        again = sign(sealed, terminal, df_name, NOW, mint)  # what was sealed for one is no use to another
        with pytest.raises(MalformedToken, match="not sealed to this request"):
            opener.open(again, terminal, df_name, listed(mint), NOW)
    for keys, now in ((listed(programme.phone_ed25519), NOW), (listed(mint), NOW + 11), ((), NOW)):
        with pytest.raises(MalformedToken, match="not signed by the programme"):
            opener.open(token, TERMINAL, DF_NAME, keys, now)
    other_domain = cose.sign(cose.parse(token).payload, mint, AAD_TIME)
    with pytest.raises(MalformedToken, match="not signed by the programme"):
        opener.open(other_domain, TERMINAL, DF_NAME, listed(mint), NOW)


@pytest.mark.parametrize(
    "document",
    [{}, {1: bytes(15)}, {0: bytes(16)}, {256: bytes(16)}, {1: 2}, {1: bytes(16), 2: bytes(16), 3: bytes(16)}, 7],
)
def test_what_is_no_masters_is_refused(programme: TestProgramme, document: Value) -> None:
    opener = Opener()
    info = AAD_MASTERS + TERMINAL + DF_NAME + opener.key
    key = X25519PublicKey.from_public_bytes(opener.key)
    sealed = master_delivery._SUITE.encrypt(encode(document), key, info=info)
    with pytest.raises(MalformedToken, match="masters"):
        opener.open(
            sign(sealed, TERMINAL, DF_NAME, NOW, programme.mint), TERMINAL, DF_NAME, listed(programme.mint), NOW
        )


def test_a_request_and_what_is_none() -> None:
    asked = MasterRequest(Opener().key, (2, 1))
    assert MasterRequest.decode(asked.encode()) == asked
    key = asked.encode().split(b'"')[3]
    for body in (
        b"{}",
        b'{"key":"AA","held":[]}',
        b'{"key":7,"held":[]}',
        b'{"key":"' + key + b'","held":[0]}',
        b'{"key":"' + key + b'","held":[true]}',
        b'{"key":"' + key + b'","held":[256]}',
        b'{"key":"' + key + b'","held":1}',
        b'{"key":"' + key + b'","held":[1],"more":1}',
    ):
        with pytest.raises(MalformedMessage):
            MasterRequest.decode(body)


def test_a_key_of_small_order_is_refused() -> None:
    with pytest.raises(ValueError, match=r".*"):
        seal(MASTERS, TERMINAL, DF_NAME, bytes(32))
