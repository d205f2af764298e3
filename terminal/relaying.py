# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a till needs of a reader that forwards for its backend; `terminal.card_relay` is it, and is loaded late."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

from heitje.card.session import Transmit
from heitje.relay import Reply, Waiting


class RelayFailed(Exception):
    """Nothing more comes of this tap; the text says why. What was begun is settled at the next one."""


class Relaying(Protocol):
    """Used by one thread, with a card in its field."""

    def waiting(self, uid: bytes) -> Waiting:
        """What an online tap of this card would do. Raises `RelayFailed`."""
        ...

    def tap(self, uid: bytes, transmit: Transmit) -> Iterator[Reply]:
        """Do it: how each session ended. Raises `RelayFailed`, and what `transmit` raises."""
        ...


NewRelay: TypeAlias = Callable[[], Relaying | None]
"""Called in the card reader's thread; None: nobody would answer."""
