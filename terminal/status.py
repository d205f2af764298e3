# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the till is like, beside what a person does at it: devices, connection, queue, limits. Values for screens."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from drivers.printer import Condition

OPERATORS_MAX: Final = 9
"""One screen shows them all."""


class Device(StrEnum):
    """How a reader or scanner does."""

    NONE = "none"
    STARTING = "starting"
    WORKS = "works"
    FAILED = "failed"


class Link(StrEnum):
    """How the way to the backend does."""

    NONE = "none"
    UNTRIED = "untried"
    ONLINE = "online"
    OFFLINE = "offline"
    NEEDS_SERVICE = "needs service"


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a limit is used up."""

    used: int = 0
    most: int = 0

    @property
    def left(self) -> int:
        """What is left of it."""
        return max(0, self.most - self.used)

    @property
    def nearly_full(self) -> bool:
        """Whether four fifths are used up."""
        return self.used * 5 >= self.most * 4

    @property
    def full(self) -> bool:
        """Whether nothing is left."""
        return self.used >= self.most


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for an upload against what may wait: entries, cents by instrument, seconds of the oldest."""

    entries: Share = Share()
    card_cents: Share = Share()
    phone_cents: Share = Share()
    paper_cents: Share = Share()
    age_s: Share = Share()

    @property
    def _shares(self) -> tuple[Share, ...]:
        return self.entries, self.card_cents, self.phone_cents, self.paper_cents, self.age_s

    @property
    def nearly_full(self) -> bool:
        """Whether a limit is near."""
        return any(share.nearly_full for share in self._shares)

    @property
    def full(self) -> bool:
        """Whether nothing can be taken offline any more."""
        return self.entries.full or self.age_s.full


@dataclass(frozen=True, slots=True)
class Room:
    """The most that one payment can be now, offline, in cents; 0: this instrument needs a connection."""

    card_cents: int = 0
    phone_cents: int = 0
    paper_cents: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """One look at the till. `printer`: what it last said of itself, None where there is none or nobody asked yet."""

    now: datetime
    shop_name: str
    terminal: bytes
    programme: str
    link: Link = Link.NONE
    last_contact: datetime | None = None
    why_service: str = ""
    backend: str = ""
    queue: Queue = Queue()
    room: Room = Room()
    reader: Device = Device.NONE
    scanner: Device = Device.NONE
    has_printer: bool = False
    printer: frozenset[Condition] | None = None
    card_lies: bool = False
    operators: tuple[str, ...] = ()
    software: str = ""
    bundle: int = 0
    bundle_age_s: int = 0
