# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Two signature libraries, one verdict: that of the till's, also for signatures that nobody should make.

The cases are the known corners of Ed25519: keys and points of small order, encodings that are not the shortest, an s
not below the order, and a signature that only an equation with a cofactor takes.
"""

from __future__ import annotations

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.redemption import signatures
from heitje import cose
from heitje.cose import AAD_CODE, Sign1
from heitje.keys import EDDSA, ES256, PublicKey, SigningKey

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
KEY = SigningKey.from_seed(bytes(range(32)))
Point = tuple[int, int]


def added(one: Point, two: Point) -> Point:
    """The sum of two points of the curve."""
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P


def times(number: int, point: Point) -> Point:
    """A multiple of a point."""
    total = (0, 1)
    while number:
        if number & 1:
            total = added(total, point)
        point, number = added(point, point), number >> 1
    return total


def recovered(y: int, sign: int) -> Point | None:
    """The point of an encoding, where there is one."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return None
    return (P - x if x & 1 != sign else x) % P, y


def encoded(point: Point) -> bytes:
    """32 bytes: y, and the parity of x on top."""
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def of_order_eight() -> Point:
    """A point of order 8: a multiple by the order leaves of any point the part that is small."""
    for y in itertools.count(2):
        point = recovered(y, 0)
        small = (0, 1) if point is None else times(L, point)
        if times(4, small) != (0, 1):
            return small
    raise AssertionError


FOUND = recovered(4 * pow(5, -1, P) % P, 0)
assert FOUND is not None
BASE: Point = FOUND
TORSION = of_order_eight()
SMALL_Y = (0, 1, P - 1, P, P + 1, TORSION[1], P - TORSION[1])
SMALL = [(y | sign << 255).to_bytes(32, "little") for y in SMALL_Y for sign in (0, 1)]
"""Every encoding of a point of small order, those that are not the shortest among them."""


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    """h of RFC 8032."""
    return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L


def both(signature: bytes, message: bytes, raw: bytes) -> tuple[bool, bool]:
    """What libsodium says, and what the till's library says."""
    return signatures.is_good(signature, message, raw), PublicKey(raw).verify(EDDSA, signature, message)


def test_whatever_libsodium_takes_the_till_takes() -> None:
    message, taken = b"heitje", set()
    for raw, r in itertools.product([*SMALL, KEY.public.raw], [*SMALL, KEY.sign(message)[:32]]):
        for s in (0, 1, L - 1, L, 2**255, *(int.from_bytes(KEY.sign(message)[32:], "little") + k * L for k in (0, 1))):
            first, last = both(r + s.to_bytes(32, "little"), message, raw)
            assert last or not first
            taken.add((first, last))
    assert taken == {(False, False), (False, True), (True, True)}, "each kind of case is among them"


def test_a_key_of_small_order_is_judged_as_at_the_till() -> None:
    """With such a key a signature can be good for many messages: the till takes it, so does intake."""
    raw = (1).to_bytes(32, "little")
    signature = raw + bytes(32)
    assert both(signature, b"any", raw) == (False, True)
    assert signatures.verify(sign1(signature), AAD_CODE, PublicKey(raw))


def test_s_at_or_above_the_order_is_refused_by_both() -> None:
    message = b"heitje"
    signature = KEY.sign(message)
    higher = int.from_bytes(signature[32:], "little") + L
    assert both(signature, message, KEY.public.raw) == (True, True)
    assert both(signature[:32] + higher.to_bytes(32, "little"), message, KEY.public.raw) == (False, False)


def test_neither_multiplies_by_the_cofactor() -> None:
    """R with a point of order 8 added fits the equation only after both sides are multiplied by 8."""
    secret, nonce, message = 12345678901234567890, 98765432109876543210, b"heitje"
    raw = encoded(times(secret, BASE))
    for extra, expected in (((0, 1), True), (TORSION, False)):
        r = encoded(added(times(nonce, BASE), extra))
        s = (nonce + challenge(r, raw, message) * secret) % L
        assert both(r + s.to_bytes(32, "little"), message, raw) == (expected, expected)
    mixed = encoded(added(times(secret, BASE), TORSION))  # a key with a part of order 8
    r = encoded(times(nonce, BASE))
    for number in range(64):
        text = message + bytes([number])
        s = (nonce + challenge(r, mixed, text) * secret) % L
        first, last = both(r + s.to_bytes(32, "little"), text, mixed)
        assert first == last == (challenge(r, mixed, text) % 8 == 0)


def sign1(signature: bytes, algorithm: int = EDDSA) -> Sign1:
    """A code's outer form around a signature."""
    return Sign1(algorithm, bytes(8), b"\xa2", b"payload", signature)


@given(st.binary(max_size=300), st.integers(0, 95), st.integers(0, 255))
def test_the_verdict_is_the_tills(payload: bytes, place: int, value: int) -> None:
    token = cose.parse(cose.sign(payload, KEY, AAD_CODE))
    assert signatures.verify(token, AAD_CODE, KEY.public)
    altered = bytearray(token.signature + KEY.public.raw)
    altered[place] = value
    changed = Sign1(token.algorithm, token.kid, token.protected, token.payload, bytes(altered[:64]))
    key = PublicKey(bytes(altered[64:]))
    assert signatures.verify(changed, AAD_CODE, key) == cose.verify(changed, AAD_CODE, key)
    assert not signatures.verify(token, b"heitje/other/1", KEY.public)


@pytest.mark.parametrize("algorithm", [EDDSA, ES256])
def test_a_phone_with_another_curve(algorithm: int) -> None:
    phone = SigningKey.from_p256(bytes(range(32)))
    token = cose.parse(cose.sign(b"payload", phone, AAD_CODE))
    told = Sign1(algorithm, token.kid, token.protected, token.payload, token.signature)
    assert signatures.verify(told, AAD_CODE, phone.public) == (algorithm == ES256)
    assert not signatures.verify(told, AAD_CODE, KEY.public)
