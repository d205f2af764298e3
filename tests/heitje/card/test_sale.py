# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A sale command by command, on a simulated card and on what was recorded (CARD.md sections 7 and 9)."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import Key, MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.card import certificate, record, sale
from heitje.card.apdu import select
from heitje.card.certificate import CardCertificate
from heitje.card.layout import Command, Status
from heitje.card.record import Record, RecordKind
from heitje.card.sale import Committed, Debited, Fate, ForeignCard, Programme, TooLittle
from heitje.card.session import StatusFault, run
from heitje.money import Cents
from heitje.programme import TestProgramme

UID = bytes.fromhex("04A1B2C3D4E580")
NOW = 1_790_000_000
RNDAS = [bytes(range(16)), bytes(range(16, 32))]


class Reader:
    """A simulated card in a field, and every APDU that it was sent."""

    def __init__(self, programme: TestProgramme, balance: int = 2500) -> None:
        self.store = MemoryStore(personalise(programme, UID, Cents(balance)))
        self.card = Card(self.store)
        self.programme = Programme(programme.df_name, [self.store.image.application.keys[1].value])
        self.sent: list[bytes] = []

    def transmit(self, apdu: bytes) -> bytes:
        self.sent.append(apdu)
        return self.card.transmit(apdu)

    def greet(self, *programmes: Programme) -> sale.Contact:
        return run(sale.greet(programmes or [self.programme], RNDAS), self.transmit)

    def change(self, **changes: Any) -> None:
        image = self.store.image
        self.store.commit(replace(image, application=replace(image.application, **changes)))

    def sell(self, amount: int, number: int = 1) -> Committed:
        contact = self.greet()
        debited = run(sale.prepare(contact.session, tmri(number), amount, NOW), self.transmit)
        assert isinstance(debited, Debited)
        return run(sale.commit(contact.session), self.transmit)


def tmri(number: int) -> bytes:
    return b"terminal" + number.to_bytes(8, "big")


@pytest.fixture
def reader(programme: TestProgramme) -> Reader:
    return Reader(programme)


def test_eleven_apdus(reader: Reader) -> None:
    committed = reader.sell(350)
    assert len(reader.sent) == 11
    application = reader.store.image.application
    assert (application.balance, application.tmc, application.tmv) == (2150, 1, committed.tmv)
    assert application.tmri_prev == tmri(1)
    assert record.unpack(application.records[0]) == Record(RecordKind.SALE, NOW, record.reference_of(tmri(1)), 350)
    assert reader.greet().last == committed


def test_what_was_recorded_is_what_is_sent(vectors: Path) -> None:
    for recorded in json.loads((vectors / "card-purse.json").read_text())["sales"]:
        apdus, evidence = iter(recorded["apdus"]), recorded["evidence"]

        def transmit(sent: bytes, apdus: Any = apdus) -> bytes:
            apdu = next(apdus)
            assert sent.hex() == apdu["sent"], apdu["name"]
            if apdu["received"] is None:
                raise TimeoutError
            return bytes.fromhex(apdu["received"])

        key, rnda = bytes.fromhex(recorded["auth"]["key"]), bytes.fromhex(recorded["auth"]["rnda"])
        df_name = bytes.fromhex("F0484549544A4501")
        contact = run(sale.greet([Programme(df_name, [key])], [rnda]), transmit)
        assert contact.certificate.hex() == recorded["certificate"]
        assert contact.last == (evidence["tmc_before"], bytes.fromhex(recorded["card_before"]["tmv"]))
        time = record.unpack(bytes.fromhex(evidence["record"])).time
        debited = run(
            sale.prepare(contact.session, bytes.fromhex(evidence["tmri"]), evidence["amount"], time), transmit
        )
        assert debited == Debited(
            bytes.fromhex(evidence["enc_tmri"]), evidence["balance_before"], bytes.fromhex(evidence["record"])
        )
        if evidence["result"] == "paid":
            committed = run(sale.commit(contact.session), transmit)
            assert committed == (evidence["tmc"], bytes.fromhex(evidence["tmv"]))
        else:
            with pytest.raises(TimeoutError):
                run(sale.commit(contact.session), transmit)
        assert next(apdus, None) is None


@pytest.mark.parametrize(("balance", "amount"), [(0, 1), (349, 350), (2500, 2501)])
def test_too_little_leaves_the_card_as_it_was(programme: TestProgramme, balance: int, amount: int) -> None:
    reader = Reader(programme, balance)
    image = reader.store.image
    contact = reader.greet()
    assert run(sale.prepare(contact.session, tmri(1), amount, NOW), reader.transmit) == TooLittle(balance)
    assert reader.store.image == image
    assert reader.sent[-1][1] == Command.ABORT_TRANSACTION
    with pytest.raises(StatusFault) as caught:  # nothing is left that could be committed
        run(sale.commit(contact.session), reader.transmit)
    assert caught.value.status == Status.NOTHING_TO_COMMIT
    assert reader.store.image == image


def test_exactly_enough(programme: TestProgramme) -> None:
    reader = Reader(programme, 350)
    reader.sell(350)
    assert reader.store.image.application.balance == 0


