# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A QR code as rows of modules, for a screen: level M (VOUCHERS.md section 1)."""

from functools import lru_cache
from typing import Final

QUIET_ZONE: Final = 4
"""Light modules on each side, which a reader needs (ISO/IEC 18004)."""

Rows = tuple[tuple[bool, ...], ...]


@lru_cache(maxsize=8)
def qr_modules(text: str) -> Rows:
    """The code's modules, dark ones True, without the quiet zone."""
    import segno  # it reads half of the library's network code, and no screen that a till starts with has a code

    code = segno.make(text, error="m", micro=False, boost_error=False)
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)
