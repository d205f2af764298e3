# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Diversification of a card's keys (CARD.md section 4; NXP AN10922, AES-128)."""

from typing import Final

from heitje.card.layout import UID_LENGTH
from heitje.card.messaging import cmac

_DIVERSIFICATION_CONSTANT: Final = b"\x01"


def an10922(master: bytes, diversification: bytes) -> bytes:
    """AN10922's AES-128 key; `diversification` is M without its leading 01, 16 to 31 bytes.

    Below that the note pads differently than AES-CMAC does, so a shorter input raises `ValueError`.
    """
    if not 16 <= len(diversification) <= 31:
        raise ValueError("a diversification input is 16 to 31 bytes")
    return cmac(master, _DIVERSIFICATION_CONSTANT + diversification)


def diversify(master: bytes, uid: bytes, df_name: bytes, key_number: int) -> bytes:
    """One card's 16-byte key from a programme's master; `key_number` F0 is the transaction-MAC key."""
    if len(uid) != UID_LENGTH or len(df_name) != 8:
        raise ValueError("a UID is 7 bytes and a DF name 8")
    return an10922(master, uid + df_name + bytes((key_number,)))
