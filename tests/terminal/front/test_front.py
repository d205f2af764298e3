# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The front itself: what a finger must do to press, the loop, the remote hand, the end."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from terminal.remote import Remote
from terminal.screens.inputs import Down, Exposed, Up, WindowClosed

if TYPE_CHECKING:
    from tests.terminal.front.conftest import Person

Open = Callable[..., "Person"]


def place_of(person: "Person", name: str) -> tuple[int, int]:
    laid = person.front.laid
    assert laid is not None
    return next(target.rect.centred(0, 0) for target in laid.targets if target.button.id == name)


def test_a_finger_that_slides_off_presses_nothing(new_front: Open) -> None:
    person = new_front().sees("idle")
    menu, seven = place_of(person, "menu"), place_of(person, "digit-7")
    person.front.handle(Down(*menu))
    person.front.show()
    person.front.handle(Up(*seven))
    person.front.show()
    assert person.screen == "idle"


def test_a_button_shows_the_finger_and_nothing_happens_before_it_is_lifted(new_front: Open) -> None:
    person = new_front().sees("idle")
    plain = person.front.laid
    person.front.handle(Down(*place_of(person, "menu")))
    person.front.show()
    assert person.front.laid != plain
    assert person.screen == "idle"
    person.front.handle(Up(*place_of(person, "menu")))
    person.front.show()
    assert person.screen == "menu"


def test_a_screen_that_changes_under_a_finger_is_not_pressed(new_front: Open) -> None:
    """The finger went down on another screen's button of the same name."""
    person = new_front().sees("idle").touch("menu").touch("balance").sees("balance")
    back = place_of(person, "back")
    person.front.handle(Down(*back))
    person.keys("escape").sees("idle").touch("menu").touch("service").sees("service")
    person.front.handle(Up(*place_of(person, "back")))
    person.front.show()
    assert person.screen == "service"


def test_what_cannot_be_pressed_now_is_not_pressed(new_front: Open) -> None:
    person = new_front().sees("idle").touch("pay")
    assert person.screen == "idle"
    person.keys("return")
    assert person.screen == "idle"


def test_keys_do_what_their_buttons_do(new_front: Open) -> None:
    person = new_front().sees("idle").keys("3", "2", "0").sees("amount")
    assert "€ 3,20" in person.texts
    person.keys("backspace", "return").sees("present")
    assert "€ 0,32" in person.texts
    person.keys("escape").sees("cancelled").keys("return").sees("idle")


def test_escape_clears_the_pad(new_front: Open) -> None:
    person = new_front().sees("idle").keys("5").sees("amount").keys("escape").sees("idle")
    assert "€ 0,00" in person.texts


def test_a_window_that_was_covered_is_painted_anew(new_front: Open) -> None:
    person = new_front().sees("idle")
    person.front.handle(Exposed())
    assert person.front.laid is None
    person.front.show()
    assert person.front.laid is not None


def test_without_devices_a_sale_can_only_be_cancelled(new_front: Open) -> None:
    person = new_front().sees("idle").asks("320")
    person.touch("cancel").sees("cancelled")


class Hand:
    """The other end of the remote hand's socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(path))
        self._stream = self._socket.makefile("rwb")

    def ask(self, request: object) -> dict[str, Any]:
        self._stream.write((request if isinstance(request, bytes) else json.dumps(request).encode()) + b"\n")
        self._stream.flush()
        answer: dict[str, Any] = json.loads(self._stream.readline())
        return answer

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


@pytest.fixture
def hand(new_front: Open, tmp_path: Path) -> Iterator[Hand]:
    """A till that runs by itself in a thread, and a hand that reaches it."""
    person = new_front(start=False)
    remote = Remote(tmp_path / "hand", person.front.attended.hands.inbox.put)
    remote.start()

    def run() -> None:
        person.front.attended.start()
        person.front.show()
        while not person.front.stopping:
            person.front.turn()

    thread = Thread(target=run)
    thread.start()
    opened = Hand(tmp_path / "hand")
    yield opened
    person.front.stop()
    thread.join()
    opened.close()
    remote.close()


def test_the_remote_hand_sees_and_touches_what_a_person_could(hand: Hand) -> None:
    seen = hand.ask({"wait": ["idle"]})
    assert seen["screen"] == "idle"
    assert {button["id"]: button["enabled"] for button in seen["buttons"]}["pay"] is False
    assert hand.ask({"type": "320"})["screen"] == "amount"
    assert "€ 3,20" in hand.ask({"look": True})["texts"]
    assert hand.ask({"press": "pay"})["screen"] in ("amount", "present")
    assert hand.ask({"wait": ["present"]})["customer"]["qr"].startswith("HR1:")
    cancel = next(button for button in hand.ask({"look": True})["buttons"] if button["id"] == "cancel")
    x, y, width, height = cancel["rect"]
    hand.ask({"touch": [x + width // 2, y + height // 2]})
    assert hand.ask({"wait": ["cancelled"]})["place"] == "sale"
    assert hand.ask({"key": "enter"})["screen"] == "idle"
    assert len(hand.ask({"picture": "till"})["picture"]) > 1000
    assert len(hand.ask({"picture": "customer"})["picture"]) > 1000


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"press": 5}',
        b'{"press": "no such button"}',
        b'{"touch": ["a", 1]}',
        b'{"wait": 1}',
    ],
)
def test_nonsense_is_answered_and_changes_nothing(hand: Hand, request_: bytes) -> None:
    before = hand.ask({"wait": ["idle"]})
    assert "error" in hand.ask(request_)
    assert hand.ask({"look": True})["screen"] == before["screen"]


def test_a_screen_that_does_not_come_is_told(hand: Hand) -> None:
    answer = hand.ask({"wait": ["accepted"], "timeout_s": 0.1})
    assert "accepted" in answer["error"]
    assert answer["screen"] == "idle"


def test_the_remote_hand_is_for_this_user_alone(hand: Hand, tmp_path: Path) -> None:
    assert (tmp_path / "hand").stat().st_mode & 0o077 == 0
    assert hand.ask({"look": True})["screen"]


def test_a_closed_window_ends_the_loop(new_front: Open) -> None:
    person = new_front().sees("idle")
    person.front.handle(WindowClosed())
    assert person.front.stopping
