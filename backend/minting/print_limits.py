# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a print run may be: how many notes, in which languages, on which paper."""

from typing import Final

NOTES_MAX: Final = 400
LANGUAGES: Final = ("nl", "en", "de")
PAPERS: Final = ("a4", "receipt")
PER_SHEET: Final = {"a4": 8, "receipt": 1}
SPOILT: Final = "spoilt"
UNSOLD: Final = "unsold"
