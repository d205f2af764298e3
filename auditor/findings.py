# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an audit can find, each with a word of its own."""

from dataclasses import dataclass, field
from enum import StrEnum


class Found(StrEnum):
    """The findings. What each means to a person stands in `words`."""

    NO_CHECKPOINT = "no checkpoint"
    BAD_SIGNATURE = "bad signature"
    OTHER_LOG = "other log"
    NO_WITNESS = "no witness"
    BAD_WITNESS = "bad witness"
    SHRUNK = "shrunk"
    FORKED = "forked"
    STALE = "stale"
    MISSING_FILE = "missing file"
    MISSING_ENTRY = "missing entry"
    ALTERED_ENTRY = "altered entry"
    WRONG_TREE = "wrong tree"
    MALFORMED_ENTRY = "malformed entry"
    FROM_NOTHING = "from nothing"
    BELOW_ZERO = "below zero"
    NO_STATEMENT = "no statement"
    WRONG_STATEMENT = "wrong statement"
    NOT_BACKED = "not backed"
    BANK_UNREADABLE = "bank unreadable"
    BANK_DIFFERS = "bank differs"
    BROKEN_ACT = "broken act"
    MISSING_ACTS = "missing acts"
    REWRITTEN_ACTS = "rewritten acts"
    UNOPENED_ANCHOR = "unopened anchor"
    NO_ANCHOR = "no anchor"
    ACTS_STALE = "acts stale"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `facts` are what its text tells: numbers of entries, paths, cents, days."""

    what: Found
    facts: dict[str, str | int] = field(default_factory=dict)


class Refused(Exception):
    """A checkpoint that cannot be followed, and why."""

    def __init__(self, what: Found, **facts: str | int) -> None:
        super().__init__(what)
        self.finding = Finding(what, facts)
