# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The flows' table: its rows, its diagram, and what holds whatever people do."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.card.sale import Fate
from heitje.refusals import Refusal
from terminal import effects as sale_effects
from terminal.events import CardArrived, CardResolved, SaleStarted, Written
from terminal.flows import effects, samples
from terminal.flows.diagram import diagrams, flows_table, reached, walk_flows, walk_sale
from terminal.flows.effects import BeginSale, FlowEffect, PrintSlip
from terminal.flows.events import (
    AskedAgain,
    Began,
    Confirmed,
    Drilled,
    FlowEvent,
    Lapsed,
    Suspended,
    TrainingAsked,
    Typed,
)
from terminal.flows.scene import Drill, Place, PracticeSlip, Scene
from terminal.flows.table import FLOWS, patience_s, step
from terminal.machine import TRANSITIONS
from terminal.sale import Phase, State, Verdict

ROOT = Path(__file__).resolve().parents[3]
ALL = reached(flows_table())
EVENTS = (*samples.FLOW_EVENTS, *(answer for answers in samples.FLOW_ANSWERS.values() for answer in answers))
TORN = samples._TORN


def test_every_row_of_both_tables_is_walked() -> None:
    """What the diagrams show is all of it: there is no row that cannot be reached."""
    assert {(str(phase), event) for phase, event in TRANSITIONS} == walk_sale().rows
    rows = {(str(place), event) for place, event in FLOWS}
    assert rows - walk_flows().rows == {("suspended", Suspended)}  # where it is already, it changes nothing


def test_every_place_is_reached() -> None:
    assert {scene.place for scene in ALL} == set(Place)
    assert {scene.sale.phase for scene in ALL} == set(Phase)


def test_samples_are_of_every_event_and_effect() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(FlowEvent))
    assert set(samples.FLOW_ANSWERS) == set(get_args(FlowEffect))


def test_the_diagrams_in_the_documents_are_current() -> None:
    text = (ROOT / "docs" / "till-states.md").read_text("utf-8")
    assert text == diagrams(), "heitje terminal states --out docs/till-states.md makes it anew"


@pytest.mark.parametrize("place", Place)
def test_an_event_without_a_row_changes_nothing(place: Place) -> None:
    for event in EVENTS:
        if (place, type(event)) not in FLOWS:
            scene = Scene(place=place)
            assert step(scene, event) == (scene, ())


