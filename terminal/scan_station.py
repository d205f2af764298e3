# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The thread that owns the scanner: what it reads goes into the till's one queue."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from drivers.errors import DeviceError
from drivers.scanner import Scan, Scanner
from terminal.driver_faults import as_device_error
from terminal.readings import Readings

_POLL_S: Final = 1.0
_RETRY_S: Final = 0.5
_OPENING_S: Final = 0.05
"""The first wait opens the port; what is scanned before that is not seen."""


@dataclass(frozen=True, slots=True)
class CodeScanned:
    """What the scanner saw; empty where it was longer than any code may be."""

    text: str


@dataclass(frozen=True, slots=True)
class ScannerFailed:
    """The scanner does not answer; it is tried again."""

    error: DeviceError


@dataclass(frozen=True, slots=True)
class ScannerListens:
    """The port is open: from now on nothing is missed."""


ScanEvent: TypeAlias = CodeScanned | ScannerFailed | ScannerListens


class ScanStation:
    """Owns `scanner` from `start` to `stop`; reports by `report`, which only puts into a queue."""

    def __init__(self, scanner: Scanner, report: Callable[[ScanEvent], None]) -> None:
        self._scanner = scanner
        self._report = report
        self._stopping = threading.Event()
        self._listening = False
        self._readings = Readings()
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and give the scanner back."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._listen()
        finally:
            self._scanner.close()

    def _listen(self) -> None:
        try:
            rest_s = self._readings.rest_in_s(time.monotonic())
            wait_s = _OPENING_S if not self._listening else _POLL_S if rest_s is None else rest_s
            scan = self._scanner.wait_for_scan(wait_s, self._stopping)
            if not self._listening:
                self._listening = True
                self._report(ScannerListens())
            now_s = time.monotonic()
            readings = self._readings.look(now_s) if scan is None else self._readings.feed(_text_of(scan), now_s)
            for text in readings:
                self._report(CodeScanned(text))
        except Exception as error:  # noqa: BLE001  # this thread goes on whatever a library raises
            self._listening = False
            self._report(ScannerFailed(as_device_error(error, "scanner")))
            self._stopping.wait(_RETRY_S)


def _text_of(scan: Scan) -> str:
    return "" if scan.over_long else scan.data.decode("latin-1")
