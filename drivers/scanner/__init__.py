# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""2-D scanners that send what they read as bytes."""

from dataclasses import dataclass
from threading import Event
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Scan:
    """One reading, without its line end. `over_long`: it was longer than any code may be, and `data` is empty."""

    data: bytes
    over_long: bool = False


class Scanner(Protocol):
    """A scanner. It belongs to one thread; only an `Event` is set from another."""

    def wait_for_scan(self, timeout_s: float, cancelled: Event | None = None) -> Scan | None:
        """Wait for a reading; None after `timeout_s`, or when `cancelled` is set.

        A scanner that went away is looked for again with each call. Raises `DeviceGone`.
        """

    def close(self) -> None:
        """Give the scanner back. It can be used again afterwards."""
