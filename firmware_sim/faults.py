# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Faults between card and reader, as data (DESIGN.md section 2)."""

from dataclasses import dataclass
from enum import Enum
from random import Random


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
class Rubbish:
    """A reader that goes mad: after `spared` answers that many of a hundred are damaged, in whole frames."""

    percent: int
    seed: int = 0
    spared: int = 0

    def damaged(self, random: Random, payload: bytes) -> bytes:
        """What becomes of an answer: as it is, cut short, one bit turned over, or something else entirely."""
        if random.randrange(100) >= self.percent:
            return payload
        kind = random.randrange(3)
        if kind == 0:
            return payload[: random.randrange(1, len(payload) + 1)]
        if kind == 1:
            bit = random.randrange(8 * len(payload))
            return bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(payload))
        return payload[:2] + random.randbytes(random.randrange(30))


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong in one field."""

    tear: Tear | None = None
    garble: Garble | None = None
    noise: Noise | None = None
    rubbish: Rubbish | None = None


NO_FAULTS = Faults()
