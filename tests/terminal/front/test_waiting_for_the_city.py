# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A city that takes the question and says nothing: the sale can be cancelled meanwhile, and goes on by itself."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from firmware_sim.scanner import Scanner
from terminal.configuration import TerminalConfiguration
from terminal.connecting import connect
from terminal.hands import OVERDUE_S
from terminal.key_store import TerminalKeys

if TYPE_CHECKING:
    from tests.terminal.front.conftest import Person

Open = Callable[..., "Person"]
Kinds = Callable[[], list[str]]


class SilentCity:
    """Takes connections and answers nothing until it hangs up."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._taken: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self._taken.append(self._listener.accept()[0])
            except OSError:  # hung up
                return

    def hang_up(self) -> None:
        """End every connection."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._taken:
            connection.close()


@pytest.fixture
def silent_city() -> Iterator[SilentCity]:
    city = SilentCity()
    yield city
    city.hang_up()


@pytest.fixture
def asking(
    new_front: Open,
    silent_city: SilentCity,
    scanner: Scanner,
    configuration: TerminalConfiguration,
    keys: TerminalKeys,
    now: int,
) -> Callable[[float, str], "Person"]:
    """Opens a till that has put a question about a note, and shows that it waits."""

    def ask(within_s: float, note: str) -> "Person":
        person = new_front(
            scanner=f"serial:{scanner.path}",
            connect=lambda report: connect(silent_city.url, configuration, keys, report, lambda: now, within_s),
        )
        person.until(lambda: person.front.attended.status().scanner == "works", "the scanner").asks("500")
        scanner.scan(note.encode())
        return person.sees("asking")

    return ask


def test_cancel_is_there_while_the_city_is_asked(
    asking: Callable[[float, str], "Person"], new_note: Callable[..., str], kinds: Kinds
) -> None:
    person = asking(1.0, new_note())
    assert "De gemeente wordt gevraagd." in person.texts
    assert person.customer.name == "wait"
    person.touch("cancel").sees("cancelled")
    assert kinds() == []


def test_an_answer_that_never_comes_is_not_waited_for(
    asking: Callable[[float, str], "Person"], new_note: Callable[..., str], kinds: Kinds
) -> None:
    """Whoever was to say that half a second is over has failed: the till goes on by the offline rules by itself."""
    person = asking(20 * OVERDUE_S, new_note())
    person.sees("accepted")
    assert kinds() == ["intent paper 500", "redemption paper 500 of 1"]
