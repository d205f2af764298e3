# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""An EV2's or EV3's own key as it leaves the factory, exchanged for an AES key (docs/silicon.md).

It is triple DES with both halves alike, so DES; the only thing done with it is to be rid of it.

    AuthenticateISO  00                  -> E(RndB (8))                        CBC, zero IV
                     AF E(RndA || RndB') -> E(RndA')                           each IV is the last cipher block
    session key      RndA[0:4] || RndB[0:4]
    ChangeKey        80 | E(new (16) | version | CRC-32(C4 80 new version) | 00 00 00)    answered with no data
"""

from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from heitje.card import session as sessions
from heitje.card.apdu import wrap
from heitje.card.key_change import inverted_crc32
from heitje.card.layout import Command, MakingCommand, Status
from heitje.card.messaging import rotate_left
from heitje.card.session import Exchange, NotAuthentic, StatusFault

DES_BLOCK: Final = 8
FACTORY_KEY: Final = bytes(DES_BLOCK)

_CARD_KEY_TO_AES: Final = 0x80
_ZERO_IV: Final = bytes(DES_BLOCK)


def open_factory_session(rnda: bytes) -> Exchange[bytes]:
    """AuthenticateISO with the factory key at the card's own level; `rnda` is 8 fresh random bytes.

    Returns the session's key. Raises `StatusFault` (91AE: it is not the factory key any more), `NotAuthentic`.
    """
    first = yield from _answered(MakingCommand.AUTHENTICATE_ISO, b"\x00", Status.MORE_FRAMES, DES_BLOCK)
    rndb = des_decrypt(FACTORY_KEY, first)
    proof = des_encrypt(FACTORY_KEY, rnda + rotate_left(rndb), first)
    answer = yield from _answered(Command.ADDITIONAL_FRAME, proof, Status.OK, DES_BLOCK)
    if des_decrypt(FACTORY_KEY, answer, proof[-DES_BLOCK:]) != rotate_left(rnda):
        raise NotAuthentic("the card did not prove that it knows the factory key")
    return session_key(rnda, rndb)


def replace_factory_key(factory_session: bytes, new: bytes, version: int) -> Exchange[None]:
    """Give the card an AES key; the session is over. Raises `StatusFault`, `NotAuthentic`."""
    plain = new + bytes((version,))
    plain += inverted_crc32(bytes((Command.CHANGE_KEY, _CARD_KEY_TO_AES)) + plain)
    enciphered = des_encrypt(factory_session, plain + bytes(-len(plain) % DES_BLOCK))
    yield from _answered(Command.CHANGE_KEY, bytes((_CARD_KEY_TO_AES,)) + enciphered, Status.OK, 0)


def session_key(rnda: bytes, rndb: bytes) -> bytes:
    """The session's DES key, 8 bytes."""
    return rnda[:4] + rndb[:4]


def des_encrypt(key: bytes, plain: bytes, iv: bytes = _ZERO_IV) -> bytes:
    """DES-CBC without padding; `key` is 8 bytes, `plain` whole blocks."""
    encryptor = Cipher(TripleDES(key * 3), modes.CBC(iv)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def des_decrypt(key: bytes, enciphered: bytes, iv: bytes = _ZERO_IV) -> bytes:
    """The reverse of `des_encrypt`."""
    decryptor = Cipher(TripleDES(key * 3), modes.CBC(iv)).decryptor()
    return decryptor.update(enciphered) + decryptor.finalize()


def _answered(command: int, data: bytes, expected: Status, length: int) -> Exchange[bytes]:
    answer, status = sessions.unwrapped((yield wrap(command, data)))
    if status != expected:
        raise StatusFault(command, status)
    if len(answer) != length:
        raise NotAuthentic(f"the answer to command {command:02X} has a wrong length")
    return answer
