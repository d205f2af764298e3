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
import secrets
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from backend import population
from backend.assembly import configuration_in_use, programme_of
from backend.audit.invariants import check
from backend.cards import desk
from backend.cards.relay import open_session, take_answer
from backend.ledger import accounts
from backend.ledger.posting import balance
from backend.minting.cards import CardRefused, load_card_at_issue
from backend.minting.models import Load, LoadState
from backend.redemption import intake
from backend.redemption.models import Case, Claim
from backend.shops.admission import admit_shop, enrol_terminal
from backend.shops.models import Terminal
from drivers.errors import CardGone
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.acceptance import Shop
from heitje.journal import CardEvidence, Entry, Instrument, Kind
from heitje.keys import SigningKey
from heitje.messages import Batch
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.relay import CardAnswer, End, Opening, Reply, Work
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.journal_store import Draft, JournalStore, closing_of
from terminal.key_store import TerminalKeys
from terminal.provisioning import bundle_of
from terminal.sale import Verdict
from terminal.trust.trusted import Trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.conftest import Slot

NOW = 1_795_500_000
SHOPS = ("bakker-1", "slager-1", "kapper-1")
UIDS = tuple(bytes.fromhex(f"04AA00000000{number:02X}") for number in (1, 2, 3))
OPENING = 2500
SALE_APDUS, LOAD_APDUS = 11, 17
"""A load takes thirteen, and four more where one before it has to be settled."""
WAIT_S = 30.0


@dataclass
class Counter:
    """A shop's till with its reader."""

    shop: str
    till: Till
    slot: Slot

    @property
    def journal(self) -> JournalStore:
        """What it wrote down."""
        return self.till.journal

    @property
    def name(self) -> str:
        """Its terminal, in hex."""
        return self.journal.terminal.hex()


