# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signing keys: Ed25519 for everything that a programme or a terminal signs, P-256 as well for a phone.

A raw public key is 32 bytes (Ed25519) or a 65-byte uncompressed point (P-256). Its `kid` is the first 8 bytes of its
SHA-256, a hint and nothing more (VOUCHERS.md section 1).
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

EDDSA: Final = -8
ES256: Final = -7
"""COSE algorithm numbers (RFC 9053)."""

_ED25519_LENGTH: Final = 32
_P256_LENGTH: Final = 65
_COORDINATE: Final = 32


def kid_of(raw_public_key: bytes) -> bytes:
    """The 8-byte key id of a raw public key."""
    return hashlib.sha256(raw_public_key).digest()[:8]


@dataclass(frozen=True)
class PublicKey:
    """A raw public key and the algorithm that fits it."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != _ED25519_LENGTH and not (len(self.raw) == _P256_LENGTH and self.raw[0] == 4):
            raise ValueError("a raw public key is 32 bytes (Ed25519) or a 65-byte uncompressed point (P-256)")

    @property
    def algorithm(self) -> int:
        """COSE algorithm number."""
        return EDDSA if len(self.raw) == _ED25519_LENGTH else ES256

    @cached_property
    def kid(self) -> bytes:
        """The 8-byte key id."""
        return kid_of(self.raw)

    def verify(self, algorithm: int, signature: bytes, message: bytes) -> bool:
        """Whether `signature` (64 bytes) is this key's over `message`; an algorithm that does not fit is a no."""
        if algorithm != self.algorithm:
            return False
        try:
            key = _loaded(self.raw)
            if isinstance(key, Ed25519PublicKey):
                key.verify(signature, message)
            else:
                r, s = (int.from_bytes(half, "big") for half in (signature[:_COORDINATE], signature[_COORDINATE:]))
                key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):  # ValueError: a point that is not on the curve
            return False
        return True


@lru_cache(maxsize=1024)
def _loaded(raw: bytes) -> Ed25519PublicKey | ec.EllipticCurvePublicKey:
    if len(raw) == _ED25519_LENGTH:
        return Ed25519PublicKey.from_public_bytes(raw)
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)


class Signer(Protocol):
    """Whoever can sign for a public key: a private key that is here, or a hardware store that keeps it."""

    @property
    def public(self) -> PublicKey:
        """What the signature verifies under."""
        ...

    def sign(self, message: bytes) -> bytes:
        """A 64-byte signature."""
        ...


class SigningKey:
    """A private key. It never prints itself."""

    def __init__(self, private: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        if isinstance(private, Ed25519PrivateKey):
            raw = private.public_key().public_bytes_raw()
        else:
            raw = private.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
            )
        self.public = PublicKey(raw)

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """The Ed25519 key of a 32-byte seed."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_p256(cls, private: bytes) -> "SigningKey":
        """The P-256 key of a 32-byte private number."""
        return cls(ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1()))

    @property
    def ed25519(self) -> Ed25519PrivateKey:
        """The private key itself, for signature libraries. Raises `TypeError` for a P-256 key."""
        if not isinstance(self._private, Ed25519PrivateKey):
            raise TypeError("this key is no Ed25519 key")
        return self._private

    def sign(self, message: bytes) -> bytes:
        """A 64-byte signature; for P-256 r and s side by side."""
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.sign(message)
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")
