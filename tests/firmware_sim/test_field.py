# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The field: cards enter, leave, are torn away and come back."""

import threading

import pytest

from firmware_sim.faults import Faults, Garble, Moment, Tear
from firmware_sim.field import Field
from firmware_sim.memory_tag import MemoryTag

RETURN_TIMEOUT_S = 10.0


class Counting(MemoryTag):
    """A card that counts what it is told and how often it loses its power."""

    def __init__(self, uid: bytes = bytes(7)) -> None:
        super().__init__(uid)
        self.told = 0
        self.powered_off = 0

    def power_off(self) -> None:
        self.powered_off += 1

    def transmit(self, apdu: bytes) -> bytes:
        self.told += 1
        return b"\x90\x00"


def test_a_card_answers_only_in_the_field() -> None:
    field, card = Field(), Counting()
    assert field.transmit(card, b"x") is None
    field.put(card)
    assert field.transmit(card, b"x") == b"\x90\x00"
    field.lift()
    assert field.transmit(card, b"x") is None
    assert (card.told, card.powered_off, field.cards) == (1, 1, ())


@pytest.mark.parametrize(("moment", "told"), [(Moment.BEFORE, 2), (Moment.AFTER, 3)])
def test_a_tear_happens_once(moment: Moment, told: int) -> None:
    field, card = Field(Faults(tear=Tear(moment, 3))), Counting()
    field.put(card)
    assert [field.transmit(card, b"x") for _ in range(3)] == [b"\x90\x00", b"\x90\x00", None]
    assert (card.told, field.cards, field.last_tear) == (told, (), Tear(moment, 3))
    field.put(card)
    assert field.last_tear is None
    assert [field.transmit(card, b"x") for _ in range(5)] == [b"\x90\x00"] * 5


def test_apdus_are_counted_since_the_entry() -> None:
    field, card = Field(), Counting()
    field.put(card)
    field.transmit(card, b"x")
    assert field.apdus == 1
    field.arm(Tear(Moment.BEFORE, 2))
    field.put(card)
    assert field.apdus == 0
    assert field.transmit(card, b"x") is not None
    assert field.transmit(card, b"x") is None


def test_a_torn_card_comes_back_by_itself() -> None:
    field, card = Field(return_after_s=0.05), Counting()
    field.put(card, tear=Tear(Moment.AFTER, 1))
    assert field.transmit(card, b"x") is None
    assert field.wait_until(empty=False, timeout_s=RETURN_TIMEOUT_S)
    assert field.transmit(card, b"x") == b"\x90\x00"
    field.close()


def test_what_a_hand_does_meanwhile_counts() -> None:
    field, card, other = Field(return_after_s=0.05), Counting(), Counting(bytes(range(7)))
    field.put(card, tear=Tear(Moment.AFTER, 1))
    field.transmit(card, b"x")
    field.put(other)
    assert not field.wait_until(empty=True, timeout_s=0.1)
    assert field.cards == (other,)
    field.put(card, tear=Tear(Moment.AFTER, 1))
    field.transmit(card, b"x")
    field.close()
    assert not field.wait_until(empty=False, timeout_s=0.1)


def test_whoever_watches_is_told_of_each_change() -> None:
    field, card = Field(), Counting()
    seen: list[int] = []
    field.watch(lambda: seen.append(len(field.cards)))
    field.put(card, tear=Tear(Moment.BEFORE, 1))
    field.transmit(card, b"x")
    field.put(card)
    field.lift()
    assert seen == [1, 0, 1, 0]


def test_entries_differ_even_for_the_same_card() -> None:
    field, card = Field(), Counting()
    entries = set()
    for _ in range(3):
        field.put(card)
        entries.add(field.entry)
    assert len(entries) == 3


def test_a_garbled_answer_differs_in_one_bit_and_the_same_for_the_same_seed() -> None:
    answers = []
    for _ in range(2):
        field, card = Field(Faults(garble=Garble(apdu=2, seed=5))), Counting()
        field.put(card)
        answers.append([field.transmit(card, b"x") for _ in range(3)])
    assert answers[0] == answers[1]
    first, second, third = answers[0]
    assert first == third == b"\x90\x00"
    assert second is not None
    assert (int.from_bytes(second, "big") ^ 0x9000).bit_count() == 1


def test_apdus_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        Tear(Moment.BEFORE, 0)


def test_hands_and_readers_may_be_in_different_threads() -> None:
    field, card = Field(), Counting()
    stop = threading.Event()

    def hand() -> None:
        while not stop.is_set():
            field.put(card)
            field.lift()

    thread = threading.Thread(target=hand)
    thread.start()
    answers = {field.transmit(card, b"x") for _ in range(2000)}
    stop.set()
    thread.join()
    assert answers <= {None, b"\x90\x00"}
