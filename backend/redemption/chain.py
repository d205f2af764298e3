# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card's transactions as a chain (CARD.md section 7): counter, balance and reader id each follow from the one before.

Links come in any order, for terminals upload at different times; a gap is filled in later. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

NO_READER: Final = "0" * 32
"""TMRIPrev of a card's first transaction."""


@dataclass(frozen=True, slots=True)
class Link:
    """One proven sale: TMC after it, its reader and the one before it (hex), cents before it and taken by it."""

    tmc: int
    tmri: str
    previous_tmri: str
    balance_before: int
    amount: int
    has_mac: bool = True
    """Proved by its own TMV. One that only its successor proves has a reader before it that nothing vouches for."""

    @property
    def balance_after(self) -> int:
        """Cents left on the card."""
        return self.balance_before - self.amount


class Chain:
    """What is known of one card. It starts at TMC 0 with the municipality's first load on it."""

    def __init__(self, opening_balance: int, links: Iterable[Link] = ()) -> None:
        self.opening_balance = opening_balance
        self._links = {link.tmc: link for link in links}

    def at(self, tmc: int) -> Link | None:
        """The link of this counter, where it is known."""
        return self._links.get(tmc)

    def add(self, link: Link) -> None:
        """Take a link that fits."""
        self._links[link.tmc] = link

    def takes(self, link: Link) -> bool:
        """Whether a link fits between its neighbours: its counter is free, balances chain, and no hole gains value.

        Next to a known link, balance and reader must follow exactly; across a hole the balance may only fall.
        """
        if link.tmc < 1 or link.tmc in self._links or link.balance_after < 0:
            return False
        lower = max((tmc for tmc in self._links if tmc < link.tmc), default=0)
        below = self._links.get(lower)
        balance, reader = (self.opening_balance, NO_READER) if below is None else (below.balance_after, below.tmri)
        if lower == link.tmc - 1:
            if (link.balance_before, link.previous_tmri) != (balance, reader):
                return False
        elif link.balance_before > balance:
            return False
        higher = min((tmc for tmc in self._links if tmc > link.tmc), default=None)
        if higher is None:
            return True
        above = self._links[higher]
        if higher == link.tmc + 1:
            return (above.balance_before, above.previous_tmri) == (link.balance_after, link.tmri)
        return above.balance_before <= link.balance_after
