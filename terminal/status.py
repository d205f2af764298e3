# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the till is like, beside what a person does at it: devices, connection, queue, limits. Values for screens."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from drivers.printer import Condition
from heitje.acceptance import ENTRIES_PER_TENDER
from heitje.headroom import Headroom, Margin
from heitje.journal import Instrument
from heitje.money import MAX_AMOUNT

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


def is_nearly_used_up(margin: Margin) -> bool:
    """Whether four fifths of it are."""
    return margin.used * 5 >= margin.most * 4


@dataclass(frozen=True, slots=True)
class Status:
    """One look at the till. `printer`: what it last said of itself, None where there is none or nobody asked yet.

    `asks`: there is a connection, so the backend is asked and the offline limits do not hold.
    """

    now: datetime
    shop_name: str
    terminal: bytes
    programme: str
    headroom: Headroom
    link: Link = Link.NONE
    asks: bool = False
    last_contact: datetime | None = None
    why_service: str = ""
    backend: str = ""
    reader: Device = Device.NONE
    scanner: Device = Device.NONE
    has_printer: bool = False
    printer: frozenset[Condition] | None = None
    card_lies: bool = False
    operators: tuple[str, ...] = ()
    software: str = ""
    bundle: int = 0
    trust_age_s: int = 0

    def room(self, instrument: Instrument) -> int:
        """The most that one payment can be now, in cents; 0: this instrument needs a connection that is not there."""
        if self.asks:
            return MAX_AMOUNT
        rooms = {
            Instrument.CARD: self.headroom.card_room,
            Instrument.PHONE: self.headroom.phone_room,
            Instrument.PAPER: self.headroom.paper_room,
        }
        return rooms[instrument]

    @property
    def sales_left(self) -> int:
        """How many sales of one tender fit before an upload."""
        return self.headroom.entries.left // ENTRIES_PER_TENDER

    @property
    def queue_full(self) -> bool:
        """Whether nothing can be taken without a connection any more."""
        age = self.headroom.age_s
        return not self.sales_left or age.used > age.most

    @property
    def queue_nearly_full(self) -> bool:
        """Whether a limit on what waits for an upload is near."""
        room = self.headroom
        margins = (room.entries, room.age_s, room.card_cents, room.phone_cents, room.paper_cents)
        return any(is_nearly_used_up(margin) for margin in margins)
