# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card's transactions as a chain (CARD.md section 7): counter, balance and reader id each follow from the one before.

Links come in any order, for terminals upload at different times; a gap is filled in later. A load that was sent to the
card and not answered is no link yet: what comes after it tells. Pure.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, Self

NO_READER: Final = "0" * 32
"""TMRIPrev of a card's first transaction."""


class Link(NamedTuple):
    """One sale or load: TMC after it, its reader and the one before it (hex), cents before it and taken by it.

    A load takes less than nothing.
    """

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
    """What is known of one card. It starts at TMC 0, empty or with what a test programme's card is issued with.

    `in_flight`: the link that the card's load in flight is, if the card committed it.
    """

    def __init__(self, opening_balance: int, links: Iterable[Link] = (), in_flight: Link | None = None) -> None:
        self.in_flight = in_flight
        self._opening = Link(0, NO_READER, NO_READER, opening_balance, 0)
        self._links = {link.tmc: link for link in links}

    def copy(self) -> Self:
        """The same, to be changed by itself."""
        return type(self)(self._opening.balance_before, self._links.values(), self.in_flight)

    def at(self, tmc: int) -> Link | None:
        """The link of this counter, where it is known."""
        return self._links.get(tmc)

    def add(self, link: Link) -> None:
        """Take a link that fits."""
        self._links[link.tmc] = link

    def takes(self, link: Link) -> bool:
        """Whether a link fits between its neighbours: its counter is free, balances chain, and no hole gains value.

        Next to a known link, balance and reader must follow exactly; across a hole the balance may only fall, but for
        a load in flight that lies in it. Where the link proves that load, the load must fit as well.
        """
        if link.tmc < 1 or link.tmc in self._links or link.balance_after < 0:
            return False
        below, above = self._below(link.tmc), self._above(link.tmc)
        if not self._follows(below, link) or not (above is None or self._follows(link, above)):
            return False
        with_it = self.copy()
        with_it.add(link)
        if self.in_flight is None or not with_it.fate_of_load():
            return True
        with_it.in_flight = None
        return with_it.takes(self.in_flight)

    def goes_on_with(self, link: Link) -> bool:
        """Whether a link is simply the next one after all that is known, with no load under way."""
        last = self._links[max(self._links)] if self._links else self._opening
        return (
            self.in_flight is None
            and link.tmc == last.tmc + 1
            and link.balance_after >= 0
            and (link.balance_before, link.previous_tmri) == (last.balance_after, last.tmri)
        )

    def fate_of_load(self) -> bool | None:
        """Whether the card committed its load in flight; None: the chain does not say.

        It did not where another transaction has its counter, or where the next one names another reader. It did where
        the next one names it, and where the balance rose around it: nobody else credits a card.
        """
        load = self.in_flight
        if load is None or load.tmc in self._links:
            return None if load is None else False
        following = self._links.get(load.tmc + 1)
        if following is not None and following.previous_tmri == load.tmri:
            return True
        if following is not None and following.has_mac:
            return False
        above = self._above(load.tmc)
        rose = above is not None and above.balance_before > self._below(load.tmc).balance_after
        return True if rose else None

    def _follows(self, lower: Link, higher: Link) -> bool:
        if higher.tmc == lower.tmc + 1:
            return (higher.balance_before, higher.previous_tmri) == (lower.balance_after, lower.tmri)
        load = self.in_flight
        gained = -load.amount if load is not None and lower.tmc < load.tmc < higher.tmc else 0
        return higher.balance_before <= lower.balance_after + gained

    def _below(self, tmc: int) -> Link:
        known = max((known for known in self._links if known < tmc), default=None)
        return self._opening if known is None else self._links[known]

    def _above(self, tmc: int) -> Link | None:
        known = min((known for known in self._links if known > tmc), default=None)
        return None if known is None else self._links[known]
