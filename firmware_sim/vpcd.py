# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PC/SC reader's far end: the card side of vpcd, the virtual reader that pcscd loads.

vpcd listens; a card in the field is a connection to it, and a closed connection is a card that left. A message is
a length (2 bytes, big-endian) and that many bytes. One byte is a control, anything longer an APDU:

    00 power off    01 power on    02 reset    04 ATR, answered by length and ATR (length 0: no card)
    APDU            answered by length and answer

What a reader answers by itself never reaches the card and is not counted as an APDU: `FF CA 00 00 00`, its UID.
"""

import socket
import struct
import sys
import threading
import time
from typing import Final

from firmware_sim.contactless import ContactlessCard
from firmware_sim.field import Field
from firmware_sim.iso14443 import frame_size
from firmware_sim.pace import Pace, Spent, blocks_s
from firmware_sim.simulator import Simulator

READER_FRAME_SIZE: Final = 256
"""A contactless PC/SC reader tells the card that it takes frames of any length (ISO/IEC 14443-4: FSDI 8)."""
RETRY_S: Final = 0.1
"""Pause before the next try to reach a vpcd that is not there yet."""
ABSENCE_S: Final = 0.5
"""Shortest time without a card: pcscd looks every 0.4 s, and one that does not see a card leave believes in none."""

_LENGTH: Final = struct.Struct(">H")
_POWER_CONTROLS: Final = (b"\x00", b"\x01", b"\x02")
_ATR: Final = b"\x04"

_READER_CLASS: Final = 0xFF
_GET_UID: Final = bytes.fromhex("FFCA0000")
_OK: Final = bytes.fromhex("9000")
_NOT_SUPPORTED: Final = bytes.fromhex("6A81")


class Vpcd(Simulator):
    """A virtual reader's field, connected to the vpcd at `host` and `port`."""

    def __init__(self, field: Field, host: str, port: int, pace: Pace | None = None) -> None:
        super().__init__("vpcd")
        self._pace = pace
        self.spent = Spent()
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._received = b""
        self._entry = field.entry
        self._left_at = -ABSENCE_S
        self._reached = threading.Event()
        self.field = field
        field.watch(self.wake)

    def wait_reached(self, cancelled: threading.Event) -> bool:
        """Wait until vpcd has asked for a card's ATR, so that pcscd knows of it. False when `cancelled` is set."""
        while not self._reached.wait(RETRY_S):
            if cancelled.is_set():
                return False
        return True

    def serve(self) -> None:
        while not self.stopping:
            entry, cards = self.field.entry, self.field.cards
            if entry != self._entry:  # whatever was connected is away, even where the same card is there again
                self._disconnect()
                self._entry = entry
            if not cards:
                self.wait_readable(None)
            elif self._socket is None:
                absent_s = time.monotonic() - self._left_at
                if absent_s < ABSENCE_S:
                    self.wait_readable(None, ABSENCE_S - absent_s)
                else:
                    self._connect()
            elif self.wait_readable(self._socket.fileno()):
                self._receive(self._socket, cards[0])

    def release(self) -> None:
        self.field.close()
        self._disconnect()

    def _connect(self) -> None:
        try:
            connection = socket.create_connection(self._address)
        except OSError:
            self.wait_readable(None, RETRY_S)
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._received = b""
        self._acknowledge_at_once(connection)

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            self._left_at = time.monotonic()

    def _receive(self, connection: socket.socket, card: ContactlessCard) -> None:
        try:
            data = connection.recv(_LENGTH.size + 0xFFFF)
            self._acknowledge_at_once(connection)
        except OSError:
            data = b""
        if not data:  # pcscd stopped: a card waits for the next one
            card.power_off()
            self._disconnect()
            self.wait_readable(None, RETRY_S)
            return
        self._received += data
        while len(self._received) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._received)[0]
            if len(self._received) < end:
                return
            message, self._received = self._received[_LENGTH.size : end], self._received[end:]
            answer = self._answer(message, card)
            if answer is None:
                continue
            if self.field.entry != self._entry:  # the answer is lost with the card
                return
            try:
                connection.sendall(_LENGTH.pack(len(answer)) + answer)
            except OSError:
                return

    def _answer(self, message: bytes, card: ContactlessCard) -> bytes | None:
        """The answer to a message; None for a control that has none."""
        if message in _POWER_CONTROLS:
            card.power_off()
            return None
        if message == _ATR:
            self._reached.set()
            return card.atr
        if message[:1] == bytes((_READER_CLASS,)):
            return card.uid + _OK if message[:4] == _GET_UID else _NOT_SUPPORTED
        answer = self.field.transmit(card, message) or b""
        if self._pace is not None:
            air_s = blocks_s(len(message), len(answer), frame_size(card.ats), READER_FRAME_SIZE)
            self.spent.commands += 1
            self.spent.air_s += air_s
            self.pause(air_s)
        return answer

    @staticmethod
    def _acknowledge_at_once(connection: socket.socket) -> None:
        """vpcd sends length and bytes apart; a delayed ACK would hold each APDU up by 40 ms. Lapses: set again."""
        if sys.platform == "linux":
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
