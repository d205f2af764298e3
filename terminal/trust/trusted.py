# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trust in use: one publication, its bundle and its deny list."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Self

from heitje.bundle import TrustBundle


@dataclass(frozen=True, slots=True)
class Trust:
    """`number` is the publication's, which entries name; `signed_at`: Unix second of the timestamp that showed it."""

    bundle: TrustBundle
    deny: Set[bytes]
    number: int
    signed_at: int

    @classmethod
    def of(cls, bundle: TrustBundle) -> Self:
        """A bundle by itself, as a till has it before its first contact."""
        return cls(bundle, bundle.deny, bundle.version, bundle.issued)

    def age_s(self, now: int) -> int:
        """Seconds since it was last shown to be the newest; none for a clock that is behind."""
        return max(0, now - self.signed_at)
