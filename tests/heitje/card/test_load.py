# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A load is what CARD.md section 7 says, APDU by APDU; torn anywhere it is never credited twice, and never unproven."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.card import load, sale
from heitje.card.key_change import Renewal, UnknownKeyVersion, renew_terminal_key
from heitje.card.keys import diversify
from heitje.card.layout import (
    KEY_ISSUER,
    KEY_LOADER,
    KEY_TERMINAL,
    KEY_TRANSACTION_MAC,
    NO_READER,
    Command,
)
from heitje.card.load import Credited, TooMuch, tmri_of
from heitje.card.record import RecordKind, unpack
from heitje.card.sale import Fate, ForeignCard, Programme
from heitje.card.session import CardFault, StatusFault, run
from heitje.card.transaction import decrypt_reader_id, tmi_of_payment, tmv, transaction_keys
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.vectors.transcript import Transcript

UID = bytes.fromhex("04A1B2C3D4E580")
NOW = 1_800_000_000
APDUS = 13
"""A sale's eleven, and two for the second authentication."""
AMOUNT = 750


class Torn(Exception):
    """The card has left the field."""


def chance(count: int) -> bytes:
    return random.Random(count).randbytes(count)


@dataclass
class Backend:
    """Runs loads over a relay: posts load in flight before the commit, and settles it by proof only."""

    programme: TestProgramme
    balance: int = 0
    card: Card = field(init=False)
    in_flight: dict[int, tuple[Credited, int]] = field(default_factory=dict)
    proven: set[int] = field(default_factory=set)
    undone: set[int] = field(default_factory=set)
    transcript: Transcript | None = None
    apdus: int = 0
    leave_at: int = 0
    after: bool = False

    def __post_init__(self) -> None:
        self.card = Card(MemoryStore(personalise(self.programme, UID, Cents(self.balance))))
        self.keys = self.programme.masters.card_keys(UID, self.programme.df_name)

    def transmit(self, apdu: bytes) -> bytes:
        self.apdus += 1
        if self.apdus == self.leave_at and not self.after:
            raise Torn
        answer = self.card.transmit(apdu)
        if self.apdus == self.leave_at:
            raise Torn
        if self.transcript is not None:
            self.transcript.follow(apdu, answer)
        return answer

    def contact(self, leave_at: int = 0, after: bool = False) -> sale.Contact:
        self.card.power_off()
        self.apdus, self.leave_at, self.after = 0, leave_at, after
        programme = Programme(self.programme.df_name, [self.keys(KEY_TERMINAL)])
        return run(sale.greet([programme], [chance(16)]), self.transmit)

    def load(self, number: int, amount: int, leave_at: int = 0, after: bool = False) -> Credited | TooMuch:
        contact = self.contact(leave_at, after)
        credited = run(
            load.prepare(contact.session, self.keys(KEY_LOADER), chance(16), number, amount, NOW), self.transmit
        )
        if isinstance(credited, TooMuch):
            return credited
        self.in_flight[number] = credited, contact.last.tmc
        committed = run(sale.commit(contact.session), self.transmit)
        self.settle(number, amount, committed)
        return credited

    def settle(self, number: int, amount: int, committed: sale.Committed) -> None:
        """A valid TMV moves a load out of flight, once."""
        credited, tmc_before = self.in_flight.pop(number)
        keys = transaction_keys(self.keys(KEY_TRANSACTION_MAC), tmc_before, UID)
        tmi = tmi_of_payment(
            Command.CREDIT,
            balance=credited.balance_before,
            amount=amount,
            tmri=tmri_of(number),
            enc_tmri=credited.enc_tmri,
            record=credited.record,
        )
        assert committed.tmc == tmc_before + 1
        assert committed.tmv == tmv(keys.mac, tmi)
        self.proven.add(number)

    def resolve(self, number: int, amount: int) -> Fate:
        """The next contact of a card whose load had no answer."""
        credited, tmc_before = self.in_flight[number]
        contact = self.contact()
        fate = sale.fate_by_counter(tmc_before, contact.last.tmc)
        if fate is None:
            records = run(sale.read_records(contact.session), self.transmit)
            fate = sale.fate_by_records(tmc_before, contact.last.tmc, credited.record, records)
        if fate is Fate.PAID:
            self.settle(number, amount, contact.last)
        elif fate is Fate.NEVER_HAPPENED:
            del self.in_flight[number]
            self.undone.add(number)
        return fate

    @property
    def on_card(self) -> int:
        return self.card.image.application.balance


