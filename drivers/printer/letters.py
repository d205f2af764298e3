# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Text in the letters of a printer's code page."""

import unicodedata
from typing import Final

CODE_PAGE: Final = "cp858"
"""Western European with the euro sign."""


_LIKE: Final = str.maketrans({"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "•": "·"})
"""What stands in for a letter that the code page lacks and Unicode does not take apart."""


def printable(text: str) -> str:
    """The text in letters of the code page; others are taken apart or become `?`.

    Line ends stay; no other control character does, so no text can command a printer.
    """
    return "".join(
        _printable(letter)
        for letter in text.translate(_LIKE)
        if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cf")
    )


def _printable(letter: str) -> str:
    if _in_code_page(letter):
        return letter
    parts = [part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)]
    return "".join(part if _in_code_page(part) else "?" for part in parts) or "?"


def _in_code_page(letter: str) -> bool:
    try:
        letter.encode(CODE_PAGE)
    except UnicodeEncodeError:
        return False
    return True
