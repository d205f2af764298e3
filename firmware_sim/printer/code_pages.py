# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Numbers of ESC t and the code pages that they choose (Epson's TM series)."""

from types import MappingProxyType
from typing import Final

FIRST: Final = "cp437"

CODE_PAGES: Final = MappingProxyType(
    {
        0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 13: "cp857", 14: "cp737", 15: "iso8859_7",
        16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858", 33: "cp775", 34: "cp855", 35: "cp861", 36: "cp862",
        37: "cp864", 38: "cp869", 39: "iso8859_2", 40: "iso8859_15", 45: "cp1250", 46: "cp1251", 47: "cp1253",
        48: "cp1254", 49: "cp1255", 50: "cp1256", 51: "cp1257", 52: "cp1258",
    }
)  # fmt: skip


def decode(data: bytes, page: str) -> str:
    """Letters of a text; a byte that the page has no letter for is shown as ¿, a control byte as nothing."""
    text = data.decode(page, "replace").replace("\ufffd", "¿")
    return "".join(letter for letter in text if letter >= " " and letter != "\x7f")
