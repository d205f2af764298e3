# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Readings that a scanner hands over in pieces: a slow line or a busy hub pauses in the middle of a code.

A driver ends a reading at a line end or a pause; it knows no codes. Here a reading that begins as a code or note and is
not whole waits a moment for its rest. Whatever is whole, or is no code at all, waits for nothing.
"""

from typing import Final

from heitje import qr
from heitje.cose import MalformedToken

WAITS_S: Final = 1.0
"""For the rest of a reading that has begun, from its last piece on."""
PREFIXES: Final = ("HV1:", "HP1:")
_LETTERS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
"""Of base45 (RFC 9285)."""
_ENDS: Final = "\r\n "
_LENGTH_MAX: Final = 2000
"""Characters; a code has about 620."""


class Readings:
    """Pieces in with the time of their arrival (seconds, of a clock that only goes forward), whole readings out."""

    def __init__(self, waits_s: float = WAITS_S) -> None:
        self._waits_s = waits_s
        self._begun = ""
        self._last_s = 0.0

    def feed(self, piece: str, now_s: float) -> list[str]:
        """The readings that this piece ends."""
        readings = self.look(now_s)
        if self._begun and piece.strip(_ENDS).startswith(PREFIXES):
            self._begun = ""  # it was held up again from the beginning
        text = self._begun + piece
        self._begun = ""
        if _may_go_on(text):
            self._begun, self._last_s = text, now_s
            return readings
        return [*readings, text]

    def look(self, now_s: float) -> list[str]:
        """The reading whose rest does not come, if any."""
        if not self._begun or now_s - self._last_s < self._waits_s:
            return []
        text, self._begun = self._begun, ""
        return [text]

    def rest_in_s(self, now_s: float) -> float | None:
        """Time until what has begun is not waited for any more; None where nothing has."""
        return max(0.0, self._last_s + self._waits_s - now_s) if self._begun else None


def _may_go_on(text: str) -> bool:
    """Whether this can be the beginning of a code or note, and is not yet one."""
    start = text.lstrip(_ENDS)
    begins = start.startswith(PREFIXES) or (bool(start) and any(prefix.startswith(start) for prefix in PREFIXES))
    if not begins or len(text) > _LENGTH_MAX or not _LETTERS.issuperset(start):
        return False
    try:
        qr.read(text)
    except MalformedToken:
        return True
    return False
