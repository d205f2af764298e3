# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Eight digits of a key that two persons compare by eye: on a terminal's screen, and at the office (LEDGER.md 2)."""

from hashlib import sha256
from typing import Final

from heitje.keys import PublicKey

DIGITS: Final = 8


def digits_of(public: PublicKey) -> str:
    """The first 8 bytes of SHA-256 over `heitje/fingerprint/1` and the raw key, as a number modulo 10^8."""
    digest = sha256(b"heitje/fingerprint/1" + public.raw).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}d}"
