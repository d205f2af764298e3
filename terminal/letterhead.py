# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What stands on a shop's paper beside its name: address lines, and VAT where the shop has to show it."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final, Self

SETTINGS: Final = frozenset({"lines", "vat_percent", "vat_number"})
LINES_MAX: Final = 6
_PERCENT: Final = re.compile(r"([0-9]{1,2})(?:[.,]([0-9]))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """`lines` below the shop's name. `vat_permille`: the rate included in every amount, in thousandths (90 is 9 %)."""

    lines: tuple[str, ...] = ()
    vat_permille: int | None = None
    vat_number: str = ""

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Self:
        """Read the section `receipt` of a till's configuration. Raises `ValueError`."""
        lines, number = settings.get("lines", []), settings.get("vat_number", "")
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines) or len(lines) > LINES_MAX:
            raise ValueError(f"receipt.lines is a list of at most {LINES_MAX} texts")
        if not isinstance(number, str):
            raise ValueError("receipt.vat_number is a text")
        return cls(tuple(lines), _permille(settings.get("vat_percent")), number)

    def to_settings(self) -> list[str]:
        """The lines of a configuration file that say the same; none for the usual."""
        lines = []
        if self.lines:
            lines.append(f"lines = {json.dumps(list(self.lines), ensure_ascii=False)}")
        if self.vat_permille is not None:
            whole, tenths = divmod(self.vat_permille, 10)
            lines.append(f'vat_percent = "{whole}.{tenths}"')
        if self.vat_number:
            lines.append(f"vat_number = {json.dumps(self.vat_number)}")
        return lines


NO_LETTERHEAD: Final = Letterhead()
"""Nothing beside the shop's name."""


def _permille(value: object) -> int | None:
    """A rate as a whole number, or as text with one decimal: no float comes near money."""
    if value is None:
        return None
    found = _PERCENT.fullmatch(str(value)) if type(value) in (int, str) else None
    if found is None:
        raise ValueError('receipt.vat_percent is a rate as 9 or "5.5"')
    return int(found[1]) * 10 + int(found[2] or 0)
