# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje card`, from blank card to proof, on a PN532: what a person and a program are told, and the exit codes."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.card.blank import blank_ev2, blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage, MemoryStore
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.memory_tag import MemoryTag
from firmware_sim.pn532 import Pn532
from firmware_sim.strangers import bank_card, passport, transit_pass
from heitje.card.record import Record
from heitje.card.silicon_checks import CHECKS
from terminal.card_cli import main

UID = bytes.fromhex("04A1B2C3D4E580")
OTHER_UID = bytes.fromhex("0411223344556A")
BLANK: dict[str, Callable[[bytes], CardImage]] = {"light": blank_light, "ev2": blank_ev2}
CHIPS = {"light": "DESFire Light", "ev2": "DESFire EV2"}


class Desk:
    """The command on one reader; `document` is the JSON that it answered."""

    def __init__(self, reader: Pn532, field: Field, vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.field = field
        self.capsys = capsys
        self.words = ["--reader", f"pn532:{reader.path}", "--test-programme", str(vectors / "test-programme.json")]
        self.out = self.said = ""

    def run(self, command: str, *more: str, timeout_s: str = "10") -> int:
        code = main([command, *self.words, "--timeout-s", timeout_s, *more])
        self.out, self.said = self.capsys.readouterr()
        return code

    def json(self, command: str, *more: str, code: int = 0, timeout_s: str = "10") -> dict[str, Any]:
        assert self.run(command, "--json", *more, timeout_s=timeout_s) == code, self.said
        document: dict[str, Any] = json.loads(self.out)
        return document


@pytest.fixture
def desk(reader: Pn532, field: Field, vectors: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(reader, field, vectors, capsys)


@pytest.mark.parametrize("kind", BLANK)
def test_from_blank_to_shown(desk: Desk, kind: str) -> None:
    desk.field.put(Card(MemoryStore(BLANK[kind](UID))))
    seen = desk.json("personalise", "--look")
    assert (seen["done"], seen["blank"], seen["chip"]) == (False, True, CHIPS[kind])
    assert seen["missing"][-1] == "issuer_key"
    assert desk.run("personalise") == 0
    assert f"card {UID.hex().upper()} is a card of nl.testburg ({CHIPS[kind]})" in desk.out
    assert [line for line in desk.said.splitlines() if line.startswith("  ")][-1] == "  the proof that it is one"
    again = desk.json("personalise")
    assert (again["done"], again["missing"], again["blank"]) == (True, [], False)
    assert "certificate" not in desk.said  # the one that it has will do
    sheet = desk.json("show")
    assert (sheet["uid"], sheet["balance"], sheet["transactions"]) == (UID.hex().upper(), 0, 0)
    assert (sheet["key_version"], sheet["last"]) == (1, [])
    assert sheet["certificate"]["state"] == "valid"
    assert sheet["certificate"]["programme"] == "nl.testburg"
    assert sheet["certificate"]["scope"] is None


def test_a_card_that_leaves_is_asked_for_again_and_finished(desk: Desk) -> None:
    card, other = Card(MemoryStore(blank_light(UID))), Card(MemoryStore(blank_light(OTHER_UID)))
    came = iter([(other,), (card,)])

    def hand() -> None:
        if not desk.field.cards:
            threading.Timer(0.05, desk.field.put, next(came, ())).start()
        elif desk.field.cards == (other,):
            threading.Timer(0.5, desk.field.lift).start()

    desk.field.put(card, tear=Tear(Moment.AFTER, 45))
    desk.field.watch(hand)
    assert desk.run("personalise", timeout_s="30") == 0
    assert f"the card left too early: hold card {UID.hex().upper()} again" in desk.said
    assert f"that is another card: hold {UID.hex().upper()} again first" in desk.said
    assert other.image == blank_light(OTHER_UID)
    assert card.image.application.keys[0].version == 1


def test_a_card_that_does_not_come_back_is_taken_up_later(desk: Desk) -> None:
    card = Card(MemoryStore(blank_light(UID)))
    desk.field.put(card, tear=Tear(Moment.BEFORE, 45))
    assert desk.json("personalise", code=1, timeout_s="1")["done"] is False
    assert "did not come back" in desk.said
    desk.field.put(card)
    assert desk.run("personalise", "--look") == 0
    assert "begun (3 of 6 steps done)" in desk.out
    assert desk.json("personalise")["done"] is True


def test_a_scope_and_a_life(desk: Desk) -> None:
    desk.field.put(Card(MemoryStore(blank_light(UID))))
    assert desk.run("personalise", "--scope", "category:bakery", "--years", "2") == 0
    certificate = desk.json("show")["certificate"]
    assert certificate["scope"] == ["category:bakery"]
    assert 2 * 365 <= (certificate["expires"] - certificate["issued"]) / 86_400 <= 2 * 366
    assert desk.run("show") == 0
    assert "only for    category:bakery" in desk.out
    assert desk.run("personalise") == 0  # another scope: the certificate of a card not loaded yet is written anew
    assert desk.json("show")["certificate"]["scope"] is None


def test_a_card_with_sales_is_shown(desk: Desk, new_card: Callable[..., Card]) -> None:
    card = new_card()
    records = (Record(1, 1_795_000_000, bytes(7), 320).pack(), Record(3, 1_794_000_000, b"\x01" * 7, 2500).pack())
    application = replace(card.image.application, records=records, tmc=2)
    desk.field.put(Card(MemoryStore(replace(card.image, application=application))))
    sheet = desk.json("show")
    assert [(entry["kind"], entry["amount"]) for entry in sheet["last"]] == [("sale", 320), ("load", 2500)]
    assert desk.run("show") == 0
    assert "balance       € 25,00" in desk.out
    assert "sale  -€ 3,20" in desk.out
    assert "load  +€ 25,00" in desk.out


def test_a_loaded_card_is_left(desk: Desk, new_card: Callable[..., Card]) -> None:
    card = new_card()
    image = replace(card.image, application=replace(card.image.application, tmc=1))
    desk.field.put(Card(MemoryStore(image)))
    assert desk.json("personalise", code=1) == {
        "uid": UID.hex().upper(),
        "done": False,
        "reason": "it was loaded before, and a card is never made anew after that",
    }
    assert desk.run("personalise") == 1
    assert "was left as it is" in desk.out


def test_a_card_with_a_foreign_certificate_is_shown_as_that(desk: Desk, new_card: Callable[..., Card]) -> None:
    card = new_card()
    certificate = bytearray(card.image.application.certificate)
    certificate[120] ^= 1
    application = replace(card.image.application, certificate=bytes(certificate))
    desk.field.put(Card(MemoryStore(replace(card.image, application=application))))
    assert desk.json("show")["certificate"]["state"] == "not_ours"
    certificate[2] ^= 0xFF
    application = replace(card.image.application, certificate=bytes(certificate))
    desk.field.put(Card(MemoryStore(replace(card.image, application=application))))
    assert desk.json("show")["certificate"] == {"state": "malformed"}


@pytest.mark.parametrize("command", ["personalise", "show", "check-silicon"])
def test_strangers_are_refused_and_nothing_is_written(desk: Desk, command: str) -> None:
    for stranger in (bank_card(), passport(), MemoryTag(bytes(7)), bank_card(uid=UID)):
        desk.field.put(stranger)
        assert desk.json(command, code=1, timeout_s="3")["done"] is False
        heard = getattr(stranger, "heard", [])
        assert {apdu[1] for apdu in heard} <= {0xA4, 0x60}
    card = transit_pass()
    image = card.image
    desk.field.put(card)
    assert desk.run(command, timeout_s="3") == 1
    assert card.image == image


def test_no_card_and_several(desk: Desk, new_card: Callable[..., Card]) -> None:
    assert desk.run("show", timeout_s="1") == 1
    assert "no card was held to the reader" in desk.said
    desk.field.put(new_card(), new_card("0411223344556A"))
    assert desk.run("show", timeout_s="1") == 1
    assert "more than one card" in desk.said


def test_a_reader_that_is_not_there(desk: Desk, tmp_path: Path) -> None:
    desk.words[1] = f"pn532:{tmp_path}/nothing"
    assert desk.run("show", timeout_s="1") == 1
    assert "the reader does not answer" in desk.said


@pytest.mark.parametrize("kind", BLANK)
def test_the_silicon_checks_hold_on_the_simulated_card(desk: Desk, kind: str) -> None:
    card = Card(MemoryStore(BLANK[kind](UID)))
    desk.field.put(card)
    verdicts: dict[str, set[str]] = {check.name: set() for check in CHECKS}

    def note(*more: str) -> None:
        document = desk.json("check-silicon", *more)
        assert document["chip"] == CHIPS[kind]
        assert [found["name"] for found in document["findings"]] == [check.name for check in CHECKS]
        for found in document["findings"]:
            verdicts[found["name"]].add(found["verdict"])

    note()
    assert card.image == BLANK[kind](UID)  # quiet, on a blank card too
    desk.run("personalise")
    image = card.image
    note()
    assert card.image.application.balance == image.application.balance
    assert card.image.application.tmc == 0
    note("--spend")
    assert card.image.application.tmc == 2
    only_light = {"S5", "S6", "S7", "S8"}
    elsewhere = {"S9"} if kind == "light" else only_light
    assert {name for name, seen in verdicts.items() if "holds" in seen} == verdicts.keys() - elsewhere
    assert not any("differs" in seen for seen in verdicts.values())
    assert desk.run("check-silicon") == 1  # it counts as loaded now
    assert "loaded before" in desk.said


def test_a_card_that_does_something_else_is_found(desk: Desk) -> None:
    """A whole card whose transaction-MAC key is not the one that it should have, and one whose version lies."""
    card = Card(MemoryStore(blank_light(UID)))
    desk.field.put(card)
    desk.run("personalise")
    keys = (*card.image.application.keys[:2], *card.image.application.keys[3:], card.image.application.keys[2])
    wrong = Card(MemoryStore(replace(card.image, application=replace(card.image.application, keys=keys))))
    desk.field.put(wrong)
    assert desk.run("check-silicon") == 1
    assert "S13  differs" in desk.out


@pytest.mark.parametrize(
    "words",
    [
        ["personalise"],
        ["show", "--dir", "till"],
        ["--help-me"],
        ["personalise", "--years", "0"],
        ["show", "--timeout-s", "1.5"],
    ],
)
def test_what_is_not_understood(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_what_is_not_set_up(tmp_path: Path, vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programme = str(vectors / "test-programme.json")
    assert main(["show", "--reader", "usb:1", "--test-programme", programme]) == 2
    assert main(["show", "--reader", "pn532:/dev/x", "--test-programme", str(tmp_path / "none")]) == 2
    (tmp_path / "empty").write_text("{}")
    assert main(["show", "--reader", "pn532:/dev/x", "--test-programme", str(tmp_path / "empty")]) == 2
    assert "heitje card:" in capsys.readouterr().err
