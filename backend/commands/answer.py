# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a command answers."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """For a person (`text`) and for a program (`document`, with --json); `ok` decides the exit code."""

    text: str
    document: dict[str, Any] = field(default_factory=dict)
    ok: bool = True


class Refused(Exception):
    """The command was understood and is not done; the text says why."""
