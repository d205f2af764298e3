# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The table of a task's states: what moves it, who may, what that posts; nothing else moves it (RULES.md section 1)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a task stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLAIMED = "claimed"
    STARTED = "started"
    SUBMITTED = "submitted"
    VALIDATED = "validated"
    REJECTED = "rejected"
    REWARDED = "rewarded"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class Move(StrEnum):
    """What is done to a task."""

    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    CLAIM = "claim"
    START = "start"
    SUBMIT = "submit"
    VALIDATE = "validate"
    REJECT = "reject"
    REWARD = "reward"
    LAPSE = "lapse"


class Who(StrEnum):
    """Who may make a move."""

    EDITOR = "editor"
    CITIZEN = "citizen"
    CLAIMANT = "claimant"
    """The citizen who claimed it."""
    INSPECTOR = "inspector"
    """Neither its claimant nor its publisher."""
    MINT = "mint"
    """The programme itself, in the transaction of the validation."""
    CALENDAR = "calendar"
    """Time: nobody finished it."""


class Posting(StrEnum):
    """What a move posts into the ledger."""

    NOTHING = "nothing"
    COMMIT = "free cover to committed"
    RELEASE = "committed to free cover"
    MINT = "committed to citizen"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table."""

    source: State
    move: Move
    target: State
    who: Who
    posts: Posting = Posting.NOTHING


TRANSITIONS: Final = (
    Transition(State.DRAFT, Move.PUBLISH, State.PUBLISHED, Who.EDITOR, Posting.COMMIT),
    Transition(State.PUBLISHED, Move.WITHDRAW, State.WITHDRAWN, Who.EDITOR, Posting.RELEASE),
    Transition(State.PUBLISHED, Move.CLAIM, State.CLAIMED, Who.CITIZEN),
    Transition(State.PUBLISHED, Move.LAPSE, State.LAPSED, Who.CALENDAR, Posting.RELEASE),
    Transition(State.CLAIMED, Move.START, State.STARTED, Who.CLAIMANT),
    Transition(State.CLAIMED, Move.LAPSE, State.LAPSED, Who.CALENDAR, Posting.RELEASE),
    Transition(State.STARTED, Move.SUBMIT, State.SUBMITTED, Who.CLAIMANT),
    Transition(State.STARTED, Move.LAPSE, State.LAPSED, Who.CALENDAR, Posting.RELEASE),
    Transition(State.SUBMITTED, Move.VALIDATE, State.VALIDATED, Who.INSPECTOR),
    Transition(State.SUBMITTED, Move.REJECT, State.REJECTED, Who.INSPECTOR),
    Transition(State.REJECTED, Move.START, State.STARTED, Who.CLAIMANT),
    Transition(State.REJECTED, Move.LAPSE, State.LAPSED, Who.CALENDAR, Posting.RELEASE),
    Transition(State.VALIDATED, Move.REWARD, State.REWARDED, Who.MINT, Posting.MINT),
    Transition(State.LAPSED, Move.PUBLISH, State.PUBLISHED, Who.EDITOR, Posting.COMMIT),
)

TRIES: Final = 2
"""A rejection leaves one more try."""

_BY_MOVE: Final = {(row.source, row.move): row for row in TRANSITIONS}


def find(state: State, move: Move) -> Transition | None:
    """The row for a move out of a state; None where that state does not know the move."""
    return _BY_MOVE.get((state, move))
