# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Raw keys, and the edges of both signature schemes as the library takes them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.keys import EDDSA, ES256, PublicKey, SigningKey, kid_of

ED_PRIME = 2**255 - 19
ED_ORDER = 2**252 + 27742317777372353535851937790883648493
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_PRIME = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF

MINT = SigningKey.from_seed(bytes(32))
PHONE = SigningKey.from_p256(bytes(31) + b"\x07")
MESSAGE = b"message"


def test_published_vectors() -> None:
    """RFC 8032 section 7.1, test 2; the P-256 key of RFC 6979 appendix A.2.5."""
    key = SigningKey.from_seed(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    assert key.public.raw.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert key.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    key = SigningKey.from_p256(bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"))
    assert key.public.raw.hex().upper() == (
        "0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
    )
    signature = bytes.fromhex(
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    )
    assert key.public.verify(ES256, signature, b"sample")


def test_kid() -> None:
    for key in (MINT, PHONE):
        assert key.public.kid == kid_of(key.public.raw) == hashlib.sha256(key.public.raw).digest()[:8]
    assert len(MINT.public.raw) == 32
    assert len(PHONE.public.raw) == 65
    assert PHONE.public.raw[0] == 4


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes(31),
        bytes(33),
        bytes(64),
        bytes(65),
        bytes(66),
        b"\x02" + bytes(32),
        b"\x03" + bytes(64),
        b"\x06" + bytes(64),
        b"\x04" + bytes(63),
        b"\x04" + bytes(65),
    ],
)
def test_no_other_length_is_a_key(raw: bytes) -> None:
    with pytest.raises(ValueError, match="raw public key"):
        PublicKey(raw)


@given(st.binary(max_size=300), st.sampled_from([MINT, PHONE]))
def test_sign_and_verify(message: bytes, key: SigningKey) -> None:
    signature = key.sign(message)
    assert len(signature) == 64
    assert key.public.verify(key.public.algorithm, signature, message)
    assert not key.public.verify(key.public.algorithm, signature, message + b"\x00")


@pytest.mark.parametrize("algorithm", [EDDSA, ES256, -35, 0, -47])
def test_an_algorithm_fits_one_kind_of_key(algorithm: int) -> None:
    assert MINT.public.verify(algorithm, MINT.sign(MESSAGE), MESSAGE) is (algorithm == EDDSA)
    assert PHONE.public.verify(algorithm, PHONE.sign(MESSAGE), MESSAGE) is (algorithm == ES256)


@pytest.mark.parametrize("key", [MINT, PHONE], ids=["EdDSA", "ES256"])
@pytest.mark.parametrize("length", [0, 1, 32, 63, 65, 96, 128])
def test_a_signature_of_another_length_is_a_no(key: SigningKey, length: int) -> None:
    signature = (key.sign(MESSAGE) + bytes(64))[:length]
    assert key.public.verify(key.public.algorithm, signature, MESSAGE) is False


def es256(r: int, s: int) -> bool:
    return PHONE.public.verify(ES256, r.to_bytes(32, "big") + s.to_bytes(32, "big"), MESSAGE)


def test_es256_takes_s_of_either_half_and_nothing_out_of_range() -> None:
    signature = PHONE.sign(MESSAGE)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    assert es256(r, s)
    assert es256(r, P256_ORDER - s)
    for wrong in (0, P256_ORDER, P256_ORDER + 1, 2**256 - 1, P256_ORDER - r):
        assert not es256(wrong, s)
    for wrong in (0, P256_ORDER, 2**256 - 1):
        assert not es256(r, wrong)
    assert not es256(0, 0)
    assert not es256(s, r)


