# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Random days: tills sell, cards are torn away, journals come late, twice and in any order; the book always holds.

At the end everything is uploaded, each card is tapped once more, and every cent that left a card is at a shop or back
with its citizen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.audit.invariants import check
from backend.ledger import accounts
from backend.minting.cards import load_card_at_issue
from backend.redemption.models import Case, Claim
from heitje.journal import Kind
from heitje.money import Cents

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.backend.conftest import City, Plastic, Till

KINDS = ("sale", "torn before", "torn after", "tap again", "close", "void", "refund", "upload", "upload again")
STEP = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, 2),  # which till
    st.integers(0, 1),  # which card
    st.integers(1, 400),  # cents
    st.booleans(),  # given
)


class Day:
    """What happens in town; it remembers what only the world knows: which torn taps committed."""

    def __init__(self, city: City) -> None:
        self.city = city
        others = (("00112233445566aa", "slager-1"), ("00112233445566bb", "kapper-1"))
        self.tills = [city.till, *(city.open_till(name, shop) for name, shop in others)]
        self.cards = [city.cards[0], replace(city.cards[0], uid=bytes.fromhex("04000000000001"))]
        city.earn("citizen-3", 2500)
        load_card_at_issue(self.cards[1].uid, "citizen-3", Cents(2500), city.till.clock)
        self.torn: list[tuple[Till, Plastic, int, object]] = []
        for till in self.tills:
            till.anchor()

    def sale(self, till: Till, card: Plastic, cents: int, given: bool) -> None:
        if self._room(till, card, cents):
            till.pay_card(card, cents)

    def torn_before(self, till: Till, card: Plastic, cents: int, given: bool) -> None:
        if self._room(till, card, cents):
            self.torn.append((till, card, till.card_intent(card, cents), None))

    def torn_after(self, till: Till, card: Plastic, cents: int, given: bool) -> None:
        if self._room(till, card, cents):
            intent = till.card_intent(card, cents)
            self.torn.append((till, card, intent, till.commit(card, intent)))

    def tap_again(self, till: Till, card: Plastic, cents: int, given: bool) -> None:
        """The card is back at a till that waits for it, and has been nowhere else."""
        for waiting in self.torn:
            if waiting[:2] != (till, card):
                continue
            _, _, intent, proof = waiting
            if proof is None:
                till.complete(intent, Kind.VOID)
            else:
                till.complete(intent, evidence=proof)
            self.torn.remove(waiting)
            return

    def close(self, till: Till, card: Plastic, cents: int, given: bool) -> None:
        for waiting in self.torn:
            if waiting[0] is till:
                till.complete(waiting[2], Kind.UNRESOLVED, given=given)
                self.torn.remove(waiting)
                return

    def void(self, till: Till, card: Plastic, cents: int, given: bool) -> None:
        """A sale is given up before the card was told to commit."""
        if self._room(till, card, cents):
            till.complete(till.card_intent(card, cents), Kind.VOID)

    def refund(self, till: Till, card: Plastic, cents: int, given: bool) -> None:
        redemptions = [seq for seq in range(1, len(till.entries) + 1) if till.entry(seq).kind is Kind.REDEMPTION]
        if redemptions:
            till.refund(redemptions[-1], cents)

    def upload(self, till: Till, card: Plastic, cents: int, given: bool) -> None:
        till.upload()

    def upload_again(self, till: Till, card: Plastic, cents: int, given: bool) -> None:
        till.upload(after=max(0, till.cursor - cents % 7))

    def _room(self, till: Till, card: Plastic, cents: int) -> bool:
        """A till resolves a card's open intent before it sells to it again; a card pays what it has."""
        return cents <= card.balance and not any(waiting[:2] == (till, card) for waiting in self.torn)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=30), order=st.permutations(range(3)))
def test_the_book_holds_after_every_step(
    city: City, saved: Callable[[], None], steps: list[tuple[str, int, int, int, bool]], order: list[int]
) -> None:
    saved()
    day = Day(
        replace(city, till=replace(city.till, entries=[], cursor=0), cards=[replace(card) for card in city.cards])
    )
    for name, till, card, cents, given_ in steps:
        getattr(day, name.replace(" ", "_"))(day.tills[till], day.cards[card], cents, given_)
        assert [finding.name for finding in check() if not finding.holds] == []
    for waiting in list(day.torn):
        waiting[0].complete(waiting[2], Kind.UNRESOLVED, given=False)
    for plastic in day.cards:  # one more tap of each card proves what was left open before it
        if plastic.balance:
            day.tills[0].pay_card(plastic, 1)
    for index in order:
        day.tills[index].upload()
    assert [finding.name for finding in check() if not finding.holds] == []
    for plastic in day.cards:
        assert day.city.holds(accounts.purse(plastic.uid.hex())) == plastic.balance
    assert not Claim.objects.filter(state__in=("open", "held")).exists()
    assert not Case.objects.exclude(kind="contradiction").exists()
