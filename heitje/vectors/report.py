# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a check of known answers found."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]


@dataclass
class Report:
    """Number of answers checked, and one line per mismatch."""

    checked: int = 0
    mismatches: list[str] = field(default_factory=list)

    def equal(self, where: str, ours: object, theirs: object) -> None:
        """Count one answer; a difference is a mismatch."""
        self.checked += 1
        if ours != theirs:
            self._add(f"{where}: here {ours}, in the file {theirs}")

    @contextmanager
    def vector(self, where: str) -> Iterator[None]:
        """Whatever goes wrong while one vector is worked out is a mismatch of that vector."""
        try:
            yield
        except KeyError as error:
            self.checked += 1
            self._add(f"{where}: the member {error} is missing")
        except Exception as error:  # noqa: BLE001  # whatever a file holds, the next vector is still to be checked
            self.checked += 1
            self._add(f"{where}: {type(error).__name__}: {error}")

    def _add(self, line: str) -> None:
        """One line, whatever the file put into it."""
        self.mismatches.append("".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line))


Check: TypeAlias = Callable[[Document, Report], None]


def unhex(text: str) -> bytes:
    """Bytes of a hex text in either case."""
    return bytes.fromhex(text)
