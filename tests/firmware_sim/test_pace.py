# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Real time: what a line and the air take, by hand; and a paced reader is never faster than that."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.devices import open_reader
from firmware_sim.card.firmware import Card
from firmware_sim.field import Field
from firmware_sim.pace import (
    FRAME_DELAY_S,
    GUARD_S,
    Pace,
    activation_s,
    air_frame_s,
    blocks_s,
    search_s,
)
from firmware_sim.pn532 import Pn532
from heitje.card.apdu import select, wrap
from heitje.card.layout import Command

WAIT_S = 10.0
BIT_US = 128 / 13.56


def us(seconds: float) -> float:
    return round(1e6 * seconds, 1)


def test_a_line_has_ten_bits_a_byte() -> None:
    assert us(Pace().line_s(10, 115_200)) == us(100 / 115_200)
    assert us(Pace(9600).line_s(10, 115_200)) == us(100 / 9600)
    assert us(Pace(921_600).line_s(10, 115_200)) == us(100 / 115_200)


def test_a_frame_in_the_air() -> None:
    assert us(FRAME_DELAY_S) == 86.4
    assert us(air_frame_s(5)) == us(FRAME_DELAY_S) + round((7 * 9 + 2) * BIT_US, 1)
    assert us(air_frame_s(5, crc=False)) == pytest.approx(86.4 + (5 * 9 + 2) * BIT_US, abs=0.2)
    assert us(search_s()) == pytest.approx(86.4 + 9 * BIT_US, abs=0.2)


def test_a_longer_uid_takes_more_levels() -> None:
    assert activation_s(4) < activation_s(7) < activation_s(10)
    assert activation_s(10) - activation_s(7) == pytest.approx(activation_s(7) - activation_s(4))


def test_an_apdu_in_blocks() -> None:
    one = blocks_s(10, 20, 64, 64)
    assert one == pytest.approx(air_frame_s(11) + air_frame_s(21))
    chained = blocks_s(100, 20, 64, 64)
    assert chained == pytest.approx(air_frame_s(62) + air_frame_s(1) + air_frame_s(40) + air_frame_s(21))
    assert blocks_s(1, 0, 64, 64) == pytest.approx(air_frame_s(2) + air_frame_s(1))


@pytest.mark.parametrize("pace", [Pace(), Pace(115_200)])
def test_a_paced_reader_is_never_faster(make_reader: Callable[..., Any], tmp_path: Path, pace: Pace) -> None:
    card: Card = make_reader().card
    field = Field()
    with Pn532(field, tmp_path / "reader", pace) as simulator:
        reader = open_reader(f"pn532:{simulator.path}")
        assert reader.wait_for_card(0.0) is None
        before = simulator.spent.line_s + simulator.spent.air_s
        start = time.monotonic()
        field.put(card)
        held = reader.wait_for_card(WAIT_S)
        assert held is not None
        assert held.transmit(select(card.image.application.df_name)) == b"\x90\x00"
        assert len(held.transmit(wrap(Command.GET_VERSION))) == 9
        took_s = time.monotonic() - start
        spent_s = simulator.spent.line_s + simulator.spent.air_s - before
        reader.close()
    assert took_s >= spent_s > GUARD_S


def test_without_a_pace_no_time_is_kept(make_reader: Callable[..., Any], tmp_path: Path) -> None:
    field = Field()
    field.put(make_reader().card)
    with Pn532(field, tmp_path / "reader") as simulator:
        reader = open_reader(f"pn532:{simulator.path}")
        assert reader.wait_for_card(WAIT_S) is not None
        reader.close()
        assert (simulator.spent.line_s, simulator.spent.air_s, simulator.spent.line_bytes) == (0.0, 0.0, 0)
        assert simulator.spent.commands > 10


def test_an_apdu_is_one_command_once_the_chip_is_set_up(make_reader: Callable[..., Any], tmp_path: Path) -> None:
    """nfcpy alone takes four: two for registers, one for the timeout, and the block."""
    card: Card = make_reader().card
    field = Field()
    field.put(card)
    with Pn532(field, tmp_path / "reader") as simulator:
        reader = open_reader(f"pn532:{simulator.path}")
        held = reader.wait_for_card(WAIT_S)
        assert held is not None
        taken: list[int] = []
        for _ in range(3):
            before = simulator.spent.commands
            held.transmit(select(card.image.application.df_name))
            taken.append(simulator.spent.commands - before)
        assert taken == [4, 1, 1]
        assert held.present()
        before = simulator.spent.commands
        held.transmit(wrap(Command.GET_VALUE, os.urandom(200)))  # two blocks
        assert simulator.spent.commands - before == 2
        reader.close()