def test_es256_scalars_are_not_taken_modulo_the_order() -> None:
    """A key made to fit a signature whose s is 5, so that s + n still fits in 32 bytes: only 5 itself is good."""
    nonce, s = 3, 5
    r = int.from_bytes(SigningKey.from_p256(nonce.to_bytes(32, "big")).public.raw[1:33], "big") % P256_ORDER
    digest = int.from_bytes(hashlib.sha256(MESSAGE).digest(), "big")
    private = (s * nonce - digest) * pow(r, -1, P256_ORDER) % P256_ORDER
    public = SigningKey.from_p256(private.to_bytes(32, "big")).public
    assert public.verify(ES256, r.to_bytes(32, "big") + s.to_bytes(32, "big"), MESSAGE)
    assert not public.verify(ES256, r.to_bytes(32, "big") + (s + P256_ORDER).to_bytes(32, "big"), MESSAGE)


@pytest.mark.parametrize(
    "point",
    [
        bytes(64),
        b"\x01" * 64,
        b"\xff" * 64,
        P256_PRIME.to_bytes(32, "big") + PHONE.public.raw[33:],
        PHONE.public.raw[1:33] + bytes(32),
        PHONE.public.raw[33:] + PHONE.public.raw[1:33],
    ],
    ids=["zero", "ones", "ff", "x = p", "y = 0", "swapped"],
)
def test_a_point_off_the_curve_verifies_nothing(point: bytes) -> None:
    key = PublicKey(b"\x04" + point)
    assert key.verify(ES256, PHONE.sign(MESSAGE), MESSAGE) is False


def test_ed25519_takes_no_scalar_above_the_order() -> None:
    signature = MINT.sign(MESSAGE)
    scalar = int.from_bytes(signature[32:], "little")
    assert MINT.public.verify(EDDSA, signature[:32] + scalar.to_bytes(32, "little"), MESSAGE)
    for other in (scalar + ED_ORDER, scalar + 2 * ED_ORDER, ED_ORDER, 2**256 - 1):
        assert not MINT.public.verify(EDDSA, signature[:32] + other.to_bytes(32, "little"), MESSAGE)


SMALL_ORDER = {
    "order 1": 1,
    "order 2": ED_PRIME - 1,
    "order 4": 0,
    "order 4, other sign": 1 << 255,
    "order 8": int.from_bytes(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
    ),
    "order 8, other": int.from_bytes(
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
    ),
    "order 1, y not reduced": ED_PRIME + 1,
    "order 4, y not reduced": ED_PRIME,
}


@pytest.mark.parametrize("name", SMALL_ORDER)
def test_a_key_of_small_order_signs_for_everyone(name: str) -> None:
    """What the library does: it takes such a key, and then a signature of zeros is good for many messages.

    So a phone that registers one has given its allowance away; no other key is touched (docs/decisions.md).
    """
    key = PublicKey(SMALL_ORDER[name].to_bytes(32, "little"))
    points = [point.to_bytes(32, "little") for point in SMALL_ORDER.values()]
    messages = [number.to_bytes(2, "big") for number in range(40)]
    assert any(key.verify(EDDSA, point + bytes(32), message) for point in points for message in messages)
    assert not any(MINT.public.verify(EDDSA, point + bytes(32), message) for point in points for message in messages)


@pytest.mark.parametrize("y", [2, 2**255 - 1, 7])
def test_bytes_that_are_no_point_verify_nothing(y: int) -> None:
    """2 and 7 have no x; 2^255 - 1 is not reduced and has none either."""
    assert PublicKey(y.to_bytes(32, "little")).verify(EDDSA, MINT.sign(MESSAGE), MESSAGE) is False


def test_a_signing_key_does_not_print_itself() -> None:
    for key, secret in ((SigningKey.from_seed(b"\xab" * 32), "ab" * 32), (PHONE, "07")):
        assert secret not in repr(key)
        assert secret not in str(key)


def test_ed25519_only_where_a_library_needs_it() -> None:
    assert MINT.ed25519.sign(MESSAGE) == MINT.sign(MESSAGE)
    with pytest.raises(TypeError):
        _ = PHONE.ed25519
