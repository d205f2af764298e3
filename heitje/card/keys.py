# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Diversification of a card's keys (CARD.md section 4; NXP AN10922, AES-128)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from heitje.card.layout import KEY_LOADER, KEY_TERMINAL, KEY_TRANSACTION_MAC, UID_LENGTH
from heitje.card.messaging import cmac

CardKeys: TypeAlias = Callable[[int], bytes]
"""One card's keys: number in, the card's own 16-byte key out. Whoever holds the masters gives it, and no more."""

_DIVERSIFICATION_CONSTANT: Final = b"\x01"


def an10922(master: bytes, diversification: bytes) -> bytes:
    """AN10922's AES-128 key; `diversification` is M without its leading 01, 16 to 31 bytes.

    Below that the note pads differently than AES-CMAC does, so a shorter input raises `ValueError`.
    """
    if not 16 <= len(diversification) <= 31:
        raise ValueError("a diversification input is 16 to 31 bytes")
    return cmac(master, _DIVERSIFICATION_CONSTANT + diversification)


def diversification_of(uid: bytes, df_name: bytes, key_number: int) -> bytes:
    """M, 17 bytes: what a master is applied to; `key_number` F0 is the transaction-MAC key."""
    if len(uid) != UID_LENGTH or len(df_name) != 8:
        raise ValueError("a UID is 7 bytes and a DF name 8")
    return _DIVERSIFICATION_CONSTANT + uid + df_name + bytes((key_number,))


def diversify(master: bytes, uid: bytes, df_name: bytes, key_number: int) -> bytes:
    """One card's 16-byte key from a programme's master."""
    return cmac(master, diversification_of(uid, df_name, key_number))


class KeyProvider(Protocol):
    """Whoever holds a programme's masters: a test programme, or a municipality's key store behind a relay."""

    def card_keys(self, uid: bytes, df_name: bytes) -> CardKeys:
        """One card's keys, by number; the numbers are those of `heitje.card.layout`."""
        ...


@dataclass(frozen=True)
class Masters:
    """A programme's masters in one place, as a test programme has them; in production they never leave a key store.

    Keys 3 and 4 are reserved: they are the issuer's, each its own, so that nobody holds a key that opens a session.
    """

    issuer: bytes = field(repr=False)
    terminal: bytes = field(repr=False)
    loader: bytes = field(repr=False)
    transaction_mac: bytes = field(repr=False)

    def card_keys(self, uid: bytes, df_name: bytes) -> CardKeys:
        """One card's keys, by number; the numbers are those of `heitje.card.layout`."""
        masters = {
            KEY_TERMINAL: self.terminal,
            KEY_LOADER: self.loader,
            KEY_TRANSACTION_MAC: self.transaction_mac,
        }
        return lambda number: diversify(masters.get(number, self.issuer), uid, df_name, number)
