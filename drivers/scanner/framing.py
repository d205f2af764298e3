# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cutting a scanner's bytes into readings.

    reading | CR | LF     whatever arrives up to CR or LF; empty lines are nothing
    reading | silence     a scanner whose suffix was never set: the end is a pause between two bytes

Of a reading that does not end nothing is kept: it is reported once, and dropped up to its line end or the next pause.
"""

from typing import Final

from drivers.scanner import Scan

READING_MAX: Final = 16_384
"""Bytes; the largest QR code holds 4 296 letters."""
IDLE_S: Final = 0.1
"""A pause that ends a reading: a hundred characters at 9600 baud, and longer than a USB converter holds bytes back."""

_LINE_ENDS: Final = b"\r\n"


class ReadingCutter:
    """Bytes in with the time of their arrival (seconds, of a clock that only goes forward), readings out."""

    def __init__(self, reading_max: int = READING_MAX, idle_s: float = IDLE_S) -> None:
        self._reading_max = reading_max
        self._idle_s = idle_s
        self._begun = bytearray()
        self._dropping = False
        self._last_byte_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[Scan]:
        """The readings that these bytes end."""
        scans = self.look(now_s)
        if data:
            self._last_byte_s = now_s
        for byte in data:
            if byte in _LINE_ENDS:
                self._dropping = False
                scans += self._end()
            elif self._dropping:
                continue
            elif len(self._begun) == self._reading_max:
                self._begun.clear()
                self._dropping = True
                scans.append(Scan(b"", over_long=True))
            else:
                self._begun.append(byte)
        return scans

    def look(self, now_s: float) -> list[Scan]:
        """The reading that silence has ended, if any."""
        if now_s - self._last_byte_s < self._idle_s:
            return []
        self._dropping = False
        return self._end()

    def idle_in_s(self, now_s: float) -> float | None:
        """Time until silence would end what has begun; None where nothing has."""
        if not self._begun and not self._dropping:
            return None
        return max(self._last_byte_s + self._idle_s - now_s, 0.0)

    def clear(self) -> None:
        """Forget what has begun."""
        self._begun.clear()
        self._dropping = False

    def _end(self) -> list[Scan]:
        if not self._begun:
            return []
        scan = Scan(bytes(self._begun))
        self._begun.clear()
        return [scan]