class World:
    """People do anything in any order; the till's hands answer as they may."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.done: list[Any] = []
        self.pending: list[Any] = []

    def play(self, choices: Sequence[int]) -> None:
        for choice in choices:
            possible = self.possible()
            self.feed(*possible[choice % len(possible)])

    def possible(self) -> list[tuple[Any, Any]]:
        """Events that may come now, each with the effect that it answers."""
        at_once = [effect for effect in self.pending if type(effect) in samples.AT_ONCE]
        answering = at_once or self.pending
        found = [(answer, effect) for effect in answering for answer in samples.FLOW_ANSWERS[type(effect)]]
        if not at_once:
            found += [(event, None) for event in samples.FLOW_EVENTS]
        fitting = [pair for pair in found if samples.can_happen(self.scene.sale, self.pending, pair[0])]
        return fitting or [(Lapsed(), None)]

    def feed(self, event: Any, answered: Any) -> None:
        if answered is not None:
            self.pending.remove(answered)
        before = self.scene
        self.scene, following = step(before, event)
        self.done += following
        self.pending += [effect for effect in following if samples.FLOW_ANSWERS[type(effect)]]
        self.check(before, event, following)

    def check(self, before: Scene, event: Any, following: tuple[Any, ...]) -> None:
        """What holds at every step."""
        scene = self.scene
        if before.training and scene.training:
            assert all(isinstance(effect, PrintSlip) for effect in following), following
            assert all(isinstance(effect.document, PracticeSlip) for effect in following)
        if scene.suspended and not scene.training:
            assert not any(isinstance(effect, BeginSale) for effect in following)
        if scene.place in (Place.CASH, Place.CLOSING):
            assert scene.sale.phase is {Place.CASH: Phase.PRESENT, Place.CLOSING: Phase.UNRESOLVED}[scene.place]
        for effect in following:
            if isinstance(effect, effects.WriteRefund):
                tender = before.record.tenders[0] if before.record else None
                assert tender is not None
                assert 0 < effect.amount <= tender.refundable
            if isinstance(effect, sale_effects.PrepareCard):
                assert effect.amount == scene.sale.remaining > 0
        if before.with_operators and not before.operator and not before.news and not before.waiting:
            began = any(isinstance(effect, BeginSale) for effect in following)
            assert not began or before.place is not Place.SIGNED_OFF
        assert len(scene.digits) <= 8
        assert scene.sale.remaining >= 0 or scene.sale.phase is Phase.IDLE
        _ = event


CHOICES = st.lists(st.integers(0, 10_000), max_size=120)


@given(choices=CHOICES, operators=st.booleans())
def test_whatever_people_do(choices: list[int], operators: bool) -> None:
    World(Scene(with_operators=operators)).play(choices)


@given(choices=CHOICES)
def test_training_never_reaches_the_tills_hands(choices: list[int]) -> None:
    """From its beginning until it is ended, whatever is done: no journal, no card, no key."""
    scene, _ = step(Scene(place=Place.MENU), TrainingAsked())
    world = World(scene)
    for choice in choices:
        possible = [pair for pair in world.possible() if type(pair[0]).__name__ != "TrainingEnded"]
        world.feed(*possible[choice % len(possible)])
        assert world.scene.training
    assert all(isinstance(effect, PrintSlip) for effect in world.done)


def test_a_drill_plays_each_of_its_cards() -> None:
    start = replace(Scene(digits="320"), drill=Drill.PAYS)
    sale, done = step(start, Confirmed())
    assert (sale.sale.phase, done) == (Phase.PRESENT, ())
    paid, printed = step(sale, Drilled(Drill.PAYS))
    assert paid.sale.verdict is Verdict.ACCEPTED
    assert [type(effect) for effect in printed] == [PrintSlip]
    poor, _ = step(sale, Drilled(Drill.HAS_TOO_LITTLE))
    assert (poor.sale.problem, poor.sale.balance) == (Refusal.TOO_LITTLE_LEFT, 120)
    gone, _ = step(sale, Drilled(Drill.LEAVES_TOO_SOON))
    assert gone.sale.phase is Phase.UNRESOLVED
    back, _ = step(gone, Drilled(Drill.PAYS))
    assert back.sale.verdict is Verdict.ACCEPTED


def test_a_real_card_is_nothing_to_training() -> None:
    scene = replace(Scene(place=Place.SALE, sale=State(Phase.PRESENT, bytes(16), 320)), drill=Drill.PAYS)
    assert step(scene, CardArrived()) == (scene, ())


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("", 0), ("0", 0), ("00", 0), ("320", 320), ("1000000", 1_000_000), ("1000001", 100_000), ("99999999", 999_999)],
)
def test_an_amount_is_typed_in_cents_and_no_higher_than_any_amount_is(typed: str, amount: int) -> None:
    scene = Scene()
    for digit in typed:
        scene, _ = step(scene, Typed(digit))
    assert scene.typed == amount
    _, following = step(scene, Confirmed())
    assert following == ((BeginSale(amount),) if amount else ())


def test_a_sale_of_before_the_start_is_not_asked_again_by_itself() -> None:
    begun, _ = step(Scene(), Began(None, (TORN,)))
    assert (begun.place, begun.recovering) == (Place.SALE, True)
    asked, _ = step(begun, CardArrived())
    ended, following = step(asked, CardResolved(Fate.NEVER_HAPPENED, (2,)))
    assert not any(isinstance(effect, sale_effects.PrepareCard) for effect in following)
    assert ended.sale.phase is Phase.DECIDED
    assert ended.sale.verdict is Verdict.REFUSED
    _, again = step(ended, AskedAgain())
    assert again == (BeginSale(TORN.amount),)


def test_what_was_tendered_beside_a_card_of_before_is_voided_with_it() -> None:
    note = replace(samples._PART, intent=1)
    card = replace(samples._CARD_REST, intent=2)
    torn = replace(TORN, tenders=(note, card), entries=(1, 2))
    asked, _ = step(step(Scene(), Began(None, (torn,)))[0], CardArrived())
    ended, following = step(asked, CardResolved(Fate.NEVER_HAPPENED, (3,)))
    assert following == (sale_effects.WriteVoids((1,)),)
    assert step(ended, Written((4,)))[0].sale.phase is Phase.DECIDED


def test_unresolved_sales_of_before_come_one_after_the_other() -> None:
    other = replace(TORN, sale=bytes([1] * 16))
    scene, _ = step(Scene(), Began(None, (TORN, other)))
    assert (scene.sale.sale, len(scene.waiting)) == (TORN.sale, 1)
    ended = replace(scene, sale=replace(scene.sale, phase=Phase.DECIDED, verdict=Verdict.UNRESOLVED))
    following, _ = step(ended, Confirmed())
    assert (following.sale.sale, following.waiting, following.place) == (other.sale, (), Place.SALE)


def test_nothing_lapses_while_it_is_unresolved_or_paper_is_wanted() -> None:
    assert patience_s(Scene(place=Place.SALE, sale=TORN)) is None
    for scene in ALL:
        if scene.place is Place.PAPER or (scene.place is Place.SALE and scene.sale.phase is Phase.UNRESOLVED):
            assert patience_s(scene) is None
    assert patience_s(Scene()) is None
    assert patience_s(Scene(digits="5")) is not None


def test_what_lapses_changes_something() -> None:
    for scene in ALL:
        if patience_s(scene) is not None:
            assert step(scene, Lapsed()) != (scene, ()), scene.place


def test_a_sale_that_runs_is_not_replaced_by_another() -> None:
    for phase in set(Phase) - {Phase.DECIDED}:
        scene = Scene(place=Place.SALE, sale=State(phase, bytes([7] * 16), 320))
        assert step(scene, SaleStarted(bytes(16), 1)) == (scene, ())
