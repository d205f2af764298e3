# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards are made and loaded over each reader, and torn there; every single tear is in tests/heitje/card."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.card import Card as DriverCard
from drivers.errors import CardGone
from firmware_sim.card.blank import blank_ev2, blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage, MemoryStore
from firmware_sim.faults import Moment, Tear
from heitje.card import load, sale
from heitje.card.certificate import CardCertificate, issue
from heitje.card.examination import Blueprint, Looked, Progress, look
from heitje.card.keys import CardKeys
from heitje.card.layout import KEY_LOADER, KEY_TERMINAL, KEY_TRANSACTION_MAC, Command
from heitje.card.personalisation import personalise
from heitje.card.session import run
from heitje.card.transaction import tmi_of_payment, tmv, transaction_keys
from heitje.programme import TestProgramme

UID = bytes.fromhex("04A1B2C3D4E580")
WAIT_S = 5.0
EVERY = 17
"""A prime: over the readers that many APDUs lie between two tears, so that each step is torn somewhere."""
LOAD_APDUS = 13
NOW = 1_800_000_000

Counter = Any


def held(counter: Counter) -> DriverCard:
    card: DriverCard | None = counter.reader.wait_for_card(WAIT_S)
    assert card is not None
    return card


def made(programme: TestProgramme) -> Blueprint:
    token = issue(CardCertificate(programme.iss, NOW + 10**8, NOW, UID), programme.mint)
    return Blueprint(programme.df_name, UID, token, programme.masters.card_keys(UID, programme.df_name))


def personalised(counter: Counter, wanted: Blueprint) -> Looked:
    card = held(counter)
    return run(personalise(wanted, os.urandom, lambda step: None), card.transmit)


@pytest.mark.parametrize("make", [blank_light, blank_ev2], ids=["light", "ev2"])
def test_a_card_is_made_however_often_it_is_torn(
    counter: Counter, programme: TestProgramme, make: Callable[[bytes], CardImage]
) -> None:
    counter.begin()
    wanted, card = made(programme), Card(MemoryStore(make(UID)))
    moments: Iterator[Moment] = iter([Moment.BEFORE, Moment.AFTER] * 10)
    apdu = EVERY
    while True:
        counter.field.put(card, tear=Tear(next(moments), apdu))
        try:
            done = personalised(counter, wanted)
        except CardGone:
            assert counter.field.wait_until(empty=True, timeout_s=WAIT_S)
            counter.field.put(card)
            assert isinstance(run(look(wanted, os.urandom), held(counter).transmit), Progress)
            apdu += EVERY
            continue
        break
    assert isinstance(done, Progress)
    assert not done.missing
    counter.field.put(card)
    assert personalised(counter, wanted) == done


@pytest.mark.parametrize("moment", Moment)
def test_a_first_load_torn_at_every_apdu(counter: Counter, programme: TestProgramme, moment: Moment) -> None:
    counter.begin()
    wanted, card = made(programme), Card(MemoryStore(blank_light(UID)))
    run(personalise(wanted, os.urandom, lambda step: None), card.transmit)
    proven = 0
    for apdu in range(1, LOAD_APDUS + 1):
        counter.field.put(card, tear=Tear(moment, apdu))
        with pytest.raises(CardGone):
            loaded(held(counter), programme, wanted.keys, apdu)
        proven += moment is Moment.AFTER and apdu == LOAD_APDUS
        assert counter.field.wait_until(empty=True, timeout_s=WAIT_S)
        assert card.image.application.balance == 100 * proven
    counter.field.put(card)
    loaded(held(counter), programme, wanted.keys, LOAD_APDUS + 1)
    assert card.image.application.balance == 100 * (proven + 1)


def loaded(card: DriverCard, programme: TestProgramme, keys: CardKeys, number: int) -> None:
    """One euro, and the proof that the card has it."""
    contact = run(
        sale.greet([sale.Programme(programme.df_name, [keys(KEY_TERMINAL)])], [os.urandom(16)]), card.transmit
    )
    prepared = run(load.prepare(contact.session, keys(KEY_LOADER), os.urandom(16), number, 100, NOW), card.transmit)
    assert isinstance(prepared, load.Credited)
    committed = run(sale.commit(contact.session), card.transmit)
    tmi = tmi_of_payment(
        Command.CREDIT,
        balance=prepared.balance_before,
        amount=100,
        tmri=load.tmri_of(number),
        enc_tmri=prepared.enc_tmri,
        record=prepared.record,
    )
    assert committed.tmv == tmv(transaction_keys(keys(KEY_TRANSACTION_MAC), committed.tmc - 1, UID).mac, tmi)