def test_another_number_was_taken_first(reader: Reader) -> None:
    """Section 7: AbortTransaction, and step 4 again with the new number."""
    contact = reader.greet()
    run(sale.prepare(contact.session, tmri(7), 350, NOW), reader.transmit)
    debited = run(sale.prepare(contact.session, tmri(8), 350, NOW), reader.transmit)
    assert isinstance(debited, Debited)
    run(sale.commit(contact.session), reader.transmit)
    application = reader.store.image.application
    assert (application.balance, application.tmc, application.tmri_prev) == (2150, 1, tmri(8))


# --- greeting -------------------------------------------------------------------------------------------------------


def test_programmes_are_selected_in_turn(reader: Reader) -> None:
    elsewhere = Programme(bytes.fromhex("F0484549544A0001"), [bytes(16)])
    contact = reader.greet(elsewhere, reader.programme)
    assert [apdu[1] for apdu in reader.sent[:2]] == [0xA4, 0xA4]
    assert contact.last.tmc == 0
    with pytest.raises(ForeignCard):
        reader.greet(elsewhere)
    with pytest.raises(ForeignCard):
        run(sale.greet([], RNDAS), reader.transmit)


@pytest.mark.parametrize("answer", [b"", b"\x90", bytes.fromhex("6A82"), bytes.fromhex("9100"), bytes(258), bytes(400)])
def test_whatever_else_a_select_is_answered(answer: bytes, reader: Reader) -> None:
    with pytest.raises(ForeignCard):
        run(sale.greet([reader.programme], RNDAS), lambda apdu: answer)


def test_a_file_control_template_before_the_status_is_ignored(reader: Reader) -> None:
    def transmit(apdu: bytes) -> bytes:
        answer = reader.transmit(apdu)
        return bytes.fromhex("6F058403F04845") + answer if apdu[:2] == b"\x00\xa4" else answer

    assert run(sale.greet([reader.programme], RNDAS), transmit).last.tmc == 0


def test_the_newest_key_first_and_then_the_one_before(reader: Reader) -> None:
    newest, key = b"n" * 16, reader.programme.keys[0]
    both = Programme(reader.programme.df_name, [newest, key])
    contact = reader.greet(both)
    assert sum(apdu[1] == Command.AUTHENTICATE_EV2_FIRST for apdu in reader.sent) == 2
    assert len({apdu for apdu in reader.sent if apdu[1] == Command.ADDITIONAL_FRAME}) == 2
    assert len(contact.certificate) > 100
    keys = reader.store.image.application.keys
    reader.change(keys=(keys[0], Key(newest), *keys[2:]))
    reader.sent.clear()
    reader.greet(both)
    assert sum(apdu[1] == Command.AUTHENTICATE_EV2_FIRST for apdu in reader.sent) == 1


def test_no_key_that_fits(reader: Reader) -> None:
    wrong = Programme(reader.programme.df_name, [b"x" * 16, b"y" * 16])
    with pytest.raises(StatusFault) as caught:
        reader.greet(wrong)
    assert caught.value.status == Status.AUTHENTICATION_ERROR
    for programme, randoms in ((replace(wrong, keys=[]), RNDAS), (wrong, []), (wrong, RNDAS[:1])):
        with pytest.raises((ForeignCard, StatusFault)):
            run(sale.greet([programme], randoms), reader.transmit)


def test_a_card_that_wants_time_is_not_tried_with_the_other_key(reader: Reader) -> None:
    both = Programme(reader.programme.df_name, [b"x" * 16, reader.programme.keys[0]])
    sent: list[bytes] = []

    def transmit(apdu: bytes) -> bytes:
        sent.append(apdu)
        return b"\x90\x00" if apdu[0] == 0 else b"\x91\xad"

    with pytest.raises(StatusFault) as caught:
        run(sale.greet([both], RNDAS), transmit)
    assert caught.value.status == Status.AUTHENTICATION_DELAY
    assert len(sent) == 2


@pytest.mark.parametrize("length", [1, 100, 157, 158, 159, 200, 245, 246])
def test_a_certificate_is_read_as_far_as_its_length_says(reader: Reader, length: int) -> None:
    token = bytes(range(1, 1 + min(length, 250))) + bytes(max(0, length - 250))
    reader.change(certificate=certificate.to_file(token).ljust(256, b"\xff"))
    assert reader.greet().certificate == token
    reads = [apdu for apdu in reader.sent if apdu[1] == Command.READ_DATA and apdu[5] == 0]
    assert len(reads) == (1 if length <= 158 else 2)
    if length > 158:
        assert reads[1][6:12] == (160).to_bytes(3, "little") + (length + 2 - 160).to_bytes(3, "little")


@pytest.mark.parametrize("file", [bytes(256), b"\xff" * 256, b"\xf7\x00" + bytes(254), b"\x00\x01" + bytes(254)])
def test_a_card_without_a_certificate(reader: Reader, file: bytes) -> None:
    reader.change(certificate=file)
    with pytest.raises(ForeignCard, match="certificate"):
        reader.greet()


