# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every card reader does, over real nfcpy and a PN532 on a pty, and over real pyscard, pcscd and vpcd."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.card import Card as DriverCard
from drivers.devices import open_reader
from drivers.errors import CardGone, CardKind, CardNotSupported, DeviceGone
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage
from firmware_sim.faults import Faults, Garble, Moment, Noise, Tear
from firmware_sim.field import Field
from firmware_sim.memory_tag import MemoryTag
from firmware_sim.pn532 import Pn532
from heitje.card import sale
from heitje.card.apdu import select, unwrap, wrap
from heitje.card.keys import diversify
from heitje.card.layout import KEY_TERMINAL, Command, Status
from heitje.card.session import NotAuthentic, StatusFault, run
from heitje.programme import TestProgramme

ENTRY_TIMEOUT_S = 5.0
SALE_APDUS = 11

# conftest's Counter: its class cannot be named here, for tests are no package.
Counter = Any


def held(counter: Counter) -> DriverCard:
    """The card that the driver finds."""
    card: DriverCard | None = counter.reader.wait_for_card(ENTRY_TIMEOUT_S)
    assert card is not None
    return card


def sell(card: DriverCard, programme: TestProgramme, cents: int, tmri: bytes) -> sale.Committed:
    """A whole sale, with random numbers of the moment."""
    key = diversify(programme.master_terminal, card.uid, programme.df_name, KEY_TERMINAL)
    contact = run(sale.greet([sale.Programme(programme.df_name, [key])], [os.urandom(16)]), card.transmit)
    run(sale.prepare(contact.session, tmri, cents, 1_800_000_000), card.transmit)
    return run(sale.commit(contact.session), card.transmit)


def test_no_card_no_answer(counter: Counter) -> None:
    counter.begin()
    assert counter.reader.wait_for_card(0.0) is None
    assert counter.reader.wait_for_card(0.15) is None


def test_a_wait_can_be_given_up_from_another_thread(counter: Counter, card: Card) -> None:
    counter.begin()
    cancelled = threading.Event()
    canceller = threading.Timer(0.1, cancelled.set)
    canceller.start()
    started = time.monotonic()
    assert counter.reader.wait_for_card(60.0, cancelled) is None
    counter.field.put(card)
    held_card = held(counter)
    assert not held_card.wait_removed(60.0, cancelled)
    assert time.monotonic() - started < 30.0
    canceller.join()


def test_a_card_that_comes_while_the_reader_waits(counter: Counter, card: Card) -> None:
    counter.begin()
    hand = threading.Timer(0.2, counter.field.put, (card,))
    hand.start()
    assert held(counter).uid == card.uid
    hand.join()


def test_frames_of_every_length_pass(counter: Counter, card: Card) -> None:
    counter.begin()
    counter.field.put(card)
    one = held(counter)
    assert one.transmit(select(card.image.application.df_name)) == b"\x90\x00"
    for length in (0, 1, 110, 125, 126, 247, 248, 249, 255):
        answer, status = unwrap(one.transmit(wrap(Command.GET_CARD_UID, bytes(length))))
        assert (answer, status) == (b"", Status.AUTHENTICATION_ERROR)
    assert one.transmit(b"\x90\x60\x00\x00\x05\x00") == b"\x67\x00"


def test_a_sale_is_eleven_apdus_and_the_longest_answer_passes(
    counter: Counter, card: Card, programme: TestProgramme
) -> None:
    counter.begin()
    counter.field.put(card)
    one = held(counter)
    committed = sell(one, programme, 350, bytes(16))
    assert counter.field.apdus == SALE_APDUS
    application = card.image.application
    assert (application.balance, application.tmc, application.tmv) == (2150, *committed)

    key = diversify(programme.master_terminal, one.uid, programme.df_name, KEY_TERMINAL)
    contact = run(sale.greet([sale.Programme(programme.df_name, [key])], [bytes(16)]), one.transmit)
    whole = run(contact.session.command(Command.READ_DATA, bytes(4) + b"\xf8\x00\x00"), one.transmit)
    assert whole == application.certificate[:248]


@pytest.mark.parametrize("moment", Moment)
def test_torn_at_every_apdu_of_a_sale(counter: Counter, card: Card, programme: TestProgramme, moment: Moment) -> None:
    counter.begin()
    for apdu in range(1, SALE_APDUS + 1):
        before = card.image
        counter.field.put(card, tear=Tear(moment, apdu))
        with pytest.raises(CardGone):
            sell(held(counter), programme, 10, apdu.to_bytes(16, "big"))
        assert counter.field.wait_until(empty=True, timeout_s=ENTRY_TIMEOUT_S)
        committed = moment is Moment.AFTER and apdu == SALE_APDUS
        assert card.image == (paid(before, card, 10) if committed else before), f"{moment} {apdu}"

    counter.field.put(card)  # the same card again: nothing of the tears is left in reader or card
    assert sell(held(counter), programme, 10, bytes(16)).tmc == card.image.application.tmc


def paid(before: CardImage, card: Card, cents: int) -> CardImage:
    """The card's image, after it was seen to be `cents` lower and one transaction further than before."""
    application = card.image.application
    assert application.balance == before.application.balance - cents
    assert application.tmc == before.application.tmc + 1
    return card.image


