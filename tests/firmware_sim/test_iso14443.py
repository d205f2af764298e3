# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card's block protocol: activation, chaining both ways, lost blocks, and blocks that are none."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.iso14443 import BlockLink

ATS = bytes.fromhex("067777710280")
RATS = b"\xe0\x80"


def link(answer: bytes = b"\x90\x00") -> tuple[BlockLink, list[bytes]]:
    seen: list[bytes] = []

    def transmit(apdu: bytes) -> bytes:
        seen.append(apdu)
        return answer

    made = BlockLink(ATS, transmit)
    assert made.exchange(RATS) == ATS
    return made, seen


def test_nothing_before_the_activation() -> None:
    made = BlockLink(ATS, lambda apdu: b"")
    assert made.exchange(b"\x02\x90\x60\x00\x00\x00") is None
    assert made.exchange(b"\xe0") is None
    assert made.exchange(RATS) == ATS


def test_block_numbers_alternate() -> None:
    made, seen = link()
    assert made.exchange(b"\x02one") == b"\x02\x90\x00"
    assert made.exchange(b"\x03two") == b"\x03\x90\x00"
    assert seen == [b"one", b"two"]


def test_a_lost_answer_is_sent_again_without_doing_it_again() -> None:
    made, seen = link()
    made.exchange(b"\x02one")
    assert made.exchange(b"\xb2") == b"\x02\x90\x00"
    assert made.exchange(b"\xb2") == b"\x02\x90\x00"
    assert seen == [b"one"]


def test_a_lost_command_is_asked_for_again() -> None:
    made, seen = link()
    assert made.exchange(b"\xb2") == b"\xa3"  # the reader's first block never came
    assert made.exchange(b"\x02one") == b"\x02\x90\x00"
    assert seen == [b"one"]


def test_presence_check_does_nothing() -> None:
    made, seen = link()
    made.exchange(b"\x02one")
    assert made.exchange(b"\xb3") == b"\xa2"
    assert made.exchange(b"\x03two") == b"\x03\x90\x00"
    assert seen == [b"one", b"two"]


def test_a_long_command_is_chained() -> None:
    made, seen = link()
    assert made.exchange(b"\x12" + bytes(125)) == b"\xa2"
    assert made.exchange(b"\x13" + bytes(125)) == b"\xa3"
    assert made.exchange(b"\xb3") == b"\xa3"  # the receipt was lost
    assert made.exchange(b"\x02" + bytes(5)) == b"\x02\x90\x00"
    assert seen == [bytes(255)]


def test_a_long_answer_is_chained() -> None:
    answer = bytes(range(256)) + b"\x91\x00"
    made, _ = link(answer)
    first = made.exchange(b"\x02read")
    assert first is not None
    assert (first[:1], len(first)) == (b"\x12", 254)
    assert made.exchange(b"\xb2") == first
    second = made.exchange(b"\xa3")
    assert second is not None
    assert second[:1] == b"\x03"
    assert first[1:] + second[1:] == answer
    assert made.exchange(b"\xb3") == second  # rule 11: the last part was lost
    assert made.exchange(b"\xa2") is None  # there is no more


def test_a_small_reader_gets_small_blocks() -> None:
    made = BlockLink(ATS, lambda apdu: bytes(40))
    made.exchange(b"\xe0\x00")  # 16 bytes a frame
    assert made.exchange(b"\x02x") == b"\x12" + bytes(13)


def test_deselect_ends_it() -> None:
    made, seen = link()
    assert made.exchange(b"\xc2") == b"\xc2"
    assert made.exchange(b"\x02one") is None
    assert not seen


def test_a_block_longer_than_the_card_can_take_gets_no_answer() -> None:
    made, seen = link()
    assert made.exchange(b"\x02" + bytes(126)) is None
    assert not seen


def test_silence_when_the_card_is_away() -> None:
    made = BlockLink(ATS, lambda apdu: None)
    made.exchange(RATS)
    assert made.exchange(b"\x02one") is None


@given(st.lists(st.binary(max_size=140), max_size=20))
def test_any_blocks_are_answered_or_not_and_nothing_breaks(blocks: list[bytes]) -> None:
    made, _ = link(bytes(300))
    for block in blocks:
        answer = made.exchange(block)
        assert answer is None or 0 < len(answer) <= 254
