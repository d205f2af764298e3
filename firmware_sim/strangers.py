# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards that are none of ours: what people hold to a counter's reader. Each does as little as such a card does.

    bank       ISO 7816 with an EMV payment environment; a UID that is another one each time
    transit    a DESFire with somebody else's application
    passport   ISO 7816 with the travel document's application, closed without its own keys
    ntag       a tag that only stores data

A `Stranger` keeps what it was sent, so that a test can see that nothing tried to write.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Final

from firmware_sim.card.blank import blank_ev2, new_application
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import Key, MemoryStore
from firmware_sim.contactless import ContactlessCard
from firmware_sim.memory_tag import MemoryTag

BANK_UID: Final = bytes.fromhex("08A1B2C3")
TRANSIT_UID: Final = bytes.fromhex("04112233445566")
PASSPORT_UID: Final = bytes.fromhex("08D4E5F6")
NTAG_UID: Final = bytes.fromhex("04778899AABBCC")

_SELECT: Final = 0xA4
_SELECT_BY_NAME: Final = 0x04
_NAME_AT: Final = 5
_OK: Final = bytes.fromhex("9000")
_NOT_FOUND: Final = bytes.fromhex("6A82")
_NO_SUCH_INSTRUCTION: Final = bytes.fromhex("6D00")
_NO_SUCH_CLASS: Final = bytes.fromhex("6E00")
_NOT_ALLOWED: Final = bytes.fromhex("6982")
_WRONG_LENGTH: Final = bytes.fromhex("6700")

_PAYMENT_ENVIRONMENT: Final = b"2PAY.SYS.DDF01"
_PAYMENT_FCI: Final = bytes.fromhex("6F23840E325041592E5359532E4444463031A511BF0C0E610C4F07A0000000041010870101")
_TRAVEL_DOCUMENT: Final = bytes.fromhex("A0000002471001")
_TRANSIT_NAME: Final = b"transit.nl"
_TRANSIT_AID: Final = bytes.fromhex("4F5654")


class Stranger:
    """A card with ISO 7816 commands: `answers` gives what follows a class and instruction, by what comes after."""

    atqa = bytes.fromhex("0400")
    sak = 0x20
    ats: bytes | None = bytes.fromhex("0578807002")
    atr = bytes.fromhex("3B80800101")

    def __init__(self, uid: bytes, names: Mapping[bytes, bytes], instructions: Mapping[int, bytes]) -> None:
        self._uid = uid
        self._names = names
        self._instructions = instructions
        self.heard: list[bytes] = []
        """Every APDU that it was sent."""

    @property
    def uid(self) -> bytes:
        return self._uid

    def power_off(self) -> None:
        """Nothing that matters here is volatile."""

    def transmit(self, apdu: bytes) -> bytes:
        """Selection by name, the few instructions that it has, and a refusal of everything else."""
        self.heard.append(apdu)
        if len(apdu) < 4:
            return _WRONG_LENGTH
        if apdu[0] & ~0x0C:
            return _NO_SUCH_CLASS
        if apdu[1] != _SELECT:
            return self._instructions.get(apdu[1], _NO_SUCH_INSTRUCTION)
        length = apdu[4] if len(apdu) > _NAME_AT else 0
        name = apdu[_NAME_AT : _NAME_AT + length]
        return self._names.get(name, _NOT_FOUND) if apdu[2] == _SELECT_BY_NAME else _NOT_FOUND


def bank_card(uid: bytes = BANK_UID) -> Stranger:
    """A payment card: its directory, and no more."""
    return Stranger(uid, {_PAYMENT_ENVIRONMENT: _PAYMENT_FCI + _OK}, {0xB2: _NOT_ALLOWED, 0xA8: _NOT_ALLOWED})


def passport(uid: bytes = PASSPORT_UID) -> Stranger:
    """A travel document: it gives a challenge, and nothing to read before that was answered."""
    challenge = Random(int.from_bytes(uid, "big")).randbytes(8)
    return Stranger(uid, {_TRAVEL_DOCUMENT: _OK}, {0x84: challenge + _OK, 0xB0: _NOT_ALLOWED, 0x82: _NOT_ALLOWED})


def transit_pass(uid: bytes = TRANSIT_UID) -> Card:
    """A DESFire EV2 with one application, whose keys only its operator knows."""
    key = Key(Random(int.from_bytes(uid, "big")).randbytes(16), 1)
    application = replace(new_application(_TRANSIT_NAME, {}, _TRANSIT_AID), keys=(key,) * 5)
    image = replace(blank_ev2(uid), application=application, card_key=key, card_key_is_aes=True, card_settings=0x0B)
    return Card(MemoryStore(image))


KINDS: Final[Mapping[str, Callable[[bytes], ContactlessCard]]] = {
    "bank": bank_card,
    "transit": transit_pass,
    "passport": passport,
    "ntag": MemoryTag,
}
UIDS: Final[Mapping[str, bytes]] = {
    "bank": BANK_UID,
    "transit": TRANSIT_UID,
    "passport": PASSPORT_UID,
    "ntag": NTAG_UID,
}
"""Which UID each has where nobody says another."""
