# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signed requests between terminal and backend: HTTP Message Signatures (RFC 9421; JOURNAL.md section 3).

Covered are `@method`, `@target-uri` and, where there is a body, `content-digest` (RFC 9530); parameters `created` and
`keyid`. The key id is the terminal's id in lower-case hex.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from heitje.keys import PublicKey, SigningKey

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


def verify_request(request: Request, find_key: Callable[[str], PublicKey | None], now: int) -> str:
    """The key id under which the request is signed. `find_key` gives the Ed25519 key of a key id, None for no such key.

    Raises `BadRequestSignature` for anything but one good signature that covers method, target and body.
    """
    verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=_Keys(find=find_key))
    verifier.now = now
    try:
        results = verifier.verify(request, max_age=None, require_components=_COVERED, body=request.body)
    except (HTTPMessageSignaturesException, ValueError) as error:
        raise BadRequestSignature(str(error)) from error
    return str(results[0].parameters["keyid"])


class _Keys(HTTPSignatureKeyResolver):
    def __init__(
        self, private: Ed25519PrivateKey | None = None, find: Callable[[str], PublicKey | None] | None = None
    ) -> None:
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
