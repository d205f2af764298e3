# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card's life on one reader: blank, made, loaded, tapped at the till, shown."""

import secrets
from collections.abc import Callable

import pytest

from drivers.devices import open_reader
from firmware_sim.card.blank import blank_ev2, blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage, MemoryStore
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from heitje.card import load, sale
from heitje.card.examination import Progress
from heitje.card.layout import KEY_LOADER, KEY_TERMINAL
from heitje.card.session import run
from heitje.programme import TestProgramme
from terminal.card_issuer import CertificateState, TestIssuer
from terminal.counter import Till
from terminal.sale import Verdict

UID = bytes.fromhex("04A1B2C3D4E580")
WAIT_S = 10.0


@pytest.mark.parametrize("make", [blank_light, blank_ev2], ids=["light", "ev2"])
def test_blank_made_loaded_tapped_shown(
    make: Callable[[bytes], CardImage],
    programme: TestProgramme,
    reader: Pn532,
    field: Field,
    new_till: Callable[..., Till],
    kinds: Callable[[], list[str]],
    now: int,
) -> None:
    card = Card(MemoryStore(make(UID)))
    issuer = TestIssuer(programme, lambda: now)
    field.put(card)
    desk = open_reader(f"pn532:{reader.path}")
    held = desk.wait_for_card(WAIT_S)
    assert held is not None
    made = issuer.personalise(held.uid, held.transmit, lambda step: None)
    assert isinstance(made, Progress)
    assert not made.missing

    keys = programme.masters.card_keys(UID, programme.df_name)
    programmes, rnda = [sale.Programme(programme.df_name, [keys(KEY_TERMINAL)])], [secrets.token_bytes(16)]
    contact = run(sale.greet(programmes, rnda), held.transmit)
    prepared = load.prepare(contact.session, keys(KEY_LOADER), secrets.token_bytes(16), 1, 1000, now)
    assert isinstance(run(prepared, held.transmit), load.Credited)
    assert run(sale.commit(contact.session), held.transmit).tmc == 1
    desk.close()

    state = new_till(reader=open_reader(f"pn532:{reader.path}")).sell(320, WAIT_S)
    assert state.verdict is Verdict.ACCEPTED
    assert kinds() == ["intent card 320", "redemption card 320 of 1"]

    held = desk.wait_for_card(WAIT_S)
    assert held is not None
    sheet = issuer.show(held.uid, held.transmit)
    desk.close()
    assert sheet.state is CertificateState.VALID
    assert (sheet.sheet.balance, sheet.sheet.last.tmc) == (680, 2)
    assert [record.amount for record in sheet.sheet.records or ()] == [1000, 320]