@dataclass
class World:
    """The town, and what only the world knows: which transactions the cards made."""

    programme: TestProgramme
    directory: Path
    new_slot: type[Slot]
    counters: list[Counter] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    made: set[bytes] = field(default_factory=set)
    """Reader ids of committed transactions."""
    earned: dict[str, int] = field(default_factory=dict)
    wishes: int = 0

    def __post_init__(self) -> None:
        for number, shop in enumerate(SHOPS):
            self.counters.append(self._open(number, shop))
        for number, uid in enumerate(UIDS, start=1):
            citizen = f"citizen-{number + 10}"
            self.earn(citizen, OPENING)
            load_card_at_issue(uid, citizen, Cents(OPENING), NOW)
            self.cards.append(Card(MemoryStore(personalise(self.programme, uid, Cents(OPENING)))))

    def _open(self, number: int, shop: str) -> Counter:
        programme = self.programme
        terminal = programme.terminal if number == 0 else bytes((number,)) * 8
        key = SigningKey.from_seed(programme.terminal_seed if number == 0 else terminal * 4)
        place = Shop(shop, "bakery", "centrum")
        if number:
            admitted = admit_shop(
                shop_id=shop, owner=shop, name=shop, category="bakery", area="centrum", iban="NL20INGB0001234567"
            )
            enrol_terminal(
                terminal_id=terminal,
                shop=admitted,
                public_key=key.public,
                paper_till=False,
                secure_element=False,
                at=NOW,
            )
        bundle = replace(bundle_of(programme, NOW, 1), terminal=terminal, shop=place)
        keys = TerminalKeys(
            seed=key.ed25519.private_bytes_raw(),
            masters={programme.df_name: (programme.master_terminal,)},
            roots=(programme.mint.public,),
        )
        configuration = TerminalConfiguration(self.directory / f"till-{number}", terminal)
        configuration.directory.mkdir()
        slot = self.new_slot()
        till = Till(
            trust=Trust.of(bundle),
            keys=keys,
            journal=JournalStore.create(configuration.journal_path, terminal),
            operator="jan",
            print_receipt=lambda _: None,
            reader=slot,
            clock=lambda: NOW,
        )
        slot.gone = till.cancel
        return Counter(shop, till, slot)

    def close(self) -> None:
        """The end of the town."""
        for counter in self.counters:
            counter.journal.close()

    def citizen(self, card: Card) -> str:
        """Whose it is."""
        return f"citizen-{self.cards.index(card) + 11}"

    def earn(self, citizen: str, cents: int) -> None:
        """A task, from draft to reward."""
        population.reward(citizen, Cents(cents), NOW)
        self.earned[citizen] = self.earned.get(citizen, 0) + cents

    def sell(self, counter: Counter, card: Card, cents: int, tear: tuple[int, bool] | None) -> Verdict | None:
        """A sale at a till with no network."""
        counter.slot.put(card, tear)
        state = counter.till.sell(cents, WAIT_S)
        counter.slot.close()
        self._note(card)
        return state.verdict

    def tap(self, counter: Counter, card: Card, tear: tuple[int, bool] | None = None, *, told: bool = True) -> Reply:
        """A card is held to a till's reader while its backend can be reached."""
        counter.slot.put(card, tear)
        terminal = Terminal.objects.select_related("shop").get(id=counter.name)
        programme = programme_of(configuration_in_use())
        reply = open_session(terminal, Opening(secrets.token_bytes(16), card.uid, Work.LOAD), programme, NOW)
        while reply.apdu is not None:
            try:
                answer: bytes | None = counter.slot.transmit(reply.apdu)
            except CardGone:
                answer = None
                if not told:
                    break
            reply = take_answer(terminal, reply.session, CardAnswer(reply.step, answer), programme, NOW)
        counter.slot.close()
        self._note(card)
        return reply

    def upload(self, counter: Counter, back: int = 0) -> None:
        """A till sends what was not acknowledged, and perhaps again what was."""
        after = max(0, counter.journal.cursor() - back)
        entries = tuple(counter.journal.bytes_after(after, 500))
        terminal = Terminal.objects.select_related("shop").get(id=counter.name)
        answer = intake.receive(terminal, Batch(after, entries), programme_of(configuration_in_use()), NOW)
        counter.journal.acknowledge(max(answer.cursor, counter.journal.cursor()), answer.outcomes)

    def closing(self, counter: Counter, given: bool) -> None:
        """The cashier closes the oldest sale that waits for its card."""
        for found in counter.journal.open_intents():
            if not found.closed:
                counter.journal.append(closing_of(found.entry, [], NOW, "jan", given))
                return

    def refund(self, counter: Counter, cents: int) -> None:
        """Goods of the last sale come back."""
        sold = [entry for entry in entries_of(counter) if entry.kind is Kind.REDEMPTION]
        if not sold:
            return
        of = sold[-1]
        before = sum(e.amount or 0 for e in entries_of(counter) if e.kind is Kind.REFUND and e.of == of.seq)
        if before + cents <= (of.amount or 0):
            counter.journal.append([Draft(Kind.REFUND, NOW, of.sale, cents, of.instrument, of=of.seq, operator="jan")])

    def order(self, card: Card, cents: int) -> None:
        """A citizen wishes money on the card."""
        self.wishes += 1
        try:
            desk.order_load(card.uid, Cents(cents), f"wish:{self.wishes}", NOW)
        except CardRefused:
            return

    def _note(self, card: Card) -> None:
        """What the card has committed last."""
        if card.image.application.tmc:
            self.made.add(card.image.application.tmri_prev)


def entries_of(counter: Counter) -> list[Entry]:
    """A till's journal."""
    return [Entry.decode(data) for data in counter.journal.bytes_after(0, -1)]


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
    new_slot: type[Slot]
    programme: TestProgramme

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        directory = self.stack.enter_context(self.new_books())
        self.world = World(self.programme, directory, self.new_slot)
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
            entries = entries_of(counter)
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


def test_any_days_in_town(new_books: Callable[[], Any], new_slot: type[Slot], programme: TestProgramme) -> None:
    town = type("Town", (City,), {"new_books": staticmethod(new_books), "new_slot": new_slot, "programme": programme})
    run_state_machine_as_test(
        town,
        settings=settings(
            max_examples=int(os.environ.get("HEITJE_DAYS", "15")),
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
