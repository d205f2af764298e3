# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The PN532 by its user manual (UM0701-02), as libraries other than nfcpy speak to it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.field import Field
from firmware_sim.memory_tag import MemoryTag
from firmware_sim.pn532_chip import Chip

TAG = MemoryTag(bytes.fromhex("04112233445566"))


def ask(chip: Chip, command: str) -> str | None:
    payload = chip.execute(bytes.fromhex(command)).payload
    return None if payload is None else payload.hex().upper()


def test_what_the_chip_is() -> None:
    chip = Chip(Field())
    assert ask(chip, "D402") == "D50332010607"
    assert ask(chip, "D414 01 00 00") == "D515"
    assert ask(chip, "D400 00 0102") == "D501000102"
    assert ask(chip, "D404") == "D50500000000"
    assert ask(chip, "D416 B0 00") == "D51700"


def test_registers_keep_what_is_written() -> None:
    chip = Chip(Field())
    assert ask(chip, "D406 6339") == "D50726"
    assert ask(chip, "D408 6302 81 6305 40") == "D509"
    assert ask(chip, "D406 6302 6305 6338") == "D507814000"


def test_nothing_in_the_field() -> None:
    chip = Chip(Field())
    assert ask(chip, "D44A 01 00") == "D54B00"
    assert ask(chip, "D442 E080") == "D54301"
    assert ask(chip, "D440 01 3000") == "D54127"


def test_other_technologies_find_nothing() -> None:
    field = Field()
    field.put(TAG)
    assert [ask(Chip(field), f"D44A 01 0{kind}") for kind in (1, 2, 3, 4)] == ["D54B00"] * 4


def test_a_tag_is_listed_and_read() -> None:
    field = Field()
    field.put(TAG)
    chip = Chip(field)
    assert ask(chip, "D44A 01 00") == "D54B010100440007" + TAG.uid.hex().upper()
    assert ask(chip, "D440 01 30 00") == "D54100041122" + 13 * "00"
    assert ask(chip, "D442 30 00") == "D54300041122" + 13 * "00"
    assert ask(chip, "D452 00") == "D55300"
    assert ask(chip, "D440 01 30 00") == "D54127"


def test_a_card_activated_by_the_chip_itself(make_reader: Callable[..., Any]) -> None:
    card = make_reader().card
    field = Field()
    field.put(card)
    chip = Chip(field)
    listed = "D54B010103442007" + card.uid.hex().upper()
    assert ask(chip, "D44A 01 00") == listed + "067777710280"
    assert ask(chip, "D440 01 00A4040008F0484549544A450100") == "D541009000"
    assert ask(chip, "D440 41 90600000") == "D54100"  # more to come
    assert ask(chip, "D440 01 00") == "D54100" + "04080130001305" + "91AF"
    assert ask(chip, "D412 04") == "D513"  # no activation by the chip
    assert ask(chip, "D44A 01 00") == listed
    field.lift()
    assert ask(chip, "D440 01 9060000000") == "D54101"


def test_two_cards(make_reader: Callable[..., Any]) -> None:
    field = Field()
    field.put(make_reader().card, TAG)
    answer = ask(Chip(field), "D44A 02 00")
    assert answer is not None
    assert answer.startswith("D54B0201")


def test_the_carrier_is_switched_off(make_reader: Callable[..., Any]) -> None:
    reader = make_reader()
    field = Field()
    field.put(reader.card)
    chip = Chip(field)
    ask(chip, "D44A 01 00")
    ask(chip, "D440 01 00A4040008F0484549544A450100")
    assert ask(chip, "D432 01 02") == "D533"
    assert ask(chip, "D440 01 9060000000") == "D54127"
    ask(chip, "D44A 01 00")
    assert ask(chip, "D440 01 9071000002010000") == "D541" + "00919D"  # the selection is gone


@pytest.mark.parametrize(
    "command",
    ["", "D4", "D5 02", "D4 99", "D406", "D406 63", "D408 6302", "D410", "D410 FF", "D412", "D416", "D432",
     "D440", "D44A", "D44A 03 00", "D400", "D452"],
)  # fmt: skip
def test_what_is_no_command(command: str) -> None:
    assert Chip(Field()).execute(bytes.fromhex(command)).payload is None


def test_silence_takes_as_long_as_it_is_told() -> None:
    chip = Chip(Field())
    chip.execute(bytes.fromhex("D432 02 0A0B0A"))
    assert chip.execute(bytes.fromhex("D442 E080")).wait_s == pytest.approx(0.0512)


PAYLOADS = st.one_of(st.binary(max_size=40), st.binary(max_size=40).map(lambda data: b"\xd4" + data))


@given(st.lists(PAYLOADS, max_size=12))
def test_any_bytes(payloads: list[bytes]) -> None:
    field = Field()
    field.put(TAG)
    chip = Chip(field)
    for payload in payloads:
        answer = chip.execute(payload).payload
        assert answer is None or answer[:2] == bytes((0xD5, payload[1] + 1))
