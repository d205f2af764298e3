# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why the card does not do what it was told: one status word of CARD.md section 8."""

from heitje.card.layout import Status


class CardFault(Exception):
    """Ends the session and aborts the transaction; the reader sees the status word alone."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status
