# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Holes in the cards' chains: sales that a terminal made and has not sent (CARD.md section 7, LEDGER.md section 2)."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from backend.redemption.models import CardTransaction

UPLOAD_WINDOW_S: Final = 21 * 86_400
_TERMINAL_DIGITS: Final = 16
_NO_TERMINAL: Final = "0" * _TERMINAL_DIGITS
"""What stands for a terminal in a load's reader id, and in that of nobody at all."""


@dataclass(frozen=True, slots=True)
class Hole:
    """The entry that is missing, by the reader id that the next transaction's EncTMRI names; no card is named.

    `known_since`: when the sale after it came, Unix seconds.
    """

    terminal: str
    intent_seq: int
    known_since: int

    def is_overdue(self, now: int) -> bool:
        """Whether the upload window is over."""
        return now > self.known_since + UPLOAD_WINDOW_S


def missing_entries() -> tuple[Hole, ...]:
    """Every hole whose other side vouches for the reader before it, the oldest first."""
    before = CardTransaction.objects.filter(uid=OuterRef("uid"), tmc=OuterRef("tmc") - 1)
    open_ended = CardTransaction.objects.filter(~Exists(before), has_mac=True, tmc__gt=1)
    since = Coalesce("claim__settled_at", "claim__time", "load__settled_at", "load__time")
    rows = (
        open_ended.exclude(previous_tmri__startswith=_NO_TERMINAL)
        .annotate(since=since)
        .values_list("previous_tmri", "since")
    )
    holes = (
        Hole(reader[:_TERMINAL_DIGITS], int(reader[_TERMINAL_DIGITS:], 16), known_since) for reader, known_since in rows
    )
    return tuple(sorted(holes, key=lambda hole: (hole.known_since, hole.terminal, hole.intent_seq)))
