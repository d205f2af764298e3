# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""An EV2's own key as it leaves the factory: triple DES, good for being changed to an AES key (docs/silicon.md).

AuthenticateISO  00                  -> E(RndB (8))                        CBC, zero IV
                 AF E(RndA || RndB') -> E(RndA')                           each IV is the last cipher block
session key      RndA[0:4] || RndB[0:4], for the two halves of the key are alike
ChangeKey        80 | E(new (16) | version | CRC-32(C4 80 new version) | 00 00 00)    answered with no data
"""

import hmac
from dataclasses import dataclass, replace
from typing import Final

from firmware_sim.card.authentication import Chance
from firmware_sim.card.fault import CardFault
from firmware_sim.card.image import Key
from firmware_sim.card.key_commands import inverted_crc32
from firmware_sim.card.state import State
from heitje.card.factory_key import DES_BLOCK, des_decrypt, des_encrypt, session_key
from heitje.card.layout import KEY_LENGTH, Command, Status
from heitje.card.messaging import rotate_left

CARD_KEY_TO_AES: Final = 0x80

_NEW_LENGTH: Final = KEY_LENGTH + 1
_ENCIPHERED: Final = 3 * DES_BLOCK


@dataclass(frozen=True, slots=True)
class FactoryChallenge:
    """A begun AuthenticateISO."""

    key: bytes
    rndb: bytes

    def first_answer(self) -> bytes:
        """E(RndB)."""
        return des_encrypt(self.key, self.rndb)

    def complete(self, data: bytes) -> tuple[bytes, bytes]:
        """Check the reader's second part; the session's key and the answer. Raises `CardFault`."""
        if len(data) != 2 * DES_BLOCK:
            raise CardFault(Status.LENGTH_ERROR)
        plain = des_decrypt(self.key, data, self.first_answer())
        rnda = plain[:DES_BLOCK]
        if not hmac.compare_digest(plain[DES_BLOCK:], rotate_left(self.rndb)):
            raise CardFault(Status.AUTHENTICATION_ERROR)
        return session_key(rnda, self.rndb), des_encrypt(self.key, rotate_left(rnda), data[-DES_BLOCK:])


def challenge(state: State, data: bytes, chance: Chance) -> FactoryChallenge:
    """Begin an authentication with the factory key. Raises `CardFault`."""
    if data != b"\x00":
        raise CardFault(Status.NO_SUCH_KEY if data else Status.LENGTH_ERROR)
    if state.image.card_key_is_aes:
        raise CardFault(Status.AUTHENTICATION_ERROR)
    state.end_session()
    return FactoryChallenge(state.image.card_key.value[:DES_BLOCK], chance(DES_BLOCK))


def change_factory_key(state: State, data: bytes) -> bytes:
    """Take an AES key in its place. Raises `CardFault`."""
    if state.factory_session is None:
        raise CardFault(Status.AUTHENTICATION_ERROR)
    if len(data) != 1 + _ENCIPHERED:
        raise CardFault(Status.LENGTH_ERROR)
    if data[0] != CARD_KEY_TO_AES:
        raise CardFault(Status.PARAMETER_ERROR)
    plain = des_decrypt(state.factory_session, data[1:])
    new = plain[:_NEW_LENGTH]
    if plain[_NEW_LENGTH:] != inverted_crc32(bytes((Command.CHANGE_KEY, CARD_KEY_TO_AES)) + new) + bytes(3):
        raise CardFault(Status.INTEGRITY_ERROR)
    key = Key(new[:KEY_LENGTH], new[KEY_LENGTH])
    state.commit(replace(state.image, card_key=key, card_key_is_aes=True))
    state.end_session()
    return b""
