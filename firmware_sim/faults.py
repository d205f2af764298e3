# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Faults between card and reader, as data (DESIGN.md section 2)."""

from dataclasses import dataclass
from enum import Enum


class Moment(Enum):
    """When the card leaves: before it has seen the command, or after it did it and before its answer arrives."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Tear:
    """The card leaves the field at its `apdu`-th APDU (from 1) since it entered the field. It happens once."""

    moment: Moment
    apdu: int

    def __post_init__(self) -> None:
        if self.apdu < 1:
            raise ValueError("APDUs are counted from 1")


@dataclass(frozen=True, slots=True)
class Garble:
    """One bit of the answer to the `apdu`-th APDU is turned over; `seed` chooses which."""

    apdu: int
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Noise:
    """A bad radio link: that many blocks of a hundred are lost, either way; `seed` chooses which."""

    lost_percent: int
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong in one field."""

    tear: Tear | None = None
    garble: Garble | None = None
    noise: Noise | None = None


NO_FAULTS = Faults()
