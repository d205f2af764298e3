# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A contactless card as a reader meets it (ISO/IEC 14443-3 type A, 14443-4)."""

from typing import Protocol


class ContactlessCard(Protocol):
    """A card that can lie in a reader's field.

    `atqa` as sent on the air, `sak` of the last cascade level; `ats` is None for a card without ISO 14443-4,
    which then takes raw type A frames in `transmit` (an empty answer is silence); `atr` as a PC/SC reader
    makes it up.
    """

    @property
    def uid(self) -> bytes: ...

    @property
    def atqa(self) -> bytes: ...

    @property
    def sak(self) -> int: ...

    @property
    def ats(self) -> bytes | None: ...

    @property
    def atr(self) -> bytes: ...

    def power_off(self) -> None:
        """The field is gone: everything volatile is lost."""

    def transmit(self, apdu: bytes) -> bytes:
        """Do one command and answer it. Never raises for what it is sent."""
