# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town of cards, by chance: true tills, true books, true cards, and whatever tears, comes late, twice or never.

Tills sell offline, cards leave at any APDU, cashiers close sales, journals come in any order, citizens earn and have
their cards loaded over the tills' readers, shops refund; cards are lost and replaced. After each step every invariant
of LEDGER.md holds. At the end everything has come in, each card that is left was tapped once more, the upload window is
over, and each cent is where the world knows it to be, or a case says which one is not.

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
from backend.cards.window_end import settle_window_end
from backend.ledger import accounts
from backend.ledger.accounts import AccountKind
from backend.ledger.models import Transfer
from backend.ledger.posting import balance
from backend.minting.models import Load, LoadState
from backend.redemption.holes import UPLOAD_WINDOW_S
from backend.redemption.models import Case, CaseKind, Claim
from backend.redemption.voucher_claims import event_name
from heitje.journal import CardEvidence, Instrument, Kind
from heitje.programme import TestProgramme
from heitje.relay import End

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_sim.card.firmware import Card
    from tests.simulation.conftest import World

SHOPS = ("bakker-1", "slager-1", "kapper-1")
OPENING = 2500
NOW = 1_795_500_000
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

    @rule(card=WHO, sure=st.integers(0, 3))
    def lose(self, card: int, sure: int) -> None:
        if not sure:
            self.world.lose(card)

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
        settle_window_end(NOW + UPLOAD_WINDOW_S + 1)
        for place in world.lost:
            while world.tap(world.counters[1], world.cards[place]).end is End.LOADED:
                self.the_books_hold()
        self.the_books_hold()
        lost = {card.uid.hex() for card in world.lost.values()}
        assert not Load.objects.filter(state=LoadState.IN_FLIGHT).exists()
        assert not Load.objects.filter(state=LoadState.PREPARED).exclude(card__in=lost).exists(), "left in its session"
        assert not Claim.objects.filter(state__in=("open", "held", "unresolved")).exclude(item__in=lost).exists()
        assert not Claim.objects.filter(state__in=("open", "unresolved")).exists()
        assert lost or not Case.objects.exists()
        assert set(Case.objects.values_list("kind", flat=True)) <= {CaseKind.CARD_LATE, CaseKind.OVERSPENT}
        self.each_cent_is_where_it_should_be()

    def each_cent_is_where_it_should_be(self) -> None:
        """A sale that was given and that no card spoke for any more is held by a case; its citizen has the money."""
        world = self.world
        owed = dict.fromkeys(SHOPS, 0)
        uids = [card.uid for card in (*world.cards, *world.lost.values())]
        spent, back, loaded = (dict.fromkeys(uids, 0) for _ in range(3))
        held = {(claim.terminal_id, claim.intent_seq): claim for claim in Claim.objects.filter(state="held")}
        for counter in world.counters:
            entries = counter.entries()
            not_given = {entry.of for entry in entries if entry.kind is Kind.UNRESOLVED and not entry.given}
            paid_for = {entry.seq: entry for entry in entries if entry.kind is Kind.REDEMPTION}
            for entry in entries:
                match entry.evidence:
                    case CardEvidence(tmri=tmri, uid=uid) if entry.kind is Kind.INTENT and tmri in world.made:
                        spent[uid] += entry.amount or 0
                        if entry.seq in not_given or (counter.name, entry.seq) in held:
                            back[uid] += entry.amount or 0
                        else:
                            owed[counter.shop] += entry.amount or 0
                if entry.kind is Kind.REFUND and entry.instrument is Instrument.CARD and entry.of in paid_for:
                    sold = paid_for[entry.of]
                    if sold.of not in not_given and isinstance(sold.evidence, CardEvidence):
                        owed[counter.shop] -= entry.amount or 0
                        back[sold.evidence.uid] += entry.amount or 0
        for load in Load.objects.filter(state=LoadState.LOADED):
            loaded[bytes.fromhex(load.card_id)] += load.amount
        for place, card in enumerate(world.cards):
            on_card, citizen = card.image.application.balance, world.citizen(card)
            assert on_card == balance(accounts.purse(card.uid.hex()))
            gone = world.lost.get(place)
            own = [card.uid] if gone is None else [card.uid, gone.uid]
            if gone is None:
                assert on_card == OPENING + loaded[card.uid] - spent[card.uid]
            else:
                assert on_card == loaded[card.uid] - spent[card.uid]
                assert balance(accounts.purse(gone.uid.hex())) == 0
            paid = sum(spent[uid] - back[uid] for uid in own)
            assert balance(accounts.citizen(citizen)) + on_card == world.earned[citizen] - paid + self.lost_for(gone)
        assert {shop: balance(accounts.payable(shop)) for shop in SHOPS} == owed
        assert sum(case.held for case in Case.objects.all()) == sum(claim.amount for claim in held.values())

    def lost_for(self, gone: Card | None) -> int:
        """What the loss fund paid for a lost card whose purse had been moved on already."""
        if gone is None:
            return 0
        claims = Claim.objects.filter(item=gone.uid.hex(), state="later")
        events = [event_name(claim.terminal_id, claim.branch, claim.intent_seq) for claim in claims]
        paid = Transfer.objects.filter(event__in=events, debit__kind=AccountKind.LOSS_FUND)
        return sum(paid.values_list("amount", flat=True))


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