def test_a_load_is_what_the_transcript_checker_reads(programme: TestProgramme) -> None:
    backend = Backend(programme, balance=100)
    backend.transcript = Transcript({number: backend.keys(number) for number in (KEY_TERMINAL, KEY_LOADER)})
    credited = backend.load(7, AMOUNT)
    assert isinstance(credited, Credited)
    seen = backend.transcript.payment()
    assert [opened.key_number for opened in backend.transcript.authentications] == [KEY_TERMINAL, KEY_LOADER]
    assert backend.apdus == APDUS
    assert (seen.amount, seen.balance_before, seen.tmc_before) == (AMOUNT, 100, 0)
    assert (seen.tmri, seen.enc_tmri, seen.record) == (tmri_of(7), credited.enc_tmri, credited.record)
    assert seen.tmri == bytes(8) + (7).to_bytes(8, "big")
    keys = transaction_keys(backend.keys(KEY_TRANSACTION_MAC), 0, UID)
    assert decrypt_reader_id(keys.enc, credited.enc_tmri) == NO_READER
    assert seen.committed == (1, tmv(keys.mac, b"".join(seen.tmi_parts)))
    record = unpack(credited.record)
    assert (record.kind, record.time, record.amount) == (RecordKind.LOAD, NOW, AMOUNT)
    assert backend.on_card == 100 + AMOUNT
    assert backend.proven == {7}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("apdu", range(1, APDUS + 1))
def test_torn_at_every_apdu_it_is_credited_once_or_not_at_all(programme: TestProgramme, apdu: int, after: bool) -> None:
    backend = Backend(programme)
    with pytest.raises(Torn):
        backend.load(1, AMOUNT, apdu, after)
    sent = apdu == APDUS
    assert set(backend.in_flight) == ({1} if sent else set())
    assert backend.on_card == (AMOUNT if sent and after else 0)
    if sent:
        assert backend.resolve(1, AMOUNT) is (Fate.PAID if after else Fate.NEVER_HAPPENED)
        assert (backend.proven, backend.undone) == (({1}, set()) if after else (set(), {1}))
    if not backend.proven:
        backend.load(2, AMOUNT)
    assert backend.on_card == AMOUNT
    assert len(backend.proven) == 1
    assert not backend.in_flight


def test_a_second_loader_session_is_of_no_use_for_reading(programme: TestProgramme) -> None:
    backend = Backend(programme, balance=100)
    contact = backend.contact()
    run(load.prepare(contact.session, backend.keys(KEY_LOADER), chance(16), 1, 1, NOW), backend.transmit)
    with pytest.raises(StatusFault, match="91AE"):
        run(sale.last_commit(contact.session), backend.transmit)


def test_a_wrong_loader_key_loads_nothing(programme: TestProgramme) -> None:
    backend = Backend(programme, balance=100)
    contact = backend.contact()
    with pytest.raises(StatusFault, match="91AE"):
        run(load.prepare(contact.session, bytes(16), chance(16), 1, 1, NOW), backend.transmit)
    assert backend.on_card == 100


@pytest.mark.parametrize(("balance", "amount"), [(15_000, 1), (14_251, 750), (0, 15_001)])
def test_a_card_holds_no_more_than_it_may(programme: TestProgramme, balance: int, amount: int) -> None:
    backend = Backend(programme, balance=balance)
    assert backend.load(1, amount) == TooMuch(balance)
    assert backend.on_card == balance
    assert not backend.in_flight
    assert backend.card.image.application.tmc == 0


def test_an_amount_is_a_cent_at_least(programme: TestProgramme) -> None:
    backend = Backend(programme)
    with pytest.raises(ValueError, match="one cent"):
        backend.load(1, 0)


