# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""GetCardUID, GetKeyVersion and ChangeKey (CARD.md section 1). Each raises `CardFault`.

    another key  key number | E(new xor old (16) | version | inverted CRC-32 of new (4) | 80 00…) | MACt
    its own      key number | E(new (16) | version | 80 00…) | MACt

A session that changes its own key is over, and the answer carries no MAC.
"""

import zlib
from typing import Final

from firmware_sim.card.fault import CardFault
from firmware_sim.card.image import Key
from firmware_sim.card.state import State
from heitje.card.layout import BLOCK, KEY_ISSUER, KEY_LENGTH, Command, Status
from heitje.card.messaging import MAC_LENGTH

_ENCIPHERED: Final = 2 * BLOCK
_CRC_INVERSION: Final = 0xFFFFFFFF


def get_card_uid(state: State, data: bytes) -> bytes:
    """The UID, enciphered, to any session."""
    session = state.need_session()
    if len(data) != MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    session.open(Command.GET_CARD_UID, data)
    return session.close_full(state.image.uid)


def get_key_version(state: State, data: bytes) -> bytes:
    """A key's version, to any session."""
    session = state.need_session()
    if len(data) != 1 + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    key = state.key(data[0])
    session.open(Command.GET_KEY_VERSION, data)
    return session.close(bytes((key.version,)))


def change_key(state: State, data: bytes) -> bytes:
    """Change an application key in a session of key 0."""
    if not data:
        raise CardFault(Status.LENGTH_ERROR)
    number = data[0]
    old = state.key(number)
    session = state.permit(KEY_ISSUER)
    if len(data) != 1 + _ENCIPHERED + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    _, plain = session.open_full(Command.CHANGE_KEY, data, 1)
    own = number == session.key_number
    if len(plain) != KEY_LENGTH + (1 if own else 5):
        raise CardFault(Status.LENGTH_ERROR)
    new, version = plain[:KEY_LENGTH], plain[KEY_LENGTH]
    if not own:
        new = bytes(a ^ b for a, b in zip(new, old.value, strict=True))
        if plain[-4:] != inverted_crc32(new):
            raise CardFault(Status.INTEGRITY_ERROR)
    state.replace_key(number, Key(new, version))
    if own:
        state.end_session()
        return b""
    return session.close()


def inverted_crc32(key: bytes) -> bytes:
    """CRC-32 (IEEE 802.3) without its last inversion, little-endian."""
    return (zlib.crc32(key) ^ _CRC_INVERSION).to_bytes(4, "little")
