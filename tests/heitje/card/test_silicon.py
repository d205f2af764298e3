# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The checks of the silicon: what a card does differently is found, and the table in docs/ names the same."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_sim.card.blank import FACTORY_FILES, blank_ev2, blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage, MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.card.certificate import CardCertificate, issue
from heitje.card.examination import Blueprint, Progress, look
from heitje.card.layout import Command
from heitje.card.session import run
from heitje.card.silicon import Finding, Subject, Verdict, examine
from heitje.card.silicon_checks import CHECKS
from heitje.money import Cents
from heitje.programme import TestProgramme

ROOT = Path(__file__).resolve().parents[3]
UID = bytes.fromhex("04A1B2C3D4E580")
Answering = Callable[[bytes, bytes], bytes]


def chance(count: int) -> bytes:
    return random.Random(count).randbytes(count)


def findings(
    programme: TestProgramme, image: CardImage, answering: Answering | None = None, *, spend: bool = False
) -> dict[str, Finding]:
    """Examine a card; `answering` turns what was sent and answered into what is answered instead."""
    card = Card(MemoryStore(image))
    token = issue(CardCertificate(programme.iss, 2_000_000_000, 1_700_000_000, UID), programme.mint)
    keys = programme.masters.card_keys(UID, programme.df_name)
    blueprint = Blueprint(programme.df_name, UID, token, keys, lambda token: True)
    looked = run(look(blueprint, chance), card.transmit)
    assert isinstance(looked, Progress), looked

    def transmit(apdu: bytes) -> bytes:
        answer = card.transmit(apdu)
        return answer if answering is None else answering(apdu, answer)

    subject = Subject(blueprint, chance, looked)
    return {check.name: run(exchange, transmit) for check, exchange in examine(subject, CHECKS, spend)}


def instead(command: int, status: str) -> Answering:
    return lambda apdu, answer: bytes.fromhex(status) if apdu[1] == command else answer


def test_the_table_and_the_checks_are_the_same() -> None:
    table = (ROOT / "docs" / "silicon.md").read_text("utf-8")
    rows = re.findall(r"^\| (S\d+) \|.*\| (.*?) \|$", table, re.MULTILINE)
    assert [name for name, _ in rows] == [check.name for check in CHECKS]
    held = {"any": "APPLICATION", "blank Light": "BLANK_LIGHT", "blank EV2 or EV3": "BLANK_EV2", "made": "WHOLE"}
    held["made, `--spend`"] = "SPENT"
    assert [held[card] for _, card in rows] == [check.needs.name for check in CHECKS]


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda programme: blank_light(UID), {"S1", "S2", "S3", "S5", "S6", "S7", "S8"}),
        (lambda programme: blank_ev2(UID), {"S9"}),
        (
            lambda programme: personalise(programme, UID, Cents(0)),
            {"S1", "S2", "S3", "S4", "S10", "S11", "S12", "S13", "S14", "S15"},
        ),
    ],
    ids=["blank light", "blank ev2", "made"],
)
def test_which_checks_a_card_can_answer(
    programme: TestProgramme, make: Callable[[TestProgramme], CardImage], names: set[str]
) -> None:
    found = findings(programme, make(programme))
    assert {name for name, finding in found.items() if finding.verdict is Verdict.HOLDS} == names
    assert {finding.verdict for name, finding in found.items() if name not in names} == {Verdict.NOT_HERE}


@pytest.mark.parametrize(
    ("name", "answering"),
    [
        ("S1", instead(0xA4, "6A82")),
        ("S2", instead(Command.GET_CARD_UID, "911C")),
        ("S3", instead(Command.GET_KEY_VERSION, "91AE")),
        ("S4", instead(Command.AUTHENTICATE_EV2_NON_FIRST, "91AE")),
        ("S10", instead(Command.COMMIT_READER_ID, "919D")),
        ("S11", instead(Command.COMMIT_TRANSACTION, "919D")),
        ("S12", instead(Command.READ_DATA, "917E")),
        ("S13", instead(Command.CREDIT, "91BE")),
        ("S14", instead(Command.LIMITED_CREDIT, "91AE")),
        ("S15", instead(Command.READ_RECORDS, "919D")),
    ],
)
def test_a_made_card_that_does_something_else(programme: TestProgramme, name: str, answering: Answering) -> None:
    found = findings(programme, personalise(programme, UID, Cents(0)), answering)[name]
    assert found.verdict is Verdict.DIFFERS
    assert found.seen


@pytest.mark.parametrize(
    ("name", "command", "status"),
    [
        ("S5", Command.AUTHENTICATE_EV2_NON_FIRST, "9140"),
        ("S7", Command.SET_CONFIGURATION, "917E"),
        ("S8", Command.CHANGE_FILE_SETTINGS, "917E"),
    ],
)
def test_a_blank_light_that_does_something_else(programme: TestProgramme, name: str, command: int, status: str) -> None:
    found = findings(programme, blank_light(UID), instead(command, status))[name]
    assert found.verdict is Verdict.DIFFERS
    assert status in found.seen


def test_the_factory_files_are_told_byte_by_byte(programme: TestProgramme) -> None:
    seen = findings(programme, blank_light(UID))["S6"].seen
    assert all(f"{number:02X}: {file.pack().hex()}" in seen for number, file in FACTORY_FILES.items())


@pytest.mark.parametrize(("command", "status"), [(0x1A, "91AE"), (0x45, "91AE"), (0x6A, "919D"), (0x5A, "911C")])
def test_a_blank_ev2_that_does_something_else(programme: TestProgramme, command: int, status: str) -> None:
    assert findings(programme, blank_ev2(UID), instead(command, status))["S9"].verdict is Verdict.DIFFERS


def test_a_wrong_transaction_mac_is_found(programme: TestProgramme) -> None:
    image = personalise(programme, UID, Cents(0))
    assert findings(programme, image, spend=True)["S16"].verdict is Verdict.HOLDS
    found = findings(programme, image, instead(Command.COMMIT_TRANSACTION, "910C"), spend=True)
    assert found["S16"].verdict is Verdict.DIFFERS
    assert found["S17"].verdict is Verdict.DIFFERS


def test_a_card_with_money_on_it_is_not_spent(programme: TestProgramme) -> None:
    image = personalise(programme, UID, Cents(15_000))
    assert findings(programme, image, spend=True)["S16"].seen == "the balance is 15000"
