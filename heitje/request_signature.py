# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signed requests between terminal and backend: HTTP Message Signatures (RFC 9421; JOURNAL.md section 3).

Covered are `@method`, `@target-uri` and, where there is a body, `content-digest` (RFC 9530); parameters `created` and
`keyid`. The key id is the terminal's id in lower-case hex. A request as our tills sign it is read and verified in one
step (`plain_signature`); the library decides all else, and alone says why not.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from heitje import plain_signature
from heitje.keys import EDDSA, PublicKey, SigningKey
from heitje.plain_signature import PlainSignature

SIGNATURE_AGE_S: Final = 300
"""`created` is good for this long, before and after the backend's clock."""

_LABEL: Final = "sig1"
_COVERED: Final = ("@method", "@target-uri")


class BadRequestSignature(Exception):
    """The request is not signed by this key in the form asked for; the text says why."""


@dataclass
class Request:
    """A request's parts. `url` is the absolute target URI; `headers` are completed by `sign_request`."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""


def sign_request(request: Request, key_id: str, key: SigningKey, now: int) -> None:
    """Add Content-Digest (where there is a body), Signature-Input and Signature to the request's headers."""
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Keys(private=key.ed25519))
    signer.sign(
        request,
        key_id=key_id,
        created=datetime.datetime.fromtimestamp(now, tz=datetime.UTC),
        label=_LABEL,
        include_alg=False,
        covered_component_ids=_COVERED,
        body=request.body or None,
    )


FindKey: TypeAlias = Callable[[str], PublicKey | None]
"""Gives the Ed25519 key of a key id, None for no such key."""
IsGood: TypeAlias = Callable[[bytes, bytes, bytes], bool]
"""Whether an Ed25519 signature over a message is good under a raw public key; a no is asked again."""


def verify_request(request: Request, find_key: FindKey, now: int, is_good: IsGood | None = None) -> str:
    """The key id under which the request is signed; `is_good` verifies what is plain, else OpenSSL does.

    Raises `BadRequestSignature` for anything but one good signature that covers method, target and body.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    if len(headers) == len(request.headers):
        signature_input, signature = headers.get("signature-input", ""), headers.get("signature", "")
        digest = headers.get("content-digest")
        plain = plain_signature.read(request.method, request.url, signature_input, signature, digest, request.body)
        if plain is not None and is_by(plain, find_key(plain.key_id), now, is_good):
            return plain.key_id
    return verify_with_library(request, find_key, now)


def is_by(plain: PlainSignature, key: PublicKey | None, now: int, is_good: IsGood | None = None) -> bool:
    """Whether the owner of this key made a plain signature, and made it in time."""
    if key is None or key.algorithm != EDDSA or abs(now - plain.created) > SIGNATURE_AGE_S:
        return False
    if is_good is None:
        return key.verify(EDDSA, plain.signature, plain.base)
    return is_good(plain.signature, plain.base, key.raw)


def verify_with_library(request: Request, find_key: FindKey, now: int) -> str:
    """What `verify_request` answers, for every form that RFC 9421 allows."""
    verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=_Keys(find=find_key))
    verifier.now = now
    try:
        results = verifier.verify(request, max_age=None, require_components=_COVERED, body=request.body)
    except (HTTPMessageSignaturesException, ValueError) as error:
        raise BadRequestSignature(str(error)) from error
    return str(results[0].parameters["keyid"])


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, private: Ed25519PrivateKey | None = None, find: FindKey | None = None) -> None:
        self._private = private
        self._find = find

    def resolve_private_key(self, key_id: str) -> Any:
        return self._private

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        key = self._find(key_id) if self._find else None
        if key is None:
            raise InvalidSignature("the key is not known here")
        return Ed25519PublicKey.from_public_bytes(key.raw)


class _Verifier(HTTPMessageVerifier):
    """The library's verifier with the caller's clock."""

    now = 0

    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        created = sig_input.params.get("created")
        if type(created) is not int:
            raise InvalidSignature("the signature has no time of creation")
        if abs(self.now - created) > SIGNATURE_AGE_S:
            raise InvalidSignature(
                f"the signature was made more than {SIGNATURE_AGE_S} s ago or ahead of the clock here"
            )
        expires = sig_input.params.get("expires")
        if expires is not None and (type(expires) is not int or expires < self.now):
            raise InvalidSignature("the signature has expired")
