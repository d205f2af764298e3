# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PN532 on a serial line, with a field of its own (NXP UM0701-02 section 6.2).

    host: command -> chip: ACK -> (the chip works) -> chip: answer        host: ACK at any time: the command
    is given up

The chip speaks at the baud rate that it was last told, and hears nothing at another one: a host that was
killed while the line was fast has to ask at that speed again.

With a pace everything is sent when its last byte would have arrived; without one, at once.
"""

import time
from collections import deque
from pathlib import Path
from random import Random
from typing import Final

from firmware_sim.field import Field
from firmware_sim.hsu import ACK, ERROR, FrameReader, Signal, encode
from firmware_sim.pace import Pace, Spent
from firmware_sim.pn532_chip import Chip
from firmware_sim.pty_port import PtyPort
from firmware_sim.simulator import Simulator

BAUD_AT_RESET: Final = 115200


class Pn532(Simulator):
    """The reader; `link` is where a driver finds it. Raises `LinkTaken`."""

    def __init__(self, field: Field, link: Path | None = None, pace: Pace | None = None) -> None:
        super().__init__("pn532")
        self._port = PtyPort(link)
        self._chip = Chip(field)
        self._frames = FrameReader()
        self._baud = BAUD_AT_RESET
        self._pace = pace
        self._outgoing: deque[tuple[float, bytes]] = deque()
        self._last_sent = b""
        self._answered = 0
        self._random = Random(field.faults.rubbish.seed if field.faults.rubbish else 0)
        self.field = field
        self.spent = Spent()

    @property
    def path(self) -> Path:
        """The serial device."""
        return self._port.path

    def serve(self) -> None:
        while not self.stopping:
            left_s = max(self._outgoing[0][0] - time.monotonic(), 0.0) if self._outgoing else None
            if self.wait_readable(self._port.descriptor, left_s):
                self._receive(self._port.read())
            while self._outgoing and time.monotonic() >= self._outgoing[0][0]:
                self._port.write(self._outgoing.popleft()[1])

    def release(self) -> None:
        self.field.close()
        self._port.close()

    def _receive(self, data: bytes) -> None:
        heard_at = self._port.baud
        if heard_at != self._baud:
            if heard_at != self._chip.next_baud:
                self._frames.clear()
                return
            self._switch()
        arrived_at = time.monotonic() + self._line_s(len(data))
        for event in self._frames.feed(data):
            self._outgoing.clear()  # a new command or an ACK gives up the one before
            if event is Signal.ACK:
                self._switch()
            elif event is Signal.NACK:
                self._send(self._last_sent, arrived_at)
            elif isinstance(event, bytes):
                self._execute(event, arrived_at)

    def _execute(self, payload: bytes, arrived_at: float) -> None:
        acknowledged_at = self._send(ACK, arrived_at)
        response = self._chip.execute(payload)
        self._last_sent = ERROR if response.payload is None else encode(self._as_answered(response.payload))
        air_s = response.air_s if self._pace else 0.0
        self.spent.commands += 1
        self.spent.air_s += air_s
        self._send(self._last_sent, acknowledged_at + response.wait_s + air_s)

    def _as_answered(self, payload: bytes) -> bytes:
        """The answer as it leaves the chip: damaged, where this reader goes mad."""
        rubbish = self.field.faults.rubbish
        self._answered += 1
        if rubbish is None or self._answered <= rubbish.spared:
            return payload
        return rubbish.damaged(self._random, payload)

    def _send(self, data: bytes, begin_at: float) -> float:
        """Send bytes so that the last arrives when it would on the line; gives the time of that."""
        at = begin_at + self._line_s(len(data))
        if at <= time.monotonic() and not self._outgoing:
            self._port.write(data)
        else:
            self._outgoing.append((at, data))
        return at

    def _line_s(self, length: int) -> float:
        if self._pace is None:
            return 0.0
        seconds = self._pace.line_s(length, self._baud)
        self.spent.line_s += seconds
        self.spent.line_bytes += length
        return seconds

    def _switch(self) -> None:
        """A new baud rate holds from the host's ACK on."""
        if self._chip.next_baud is not None:
            self._baud, self._chip.next_baud = self._chip.next_baud, None
