# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether a stranger's public key is one that an honest key generation could have made; asked once, at enrolment.

Verification takes keys of small order, and for those one signature can be good for many messages. Whoever enrols a
terminal or issues an allowance refuses them, and every other key that RFC 8032 section 5.1.5 never gives:

1. The encoding is the shortest: y below the field's prime, and no sign on an x of 0 (section 5.1.3).
2. There is a point of the curve with this y.
3. It is not of small order: eight times the point is not the neutral element.
4. It is a multiple of the base point alone: the order times the point is the neutral element.

A P-256 key only has to lie on its curve, for all of its points but one are of the same order.
"""

from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from heitje.keys import EDDSA, PublicKey

_P: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE: Final = pow(2, (_P - 1) // 4, _P)
_COFACTOR: Final = 8
_Y_MASK: Final = 2**255 - 1

_Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z and T = XY/Z (RFC 8032 section 5.1.4)."""
_NEUTRAL: Final[_Point] = (0, 1, 1, 0)


class Flaw(StrEnum):
    """What is wrong with a key."""

    NOT_CANONICAL = "the public key is not written in its one shortest form"
    NOT_ON_CURVE = "the public key is no point of its curve"
    SMALL_ORDER = "the public key is of small order: signatures under it prove nothing"
    MIXED_ORDER = "the public key is no multiple of the base point"


def flaw_of(key: PublicKey) -> Flaw | None:
    """What is wrong with a key; None for a sound one. Some milliseconds for Ed25519."""
    return _flaw_of_ed25519(key.raw) if key.algorithm == EDDSA else _flaw_of_p256(key.raw)


def _flaw_of_p256(raw: bytes) -> Flaw | None:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        return Flaw.NOT_ON_CURVE
    return None


def _flaw_of_ed25519(raw: bytes) -> Flaw | None:
    written = int.from_bytes(raw, "little")
    y, sign = written & _Y_MASK, written >> 255
    if y >= _P:  # 1
        return Flaw.NOT_CANONICAL
    x = _x_of(y)
    if x is None:  # 2
        return Flaw.NOT_ON_CURVE
    if x == 0 and sign:  # 1
        return Flaw.NOT_CANONICAL
    x = _P - x if x & 1 != sign else x
    point = (x, y, 1, x * y % _P)
    if _is_neutral(_times(_COFACTOR, point)):  # 3
        return Flaw.SMALL_ORDER
    return None if _is_neutral(_times(_ORDER, point)) else Flaw.MIXED_ORDER  # 4


def _x_of(y: int) -> int | None:
    """A root of x² = (y² - 1) / (dy² + 1), which never divides by 0 because -1/d is no square."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _ROOT_OF_MINUS_ONE % _P
    return x if x * x % _P == square else None


def _is_neutral(point: _Point) -> bool:
    x, y, z, _ = point
    return x % _P == 0 and (y - z) % _P == 0


def _times(number: int, point: _Point) -> _Point:
    total = _NEUTRAL
    for bit in bin(number)[2:]:
        total = _added(total, total)
        if bit == "1":
            total = _added(total, point)
    return total


def _added(one: _Point, two: _Point) -> _Point:
    """RFC 8032 section 5.1.4; complete, so it doubles as well."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, two
    a = (y1 - x1) * (y2 - x2) % _P
    b = (y1 + x1) * (y2 + x2) % _P
    c = 2 * t1 * t2 * _D % _P
    d = 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P
