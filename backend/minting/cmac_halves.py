# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""AES-CMAC of two blocks in two halves, for a token that enciphers single blocks (NIST SP 800-38B; ADR 0016). Pure.

A card's key is CMAC(master, M) with M of 17 to 31 bytes, so E(master, x) with
x = E(master, first block) xor padded rest xor second subkey.
"""

from typing import Final

from heitje.card.layout import BLOCK

ZEROS: Final = bytes(BLOCK)
_POLYNOMIAL: Final = 0x87
"""Of the field in which the subkeys are made."""


def last_block(first_enciphered: bytes, zeros_enciphered: bytes, message: bytes) -> bytes:
    """x: what the master enciphers last, from what it made of the message's first block, and of zeros."""
    if not BLOCK < len(message) < 2 * BLOCK:
        raise ValueError("a diversification input is 17 to 31 bytes")
    rest = (message[BLOCK:] + b"\x80").ljust(BLOCK, b"\x00")
    subkey = _doubled(_doubled(zeros_enciphered))
    return bytes(a ^ b ^ c for a, b, c in zip(first_enciphered, rest, subkey, strict=True))


def _doubled(block: bytes) -> bytes:
    number = int.from_bytes(block, "big") << 1
    if number >> 8 * BLOCK:
        number = (number & ((1 << 8 * BLOCK) - 1)) ^ _POLYNOMIAL
    return number.to_bytes(BLOCK, "big")
