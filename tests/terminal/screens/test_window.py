# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window: fingers, mouse and keys become inputs; pages become pixels; outcomes become sounds."""

import struct
from collections.abc import Iterator

import pygame
import pytest

from terminal.flows.scene import Place, Scene
from terminal.sale import Phase, State, Verdict
from terminal.screens.drawing import Box, Rect
from terminal.screens.inputs import Down, Input, KeyPressed, Up, WindowClosed
from terminal.screens.page import Laid, Size
from terminal.screens.palette import Colour
from terminal.screens.sounds import RATE_HZ, TONES, Sound, sound_of, wave
from terminal.screens.window import Display, paint, pixels, png

SIZE = Size(800, 480)


@pytest.fixture
def display() -> Iterator[Display]:
    """Both windows."""
    opened = Display(SIZE, Size(1024, 600))
    opened.open()
    list(opened.inputs())
    yield opened
    opened.close()


def heard(display: Display, *events: pygame.Event) -> list[Input]:
    for event in events:
        pygame.event.post(event)
    return [done for done in display.inputs() if isinstance(done, Down | Up | KeyPressed | WindowClosed)]


def finger(kind: int, x: float, y: float) -> pygame.Event:
    return pygame.Event(kind, {"x": x, "y": y, "finger_id": 1, "touch_id": 1, "dx": 0.0, "dy": 0.0})


def mouse(kind: int, x: int, y: int, button: int = 1, touch: bool = False) -> pygame.Event:
    return pygame.Event(kind, {"pos": (x, y), "button": button, "touch": touch})


def test_a_finger_goes_down_and_up(display: Display) -> None:
    events = finger(pygame.FINGERDOWN, 0.5, 0.25), finger(pygame.FINGERUP, 0.5, 0.25)
    assert heard(display, *events) == [Down(400, 120), Up(400, 120)]


def test_a_mouse_too_but_not_the_one_that_a_finger_makes(display: Display) -> None:
    down, up = mouse(pygame.MOUSEBUTTONDOWN, 10, 20), mouse(pygame.MOUSEBUTTONUP, 10, 20)
    assert heard(display, down, up) == [Down(10, 20), Up(10, 20)]
    assert heard(display, mouse(pygame.MOUSEBUTTONDOWN, 10, 20, touch=True)) == []
    assert heard(display, mouse(pygame.MOUSEBUTTONDOWN, 10, 20, button=3)) == []


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (pygame.K_7, "7"),
        (pygame.K_KP7, "7"),
        (pygame.K_RETURN, "enter"),
        (pygame.K_KP_ENTER, "enter"),
        (pygame.K_ESCAPE, "escape"),
        (pygame.K_BACKSPACE, "backspace"),
    ],
)
def test_keys(display: Display, key: int, name: str) -> None:
    assert heard(display, pygame.Event(pygame.KEYDOWN, {"key": key})) == [KeyPressed(name)]


def test_other_keys_are_nothing(display: Display) -> None:
    assert heard(display, pygame.Event(pygame.KEYDOWN, {"key": pygame.K_F12})) == []


def test_closing_the_window_stops_the_till(display: Display) -> None:
    assert heard(display, pygame.Event(pygame.QUIT)) == [WindowClosed()]


def test_on_the_customers_window_nothing_is_heard(display: Display) -> None:
    other = pygame.Window("another", (100, 100))
    try:
        event = pygame.Event(pygame.MOUSEBUTTONDOWN, {"pos": (10, 20), "button": 1, "touch": False, "window": other})
        assert heard(display, event) == []
    finally:
        other.destroy()


def test_both_windows_have_their_size(display: Display) -> None:
    assert display.size == SIZE
    assert display.customer_size == Size(1024, 600)
    assert Display(SIZE).customer_size is None


def test_a_page_becomes_pixels() -> None:
    red, page = Colour(255, 0, 0), Colour(10, 20, 30)
    laid = Laid(Size(40, 20), page, (Box(Rect(10, 5, 20, 10), red, radius=4),))
    surface = paint(laid)
    assert tuple(surface.get_at((20, 10)))[:3] == red
    assert tuple(surface.get_at((10, 5)))[:3] != red  # a round corner
    assert tuple(surface.get_at((0, 0)))[:3] == page
    assert len(pixels(laid)) == 40 * 20 * 3
    data = png(laid)
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == (40, 20)


@pytest.mark.parametrize("sound", Sound)
def test_each_sound_is_short_not_too_loud_and_begins_and_ends_in_silence(sound: Sound) -> None:
    samples = struct.unpack(f"={len(wave(sound)) // 2}h", wave(sound))
    assert len(samples) == sum(round(seconds * RATE_HZ) for _, seconds in TONES[sound])
    assert len(samples) / RATE_HZ < 0.7
    assert samples[0] == 0
    assert abs(samples[-1]) < 400
    assert 8000 < max(samples) < 16_000


def test_no_two_sounds_are_alike() -> None:
    assert len({wave(sound) for sound in Sound}) == len(Sound)


def sale(**values: object) -> Scene:
    return Scene(place=Place.SALE, sale=State(**values))  # type: ignore[arg-type]  # the tests know them


@pytest.mark.parametrize(
    ("after", "sound"),
    [
        (sale(phase=Phase.RECEIPT, verdict=Verdict.ACCEPTED), Sound.PAID),
        (sale(phase=Phase.DECIDED, verdict=Verdict.REFUSED), Sound.REFUSED),
        (sale(phase=Phase.RECEIPT, verdict=Verdict.UNRESOLVED), Sound.ATTENTION),
        (sale(phase=Phase.UNRESOLVED), Sound.HOLD_AGAIN),
        (Scene(place=Place.PAPER), Sound.ATTENTION),
        (Scene(place=Place.MENU), None),
    ],
)
def test_an_outcome_is_heard(after: Scene, sound: Sound | None) -> None:
    assert sound_of(sale(phase=Phase.PRESENT), after) is sound


def test_what_was_heard_is_not_heard_again() -> None:
    paid = sale(phase=Phase.RECEIPT, verdict=Verdict.ACCEPTED)
    printed = sale(phase=Phase.DECIDED, verdict=Verdict.ACCEPTED)
    assert sound_of(paid, printed) is None


def test_sounds_are_played(display: Display) -> None:
    for sound in Sound:
        display.play(sound)
