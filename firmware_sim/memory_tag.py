# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A tag that only stores data (NFC Forum Type 2): what a customer holds to a reader by mistake."""

from typing import Final

PAGES: Final = 16
PAGE: Final = 4

_READ: Final = 0x30
_NAK: Final = b"\x00"


class MemoryTag:
    """A tag without ISO 14443-4: raw commands, no APDUs."""

    atqa = bytes.fromhex("4400")
    sak = 0x00
    ats: bytes | None = None
    atr = bytes.fromhex("3B8F8001804F0CA0000003060300030000000068")

    def __init__(self, uid: bytes) -> None:
        self._uid = uid
        self._memory = uid[:3].ljust(PAGES * PAGE, b"\x00")

    @property
    def uid(self) -> bytes:
        return self._uid

    def power_off(self) -> None:
        """It keeps nothing volatile."""

    def transmit(self, apdu: bytes) -> bytes:
        """READ gives four pages, anything else a refusal."""
        if len(apdu) != 2 or apdu[0] != _READ or apdu[1] >= PAGES:
            return _NAK
        memory = self._memory * 2
        return memory[apdu[1] * PAGE :][: 4 * PAGE]
