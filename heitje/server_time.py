# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The server's signed time: the anchor of a till's clock (JOURNAL.md section 1).

A COSE_Sign1 with claims `{3: aud, 6: iat}`, under a key that the bundle lists for time.
"""

from collections.abc import Iterable
from typing import Final

from heitje import claims, cose
from heitje.claims import Claim, Table
from heitje.cose import AAD_TIME, MalformedToken
from heitje.deterministic import encode
from heitje.keys import PublicKey, Signer

_CLAIMS: Final = Table(Claim(3, "aud", claims.is_text), Claim(6, "iat", claims.is_uint))


def sign(terminal: bytes, now: int, key: Signer) -> bytes:
    """The time `now` (Unix seconds) for one terminal."""
    return cose.sign(payload(terminal, now), key, AAD_TIME)


def payload(terminal: bytes, now: int) -> bytes:
    """What is signed."""
    return encode(_CLAIMS.write({"aud": terminal.hex(), "iat": now}))


def read(token: bytes, terminal: bytes, keys: Iterable[PublicKey]) -> int:
    """Unix seconds that the server signed for this terminal. Raises `MalformedToken` for anything else."""
    sign1 = cose.parse(token)
    if not any(cose.verify(sign1, AAD_TIME, key) for key in keys if key.kid == sign1.kid):
        raise MalformedToken("the time is not signed by the programme")
    values = _CLAIMS.read(cose.payload_map(sign1))
    if values["aud"] != terminal.hex():
        raise MalformedToken("the time is meant for another terminal")
    return int(values["iat"])
