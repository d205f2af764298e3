# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person does at a card reader, as lines: lay a card on it, lift it, pull it away in the middle.

tap [UID]       lay a card on the reader (without UID the last one)
lift            take it away
tear-before N   the next time, pull it away before it has seen the Nth APDU
tear-after N    the next time, pull it away when it has done the Nth APDU, before the answer arrives
balance         say what the card keeps: cents, and how many transactions it has committed (a stranger: nothing)
"""

from collections.abc import Callable, Mapping
from typing import Final

from firmware_sim.card.firmware import Card
from firmware_sim.console import Console
from firmware_sim.contactless import ContactlessCard
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.lines import UnknownLine

TEARS: Final = {"tear-before": Moment.BEFORE, "tear-after": Moment.AFTER}


def kept(card: ContactlessCard) -> dict[str, object]:
    """What a card keeps: cents and transactions of a citizen's; of a stranger nothing is known."""
    if not isinstance(card, Card):
        return {}
    application = card.image.application
    return {"cents": application.balance, "tmc": application.tmc}


class CardDesk:
    """One field, the cards that there are, and a console that is told what happens."""

    def __init__(self, field: Field, cards: Mapping[bytes, ContactlessCard], console: Console) -> None:
        self._field = field
        self._cards = cards
        self._last = next(iter(cards))
        self._console = console
        field.watch(self._changed)

    @property
    def lines(self) -> dict[str, Callable[[str], None]]:
        """First word of a line, and what does it with the rest."""
        return {
            "tap": self._tap,
            "lift": lambda rest: self._field.lift(),
            "balance": lambda rest: self._tell(),
            **{word: self._arming(moment) for word, moment in TEARS.items()},
        }

    def _tap(self, rest: str) -> None:
        if rest:
            try:
                uid = bytes.fromhex(rest)
            except ValueError:
                raise UnknownLine(f"{rest!r} is no UID") from None
            if uid not in self._cards:
                known = ", ".join(known.hex().upper() for known in self._cards)
                raise UnknownLine(f"there is no card {rest}; there are {known}")
            self._last = uid
        self._field.put(self._cards[self._last])

    def _arming(self, moment: Moment) -> Callable[[str], None]:
        def arm(rest: str) -> None:
            if not rest.isdecimal() or not int(rest):
                raise UnknownLine("which APDU? They are counted from 1")
            self._field.arm(Tear(moment, int(rest)))

        return arm

    def _tell(self) -> None:
        self._console.say("balance", card=self._last.hex().upper(), **kept(self._cards[self._last]))

    def _changed(self) -> None:
        cards = self._field.cards
        torn = self._field.last_tear
        if cards:
            self._console.say("card", where="in the field", card=cards[0].uid.hex().upper())
        elif torn is not None:
            self._console.say("torn", moment=torn.moment.value, apdu=torn.apdu)
        else:
            self._console.say("card", where="away")
