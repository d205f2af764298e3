# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The desk where cards are made and looked at: a reader, an issuer, and a person who holds cards to the reader.

A card that left too early is asked for again, and only that card, until the work on it has come to an end or the time
is over: whatever was begun is finished (CARD.md section 5).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from drivers.card import Card, CardReader
from drivers.errors import CardGone, CardKind, CardNotSupported, DeviceGone
from heitje.card.layout import UID_LENGTH
from heitje.card.sale import ForeignCard
from heitje.card.session import CardFault, Transmit

_SLICE_S: Final = 1.0
_RETRY_S: Final = 0.5

Result = TypeVar("Result")
Say = Callable[[str], None]


class DeskFailed(Exception):
    """Nothing came of it; the text says why, and what to do."""


@dataclass
class CardDesk:
    """One desk. `say` tells the person what is happening; `timeout_s` is for all of the work on one card."""

    reader: CardReader
    say: Say
    timeout_s: float

    def work(self, do: Callable[[bytes, Transmit], Result]) -> Result:
        """Have `do` done with the UID and the APDUs of the card that is held to the reader. Raises `DeskFailed`.

        It may be called again from its beginning, with the same card.
        """
        deadline = time.monotonic() + self.timeout_s
        begun: bytes | None = None
        self.say("hold a card to the reader")
        try:
            while True:
                card = self._card(deadline, begun)
                if begun is None:
                    self.say(f"card {card.uid.hex().upper()}")
                begun = card.uid
                try:
                    return do(card.uid, card.transmit)
                except (CardGone, DeviceGone):
                    self.say(f"the card left too early: hold card {begun.hex().upper()} again")
                except ForeignCard as error:
                    raise DeskFailed(f"this is no card of this programme: {error}") from error
                except CardFault as error:
                    raise DeskFailed(f"the card did something unexpected: {error}") from error
        finally:
            self.reader.close()

    def _card(self, deadline: float, begun: bytes | None) -> Card:
        """The card to work on, once it lies on the reader. Raises `DeskFailed` when the time is over."""
        told = ""
        while (left_s := deadline - time.monotonic()) > 0:
            card: Card | None = None
            try:
                card = self.reader.wait_for_card(min(_SLICE_S, left_s))
                problem = "" if card is None else _problem(card.uid, begun)
            except CardNotSupported as error:
                problem = _NOT_SUPPORTED[error.kind]
                if begun is None and error.kind in _NO_CARDS:
                    raise DeskFailed(problem) from error
            except DeviceGone as error:
                problem = f"the reader does not answer: {error}"
            if card is not None and not problem:
                return card
            if problem and problem != told:
                self.say(problem)
                told = problem
            if problem:
                self._pause(card, min(_SLICE_S, left_s))
        if begun is None:
            raise DeskFailed(told or "no card was held to the reader")
        raise DeskFailed(
            f"card {begun.hex().upper()} did not come back; hold it another time, and it is taken up where it was left"
        )

    def _pause(self, card: Card | None, most_s: float) -> None:
        """Give the person time to take away what is wrong."""
        if card is None:
            time.sleep(min(_RETRY_S, most_s))
            return
        try:
            card.wait_removed(most_s)
        except DeviceGone:
            return


def _problem(uid: bytes, begun: bytes | None) -> str:
    """Why this card is not worked on, while another was begun; nothing where it is. Raises `DeskFailed`."""
    if begun is not None and uid != begun:
        return f"that is another card: hold {begun.hex().upper()} again first"
    if len(uid) != UID_LENGTH:
        raise DeskFailed("this is no citizen's card: its number has another length")
    return ""


_NOT_SUPPORTED: Final = {
    CardKind.MEMORY: "a tag that only stores data lies on the reader",
    CardKind.OTHER: "something that is no card lies on the reader",
    CardKind.SEVERAL: "more than one card lies on the reader: hold one alone",
    CardKind.SILENT: "the card does not answer: hold it again",
}
_NO_CARDS: Final = frozenset({CardKind.MEMORY, CardKind.OTHER})
