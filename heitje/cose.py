# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""COSE_Sign1 in the one form that Heitje uses (RFC 9052; VOUCHERS.md section 1).

    D2 | 84 | bstr {1: alg, 4: kid} | A0 | bstr payload | bstr signature(64)   tag 18, deterministic, at most 700 bytes

The external_aad separates domains: a signature for one never verifies as another.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from heitje.deterministic import NotDeterministic, Value, decode, encode
from heitje.keys import EDDSA, ES256, PublicKey, Signer

AAD_VOUCHER: Final = b"heitje/voucher/1"
AAD_CODE: Final = b"heitje/code/1"
AAD_CARD: Final = b"heitje/card/1"
AAD_TIME: Final = b"heitje/time/1"
AAD_BUNDLE: Final = b"heitje/bundle/1"
AAD_MASTERS: Final = b"heitje/masters/1"

TOKEN_MAX: Final = 700
SIGNATURE_LENGTH: Final = 64
_KID_LENGTH: Final = 8
_TAG_18: Final = b"\xd2"
_SIGN1: Final = _TAG_18 + b"\x84"
_UNPROTECTED: Final = b"\xa0"
_HEADER_ALGORITHM: Final = 1
_HEADER_KID: Final = 4
_SIGNATURE1: Final = b"\x84\x6aSignature1"


class MalformedToken(ValueError):
    """The bytes are not a COSE_Sign1 of this form, or its claims are not those of its table."""


@dataclass(frozen=True, slots=True)
class Sign1:
    """A COSE_Sign1 taken apart and not yet believed."""

    algorithm: int
    kid: bytes
    protected: bytes
    payload: bytes
    signature: bytes


def sign(payload: bytes, key: Signer, external_aad: bytes) -> bytes:
    """A COSE_Sign1 over `payload`."""
    protected = _header(key.public.algorithm, key.public.kid)
    signature = key.sign(to_be_signed(protected, external_aad, payload))
    return _SIGN1 + _bstr(protected) + _UNPROTECTED + _bstr(payload) + _bstr(signature)


def parse(token: bytes, size_max: int = TOKEN_MAX) -> Sign1:
    """Take a token apart, strictly. Raises `MalformedToken`."""
    if len(token) > size_max:
        raise MalformedToken(f"{len(token)} bytes, more than {size_max}")
    if token[:1] != _TAG_18:
        raise MalformedToken("not tag 18")
    try:
        match decode(token[1:]):
            case [bytes(protected), {**unprotected}, bytes(payload), bytes(signature)] if not unprotected:
                algorithm, kid = _read_header(protected)
            case _:
                raise MalformedToken("not the four parts of a COSE_Sign1")
    except NotDeterministic as error:
        raise MalformedToken(str(error)) from error
    if len(signature) != SIGNATURE_LENGTH:
        raise MalformedToken("the signature is not 64 bytes")
    return Sign1(algorithm, kid, protected, payload, signature)


def payload_map(sign1: Sign1) -> dict[int, Value]:
    """The payload as a map of claims. Raises `MalformedToken`."""
    try:
        claims = decode(sign1.payload)
    except NotDeterministic as error:
        raise MalformedToken(str(error)) from error
    if not isinstance(claims, dict):
        raise MalformedToken("the payload is not a map")
    return claims


def verify(sign1: Sign1, external_aad: bytes, key: PublicKey) -> bool:
    """Whether `key` signed it for this domain."""
    message = to_be_signed(sign1.protected, external_aad, sign1.payload)
    return key.verify(sign1.algorithm, sign1.signature, message)


@lru_cache(maxsize=256)
def _header(algorithm: int, kid: bytes) -> bytes:
    return encode({_HEADER_ALGORITHM: algorithm, _HEADER_KID: kid})


@lru_cache(maxsize=256)
def _read_header(protected: bytes) -> tuple[int, bytes]:
    """Algorithm and key id; cached, for a programme has few keys and signs much with each."""
    header = decode(protected)
    if not isinstance(header, dict) or header.keys() != {_HEADER_ALGORITHM, _HEADER_KID}:
        raise MalformedToken("the protected header is not algorithm and key id")
    algorithm, kid = header[_HEADER_ALGORITHM], header[_HEADER_KID]
    if type(algorithm) is not int or algorithm not in (EDDSA, ES256):
        raise MalformedToken("unknown algorithm")
    if not isinstance(kid, bytes) or len(kid) != _KID_LENGTH:
        raise MalformedToken("the key id is not 8 bytes")
    return algorithm, kid


def to_be_signed(protected: bytes, external_aad: bytes, payload: bytes) -> bytes:
    """The Sig_structure of RFC 9052 section 4.4, encoded."""
    return _SIGNATURE1 + b"".join(_bstr(part) for part in (protected, external_aad, payload))


def _bstr(data: bytes) -> bytes:
    size = len(data)
    if size < 24:
        return bytes((0x40 | size,)) + data
    if size < 0x100:
        return bytes((0x58, size)) + data
    if size < 0x10000:
        return b"\x59" + size.to_bytes(2, "big") + data
    return b"\x5a" + size.to_bytes(4, "big") + data
