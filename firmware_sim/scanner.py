# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A 2-D scanner on a serial port: sends what it is shown at its baud rate, with a suffix.

A pty carries bytes at once, so the scanner paces itself: 8N1 is ten bits for a byte. Like one on USB it holds its
readings back until a program has the port open, and a moment longer, while that program sets the port up.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from firmware_sim.pty_port import PtyPort
from firmware_sim.simulator import Simulator

CR_LF: Final = b"\r\n"
BAUDS: Final = (9600, 19200, 38400, 57600, 115200)
BITS_PER_BYTE: Final = 10
TICK_S: Final = 0.002
"""Bytes leave in portions of this much time."""
LISTENER_LOOK_S: Final = 0.02
SETTLE_S: Final = 0.1
"""A program that opens a port empties it first."""


@dataclass(frozen=True, slots=True)
class ScannerFaults:
    """What goes wrong in each reading.

    `noise_bytes` of rubbish come before it (`seed` chooses them), it stops for `pause_s` in its middle, and only its
    first `cut_after` bytes are sent, without suffix.
    """

    noise_bytes: int = 0
    pause_s: float = 0.0
    cut_after: int | None = None
    seed: int = 0


class Scanner(Simulator):
    """The scanner; `link` is where a driver finds it. Raises `LinkTaken`."""

    def __init__(
        self,
        link: Path | None = None,
        baud: int = 115200,
        suffix: bytes = CR_LF,
        faults: ScannerFaults = ScannerFaults(),
    ) -> None:
        super().__init__("scanner")
        self._port = PtyPort(link)
        self._port.let_go()
        self._listened_to = False
        self._bytes_per_s = baud / BITS_PER_BYTE
        self._suffix = suffix
        self._faults = faults
        self._random = Random(faults.seed)
        self._shown: deque[bytes] = deque()
        self._sent = threading.Condition()
        self._unsent = 0

    @property
    def path(self) -> Path:
        """The serial device."""
        return self._port.path

    def scan(self, data: bytes) -> None:
        """Show it something to read. From any thread; readings are sent one after another."""
        with self._sent:
            self._unsent += 1
            self._shown.append(data)
        self.wake()

    def wait_sent(self, timeout_s: float) -> bool:
        """Wait until everything shown has been sent, and read by a program."""
        with self._sent:
            return self._sent.wait_for(lambda: self._unsent == 0, timeout_s)

    def serve(self) -> None:
        while not self.stopping:
            if not self._shown:
                self.wait_readable(None)
                continue
            if not self._has_listener():
                continue
            self._send(self._shown.popleft())
            self._wait_taken()
            with self._sent:
                self._unsent -= 1
                self._sent.notify_all()

    def release(self) -> None:
        self._port.close()

    def _has_listener(self) -> bool:
        """Whether a program listens; one that has just come is given time, one that has not is looked for again."""
        before, self._listened_to = self._listened_to, self._port.listened_to
        if not self._listened_to:
            self._rest(LISTENER_LOOK_S)
        elif not before:
            self._rest(SETTLE_S)
        return self._listened_to

    def _wait_taken(self) -> None:
        """Wait until the program has read it: an unplugged port takes along what lies in it."""
        looks_without = 0  # two, for what was just sent is not yet to be seen
        while not self.stopping and self._port.listened_to and looks_without < 2:
            self._rest(LISTENER_LOOK_S)
            looks_without = 0 if self._port.unread else looks_without + 1

    def _send(self, data: bytes) -> None:
        faults = self._faults
        whole = self._random.randbytes(faults.noise_bytes) + data + self._suffix
        if faults.cut_after is not None:
            whole = whole[: faults.cut_after]
        middle = len(whole) // 2 if faults.pause_s else len(whole)
        self._send_paced(whole[:middle])
        if middle < len(whole):
            self._rest(faults.pause_s)
            self._send_paced(whole[middle:])

    def _send_paced(self, data: bytes) -> None:
        started = time.monotonic()
        sent = 0
        while sent < len(data) and not self.stopping:
            self._rest(TICK_S)
            due = min(int((time.monotonic() - started) * self._bytes_per_s), len(data))
            self._port.write(data[sent:due])
            sent = due

    def _rest(self, time_s: float) -> None:
        """Let time pass, deaf to wake-ups but not to the end."""
        deadline = time.monotonic() + time_s
        while not self.stopping and (left_s := deadline - time.monotonic()) > 0:
            self.wait_readable(None, left_s)
