# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""PN532 frames: whole, byte by byte, cut, damaged, with anything around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.hsu import ACK, DATA_MAX, NACK, FrameReader, Signal, encode

PAYLOADS = st.binary(min_size=1, max_size=DATA_MAX)


def read(data: bytes, portion: int = 10_000) -> list[bytes | Signal]:
    reader = FrameReader()
    return [event for at in range(0, len(data), portion) for event in reader.feed(data[at : at + portion])]


def test_frames_of_the_user_manual() -> None:
    assert encode(bytes.fromhex("D402")) == bytes.fromhex("0000FF02FED4022A00")
    assert encode(bytes.fromhex("D50332010607")) == bytes.fromhex("0000FF06FAD50332010607E800")
    assert read(bytes.fromhex("0000FF05FBD4140100001700")) == [bytes.fromhex("D414010000")]


def test_a_long_frame_is_extended() -> None:
    frame = encode(bytes(262))
    assert frame.startswith(bytes.fromhex("0000FFFFFF0106F9"))
    assert read(frame) == [bytes(262)]


@pytest.mark.parametrize("size", [0, DATA_MAX + 1])
def test_no_frame_of_that_size(size: int) -> None:
    with pytest.raises(ValueError, match="265"):
        encode(bytes(size))


@given(st.lists(st.one_of(PAYLOADS, st.sampled_from((Signal.ACK, Signal.NACK))), max_size=6), st.integers(1, 9))
def test_any_portions(events: list[bytes | Signal], portion: int) -> None:
    wire = {Signal.ACK: ACK, Signal.NACK: NACK}
    data = b"".join(bytes(10) + (wire[e] if isinstance(e, Signal) else encode(e)) for e in events)
    assert read(data, portion) == events


@given(PAYLOADS, st.data())
def test_a_damaged_frame_is_never_taken_for_another(payload: bytes, data: st.DataObject) -> None:
    frame = bytearray(encode(payload))
    at = data.draw(st.integers(3, len(frame) - 2))
    frame[at] ^= 1 << data.draw(st.integers(0, 7))
    assert payload not in read(bytes(frame))
    found = read(bytes(frame) + bytes(DATA_MAX) + encode(b"\xd4\x02"))
    assert b"\xd4\x02" in found or any(event is Signal.DAMAGED for event in found)


@given(st.binary(max_size=600))
def test_rubbish_is_skipped_and_never_kept(rubbish: bytes) -> None:
    reader = FrameReader()
    list(reader.feed(rubbish))
    list(reader.feed(bytes(DATA_MAX + 8)))
    assert list(reader.feed(encode(b"\xd4\x02"))) == [b"\xd4\x02"]
