# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card's half of ISO/IEC 14443-4: activation and blocks, without their two CRC bytes.

    RATS         E0 | FSDI CID                        -> ATS
    I-block      000c 001n | INF                      c: more follows, n: block number
    R-block      101k 001n                            k: 0 ACK, 1 NAK
    S-block      1100 0010 DESELECT    1111 0010 WTX  (a CID or NAD is not supported: such a block gets no
    answer)

The numbers in comments are the standard's block rules for the card (section 7.5.4).
"""

from collections.abc import Callable
from enum import Enum
from typing import Final

RATS: Final = 0xE0
I_BLOCK: Final = 0x02
R_ACK: Final = 0xA2
R_NAK: Final = 0xB2
S_DESELECT: Final = 0xC2

_CHAINING: Final = 0x10
_NUMBER: Final = 0x01
_CRC: Final = 2
_FRAME_SIZES: Final = (16, 24, 32, 40, 48, 64, 96, 128, 256)
_FSDI_MAX: Final = 8
_COMMAND_MAX: Final = 1024
"""Longest chained command that the card collects."""

Apdu = Callable[[bytes], bytes | None]


class Stage(Enum):
    """Where the card is after it was selected."""

    READY = "ready"
    ACTIVE = "active"
    HALTED = "halted"


def frame_size(ats: bytes | None) -> int:
    """Longest frame that a card takes, with its CRC."""
    return _FRAME_SIZES[min(ats[1] & 0x0F, _FSDI_MAX)] if ats and len(ats) > 1 else 32


class BlockLink:
    """One activated card; `transmit` does an APDU, None means silence (the card is away)."""

    def __init__(self, ats: bytes, transmit: Apdu) -> None:
        self._ats = ats
        self._transmit = transmit
        self._stage = Stage.READY
        self._command_size = frame_size(ats)
        self._answer_size = 32
        self._number = 1  # rule C
        self._command = b""
        self._answer = b""
        self._last = b""

    def exchange(self, block: bytes) -> bytes | None:
        """The answer to one block; None is silence."""
        if not block or len(block) + _CRC > self._command_size:
            return None
        if self._stage is Stage.READY:
            return self._activate(block)
        if self._stage is Stage.HALTED:
            return None
        control = block[0]
        if control & ~(_CHAINING | _NUMBER) == I_BLOCK:
            return self._information(block)
        if control & ~_NUMBER in (R_ACK, R_NAK) and len(block) == 1:
            return self._receipt(control)
        if block == bytes((S_DESELECT,)):
            self._stage = Stage.HALTED
            return block
        return None

    def _activate(self, block: bytes) -> bytes | None:
        if len(block) != 2 or block[0] != RATS:
            return None
        self._answer_size = _FRAME_SIZES[min(block[1] >> 4, _FSDI_MAX)]
        self._stage = Stage.ACTIVE
        return self._ats

    def _information(self, block: bytes) -> bytes | None:
        self._number ^= 1  # rule D
        self._command += block[1:]
        if len(self._command) > _COMMAND_MAX:
            self._command = b""
            return None
        if block[0] & _CHAINING:
            return self._send(bytes((R_ACK | self._number,)))  # rule 2
        command, self._command = self._command, b""
        answer = self._transmit(command)
        if answer is None:
            return None
        self._answer = answer
        return self._next_part()  # rule 10

    def _receipt(self, control: int) -> bytes | None:
        if control & _NUMBER == self._number:
            return self._last or None  # rule 11: send again
        if control & ~_NUMBER == R_NAK:
            return bytes((R_ACK | self._number,))  # rule 12
        if not self._answer:
            return None
        self._number ^= 1  # rule E
        return self._next_part()  # rule 13

    def _next_part(self) -> bytes:
        size = self._answer_size - _CRC - 1
        part, self._answer = self._answer[:size], self._answer[size:]
        return self._send(bytes((I_BLOCK | (_CHAINING if self._answer else 0) | self._number,)) + part)

    def _send(self, block: bytes) -> bytes:
        self._last = block
        return block
