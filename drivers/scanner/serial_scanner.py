# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A scanner on a serial port, a USB one (CDC) included, through pyserial."""

import logging
import termios
import time
from collections import deque
from pathlib import Path
from threading import Event
from typing import Final

import serial

from drivers.errors import DeviceGone
from drivers.scanner import Scan
from drivers.scanner.framing import ReadingCutter

SLICE_S: Final = 0.1
"""Longest time without a look at `cancelled`."""
READ_MAX: Final = 4096

_log = logging.getLogger(__name__)
_wire = logging.getLogger("drivers.wire.scanner")


class SerialScanner:
    """A scanner at a serial port, 8N1; the port is opened by the first wait."""

    def __init__(self, path: Path, baud: int) -> None:
        self._path = path
        self._baud = baud
        self._port: serial.Serial | None = None
        self._cutter = ReadingCutter()
        self._scans: deque[Scan] = deque()

    def wait_for_scan(self, timeout_s: float, cancelled: Event | None = None) -> Scan | None:
        deadline = time.monotonic() + timeout_s
        try:
            while not self._scans:
                now = time.monotonic()
                if now >= deadline or (cancelled is not None and cancelled.is_set()):
                    return None
                idle_s = self._cutter.idle_in_s(now)
                data = self._read(min(deadline - now, SLICE_S, SLICE_S if idle_s is None else idle_s))
                self._scans.extend(self._cutter.feed(data, time.monotonic()))
        except (OSError, termios.error) as error:
            self.close()
            raise DeviceGone(f"the scanner at {self._path} does not answer: {error}") from error
        return self._scans.popleft()

    def close(self) -> None:
        port, self._port = self._port, None
        self._cutter.clear()
        self._scans.clear()
        if port is not None:
            try:
                port.close()
            except (OSError, termios.error) as error:  # it is being given up: nothing more can be done with it
                _log.info("closing the scanner at %s: %s", self._path, error)

    def _read(self, timeout_s: float) -> bytes:
        """What arrives within the time, at most 4096 bytes. Raises `OSError`."""
        if self._port is None:
            self._port = serial.Serial(str(self._path), self._baud, exclusive=True)
        self._port.timeout = timeout_s
        data: bytes = self._port.read(1)
        if data:
            data += self._port.read(min(self._port.in_waiting, READ_MAX - 1))
            _wire.debug("< %s", data.hex())
        return data
