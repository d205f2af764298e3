# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Verifying the phones' signatures: libsodium first, because it is three times as fast; OpenSSL has the last word.

Both compute the same equation, without a cofactor, over a signature whose s is below the order. libsodium refuses
keys and points of small order as well, which OpenSSL takes; so what the first accepts the second would have accepted,
and what it refuses is asked again. The verdict is OpenSSL's in every case, as at the till
(docs/adr/0012-two-signature-libraries.md, tests/backend/redemption/test_signatures.py).
"""

from collections.abc import Sequence
from functools import lru_cache

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from heitje.cose import Sign1, to_be_signed
from heitje.keys import EDDSA, PublicKey


def verify(sign1: Sign1, external_aad: bytes, key: PublicKey) -> bool:
    """What `heitje.cose.verify` answers."""
    message = to_be_signed(sign1.protected, external_aad, sign1.payload)
    if sign1.algorithm == key.algorithm == EDDSA and is_good(sign1.signature, message, key.raw):
        return True
    return key.verify(sign1.algorithm, sign1.signature, message)


@lru_cache(4096)
def verify_once(sign1: Sign1, external_aad: bytes, key: PublicKey) -> bool:
    """The same, remembered: an allowance comes with each of its codes, at one shop after the other."""
    return verify(sign1, external_aad, key)


def bad_among(signed: Sequence[tuple[bytes, bytes]]) -> list[int]:
    """Which of many messages libsodium does not take: each behind its signature, and with it the 32-byte key."""
    bad = []
    for at, (message, raw_key) in enumerate(signed):
        try:
            crypto_sign_open(message, raw_key)
        except BadSignatureError:
            bad.append(at)
    return bad


def is_good(signature: bytes, message: bytes, raw_key: bytes) -> bool:
    """Whether libsodium takes this Ed25519 signature (64 bytes)."""
    return not bad_among([(signature + message, raw_key)])
