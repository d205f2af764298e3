# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""APDU frames and names of what a card understands (CARD.md sections 1, 5 and 8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.card import layout
from heitje.card.apdu import MalformedAnswer, select, unwrap, wrap
from heitje.card.layout import Command, Status


def test_frames_as_drawn() -> None:
    assert wrap(Command.GET_VERSION).hex() == "9060000000"
    assert wrap(Command.ADDITIONAL_FRAME).hex() == "90af000000"
    assert wrap(Command.AUTHENTICATE_EV2_FIRST, b"\x01\x00").hex() == "9071000002010000"
    assert select(layout.df_name(b"\x45\x01")).hex() == "00a4040008f0484549544a450100"


@given(st.integers(0, 255), st.binary(max_size=255))
def test_a_command(command: int, data: bytes) -> None:
    apdu = wrap(command, data)
    assert apdu[:4] == bytes((0x90, command, 0, 0))
    assert apdu[4:] == (bytes((len(data),)) + data if data else b"") + b"\x00"


def test_a_command_carries_255_bytes() -> None:
    assert len(wrap(0x8D, bytes(255))) == 261
    with pytest.raises(ValueError, match="255"):
        wrap(0x8D, bytes(256))


@given(st.binary(max_size=256), st.integers(0, 0xFFFF))
def test_an_answer(data: bytes, status: int) -> None:
    assert unwrap(data + status.to_bytes(2, "big")) == (data, status)


@pytest.mark.parametrize("length", [0, 1, 259, 1000, 70_000])
def test_an_answer_of_another_length(length: int) -> None:
    with pytest.raises(MalformedAnswer):
        unwrap(bytes(length))


def test_names() -> None:
    assert unwrap(bytes.fromhex("91AF"))[1] == Status.MORE_FRAMES
    assert layout.df_name(bytes(2)) == bytes.fromhex("F0484549544A0000")
    for number in (b"", b"\x45", bytes(3)):
        with pytest.raises(ValueError):
            layout.df_name(number)
