# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards that the backend works on over a desk's reader: the true backend behind a line that loses what it likes."""

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from drivers.errors import CardGone
from firmware_sim.card.blank import blank_ev2, blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage, MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.relay import End, Work
from terminal.card_cli import main
from terminal.card_relay import CardRelay
from terminal.configuration import TerminalConfiguration
from terminal.line import Line
from terminal.provisioning import initialise
from terminal.relaying import RelayFailed

ROOT = Path(__file__).resolve().parents[2]
HEITJE = (sys.executable, "-m", "heitje")
VECTOR = ROOT / "tests" / "vectors" / "test-programme.json"
NUMBERS = count(1)
WAIT_S = 30
APDUS = 13


@dataclass
class Municipality:
    """The backend, as programs."""

    directory: Path
    url: str = ""

    def do(self, *words: str) -> dict[str, Any]:
        """One command."""
        command = [*HEITJE, "backend", *words, "--dir", str(self.directory), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def citizen(self, cents: int) -> str:
        """Somebody who has earned so much."""
        name = f"citizen-{next(NUMBERS) + 100}"
        words = ("--title", "Paint", "--category", "painting", "--place", "Park", "--minutes", "60")
        task = str(self.do("task", "publish", *words, "--reward", str(cents))["id"])
        for move in ("claim", "start", "submit"):
            self.do("task", move, task, "--by", name)
        self.do("task", "validate", task, "--by", "inspector-1")
        return name

    def purse(self, uid: bytes) -> tuple[int, int]:
        """Purse and in flight of a card, cents; every invariant holds."""
        assert self.do("check")["holds"]
        shown = self.do("card", "show", "--uid", uid.hex())
        return shown["purse"], shown["in_flight"]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Municipality]:
    """A backend with two workers."""
    city = Municipality(tmp_path_factory.mktemp("relay") / "backend")
    subprocess.run(
        [*HEITJE, "backend", "init", "--test-programme", str(VECTOR), "--dir", str(city.directory)],
        check=True,
        capture_output=True,
        cwd=ROOT,
    )
    command = [*HEITJE, "backend", "serve", "--dir", str(city.directory), "--port", "0", "--publish-every-s", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        city.url = process.stdout.readline().removeprefix("ready ").strip()
        yield city
        process.terminate()


@pytest.fixture
def uid() -> bytes:
    """A card's number, each test another's."""
    return bytes.fromhex("04A1B2C3") + next(NUMBERS).to_bytes(3, "big")


@dataclass
class Lossy:
    """A line between desk and backend that now and then loses a request, or its answer; or is cut after `left` more."""

    backend: str
    random: Random
    lost: int = 0
    port: int = 0
    left: int | None = None
    _server: ThreadingHTTPServer | None = field(default=None, repr=False)

    def start(self) -> str:
        """Its address."""
        lossy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                lossy.pass_on(self)

            def do_GET(self) -> None:
                lossy.pass_on(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's word
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Hang up."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        """A request to the backend and its answer back, as far as luck will have it."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        luck = self.random.random() if self.left is None else 1.0 if self.left > 0 else 0.0
        self.left = None if self.left is None else self.left - 1
        handler.close_connection = True
        if luck < 0.2:
            self.lost += 1
            return
        upstream = http.client.HTTPConnection(self.backend.removeprefix("http://"), timeout=WAIT_S)
        upstream.request(handler.command, handler.path, body, dict(handler.headers.items()))
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if luck < 0.4:
            self.lost += 1
            return
        handler.send_response(answer.status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


def line_to(url: str, programme: TestProgramme) -> Line:
    return Line(url, programme.terminal, programme.terminal_key, lambda: int(time.time()), read_timeout_s=WAIT_S)


def test_a_line_that_loses_two_in_five_makes_and_loads_once(
    city: Municipality, programme: TestProgramme, uid: bytes
) -> None:
    lossy = Lossy(city.url, Random(7))
    relay = CardRelay(line_to(lossy.start(), programme), patience_s=3600, pause=lambda _: None)
    card = Card(MemoryStore(blank_light(uid)))
    order = city.do("card", "order", "--citizen", city.citizen(500))["order"]
    try:
        assert relay.run(Work.PERSONALISE, uid, card.transmit, order).end is End.MADE
        city.do("card", "load", "--uid", uid.hex(), "--amount", "500")
        [loaded] = relay.tap(uid, card.transmit)
        assert (loaded.end, loaded.amount, loaded.balance) == (End.LOADED, 500, 500)
        assert list(relay.tap(uid, card.transmit)) == []
    finally:
        lossy.stop()
    assert lossy.lost > 20
    assert (card.image.application.balance, city.purse(uid)) == (500, (500, 0))


@dataclass
class Torn:
    """A card that leaves at an APDU, heard or not."""

    card: Card
    apdu: int
    heard: bool
    count: int = 0

    def transmit(self, apdu: bytes) -> bytes:
        """Send one, unless it is the one."""
        self.count += 1
        if self.count < self.apdu:
            return self.card.transmit(apdu)
        if self.heard:
            self.card.transmit(apdu)
        self.card.power_off()
        raise CardGone


def test_torn_and_tapped_again(city: Municipality, programme: TestProgramme, uid: bytes) -> None:
    relay = CardRelay(line_to(city.url, programme))
    card = Card(MemoryStore(blank_light(uid)))
    order = city.do("card", "order", "--citizen", city.citizen(8))["order"]
    assert relay.run(Work.PERSONALISE, uid, card.transmit, order).end is End.MADE
    loaded = 0
    for apdu in (1, 5, APDUS - 1, APDUS):  # each one of them: tests/backend/cards
        for heard in (False, True):
            city.do("card", "load", "--uid", uid.hex(), "--amount", "1")
            with pytest.raises(CardGone):
                relay.run(Work.LOAD, uid, Torn(card, apdu, heard).transmit)
            [end] = relay.tap(uid, card.transmit)
            card.power_off()
            loaded += 1
            assert (end.end, end.amount, card.image.application.balance) == (End.LOADED, 1, loaded), (apdu, heard)
    assert city.purse(uid) == (8, 0)


def handed_out(city: Municipality, programme: TestProgramme, uid: bytes, more: int) -> Card:
    """A card with a euro on it, of a citizen who has so many cents more."""
    words = ("--citizen", city.citizen(100 + more), "--amount", "100")
    city.do("card", "register", "--uid", uid.hex(), *words)
    return Card(MemoryStore(personalise(programme, uid, Cents(100))))


def test_a_line_that_is_cut_after_any_request_loses_nothing(
    city: Municipality, programme: TestProgramme, uid: bytes
) -> None:
    """Asking what waits, opening, and answers to APDUs: after the last one the card has what nobody heard of."""
    lossy = Lossy(city.url, Random(1))
    cut = CardRelay(line_to(lossy.start(), programme), patience_s=0, pause=lambda _: None)
    relay, card = CardRelay(line_to(city.url, programme)), handed_out(city, programme, uid, 5)
    city.do("card", "load", "--uid", uid.hex(), "--amount", "5")
    try:
        for lossy.left in (0, 1, 2, 6, 10, APDUS - 1, APDUS, APDUS + 1):
            assert card.image.application.balance == 100
            with pytest.raises(RelayFailed):
                list(cut.tap(uid, card.transmit))
            card.power_off()
    finally:
        lossy.stop()
    assert (card.image.application.balance, city.purse(uid)) == (105, (100, 5))
    [end] = relay.tap(uid, card.transmit)
    assert (end.end, end.amount, city.purse(uid)) == (End.LOADED, 5, (105, 0))


class PowerCut(Exception):
    """The till is off."""


def test_a_till_that_goes_off_in_a_relay_loses_nothing(
    city: Municipality, programme: TestProgramme, uid: bytes
) -> None:
    """Nobody tells the backend: what it gave out last stands, and the next tap asks the card."""
    relay, card = CardRelay(line_to(city.url, programme)), handed_out(city, programme, uid, 6)
    city.do("card", "load", "--uid", uid.hex(), "--amount", "5")
    for apdu, heard in ((1, False), (4, True), (APDUS - 1, True), (APDUS, False), (APDUS, True)):
        sent = count(1)

        def transmit(command: bytes, last: int = apdu, heard: bool = heard, sent: Iterator[int] = sent) -> bytes:
            if next(sent) < last:
                return card.transmit(command)
            if heard:
                card.transmit(command)
            card.power_off()
            raise PowerCut

        if heard and apdu == APDUS:
            [end] = relay.tap(uid, card.transmit)  # what was in flight never happened: it is loaded now
            assert (end.end, end.amount) == (End.LOADED, 5)
            city.do("card", "load", "--uid", uid.hex(), "--amount", "1")
        with pytest.raises(PowerCut):
            list(CardRelay(line_to(city.url, programme)).tap(uid, transmit))
    assert card.image.application.balance == 106
    [end] = relay.tap(uid, card.transmit)
    assert (end.end, end.amount, city.purse(uid)) == (End.LOADED, 1, (106, 0))


def test_a_line_that_is_cut_says_so(programme: TestProgramme, uid: bytes) -> None:
    pauses: list[float] = []
    relay = CardRelay(line_to("http://127.0.0.1:9", programme), patience_s=1, pause=pauses.append)
    with pytest.raises(RelayFailed, match="settled when the card is held again"):
        list(relay.tap(uid, Card(MemoryStore(blank_light(uid))).transmit))
    assert len(pauses) == 4
    with pytest.raises(RelayFailed, match="address"):
        CardRelay(line_to("nowhere", programme)).waiting(uid)


def test_a_refusal_is_told(city: Municipality, programme: TestProgramme, uid: bytes) -> None:
    relay = CardRelay(line_to(city.url, programme))
    with pytest.raises(RelayFailed, match="no card is ordered"):
        relay.run(Work.PERSONALISE, uid, Card(MemoryStore(blank_light(uid))).transmit)
    stranger = Line(city.url, programme.terminal, programme.phone_ed25519, lambda: int(time.time()))
    with pytest.raises(RelayFailed, match=r"\S"):
        CardRelay(stranger).waiting(uid)


# --- the command, on a reader ------------------------------------------------------------------------------------


class Desk:
    """`heitje card …` on a PN532."""

    def __init__(self, reader: Pn532, capsys: pytest.CaptureFixture[str]) -> None:
        self.reader = f"pn532:{reader.path}"
        self.capsys = capsys
        self.said = ""

    def run(self, *words: str, code: int = 0) -> dict[str, Any]:
        """A command, and its JSON."""
        assert main([*words, "--reader", self.reader, "--timeout-s", "20", "--json"]) == code
        out, self.said = self.capsys.readouterr()
        document: dict[str, Any] = json.loads(out)
        return document


@pytest.fixture
def desk(reader: Pn532, capsys: pytest.CaptureFixture[str]) -> Desk:
    """The desk."""
    return Desk(reader, capsys)


@pytest.mark.parametrize("make", [blank_light, blank_ev2], ids=["light", "ev2"])
def test_the_command_from_blank_to_loaded(
    city: Municipality, desk: Desk, field: Field, uid: bytes, make: Callable[[bytes], CardImage], tmp_path: Path
) -> None:
    card = Card(MemoryStore(make(uid)))
    order = city.do("card", "order", "--citizen", city.citizen(700))["order"]
    here = ("--backend", city.url, "--test-programme", str(VECTOR))
    programme = TestProgramme.parse(VECTOR.read_text("utf-8"))
    initialise(programme, TerminalConfiguration(tmp_path / "till", b"", backend_url=city.url), int(time.time()))
    till = ("--dir", str(tmp_path / "till"))
    field.put(card, tear=Tear(Moment.AFTER, 20))
    field.watch(lambda: None if field.cards else field.put(card))
    made = desk.run("personalise", *till, "--order", str(order))
    assert (made["done"], [row["end"] for row in made["sessions"]]) == (True, ["made"])
    assert "the card left too early" in desk.said
    assert "  the proof that it is one" in desk.said
    city.do("card", "load", "--uid", uid.hex(), "--amount", "700")
    assert desk.run("load", *till)["sessions"] == [{"end": "loaded", "amount": 700, "balance": 700}]
    assert desk.run("load", *till)["sessions"] == [{"end": "nothing waits", "balance": 700}]
    shown = desk.run("show", *till)
    assert (shown["balance"], shown["certificate"]["state"], shown["uid"]) == (700, "valid", uid.hex().upper())
    assert desk.run("renew", *here)["sessions"] == [{"end": "renewed"}]
    city.do("card", "block", "--uid", uid.hex())
    assert desk.run("load", *here, code=1)["sessions"] == [{"end": "not done", "reason": "blocked"}]
    assert city.purse(uid) == (700, 0)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["load", "--backend", "http://127.0.0.1:1"], "who is this desk"),
        (["load", "--test-programme", str(VECTOR)], "which backend"),
        (["personalise"], "whose card is it"),
        (["personalise", "--look", "--backend", "http://127.0.0.1:1"], "as it was ordered"),
        (["personalise", "--scope", "category:bakery", "--backend", "http://127.0.0.1:1"], "as it was ordered"),
        (["personalise", "--years", "3", "--dir", "/nowhere"], "as it was ordered"),
        (["show"], "whose card is it"),
        (["show", "--dir", "/nowhere"], "terminal.toml"),
        (["renew", "--dir", "/nowhere"], "terminal.toml"),
    ],
)
def test_who_and_where_has_to_be_said(words: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--reader", "pn532:/dev/null"]) == 2
    assert why in capsys.readouterr().err
