# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A sound for each outcome, made of tones: nothing is recorded, nothing is shipped. Pure."""

import math
from array import array
from enum import Enum
from typing import Final

from terminal.flows.scene import Place, Scene
from terminal.sale import Phase, Served, Verdict

RATE_HZ: Final = 22_050
_LOUDNESS: Final = 0.35
_FADE_S: Final = 0.012
_LARGEST: Final = 32_767


class Sound(Enum):
    """What is heard."""

    PAID = "paid"
    REFUSED = "refused"
    HOLD_AGAIN = "hold again"
    TAKEN = "taken"
    ATTENTION = "attention"


Tone = tuple[float, float]
"""Hertz (0: silence) and seconds."""

TONES: Final[dict[Sound, tuple[Tone, ...]]] = {
    Sound.PAID: ((659.3, 0.11), (880.0, 0.11), (1318.5, 0.22)),
    Sound.REFUSED: ((311.1, 0.16), (0.0, 0.05), (207.7, 0.34)),
    Sound.HOLD_AGAIN: ((587.3, 0.12), (0.0, 0.08), (587.3, 0.12), (0.0, 0.08), (587.3, 0.12)),
    Sound.TAKEN: ((880.0, 0.09),),
    Sound.ATTENTION: ((440.0, 0.12), (554.4, 0.18)),
}


def wave(sound: Sound) -> bytes:
    """The sound as signed 16-bit samples of one channel, in this machine's byte order."""
    samples = array("h")
    for hertz, seconds in TONES[sound]:
        count = round(seconds * RATE_HZ)
        fade = round(_FADE_S * RATE_HZ)
        for place in range(count):
            edge = min(1.0, place / fade, (count - 1 - place) / fade)
            samples.append(round(_LARGEST * _LOUDNESS * edge * math.sin(2 * math.pi * hertz * place / RATE_HZ)))
    return samples.tobytes()


def sound_of(before: Scene, after: Scene) -> Sound | None:
    """What is heard when one scene follows another."""
    old, new = before.sale, after.sale
    if after.place is Place.SALE and new != old:
        if new.verdict is not old.verdict and new.verdict is not None:
            return {Verdict.ACCEPTED: Sound.PAID, Verdict.REFUSED: Sound.REFUSED}.get(new.verdict, Sound.ATTENTION)
        if new.phase is Phase.UNRESOLVED and old.phase is not Phase.UNRESOLVED:
            return Sound.HOLD_AGAIN
        if new.problem is not None and new.problem is not old.problem:
            return Sound.REFUSED
        if len(new.tenders) > len(old.tenders) and new.phase is Phase.PRESENT:
            return Sound.TAKEN
        if new.served is not old.served:
            return _sound_of_served(new.served)
    if after.place is not before.place and after.place in (Place.PAPER, Place.TOLD, Place.LOCKED, Place.SUSPENDED):
        return Sound.ATTENTION
    if after.place is Place.BALANCE and after.balance is not None and before.balance is None:
        return Sound.TAKEN
    return _sound_of_served(after.served) if after.served is not before.served else None


def _sound_of_served(served: Served | None) -> Sound | None:
    if served is None or served.at_work:
        return None
    return Sound.HOLD_AGAIN if served.again else Sound.TAKEN if served.loaded else None
