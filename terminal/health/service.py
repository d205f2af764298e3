# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the till tells its service manager: ready, alive, stopping (systemd's sd_notify, without its library).

A service of `Type=notify` says `READY=1` when its first screen is drawn, and `WATCHDOG=1` for as long as its loop goes
round: one that hangs is started again, into whatever the journal says.
"""

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_MICROSECONDS: Final = 1_000_000


@dataclass
class ServiceManager:
    """Where to tell it; None: nobody wants to know. `alive_every_s`: how often it wants to hear that all is well."""

    address: str | None = None
    alive_every_s: float | None = None
    _told_at: float = 0.0

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ, process: int | None = None) -> "ServiceManager":
        """The one that started this process, by `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`."""
        address = environment.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return cls()
        period = environment.get("WATCHDOG_USEC", "")
        watched = environment.get("WATCHDOG_PID", "") in ("", str(os.getpid() if process is None else process))
        every_s = int(period) / _MICROSECONDS / 2 if period.isdigit() and int(period) and watched else None
        return cls(address, every_s)

    def ready(self, status: str) -> None:
        """The till can be used."""
        self._tell(f"READY=1\nSTATUS={_line(status)}")

    def status(self, status: str) -> None:
        """One line for `systemctl status`; never who pays."""
        self._tell(f"STATUS={_line(status)}")

    def alive(self) -> None:
        """The loop has gone round. May be called as often as it does: what is not needed yet is not sent."""
        now = time.monotonic()
        if self.alive_every_s is not None and now - self._told_at >= self.alive_every_s / 2:
            self._told_at = now
            self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """The till ends in good order."""
        self._tell("STOPPING=1")

    def _tell(self, state: str) -> None:
        """Send it; a service manager that does not listen is no reason to stop selling."""
        if self.address is None:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC) as to:
                to.sendto(state.encode(), address)
        except OSError:
            return


def _line(text: str) -> str:
    return " ".join(text.split())
