# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What comes from the backend's side: how a contact went, and the answers to questions. Values.

They are apart so that a till can wait for them without having loaded what brings them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from heitje.holds import HoldAnswer
from heitje.messages import EntryOutcome
from terminal.trust.trusted import Trust


class SyncEnd(StrEnum):
    """How a sync ended."""

    DONE = "done"
    LATER = "try again later"
    SERVICE = "needs service"
    RESTORED = "the journal is older than the backend's: this till must be enrolled anew"


class TrustEnd(StrEnum):
    """What came of the trust in a sync."""

    FRESH = "fresh"
    LATER = "not refreshed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did. `why` in words where it did not end well; `bundle`: the publication that is trusted now.

    `suspended`: what the municipality says of this till; None: it did not say.
    """

    end: SyncEnd
    sent: int = 0
    outcomes: tuple[EntryOutcome, ...] = ()
    cursor: int = 0
    why: str | None = None
    trust: TrustEnd = TrustEnd.LATER
    bundle: int = 0
    suspended: bool | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact with the backend, or the lack of one, at Unix time `at`; what is trusted from now on."""

    report: SyncReport
    trust: Trust
    at: int

    @property
    def heard(self) -> bool:
        """Whether the backend answered."""
        return self.report.end is not SyncEnd.LATER


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer to question `number`; None: not heard in time."""

    number: int
    answer: HoldAnswer | None


@dataclass(frozen=True, slots=True)
class WordOverdue:
    """Half a second has passed since word `number` was asked for."""

    number: int


LineEvent: TypeAlias = Heard | Contact | WordOverdue
