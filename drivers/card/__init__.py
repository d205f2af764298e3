# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Card readers, whatever they are plugged into: the same contract for PC/SC and PN532."""

from threading import Event
from typing import Final, Protocol

APDU_ANSWER_MAX: Final = 258
"""Longest answer that is taken from a card: 256 bytes and the status word (CARD.md section 1)."""


class Card(Protocol):
    """A card in the field, from `wait_for_card` until it leaves."""

    @property
    def uid(self) -> bytes:
        """The UID of anticollision, 4, 7 or 10 bytes."""

    def transmit(self, apdu: bytes) -> bytes:
        """Send one APDU and give the answer, status word included, at most 258 bytes.

        Nothing but this APDU goes to the card. Raises `CardGone` (the card may have done it all the same),
        `DeviceGone`.
        """

    def present(self) -> bool:
        """Whether the card is still there, without a command to it. Raises `DeviceGone`."""

    def wait_removed(self, timeout_s: float, cancelled: Event | None = None) -> bool:
        """Wait until the card has left; False after `timeout_s`, or when `cancelled` is set. Raises `DeviceGone`."""


class CardReader(Protocol):
    """A reader. It belongs to one thread; only an `Event` is set from another."""

    def wait_for_card(self, timeout_s: float, cancelled: Event | None = None) -> Card | None:
        """Wait for a card and activate it; None after `timeout_s`, or when `cancelled` is set.

        A card that lies there already is given at once; what an earlier program left selected in it may still be
        selected. A reader that went away is looked for again with each call. Raises `DeviceGone`,
        `CardNotSupported` (at once and each time: a caller pauses).
        """

    def close(self) -> None:
        """Give the reader back. It can be used again afterwards."""
