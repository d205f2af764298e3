# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town of cards, by chance: true tills, true books, true cards, and whatever tears, comes late, twice or never.

Tills sell offline, cards leave at any APDU, cashiers close sales, journals come in any order, citizens earn and have
their cards loaded over the tills' readers, shops refund. After each step every invariant of LEDGER.md holds; at the end
everything has come in, each card was tapped once more, and each cent is where the world knows it to be.

`HEITJE_DAYS` is how many towns are tried.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from backend.audit.invariants import check
from backend.ledger import accounts
from backend.ledger.posting import balance
from backend.minting.models import Load, LoadState
from backend.redemption.models import Case, Claim
from heitje.journal import CardEvidence, Instrument, Kind
from heitje.programme import TestProgramme
from heitje.relay import End

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.conftest import World

SHOPS = ("bakker-1", "slager-1", "kapper-1")
OPENING = 2500
SALE_APDUS, LOAD_APDUS = 11, 17
"""A load takes thirteen, and four more where one before it has to be settled."""


HEARD = st.booleans()
AT_COMMIT = st.tuples(st.just(SALE_APDUS), HEARD)
TEAR = st.none() | AT_COMMIT | st.tuples(st.integers(1, SALE_APDUS), HEARD)
LOAD_TEAR = (
    st.none() | st.tuples(st.sampled_from((13, LOAD_APDUS)), HEARD) | st.tuples(st.integers(1, LOAD_APDUS), HEARD)
)
"""Half of what tears does so at a commit, where it matters most."""
CENTS, WHO = st.integers(1, 300), st.integers(0, len(SHOPS) - 1)


class City(RuleBasedStateMachine):
    """Days in town."""

    new_books: Callable[[], Any]
    new_world: type[World]
    programme: TestProgramme

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        directory = self.stack.enter_context(self.new_books())
        self.world = self.new_world(self.programme, directory)
        self.stack.callback(self.world.close)

    @rule(till=WHO, card=WHO, cents=CENTS, tear=TEAR)
    def sell(self, till: int, card: int, cents: int, tear: tuple[int, bool] | None) -> None:
        self.world.sell(self.world.counters[till], self.world.cards[card], cents, tear)

    @rule(till=WHO, card=WHO, tear=LOAD_TEAR, told=st.booleans())
    def tap(self, till: int, card: int, tear: tuple[int, bool] | None, told: bool) -> None:
        self.world.tap(self.world.counters[till], self.world.cards[card], tear, told=told)

    @rule(card=WHO, cents=CENTS, earned=st.booleans())
    def order(self, card: int, cents: int, earned: bool) -> None:
        if earned:
            self.world.earn(self.world.citizen(self.world.cards[card]), cents)
        self.world.order(self.world.cards[card], cents)

    @rule(till=WHO, card=WHO, cents=CENTS, tear=LOAD_TEAR)
    def load(self, till: int, card: int, cents: int, tear: tuple[int, bool] | None) -> None:
        self.order(card, cents, earned=True)
        self.tap(till, card, tear, told=True)

    @rule(till=WHO, given=st.booleans())
    def close_sale(self, till: int, given: bool) -> None:
        self.world.closing(self.world.counters[till], given)

    @rule(till=WHO, cents=CENTS)
    def refund(self, till: int, cents: int) -> None:
        self.world.refund(self.world.counters[till], cents)

    @rule(till=WHO, back=st.integers(0, 4))
    def upload(self, till: int, back: int) -> None:
        self.world.upload(self.world.counters[till], back)

    @invariant()
    def the_books_hold(self) -> None:
        assert [finding.name for finding in check() if not finding.holds] == []

    def teardown(self) -> None:
        try:
            self.evening()
        finally:
            self.stack.close()

    def evening(self) -> None:
        """Everything is closed, everything comes in, each card is tapped once more: then nothing is open."""
        world = self.world
        for counter in world.counters:
            while any(not found.closed for found in counter.journal.open_intents()):
                world.closing(counter, given=False)
            world.upload(counter)
        for card in world.cards:
            if world.tap(world.counters[1], card).end is End.IN_FLIGHT:  # five sales since: the chain has to tell
                assert Load.objects.filter(card=card.uid.hex(), state=LoadState.IN_FLIGHT).exists()
            if card.image.application.balance:
                world.sell(world.counters[2], card, 1, None)
        for counter in world.counters:
            world.upload(counter)
        self.the_books_hold()
        assert not Load.objects.filter(state__in=(LoadState.IN_FLIGHT, LoadState.PREPARED)).exists()
        assert not Claim.objects.filter(state__in=("open", "held")).exists()
        assert not Case.objects.exists()
        self.each_cent_is_where_it_should_be()

    def each_cent_is_where_it_should_be(self) -> None:
        world = self.world
        owed = dict.fromkeys(SHOPS, 0)
        spent = {card.uid: 0 for card in world.cards}
        back = {card.uid: 0 for card in world.cards}
        for counter in world.counters:
            entries = counter.entries()
            not_given = {entry.of for entry in entries if entry.kind is Kind.UNRESOLVED and not entry.given}
            paid_for = {entry.seq: entry for entry in entries if entry.kind is Kind.REDEMPTION}
            for entry in entries:
                match entry.evidence:
                    case CardEvidence(tmri=tmri, uid=uid) if entry.kind is Kind.INTENT and tmri in world.made:
                        spent[uid] += entry.amount or 0
                        if entry.seq in not_given:
                            back[uid] += entry.amount or 0
                        else:
                            owed[counter.shop] += entry.amount or 0
                if entry.kind is Kind.REFUND and entry.instrument is Instrument.CARD and entry.of in paid_for:
                    sold = paid_for[entry.of]
                    if sold.of not in not_given and isinstance(sold.evidence, CardEvidence):
                        owed[counter.shop] -= entry.amount or 0
                        back[sold.evidence.uid] += entry.amount or 0
        loaded = {card.uid: 0 for card in world.cards}
        for load in Load.objects.filter(state=LoadState.LOADED):
            loaded[bytes.fromhex(load.card_id)] += load.amount
        for card in world.cards:
            on_card = card.image.application.balance
            assert on_card == OPENING + loaded[card.uid] - spent[card.uid] == balance(accounts.purse(card.uid.hex()))
            citizen = world.citizen(card)
            held = world.earned[citizen] - OPENING - loaded[card.uid] + back[card.uid]
            assert balance(accounts.citizen(citizen)) == held
        assert {shop: balance(accounts.payable(shop)) for shop in SHOPS} == owed


def test_any_days_in_town(new_books: Callable[[], Any], new_world: type[World], programme: TestProgramme) -> None:
    town = type("Town", (City,), {"new_books": staticmethod(new_books), "new_world": new_world, "programme": programme})
    run_state_machine_as_test(
        town,
        settings=settings(
            max_examples=int(os.environ.get("HEITJE_DAYS", "15")),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
