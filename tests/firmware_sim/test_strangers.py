# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards that are none of ours: they answer as such cards do, and show what they were sent."""

import pytest

from firmware_sim.card.firmware import Card
from firmware_sim.card_choice import chosen
from firmware_sim.cli import _parser
from firmware_sim.strangers import KINDS, UIDS, Stranger, bank_card, passport, transit_pass
from heitje.card.apdu import select, wrap
from heitje.card.layout import Command, MakingCommand, Status
from heitje.programme import TestProgramme


@pytest.mark.parametrize("kind", KINDS)
def test_none_has_the_programmes_application(kind: str, programme: TestProgramme) -> None:
    card = KINDS[kind](UIDS[kind])
    assert card.uid == UIDS[kind]
    card.power_off()
    answer = card.transmit(select(programme.df_name))
    assert answer[-2:] not in (b"\x90\x00", b"\x91\x00")


@pytest.mark.parametrize(
    ("card", "name"), [(bank_card(), b"2PAY.SYS.DDF01"), (passport(), bytes.fromhex("A0000002471001"))]
)
def test_it_has_its_own(card: Stranger, name: bytes) -> None:
    assert card.transmit(select(name))[-2:] == b"\x90\x00"
    assert card.transmit(wrap(Command.GET_VERSION)) == b"\x6e\x00"
    assert card.transmit(bytes.fromhex("00E0000000")) == b"\x6d\x00"
    assert card.transmit(b"\x00") == b"\x67\x00"
    assert card.transmit(bytes.fromhex("00A4000C023F00")) == b"\x6a\x82"
    assert card.transmit(bytes.fromhex("00A40400")) == b"\x6a\x82"
    assert len(card.heard) == 6


def test_a_passport_gives_a_challenge_and_nothing_else() -> None:
    card = passport()
    assert len(card.transmit(bytes.fromhex("0084000008"))) == 10
    assert card.transmit(bytes.fromhex("00B0000000")) == bytes.fromhex("6982")


def test_a_transit_pass_is_a_desfire_of_somebody_elses() -> None:
    card = transit_pass()
    assert isinstance(card, Card)
    assert card.transmit(wrap(MakingCommand.GET_APPLICATION_IDS)) == b"OVT" + Status.OK.to_bytes(2, "big")
    assert card.transmit(select(b"transit.nl")) == b"\x90\x00"


def test_the_command_lays_it_on_the_reader() -> None:
    options = _parser().parse_args(["card", "--kind", "passport", "--pn532", "unused"])
    assert chosen(options).uid == UIDS["passport"]
    options = _parser().parse_args(["card", "--kind", "bank", "--uid", "04010203", "--pn532", "unused"])
    assert chosen(options).uid == bytes.fromhex("04010203")


@pytest.mark.parametrize(
    "words",
    [
        ["--kind", "bank", "--balance", "5"],
        ["--kind", "bank", "--image", "card.json"],
        ["--blank", "light", "--uid", "04A1B2C3D4E580", "--image", "card.json", "--balance", "5"],
        ["--blank", "light", "--image", "card.json"],
        ["--uid", "04A1B2C3D4E580", "--image", "card.json"],
    ],
)
def test_what_does_not_go_together_is_said(words: list[str]) -> None:
    options = _parser().parse_args(["card", *words, "--pn532", "unused"])
    with pytest.raises(ValueError):
        chosen(options)
