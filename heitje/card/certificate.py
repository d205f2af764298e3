# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card certificate: a programme's signed word that a UID is one of its cards (CARD.md section 5).

It names no person and is never rewritten. In file 00 it follows its length (2 bytes, little-endian).
"""

from dataclasses import dataclass
from typing import Final, Self

from heitje import claims, cose
from heitje.card.layout import UID_LENGTH
from heitje.claims import Claim, Table
from heitje.cose import AAD_CARD, MalformedToken, Sign1
from heitje.deterministic import Value, encode
from heitje.keys import Signer

CERTIFICATE_MAX: Final = 246
LENGTH_BYTES: Final = 2
PROFILE: Final = 1

_CLAIMS: Final = Table(
    Claim(1, "iss", claims.is_text),
    Claim(4, "exp", claims.is_uint),
    Claim(6, "iat", claims.is_uint),
    Claim(-70002, "scope", claims.is_texts, required=False),
    Claim(-70010, "uid", claims.is_bytes(UID_LENGTH)),
    Claim(-70011, "profile", claims.is_exactly(PROFILE)),
)


@dataclass(frozen=True, slots=True)
class CardCertificate:
    """What the certificate says; times in Unix seconds. A scope binds the whole purse."""

    iss: str
    exp: int
    iat: int
    uid: bytes
    profile: int = PROFILE
    scope: tuple[str, ...] | None = None

    @classmethod
    def from_claims(cls, document: dict[int, Value]) -> Self:
        """Read a payload. Raises `MalformedToken`."""
        values = _CLAIMS.read(document)
        if "scope" in values:
            values["scope"] = tuple(values["scope"])
        return cls(**values)

    def to_claims(self) -> dict[int, Value]:
        """The payload. Raises `ValueError` for a value out of range."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["scope"] = None if self.scope is None else list(self.scope)
        return _CLAIMS.write(values)


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A certificate as it was read, its signature not yet checked."""

    certificate: CardCertificate
    sign1: Sign1
    token: bytes


def decode(token: bytes) -> SignedCertificate:
    """Read a certificate's COSE_Sign1. Raises `MalformedToken`."""
    sign1 = cose.parse(token, CERTIFICATE_MAX)
    return SignedCertificate(CardCertificate.from_claims(cose.payload_map(sign1)), sign1, token)


def issue(certificate: CardCertificate, key: Signer) -> bytes:
    """Sign a certificate. Raises `ValueError` for values that `decode` would refuse, or for more than 246 bytes."""
    token = cose.sign(encode(certificate.to_claims()), key, AAD_CARD)
    decode(token)
    return token


def to_file(token: bytes) -> bytes:
    """What file 00 holds: length and certificate."""
    return len(token).to_bytes(LENGTH_BYTES, "little") + token


def length_of(beginning: bytes) -> int:
    """Length of the certificate, from the first bytes of file 00. Raises `MalformedToken` for one that cannot be."""
    length = int.from_bytes(beginning[:LENGTH_BYTES], "little")
    if not 1 <= length <= CERTIFICATE_MAX:
        raise MalformedToken(f"a certificate of {length} bytes")
    return length
