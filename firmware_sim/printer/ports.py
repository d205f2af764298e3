# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The two cables of a receipt printer: TCP (port 9100 in the field) and a serial line."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

from firmware_sim.printer.receipt_printer import ReceiptPrinter
from firmware_sim.pty_port import PtyPort
from firmware_sim.simulator import Simulator

READ_MAX: Final = 4096
FULL_PAUSE_S: Final = 0.05
"""How often a full printer looks whether there is room again."""


class TcpPrinter(Simulator):
    """A network printer: one connection at a time, the next waits. Port 0 takes a free one. Raises `OSError`."""

    def __init__(self, printer: ReceiptPrinter, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__("tcp printer")
        self._listener = socket.create_server((host, port))
        self.host: str = host
        self.port: int = self._listener.getsockname()[1]
        self.printer = printer

    def serve(self) -> None:
        while not self.stopping:
            if self.wait_readable(self._listener.fileno()):
                connection, _ = self._listener.accept()
                with connection:
                    self._talk(connection)

    def release(self) -> None:
        self._listener.close()

    def _talk(self, connection: socket.socket) -> None:
        def answer(data: bytes) -> None:
            with suppress(OSError):  # whoever asked is gone
                connection.sendall(data)

        self.printer.answer = answer
        while not self.stopping:
            if self.printer.full:
                self.wait_readable(None, FULL_PAUSE_S)
            elif self.wait_readable(connection.fileno()):
                try:
                    data = connection.recv(READ_MAX)
                except ConnectionResetError:
                    return
                if not data:
                    return
                answer(self.printer.receive(data))


class PtyPrinter(Simulator):
    """A serial printer; `link` is where a driver finds it. Raises `LinkTaken`."""

    def __init__(self, printer: ReceiptPrinter, link: Path | None = None) -> None:
        super().__init__("serial printer")
        self._port = PtyPort(link)
        self.printer = printer
        self.printer.answer = self._port.write

    @property
    def path(self) -> Path:
        """The serial device."""
        return self._port.path

    def serve(self) -> None:
        while not self.stopping:
            if self.printer.full:
                self.wait_readable(None, FULL_PAUSE_S)
            elif self.wait_readable(self._port.descriptor):
                self._port.write(self.printer.receive(self._port.read()))

    def release(self) -> None:
        self._port.close()
