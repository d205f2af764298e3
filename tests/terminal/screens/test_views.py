# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What screens say, in every state that the flows can come to."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from heitje import qr
from heitje.headroom import Margin
from heitje.journal import Instrument
from heitje.refusals import Refusal
from terminal.catalogues import LANGUAGES
from terminal.events import CashTaken, GivenUp
from terminal.flows.diagram import flows_table, reached
from terminal.flows.scene import Drill, Place, Scene
from terminal.flows.stage import TROUBLE
from terminal.flows.table import FLOWS
from terminal.machine import TRANSITIONS
from terminal.sale import Phase, State, Verdict
from terminal.screens.customer_view import customer_view
from terminal.screens.gallery import exhibits
from terminal.screens.icons import ICONS, Icon
from terminal.screens.layout import lay_out
from terminal.screens.page import Size
from terminal.screens.palette import Tone
from terminal.screens.screen import Screen, Telling
from terminal.screens.selling_views import request_text
from terminal.screens.views import VIEWS, view
from terminal.screens.window import measure
from terminal.status import Link, Status
from terminal.words import words_in

MESSAGE_ID = re.compile(r"\b[a-z_]+\.[a-z_.]+\b")
STATUS: Status = next(exhibits("nl")).status
ALL = list(reached(flows_table()))


def screens() -> Iterator[Screen]:
    for scene in ALL:
        yield view(scene, STATUS)


def present(amount: int = 1370, **changes: object) -> Scene:
    state = State(Phase.PRESENT, bytes(16), amount)
    return Scene(place=Place.SALE, sale=replace(state, **changes))  # type: ignore[arg-type]  # the tests know them


def test_every_place_has_a_view_and_an_exhibit() -> None:
    assert set(VIEWS) == set(Place)
    assert {exhibit.scene.place for exhibit in exhibits("nl")} == set(Place)


def test_every_icon_is_drawn() -> None:
    assert set(ICONS) == set(Icon)
    for shapes in ICONS.values():
        assert shapes


def test_every_scene_that_can_be_reached_has_a_screen_whose_buttons_do_something() -> None:
    """A button that can be pressed has a row in its place's table: there is no dead button anywhere."""
    for scene in ALL:
        screen = view(scene, STATUS)
        for button in screen.buttons:
            event = button.event
            if event is None:
                continue
            assert (scene.place, type(event)) in FLOWS, (screen.name, button.id)
            if scene.place is Place.SALE and isinstance(event, CashTaken | GivenUp):
                assert (scene.sale.phase, type(event)) in TRANSITIONS, (screen.name, button.id)


def test_every_scene_can_be_left_or_waits_for_something() -> None:
    """No dead end: on each screen something can be pressed, or the till itself goes on."""
    goes_on = {
        "working",
        "asking",
        "accepted-printing",
        "closed-printing",
        "locked",
        "record-loading",
        "totals-counting",
    }
    for screen in screens():
        pressable = [button for button in screen.buttons if button.event is not None]
        assert pressable or screen.name in goes_on, screen.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_id_is_shown(language: str) -> None:
    from terminal.remote_hand import texts_of

    for scene in ALL:
        spoken = replace(scene, language=language, sale_language=language)
        screen = view(spoken, STATUS)
        shown = customer_view(spoken, STATUS)
        labels = [button.label for button in screen.buttons]
        for text in (*texts_of(screen), *labels, shown.headline, *shown.lines):
            assert text == "nl.testburg" or not MESSAGE_ID.fullmatch(text), text
            assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_that_can_be_reached_can_be_laid_out(language: str) -> None:
    shown = {repr(screen): screen for screen in (view(replace(scene, language=language), STATUS) for scene in ALL)}
    for screen in shown.values():
        lay_out(screen, Size(800, 480), measure, strict=True)


def test_good_bad_and_careful_come_with_an_icon_and_a_word() -> None:
    for screen in screens():
        if screen.tone in (Tone.GOOD, Tone.BAD, Tone.CAREFUL) and isinstance(screen.body, Telling):
            assert screen.body.icon is not None, screen.name
            assert screen.body.headline


def test_training_is_seen_on_every_screen_of_it_and_on_no_other() -> None:
    for scene in ALL:
        assert bool(view(scene, STATUS).bar.practice) is scene.training
        assert bool(customer_view(scene, STATUS).practice) is scene.training


