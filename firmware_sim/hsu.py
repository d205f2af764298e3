# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""PN532 frames on the high-speed UART (NXP UM0701-02 section 6.2.1).

    normal    00 | 00 FF | LEN(1) | LCS(1) | TFI PD0 … PDn | DCS(1) | 00          LEN + LCS = 0, TFI … + DCS =
    0 extended  00 | 00 FF | FF FF | LEN(2, big-endian) | LCS(1) | TFI … | DCS(1) | 00 ACK       00 | 00 FF |
    00 FF | 00        NACK  00 | 00 FF | FF 00 | 00 error     00 | 00 FF | 01 | FF | 7F | 81 | 00

Any bytes before a start code are skipped: the host wakes the chip with them.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Final

START: Final = b"\x00\xff"
ACK: Final = bytes.fromhex("0000FF00FF00")
NACK: Final = bytes.fromhex("0000FFFF0000")
ERROR: Final = bytes.fromhex("0000FF01FF7F8100")

HOST_TO_CHIP: Final = 0xD4
CHIP_TO_HOST: Final = 0xD5
DATA_MAX: Final = 265
"""TFI and data of the longest frame (UM0701-02 section 6.2.1.2)."""

_NORMAL_MAX: Final = 255


class Signal(Enum):
    """What arrived, when it is no command."""

    ACK = "ack"
    NACK = "nack"
    DAMAGED = "damaged"


def encode(payload: bytes) -> bytes:
    """A frame of TFI and data, extended where it is long. Raises `ValueError` above 265 bytes."""
    if not 0 < len(payload) <= DATA_MAX:
        raise ValueError(f"a frame carries 1 to {DATA_MAX} bytes")
    if len(payload) <= _NORMAL_MAX:
        length = bytes((len(payload), -len(payload) & 0xFF))
    else:
        high, low = divmod(len(payload), 256)
        length = bytes((0xFF, 0xFF, high, low, -(high + low) & 0xFF))
    return b"\x00" + START + length + payload + bytes((-sum(payload) & 0xFF, 0))


class FrameReader:
    """Takes bytes in any portions, gives TFI and data of each whole frame, or a signal."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes | Signal]:
        """What has become whole with these bytes. Never holds more than one frame."""
        for byte in data:
            self._pending.append(byte)
            event = self._take()
            if event is not None:
                yield event

    def clear(self) -> None:
        """Forget what has begun."""
        self._pending.clear()

    def _take(self) -> bytes | Signal | None:
        pending = self._pending
        if pending[:1] != b"\x00" or (len(pending) > 1 and pending[:2] != START):
            del pending[:-1]  # the last byte may be the start code's first
            return None
        if len(pending) < 4:
            return None
        head, length = 4, pending[2]
        if pending[2] == 0x00 and pending[3] == 0xFF:
            return self._finish(Signal.ACK)
        if pending[2] == 0xFF and pending[3] == 0x00:
            return self._finish(Signal.NACK)
        check = pending[2] + pending[3]
        if pending[2] == 0xFF and pending[3] == 0xFF:
            if len(pending) < 7:
                return None
            head, length = 7, pending[4] << 8 | pending[5]
            check = pending[4] + pending[5] + pending[6]
        if check & 0xFF or not 0 < length <= DATA_MAX:
            return self._finish(Signal.DAMAGED)
        if len(pending) < head + length + 1:
            return None
        payload = bytes(pending[head : head + length])
        return self._finish(Signal.DAMAGED if sum(pending[head:]) & 0xFF else payload)

    def _finish(self, event: bytes | Signal) -> bytes | Signal:
        """The frame's postamble 00 is skipped as any byte before a start code is."""
        self._pending.clear()
        return event