def test_a_long_certificate_in_a_sale(reader: Reader, programme: TestProgramme) -> None:
    scoped = CardCertificate(programme.iss, 2_000_000_000, NOW, UID, scope=("category:bakery", "shop:" + "x" * 40))
    token = certificate.issue(scoped, programme.mint)
    assert len(token) > 158
    reader.change(certificate=certificate.to_file(token).ljust(256, b"\x00"))
    reader.sell(350)
    assert len(reader.sent) == 12
    assert certificate.decode(reader.greet().certificate).certificate == scoped


# --- a torn tap -----------------------------------------------------------------------------------------------------


class Gone(Exception):
    """The card left the field."""


@pytest.mark.parametrize("executed", [False, True], ids=["before the card did it", "after it did"])
@pytest.mark.parametrize("at", range(11))
def test_a_tear_at_every_apdu(reader: Reader, at: int, executed: bool) -> None:
    """What the card did not do, its counter denies; what it did with the answer lost, its record tells."""
    image = reader.store.image

    def transmit(apdu: bytes) -> bytes:
        if len(reader.sent) == at:
            if executed:
                reader.transmit(apdu)
            reader.card.power_off()
            raise Gone
        return reader.transmit(apdu)

    debited: Debited | TooLittle | None = None
    try:
        contact = run(sale.greet([reader.programme], RNDAS), transmit)
        debited = run(sale.prepare(contact.session, tmri(1), 350, NOW), transmit)
        run(sale.commit(contact.session), transmit)
    except Gone:
        pass
    else:
        pytest.fail("the card stayed")
    committed = at == 10 and executed
    assert (reader.store.image == image) is not committed
    assert (debited is None) is (at < 10)
    if isinstance(debited, Debited):
        again = reader.greet()
        fate = sale.fate_by_counter(0, again.last.tmc)
        if fate is None:
            records = run(sale.read_records(again.session), reader.transmit)
            fate = sale.fate_by_records(0, again.last.tmc, debited.record, records)
        assert fate is (Fate.PAID if committed else Fate.NEVER_HAPPENED)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7])
def test_records_are_the_last_four_the_newest_last(reader: Reader, count: int) -> None:
    for number in range(1, count + 1):
        reader.sell(number, number)
    contact = reader.greet()
    records = run(sale.read_records(contact.session), reader.transmit)
    assert [entry.amount for entry in records] == list(range(max(1, count - 3), count + 1))


def test_an_empty_record_file_is_no_answer(reader: Reader) -> None:
    """The card says 91BE, with no MAC: nobody may take that for "it was not paid"."""
    contact = reader.greet()
    with pytest.raises(StatusFault) as caught:
        run(sale.read_records(contact.session), reader.transmit)
    assert caught.value.status == Status.BOUNDARY_ERROR


INTENT = Record(RecordKind.SALE, NOW, b"1234567", 350)
OTHERS = [replace(INTENT, reference=b"other%02d" % number) for number in range(4)]


@pytest.mark.parametrize(
    ("before", "now", "fate"),
    [
        (0, 0, Fate.NEVER_HAPPENED),
        (7, 7, Fate.NEVER_HAPPENED),
        (7, 8, None),
        (7, 11, None),
        (7, 2**32 - 1, None),
        (7, 6, Fate.UNKNOWN),
        (7, 0, Fate.UNKNOWN),
    ],
)
def test_fate_by_the_counter(before: int, now: int, fate: Fate | None) -> None:
    assert sale.fate_by_counter(before, now) is fate


@pytest.mark.parametrize(
    ("ahead", "on_card", "fate"),
    [
        (1, [INTENT], Fate.PAID),
        (1, [*OTHERS[:3], INTENT], Fate.PAID),
        (2, [INTENT, OTHERS[0]], Fate.PAID_BUT_UNPROVEN),
        (4, [INTENT, *OTHERS[:3]], Fate.PAID_BUT_UNPROVEN),
        (5, [INTENT, *OTHERS[:3]], Fate.PAID_BUT_UNPROVEN),
        (1, [], Fate.NEVER_HAPPENED),
        (1, [OTHERS[0]], Fate.NEVER_HAPPENED),
        (4, OTHERS, Fate.NEVER_HAPPENED),
        (5, OTHERS, Fate.UNKNOWN),
        (2**31, OTHERS, Fate.UNKNOWN),
        (1, [replace(INTENT, amount=351)], Fate.NEVER_HAPPENED),
        (1, [replace(INTENT, time=NOW + 1)], Fate.NEVER_HAPPENED),
        (1, [replace(INTENT, kind=3)], Fate.NEVER_HAPPENED),
    ],
)
def test_fate_by_the_records(ahead: int, on_card: list[Record], fate: Fate) -> None:
    assert sale.fate_by_records(7, 7 + ahead, INTENT.pack(), on_card) is fate


def test_a_select_is_a_plain_iso_command() -> None:
    assert select(bytes(8)) == bytes.fromhex("00A4040008") + bytes(8) + b"\x00"
