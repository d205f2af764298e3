# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How long things take on a real counter: bytes on a serial line, and frames between a reader and a card.

    line     8N1: ten bits for a byte
    air      106 kbit/s (13.56 MHz / 128): nine bits for a byte with its parity, two CRC bytes, start and end of frame
    delays   1172/fc before a card's answer, 1172/fc before the reader's next frame (ISO/IEC 14443-3 section 6.2.1),
             5 ms of carrier before the first command (14443-3 section 5)

A simulator is as fast as it can unless it was given a pace. What the card needs for itself is no part of it: no public
source says that of a DESFire Light.
"""

from dataclasses import dataclass
from typing import Final

BITS_PER_LINE_BYTE: Final = 10
CARRIER_HZ: Final = 13.56e6
AIR_BIT_S: Final = 128 / CARRIER_HZ
FRAME_DELAY_S: Final = 1172 / CARRIER_HZ
GUARD_S: Final = 0.005

_AIR_BITS_PER_BYTE: Final = 9
_FRAME_BITS: Final = 2
_CRC_BYTES: Final = 2
_SHORT_FRAME_BITS: Final = 9
_ACTIVATION_BYTES: Final = (2, 2, 5, 9, 3)
"""ATQA; then SEL and NVB, the UID's part, SEL with it, SAK: the last four once for each cascade level."""


def air_frame_s(length: int, *, crc: bool = True) -> float:
    """Seconds for one frame of `length` bytes, and for the delay before it."""
    size = length + (_CRC_BYTES if crc else 0)
    return (size * _AIR_BITS_PER_BYTE + _FRAME_BITS) * AIR_BIT_S + FRAME_DELAY_S


def activation_s(uid_length: int) -> float:
    """Seconds from REQA to the last SAK of one card."""
    levels = {4: 1, 7: 2, 10: 3}[uid_length]
    answer, *cascade = (air_frame_s(length, crc=False) for length in _ACTIVATION_BYTES)
    return search_s() + answer + levels * sum(cascade)


def search_s() -> float:
    """Seconds for a REQA that nobody answers."""
    return _SHORT_FRAME_BITS * AIR_BIT_S + FRAME_DELAY_S


def blocks_s(command: int, answer: int, command_size: int, answer_size: int) -> float:
    """Seconds for an APDU of `command` bytes and its answer, in blocks of at most those sizes with their CRC."""
    seconds = 0.0
    for length, size in ((command, command_size), (answer, answer_size)):
        room = size - _CRC_BYTES - 1
        blocks = max(-(-length // room), 1)
        seconds += sum(air_frame_s(min(room, length - at * room) + 1) for at in range(blocks))
        seconds += (blocks - 1) * air_frame_s(1)  # each but the last is acknowledged
    return seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """Real time. `baud`: what the serial line makes at most, whatever it is set to; None: what it is set to."""

    baud: int | None = None

    def line_s(self, length: int, baud: int) -> float:
        """Seconds for `length` bytes on a line that is set to `baud`."""
        return length * BITS_PER_LINE_BYTE / (baud if self.baud is None else min(baud, self.baud))


@dataclass(slots=True)
class Spent:
    """Where a paced reader's time went, in seconds, and how many frames and bytes it took."""

    line_s: float = 0.0
    air_s: float = 0.0
    commands: int = 0
    line_bytes: int = 0