def test_other_transactions_since_leave_a_load_to_the_chain(programme: TestProgramme) -> None:
    backend = Backend(programme)
    with pytest.raises(Torn):
        backend.load(1, AMOUNT, APDUS, after=True)
    contact = backend.contact()
    run(sale.prepare(contact.session, bytes(7) + b"\x01" * 9, 10, NOW), backend.transmit)
    run(sale.commit(contact.session), backend.transmit)
    assert backend.resolve(1, AMOUNT) is Fate.PAID_BUT_UNPROVEN
    assert 1 in backend.in_flight  # never undone by time, nor by a record


TEARS = st.lists(st.tuples(st.integers(1, APDUS + 1), st.booleans()), min_size=1, max_size=15)


@settings(max_examples=80)
@given(tears=TEARS)
def test_any_interruptions_end_with_card_and_books_agreeing(
    programme: TestProgramme, tears: list[tuple[int, bool]]
) -> None:
    backend = Backend(programme)
    amounts = {number: 10 * number + 1 for number in range(1, len(tears) + 1)}
    for number, (apdu, after) in enumerate(tears, start=1):
        try:
            backend.load(number, amounts[number], apdu, after)
        except Torn:
            for open_load in tuple(backend.in_flight):
                backend.resolve(open_load, amounts[open_load])
        assert not backend.in_flight
        assert backend.on_card == sum(amounts[proven] for proven in backend.proven)
    assert backend.card.image.application.tmc == len(backend.proven)


class Renewed:
    """A card whose key 1 is moved to the programme's next master."""

    def __init__(self, programme: TestProgramme) -> None:
        self.programme = programme
        self.card = Card(MemoryStore(personalise(programme, UID, Cents(5))))
        self.old = programme.masters.card_keys(UID, programme.df_name)(KEY_TERMINAL)
        self.new = diversify(bytes(range(16)), UID, programme.df_name, KEY_TERMINAL)
        self.apdus = 0

    def renew(self, leave_at: int = 0, after: bool = False, df_name: bytes | None = None) -> Renewal:
        self.card.power_off()
        self.apdus = 0

        def transmit(apdu: bytes) -> bytes:
            self.apdus += 1
            if self.apdus == leave_at and not after:
                raise Torn
            answer = self.card.transmit(apdu)
            if self.apdus == leave_at:
                raise Torn
            return answer

        issuer = self.programme.masters.card_keys(UID, self.programme.df_name)(KEY_ISSUER)
        name = df_name or self.programme.df_name
        return run(renew_terminal_key(name, issuer, self.new, 2, {1: self.old}, chance), transmit)

    def opens(self, key: bytes) -> bool:
        self.card.power_off()
        programme = Programme(self.programme.df_name, [key])
        try:
            run(sale.greet([programme], [chance(16)]), self.card.transmit)
        except CardFault:
            return False
        return True


def test_key_1_is_renewed_once(programme: TestProgramme) -> None:
    card = Renewed(programme)
    assert card.renew() is Renewal.RENEWED
    assert card.apdus == 7
    assert (card.opens(card.new), card.opens(card.old)) == (True, False)
    assert card.renew() is Renewal.ALREADY_NEW
    assert card.card.image.application.keys[KEY_TERMINAL].version == 2


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("apdu", range(1, 8))
def test_a_torn_renewal_is_repeated(programme: TestProgramme, apdu: int, after: bool) -> None:
    card = Renewed(programme)
    with pytest.raises(Torn):
        card.renew(apdu, after)
    assert card.opens(card.new) != card.opens(card.old)  # never both, never none
    assert card.renew() in Renewal
    assert card.opens(card.new)


def test_a_renewal_needs_the_key_that_the_card_has(programme: TestProgramme) -> None:
    card = Renewed(programme)
    card.renew()
    card.new, card.old = card.old, card.new
    issuer = programme.masters.card_keys(UID, programme.df_name)(KEY_ISSUER)
    with pytest.raises(UnknownKeyVersion, match="version 2"):
        run(renew_terminal_key(programme.df_name, issuer, card.new, 3, {1: card.old}, chance), card.card.transmit)
    with pytest.raises(ForeignCard):
        card.renew(df_name=bytes(8))
