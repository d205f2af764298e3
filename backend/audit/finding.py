# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an invariant answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant's answer: whether it holds, and the figures (cents and counts) that show it."""

    name: str
    holds: bool
    figures: dict[str, int] = field(default_factory=dict)


Invariant: TypeAlias = Callable[[], Finding]