def test_a_card_that_leaves_and_comes_back(counter: Counter, card: Card) -> None:
    counter.begin()
    counter.field.put(card)
    one = held(counter)
    assert one.present()
    assert not one.wait_removed(0.05)
    counter.field.lift()
    assert one.wait_removed(ENTRY_TIMEOUT_S)
    assert not one.present()
    with pytest.raises(CardGone):
        one.transmit(wrap(Command.GET_VERSION))
    assert counter.reader.wait_for_card(0.05) is None
    counter.field.put(card)
    assert held(counter).transmit(select(card.image.application.df_name)) == b"\x90\x00"


def test_the_next_customers_card_is_another(counter: Counter, card: Card, make_second_card: Callable[[], Card]) -> None:
    counter.begin()
    counter.field.put(card)
    first = held(counter)
    second_card = make_second_card()
    counter.field.put(second_card)
    assert first.wait_removed(ENTRY_TIMEOUT_S)
    assert held(counter).uid == second_card.uid


def test_a_card_that_stays_is_found_again_at_once(counter: Counter, card: Card, programme: TestProgramme) -> None:
    counter.begin()
    counter.field.put(card)
    for number in range(3):
        sell(held(counter), programme, 10, number.to_bytes(16, "big"))
    assert card.image.application.balance == 2470


def test_a_reader_that_is_unplugged_and_plugged_in_again(
    counter: Counter, card: Card, programme: TestProgramme
) -> None:
    counter.unplug()  # not plugged in yet
    with pytest.raises(DeviceGone):
        counter.reader.wait_for_card(0.0)
    counter.begin()
    counter.field.put(card)
    one = held(counter)
    sell(one, programme, 10, bytes(16))
    counter.unplug()
    with pytest.raises((CardGone, DeviceGone)):
        one.transmit(wrap(Command.GET_VERSION))
    for _ in range(2):
        with pytest.raises(DeviceGone):
            counter.reader.wait_for_card(0.5)
    counter.begin()
    assert counter.reader.wait_for_card(0.0) is None
    counter.field.put(card)
    assert sell(held(counter), programme, 10, bytes(16)).tmc == 2


def test_a_garbled_answer_is_not_believed(counter: Counter, card: Card, programme: TestProgramme) -> None:
    for seed in range(5):
        counter.begin(Faults(garble=Garble(apdu=7, seed=seed)))
        counter.field.put(card)
        with pytest.raises((NotAuthentic, StatusFault)):
            sell(held(counter), programme, 10, bytes(16))
        counter.reader.close()
        counter.unplug()
    assert card.image.application.balance == 2500


def test_a_tag_that_only_stores_data_is_named(counter: Counter, card: Card) -> None:
    counter.begin()
    counter.field.put(MemoryTag(bytes.fromhex("04112233445566")))
    with pytest.raises(CardNotSupported) as refused:
        counter.reader.wait_for_card(ENTRY_TIMEOUT_S)
    assert refused.value.kind is CardKind.MEMORY
    counter.field.put(card)
    assert found_in_the_end(counter).uid == card.uid


def found_in_the_end(counter: Counter) -> DriverCard:
    """The card, once the reader has noticed that what lay there is gone."""
    deadline = time.monotonic() + ENTRY_TIMEOUT_S
    while True:
        try:
            return held(counter)
        except CardNotSupported:
            assert not threading.Event().wait(0.1)
            assert time.monotonic() < deadline


def test_two_cards_at_once_are_refused(
    pn532_counter: Counter, card: Card, make_second_card: Callable[[], Card]
) -> None:
    pn532_counter.begin()
    pn532_counter.field.put(card, make_second_card())
    with pytest.raises(CardNotSupported) as refused:
        pn532_counter.reader.wait_for_card(ENTRY_TIMEOUT_S)
    assert refused.value.kind is CardKind.SEVERAL
    assert pn532_counter.field.apdus == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_noisy_radio_link_is_slower_and_no_worse(
    pn532_counter: Counter, card: Card, programme: TestProgramme, seed: int
) -> None:
    pn532_counter.begin(Faults(noise=Noise(lost_percent=8, seed=seed)))
    pn532_counter.field.put(card)
    committed = sell(held(pn532_counter), programme, 10, bytes(16))
    assert committed.tmc == card.image.application.tmc == 1
    assert pn532_counter.field.apdus == SALE_APDUS  # a repeated block is no second command


def test_a_program_killed_with_the_reader_open(pn532_counter: Counter, card: Card) -> None:
    pn532_counter.begin()
    killed = (
        "import os, sys\n"
        "from drivers.devices import open_reader\n"
        "open_reader('pn532:' + sys.argv[1]).wait_for_card(0.0)\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(pn532_counter.link)], check=True)
    pn532_counter.field.put(card)
    assert held(pn532_counter).uid == card.uid


def test_a_port_whose_path_means_something_to_a_shell(tmp_path: Path, card: Card) -> None:
    link = tmp_path / "a $(touch gone) ; & 'port'"
    field = Field()
    field.put(card)
    reader = open_reader(f"pn532:{link}")
    with Pn532(field, link):
        found = reader.wait_for_card(ENTRY_TIMEOUT_S)
        assert found is not None
        assert found.uid == card.uid
        reader.close()
    assert list(tmp_path.iterdir()) == []
