# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""EV2 secure messaging with AES-128, seen from neither side (CARD.md sections 2 and 3).

Every function takes the counter that the specification names: a command's MAC and IV use CmdCtr before the command, its
answer's use CmdCtr after it. Sources: NXP AN12343, AN12196; NIST SP 800-38B (CMAC).
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, Protocol, TypeAlias

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from heitje.card.layout import BLOCK

_ZERO_IV: Final = bytes(BLOCK)
_ONE_BLOCK: Final = modes.ECB()  # noqa: S305  # of a single block nothing can be seen to come again
_COMMAND_IV_LABEL: Final = bytes.fromhex("A55A")
_ANSWER_IV_LABEL: Final = bytes.fromhex("5AA5")
_SV_TAIL: Final = bytes.fromhex("00010080")
MAC_LENGTH: Final = 8


class PaddingError(ValueError):
    """Deciphered data does not end in 80 00… or is not whole blocks."""


class SessionKeys(NamedTuple):
    """KSesAuthENC and KSesAuthMAC, 16 bytes each."""

    enc: bytes
    mac: bytes


class CardKey(Protocol):
    """A card's own AES key, wherever it is kept: it opens a session and need not be seen for it."""

    def encrypt(self, plain: bytes) -> bytes:
        """AES-CBC from a zero IV, without padding; `plain` is whole blocks."""
        ...

    def decrypt(self, enciphered: bytes) -> bytes:
        """The reverse."""
        ...

    def cmac(self, message: bytes) -> bytes:
        """AES-CMAC, 16 bytes."""
        ...


@dataclass(frozen=True)
class KeyInHand:
    """A card's key whose 16 bytes are here."""

    value: bytes = field(repr=False)

    @cached_property
    def _mac(self) -> CMAC:
        """A MAC before its message: to set the key up costs more than a few blocks."""
        return CMAC(algorithms.AES(self.value))

    def encrypt(self, plain: bytes) -> bytes:
        """See `CardKey`."""
        return cbc_encrypt(self.value, plain)

    def decrypt(self, enciphered: bytes) -> bytes:
        """See `CardKey`."""
        return cbc_decrypt(self.value, enciphered)

    def cmac(self, message: bytes) -> bytes:
        """See `CardKey`."""
        state = self._mac.copy()
        state.update(message)
        return state.finalize()


Key: TypeAlias = bytes | CardKey
"""A key as callers give it: its 16 bytes, or whoever keeps it."""


def key_of(key: Key) -> CardKey:
    """The key as something to work with."""
    return KeyInHand(key) if isinstance(key, bytes) else key


def cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC, 16 bytes."""
    state = CMAC(algorithms.AES(key))
    state.update(message)
    return state.finalize()


def mact(key: bytes, message: bytes) -> bytes:
    """MACt: the 8 odd-numbered bytes of AES-CMAC (CARD.md section 3)."""
    return cmac(key, message)[1::2]


def cbc_encrypt(key: bytes, plain: bytes, iv: bytes = _ZERO_IV) -> bytes:
    """AES-CBC without padding; `plain` is whole blocks."""
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def cbc_decrypt(key: bytes, enciphered: bytes, iv: bytes = _ZERO_IV) -> bytes:
    """AES-CBC without padding; `enciphered` is whole blocks."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(enciphered) + decryptor.finalize()


def decrypt_block(key: bytes, block: bytes) -> bytes:
    """What `cbc_decrypt` makes of one block from a zero IV, in three quarters of the time.

    Raises `ValueError` for any other length.
    """
    if len(block) != BLOCK:
        raise ValueError("a block is 16 bytes")
    return Cipher(algorithms.AES(key), _ONE_BLOCK).decryptor().update(block)


def rotate_left(block: bytes) -> bytes:
    """Rotation left by one byte: the prime of RndA' and RndB'."""
    return block[1:] + block[:1]


def derive(key: Key, rnda: bytes, rndb: bytes) -> SessionKeys:
    """The session's keys from the card's key and both 16-byte random numbers (CARD.md section 2 step 3)."""
    mixed = bytes(a ^ b for a, b in zip(rnda[2:8], rndb[:6], strict=True))
    tail = _SV_TAIL + rnda[:2] + mixed + rndb[6:16] + rnda[8:16]
    card_key = key_of(key)
    return SessionKeys(card_key.cmac(_COMMAND_IV_LABEL + tail), card_key.cmac(_ANSWER_IV_LABEL + tail))


def command_mac(mac_key: bytes, command: int, counter: int, ti: bytes, data: bytes) -> bytes:
    """MACt over a command as sent; `data` is header and (enciphered) data, `counter` is CmdCtr before it."""
    return mact(mac_key, bytes((command,)) + counter.to_bytes(2, "little") + ti + data)


def answer_mac(mac_key: bytes, counter: int, ti: bytes, data: bytes) -> bytes:
    """MACt over an answer as received (SS = 00); `counter` is CmdCtr after the command."""
    return mact(mac_key, b"\x00" + counter.to_bytes(2, "little") + ti + data)


def pad(plain: bytes) -> bytes:
    """Padding with 80 00… to a whole block, always at least one byte."""
    return plain + b"\x80" + bytes(-(len(plain) + 1) % BLOCK)


def unpad(padded: bytes) -> bytes:
    """Take the 80 00… away. Raises `PaddingError`."""
    plain = padded.rstrip(b"\x00")
    if not padded or len(padded) % BLOCK or len(padded) - len(plain) >= BLOCK or plain[-1:] != b"\x80":
        raise PaddingError("padding is not 80 00…")
    return plain[:-1]


def command_iv(enc_key: bytes, counter: int, ti: bytes) -> bytes:
    """IV for the data of a command."""
    return cbc_encrypt(enc_key, _COMMAND_IV_LABEL + ti + counter.to_bytes(2, "little") + bytes(8))


def answer_iv(enc_key: bytes, counter: int, ti: bytes) -> bytes:
    """IV for the data of an answer; `counter` is CmdCtr after the command."""
    return cbc_encrypt(enc_key, _ANSWER_IV_LABEL + ti + counter.to_bytes(2, "little") + bytes(8))


def encrypt_command(enc_key: bytes, counter: int, ti: bytes, plain: bytes) -> bytes:
    """A command's data in Full mode."""
    return cbc_encrypt(enc_key, pad(plain), command_iv(enc_key, counter, ti))


def decrypt_command(enc_key: bytes, counter: int, ti: bytes, enciphered: bytes) -> bytes:
    """The reverse of `encrypt_command`. Raises `PaddingError`."""
    return _decrypt(enc_key, enciphered, command_iv(enc_key, counter, ti))


def encrypt_answer(enc_key: bytes, counter: int, ti: bytes, plain: bytes) -> bytes:
    """An answer's data in Full mode."""
    return cbc_encrypt(enc_key, pad(plain), answer_iv(enc_key, counter, ti))


def decrypt_answer(enc_key: bytes, counter: int, ti: bytes, enciphered: bytes) -> bytes:
    """The reverse of `encrypt_answer`. Raises `PaddingError`."""
    return _decrypt(enc_key, enciphered, answer_iv(enc_key, counter, ti))


def _decrypt(enc_key: bytes, enciphered: bytes, iv: bytes) -> bytes:
    if not enciphered or len(enciphered) % BLOCK:
        raise PaddingError("enciphered data is not whole blocks")
    return unpad(cbc_decrypt(enc_key, enciphered, iv))
