# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the signature of a request at one glance, if it is of the one form that our tills write (RFC 9421).

    Signature-Input: sig1=("@method" "@target-uri" "content-digest");created=1790000000;keyid="80c566212392d06a"
    Signature: sig1=:<64 bytes in base64>:
    Content-Digest: sha-256=:<32 bytes in base64>:                            all three exactly so; without a body no
                                                                               digest, neither covered nor sent

Anything else, and whatever of it does not hold, is none: then the library is asked (`heitje.request_signature`), which
alone refuses. `tests/heitje/test_plain_signature.py` holds the two together.
"""

import binascii
import hashlib
import re
from typing import Final, NamedTuple

_URL: Final = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?/[A-Za-z0-9._~/-]*(?:\?[A-Za-z0-9._~/=&-]*)?")
"""An address in which nothing is escaped, so that every reading of it is the same."""
_METHOD: Final = re.compile(r"[A-Z]{1,16}")
_INPUT: Final = re.compile(
    r'sig1=(\("@method" "@target-uri"(?: ("content-digest"))?\)'
    r';created=([1-9][0-9]{0,14});keyid="([0-9a-f]{16})")'
)
_SIGNATURE: Final = re.compile(r"sig1=:([A-Za-z0-9+/]{85}[AQgw]==):")
"""64 bytes in base64 without loose bits."""


class PlainSignature(NamedTuple):
    """Who claims to have signed, when (Unix seconds), and what is to be verified under the key: nothing is believed."""

    key_id: str
    created: int
    signature: bytes
    base: bytes


def read(
    method: str, url: str, signature_input: str, signature: str, content_digest: str | None, body: bytes
) -> PlainSignature | None:
    """The parts of a signature whose digest fits the body; None: not so simple."""
    found, signed = _INPUT.fullmatch(signature_input), _SIGNATURE.fullmatch(signature)
    if found is None or signed is None or not _METHOD.fullmatch(method) or not _URL.fullmatch(url):
        return None
    params, covers_digest, created, key_id = found.groups()
    digest_line = ""
    if body:
        digest = "sha-256=:" + binascii.b2a_base64(hashlib.sha256(body).digest(), newline=False).decode() + ":"
        if covers_digest is None or content_digest != digest:
            return None
        digest_line = f'"content-digest": {digest}\n'
    elif covers_digest is not None or content_digest is not None:
        return None
    base = f'"@method": {method}\n"@target-uri": {url}\n{digest_line}"@signature-params": {params}'
    return PlainSignature(key_id, int(created), binascii.a2b_base64(signed[1]), base.encode("ascii"))
