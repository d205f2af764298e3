# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A serial port that nothing is plugged into: a pty, and a link at a path of one's choice.

The port keeps its own descriptor of the far side, so a program that opens and closes it several times (nfcpy
does) is not taken for an unplugged cable. A pty carries bytes at once: a simulator that wants a baud rate
paces itself.
"""

import fcntl
import os
import select
import struct
import termios
import tty
from contextlib import suppress
from pathlib import Path
from typing import Final

READ_MAX: Final = 4096
_INT: Final = struct.Struct("i")

_SPEEDS: Final = {
    getattr(termios, f"B{baud}"): baud for baud in (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
}
_OUTPUT_SPEED: Final = 5  # place in termios.tcgetattr's list


class LinkTaken(ValueError):
    """Something that is no link lies at the path."""


class PtyPort:
    """One open pty; `link` becomes a symbolic link to its far side (an old link there is replaced)."""

    def __init__(self, link: Path | None = None) -> None:
        if link is not None and link.exists() and not link.is_symlink():
            raise LinkTaken(f"{link} exists and is no link")
        self.descriptor, far_side = os.openpty()
        tty.setraw(far_side)
        os.set_blocking(self.descriptor, False)
        self._far_side: int | None = far_side
        self.device = Path(os.ttyname(far_side))
        self._link = link
        if link is not None:
            beside = link.with_name(link.name + ".new")
            beside.unlink(missing_ok=True)
            beside.symlink_to(self.device)
            beside.replace(link)

    @property
    def path(self) -> Path:
        """Where a driver opens it."""
        return self._link or self.device

    def let_go(self) -> None:
        """Give the far side up, so that `listened_to` can tell whether another program has it open."""
        if self._far_side is not None:
            os.close(self._far_side)
            self._far_side = None

    @property
    def listened_to(self) -> bool:
        """Whether a program has the port open; true also where the port itself still holds its far side."""
        poll = select.poll()
        poll.register(self.descriptor, 0)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    @property
    def unread(self) -> int:
        """Bytes that were sent and that no program has read yet."""
        far_side = os.open(self.device, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            count = fcntl.ioctl(far_side, termios.FIONREAD, bytes(_INT.size))
        finally:
            os.close(far_side)
        return int(_INT.unpack(count)[0])

    @property
    def baud(self) -> int:
        """The speed that the other side has set; 0 for one that is not in the list."""
        return _SPEEDS.get(termios.tcgetattr(self.descriptor)[_OUTPUT_SPEED], 0)

    def read(self) -> bytes:
        """What has arrived, at most 4096 bytes; nothing where there is nothing."""
        try:
            return os.read(self.descriptor, READ_MAX)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> None:
        """Send bytes. What a full buffer does not take is lost, as on a cable without flow control."""
        with suppress(BlockingIOError):
            while data:
                data = data[os.write(self.descriptor, data) :]

    def close(self) -> None:
        """Unplug: the other side's next read fails. The link is taken away."""
        if self._link is not None and self._link.is_symlink() and self._link.readlink() == self.device:
            self._link.unlink()
        self.let_go()
        os.close(self.descriptor)