def test_paid_is_said_only_where_it_was() -> None:
    for scene in ALL:
        paid = scene.place is Place.SALE and scene.sale.verdict is Verdict.ACCEPTED
        name = view(scene, STATUS).name
        assert name.startswith("accepted") is (paid and scene.sale.phase in (Phase.RECEIPT, Phase.DECIDED)), name


def test_what_was_taken_offline_never_looks_confirmed() -> None:
    for confirmed, word in ((True, "confirmed"), (False, "offline")):
        state = State(Phase.DECIDED, bytes(16), 320, verdict=Verdict.ACCEPTED, confirmed=confirmed)
        screen = view(Scene(place=Place.SALE, sale=state), STATUS)
        assert isinstance(screen.body, Telling)
        assert words_in("nl")(f"receipt.{word}") in [fact.name for fact in screen.body.facts]


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_a_reason_a_remedy_and_a_way_on(refusal: Refusal) -> None:
    screen = view(present(problem=refusal), STATUS)
    assert isinstance(screen.body, Telling)
    say = words_in("nl")
    assert screen.body.lines == (say.why(refusal), say.remedy(refusal))
    assert {"other-means", "cancel"} <= {button.id for button in screen.body.buttons}


def test_limits_are_shown_before_they_bite() -> None:
    offline = replace(STATUS, link=Link.OFFLINE, asks=False)
    for amount in (1, 500, 1000, 1001, 2500, 2501, 100_000):
        typed = view(Scene(digits=str(amount)), offline)
        for instrument in (Instrument.CARD, Instrument.PHONE):
            name = words_in("nl").instrument(instrument)
            warned = any(line.startswith(f"{name}:") for line in typed.body.lines)  # type: ignore[union-attr]
            assert warned is (amount > offline.room(instrument))
    assert view(Scene(digits="100000"), STATUS).body.lines == ()  # type: ignore[union-attr]  # the backend is asked


def test_the_request_asks_a_phone_for_no_more_than_it_may_pay_now() -> None:
    offline = replace(STATUS, asks=False)
    state = State(Phase.PRESENT, bytes(16), 5000)
    assert qr.decode_request(request_text(state, offline)).amount == offline.headroom.phone_room == 1000
    assert qr.decode_request(request_text(state, STATUS)).amount == 5000
    none = replace(offline, headroom=replace(offline.headroom, phone_room=0))
    assert request_text(state, none) == ""


def test_cash_cannot_be_all_of_it_but_can_be_all_of_the_rest() -> None:
    everything = view(replace(present(500), place=Place.CASH, digits="500"), STATUS)
    assert {button.id: button.event is not None for button in everything.buttons}["take-cash"] is False
    part = view(replace(present(500), place=Place.CASH, digits="499"), STATUS)
    assert {button.id: button.event is not None for button in part.buttons}["take-cash"] is True


def test_the_bar_warns_of_the_printer_and_of_a_queue_that_is_nearly_full() -> None:
    from drivers.printer import Condition

    assert view(Scene(), STATUS).bar.warning is None
    assert view(Scene(), replace(STATUS, printer=frozenset({Condition.PAPER_LOW}))).bar.warning is Icon.PRINTER
    full = replace(STATUS, headroom=replace(STATUS.headroom, entries=Margin(1600, 2000)))
    assert view(Scene(), full).bar.warning is Icon.ATTENTION


def test_a_paper_trouble_is_told_with_its_remedy() -> None:
    for paper in TROUBLE:
        state = State(Phase.DECIDED, bytes(16), 320, verdict=Verdict.ACCEPTED, paper=paper)
        screen = view(Scene(place=Place.SALE, sale=state, drill=None), STATUS)
        say = words_in("nl")
        assert isinstance(screen.body, Telling)
        assert screen.body.lines == (say(f"paper.{paper.name.lower()}"), say(f"paper.{paper.name.lower()}.do"))
        assert {button.id for button in screen.buttons} == {"print-again", "done"}


def test_the_customer_reads_nothing_of_the_shopkeepers_books() -> None:
    shopkeepers = {
        *(Place.MENU, Place.HISTORY, Place.RECORD, Place.TOTALS, Place.DAY_END, Place.DAY_CLOSED, Place.SERVICE),
        *(Place.DETAILS, Place.REFUND_CHOICE, Place.REFUND_AMOUNT, Place.REFUND_DONE, Place.PIN, Place.SIGNED_OFF),
    }
    for scene in ALL:
        if scene.place in shopkeepers and not scene.suspended:
            assert customer_view(scene, STATUS).name == "welcome"
    assert Drill.PAYS in Drill
