# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Public keys that nobody made honestly: every encoding of every point of small order, and their neighbours."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heitje.key_soundness import Flaw, flaw_of
from heitje.keys import PublicKey, SigningKey

VECTORS = (
    # The eight points of small order, each in its shortest form.
    ("0100000000000000000000000000000000000000000000000000000000000000", Flaw.SMALL_ORDER),
    ("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", Flaw.SMALL_ORDER),
    ("0000000000000000000000000000000000000000000000000000000000000000", Flaw.SMALL_ORDER),
    ("0000000000000000000000000000000000000000000000000000000000000080", Flaw.SMALL_ORDER),
    ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", Flaw.SMALL_ORDER),
    ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", Flaw.SMALL_ORDER),
    ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", Flaw.SMALL_ORDER),
    ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", Flaw.SMALL_ORDER),
    # The same points in other letters: y above the prime, or a sign on an x of 0.
    ("0100000000000000000000000000000000000000000000000000000000000080", Flaw.NOT_CANONICAL),
    ("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", Flaw.NOT_CANONICAL),
    ("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", Flaw.NOT_CANONICAL),
    ("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", Flaw.NOT_CANONICAL),
    ("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", Flaw.NOT_CANONICAL),
    ("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", Flaw.NOT_CANONICAL),
    # Nineteen numbers above the prime fit into 255 bits; the last of them.
    ("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", Flaw.NOT_CANONICAL),
    # No x belongs to y = 2.
    ("0200000000000000000000000000000000000000000000000000000000000000", Flaw.NOT_ON_CURVE),
    # A sound key with the point of order 2 added: -x and -y.
    ("9599999999999999999999999999999999999999999999999999999999999999", Flaw.MIXED_ORDER),
    # RFC 8032 section 7.1, TEST 1 to 3, and the base point itself.
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", None),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", None),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", None),
    ("5866666666666666666666666666666666666666666666666666666666666666", None),
)


@pytest.mark.parametrize(("raw", "flaw"), VECTORS)
def test_known_keys(raw: str, flaw: Flaw | None) -> None:
    assert flaw_of(PublicKey(bytes.fromhex(raw))) is flaw


@settings(max_examples=20)
@given(st.binary(min_size=32, max_size=32))
def test_an_honest_key_is_sound(seed: bytes) -> None:
    assert flaw_of(SigningKey.from_seed(seed).public) is None


def test_a_p256_key_lies_on_its_curve() -> None:
    sound = SigningKey.from_p256(bytes(31) + b"\x05").public
    assert flaw_of(sound) is None
    assert flaw_of(PublicKey(sound.raw[:-1] + bytes([sound.raw[-1] ^ 1]))) is Flaw.NOT_ON_CURVE
    assert flaw_of(PublicKey(b"\x04" + bytes(64))) is Flaw.NOT_ON_CURVE
