# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How key 1's masters come to a terminal (DESIGN.md section 4, ADR 0020): sealed to a key that its owner made for it.

POST …/masters   {"key", "held"}   key: a fresh X25519 public key, base64url; held: the versions that the till has
answered         {"state", "masters"?}   masters: a COSE_Sign1, base64url, where the till lacks one

The request is signed by the terminal's own Ed25519 key, as all are; so the X25519 key is its owner's word. The
COSE_Sign1 (`external_aad` `heitje/masters/1`, under a key that the bundle lists for bundles) has the claims
`{3: aud, 6: iat, -70030: df_name, -70031: sealed}`; `sealed` is HPKE (RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256),
HKDF-SHA256, ChaCha20-Poly1305) of the deterministic CBOR map {version: master}, its info `heitje/masters/1 ||
terminal(8) || df_name(8) || the X25519 key(32)`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from heitje import claims, cose
from heitje.acceptance import ListedKey, is_signed_by
from heitje.card.layout import KEY_LENGTH
from heitje.claims import Claim, Table
from heitje.cose import AAD_MASTERS, MalformedToken
from heitje.deterministic import NotDeterministic, Value, decode, encode
from heitje.keys import Signer
from heitje.messages import MalformedMessage, decode_base64url, encode_base64url, read_object

MASTERS_MAX: Final = 2
"""A till holds the newest and the one before (CARD.md section 4)."""
VERSION_MAX: Final = 255
_REQUEST_MAX: Final = 1024
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_CLAIMS: Final = Table(
    Claim(3, "aud", claims.is_text),
    Claim(6, "iat", claims.is_uint),
    Claim(-70030, "df_name", claims.is_bytes(8)),
    Claim(-70031, "sealed", claims.is_bytes()),
)

Masters = Mapping[int, bytes]


class DeliveryState(StrEnum):
    """What the backend says of a terminal's masters."""

    CURRENT = "current"
    DELIVERED = "delivered"
    WAITS = "waits for two officials"


@dataclass(frozen=True, slots=True)
class MasterRequest:
    """A terminal says which versions it holds, and for whom to seal what it lacks: a raw X25519 public key."""

    key: bytes
    held: tuple[int, ...]

    def encode(self) -> bytes:
        """The JSON body."""
        document = {"key": encode_base64url(self.key), "held": list(self.held)}
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body. Raises `MalformedMessage`."""
        document = read_object(body, _REQUEST_MAX)
        if document.keys() != {"key", "held"}:
            raise MalformedMessage("a request for masters has the members key and held")
        key, held = document["key"], document["held"]
        if not isinstance(key, str) or len(raw := decode_base64url(key)) != 32:
            raise MalformedMessage("key is an X25519 public key, 32 bytes in base64url")
        if not isinstance(held, list) or not all(type(one) is int and 0 < one <= VERSION_MAX for one in held):
            raise MalformedMessage("held is a list of versions, 1 to 255")
        return cls(raw, tuple(held))


def seal(masters: Masters, terminal: bytes, df_name: bytes, key: bytes) -> bytes:
    """The masters as only the owner of the X25519 `key` can read them. Raises `ValueError` for a key that is none."""
    plain = encode({version: masters[version] for version in sorted(masters)})
    return _SUITE.encrypt(plain, X25519PublicKey.from_public_bytes(key), info=_info(terminal, df_name, key))


def sign(sealed: bytes, terminal: bytes, df_name: bytes, now: int, key: Signer) -> bytes:
    """The COSE_Sign1 at Unix time `now`."""
    values = {"aud": terminal.hex(), "iat": now, "df_name": df_name, "sealed": sealed}
    return cose.sign(encode(_CLAIMS.write(values)), key, AAD_MASTERS)


class Opener:
    """The terminal's side of one delivery: a key that is used once and never stored."""

    def __init__(self) -> None:
        self._private = X25519PrivateKey.generate()

    @property
    def key(self) -> bytes:
        """Its raw public key."""
        return self._private.public_key().public_bytes_raw()

    def open(self, token: bytes, terminal: bytes, df_name: bytes, keys: Sequence[ListedKey], now: int) -> Masters:
        """The masters by version. Raises `MalformedToken` for what is not for this terminal, programme and request."""
        sign1 = cose.parse(token)
        if not is_signed_by(sign1, AAD_MASTERS, tuple(keys), now):  # 1. the programme's
            raise MalformedToken("the masters are not signed by the programme")
        values = _CLAIMS.read(cose.payload_map(sign1))
        if (values["aud"], values["df_name"]) != (terminal.hex(), df_name):  # 2. for this terminal and programme
            raise MalformedToken("the masters are meant for another terminal or programme")
        try:  # 3. sealed to the key of this request
            plain = _SUITE.decrypt(values["sealed"], self._private, info=_info(terminal, df_name, self.key))
            document = decode(plain)
        except (InvalidTag, ValueError, NotDeterministic) as error:
            raise MalformedToken("the masters are not sealed to this request") from error
        masters = dict(_masters_in(document))  # 4. masters, and no more than a till holds
        if not 0 < len(masters) <= MASTERS_MAX:
            raise MalformedToken("not as many masters as a till holds")
        return masters


def _masters_in(document: Value) -> Iterator[tuple[int, bytes]]:
    for version, master in document.items() if isinstance(document, dict) else ():
        if not 0 < version <= VERSION_MAX or type(master) is not bytes or len(master) != KEY_LENGTH:
            raise MalformedToken("these are no masters")
        yield version, master


def _info(terminal: bytes, df_name: bytes, key: bytes) -> bytes:
    return AAD_MASTERS + terminal + df_name + key
