# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A sale command by command, on a simulated card and on what was recorded (CARD.md sections 7 and 9)."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import Key, MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.card import certificate, messaging, record, sale
from heitje.card.apdu import select
from heitje.card.certificate import CardCertificate
from heitje.card.layout import Command, Status
from heitje.card.messaging import SessionKeys
from heitje.card.record import Record, RecordKind
from heitje.card.sale import Committed, Debited, Fate, ForeignCard, Programme, TooLittle
from heitje.card.session import CardFault, NotAuthentic, Session, StatusFault, run
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


def test_records_of_another_length_are_not_believed(reader: Reader) -> None:
    reader.sell(1)
    contact = reader.greet()
    for length in (15, 17, 80, 96):
        exchange = sale.read_records(contact.session)
        next(exchange)
        with pytest.raises(NotAuthentic, match="length"):
            exchange.send(answered(contact.session, bytes(length), full=True))


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


# --- answers that are not the card's --------------------------------------------------------------------------------

Garble = Callable[[bytes], bytes]
UNLISTED = (0x0000, 0x9000, 0x6100, 0x6A82, 0x6700, 0x91FF, 0x9200, 0xFFFF)
STATUSES = [*map(int, Status), *UNLISTED]


def garbled(answer: bytes) -> list[bytes]:
    """Every answer that could come instead: bits turned, cut, longer, empty, another status with and without data."""
    changed = [
        answer[:place] + bytes((answer[place] ^ bit,)) + answer[place + 1 :]
        for place in range(len(answer))
        for bit in (0x01, 0x80)
    ]
    cut = [answer[:end] for end in range(len(answer))]
    longer = [answer + b"\x00", *(answer[:-2] + bytes(more) + answer[-2:] for more in (1, 8, 260)), bytes(900)]
    swapped = [answer[8:-2] + answer[:8] + answer[-2:], answer[:-10] + answer[-2:]]
    words = [status.to_bytes(2, "big") for status in STATUSES]
    return [*changed, *cut, *longer, *swapped, *words, *(answer[:-2] + word for word in words)]


class Recording:
    """A recorded sale as a card that can only repeat itself; one answer is another."""

    def __init__(self, recorded: dict[str, Any]) -> None:
        self.recorded = recorded
        self.answers = [bytes.fromhex(apdu["received"]) for apdu in recorded["apdus"]]
        self.evidence = recorded["evidence"]

    def stages(self, at: int, instead: bytes) -> int:
        """How many stages end with a value where answer `at` is `instead`. Raises what is no fault."""
        given = iter([*self.answers[:at], instead, *self.answers[at + 1 :]])

        def transmit(apdu: bytes) -> bytes:
            return next(given)

        key, rnda = (bytes.fromhex(self.recorded["auth"][name]) for name in ("key", "rnda"))
        programme = Programme(bytes.fromhex("F0484549544A4501"), [key])
        time = record.unpack(bytes.fromhex(self.evidence["record"])).time
        done = 0
        try:
            contact = run(sale.greet([programme], [rnda]), transmit)
            done += 1
            run(sale.prepare(contact.session, bytes.fromhex(self.evidence["tmri"]), 350, time), transmit)
            done += 1
            run(sale.commit(contact.session), transmit)
            done += 1
        except CardFault:
            pass
        return done


SELECT, GREETED, PREPARED, COMMITTED = 0, 5, 10, 11


@pytest.mark.parametrize("at", range(COMMITTED))
def test_nothing_is_believed_of_an_answer_that_is_not_the_cards(vectors: Path, at: int) -> None:
    recorded = json.loads((vectors / "card-purse.json").read_text())["sales"][0]
    recording = Recording(recorded)
    answer = recording.answers[at]
    assert recording.stages(at, answer) == 3
    stage = 0 if at < GREETED else 1 if at < PREPARED else 2
    for instead in garbled(answer):
        if instead == answer:
            continue
        if at == SELECT and instead[-2:] == b"\x90\x00":  # what stands before it is ignored, and no secret
            assert recording.stages(at, instead) == 3
        else:
            assert recording.stages(at, instead) == stage, instead.hex()


def answered(session: Session, plain: bytes, full: bool) -> bytes:
    """What someone who holds the keys would answer to the session's last command."""
    counter = session.counter + 1
    body = messaging.encrypt_answer(session.keys.enc, counter, session.ti, plain) if full else plain
    return body + messaging.answer_mac(session.keys.mac, counter, session.ti, body) + b"\x91\x00"


@pytest.mark.parametrize(
    ("step", "plain", "full"),
    [
        *((1, bytes(length), False) for length in (0, 15, 17, 32)),
        *((2, bytes(length), True) for length in (0, 3, 5, 16)),
    ],
)
def test_a_good_mac_over_another_length(step: int, plain: bytes, full: bool) -> None:
    """EncTMRI is 16 bytes and a balance 4, whoever says otherwise."""
    session = Session(SessionKeys(b"e" * 16, b"m" * 16), b"tiTI")
    exchange = sale.prepare(session, tmri(1), 350, NOW)
    next(exchange)
    for good in (b"", bytes(16))[:step]:
        exchange.send(answered(session, good, full=False))
    with pytest.raises(NotAuthentic, match="bytes"):
        exchange.send(answered(session, plain, full))


@pytest.mark.parametrize("length", [0, 11, 13, 24])
def test_a_commit_answers_twelve_bytes(length: int) -> None:
    session = Session(SessionKeys(b"e" * 16, b"m" * 16), b"tiTI")
    exchange = sale.commit(session)
    next(exchange)
    with pytest.raises(NotAuthentic, match="12 bytes"):
        exchange.send(answered(session, bytes(length), full=False))


@pytest.mark.parametrize("length", [0, 159, 161])
def test_a_read_answers_what_was_asked_for(length: int) -> None:
    session = Session(SessionKeys(b"e" * 16, b"m" * 16), b"tiTI")
    exchange = sale.read_data(session, 0, 0, 160)
    next(exchange)
    with pytest.raises(NotAuthentic, match="instead of 160"):
        exchange.send(answered(session, bytes(length), full=False))


def test_answers_in_another_order(vectors: Path) -> None:
    recording = Recording(json.loads((vectors / "card-purse.json").read_text())["sales"][0])
    for at in range(1, COMMITTED):
        for other in range(1, COMMITTED):
            if recording.answers[other] != recording.answers[at]:
                assert recording.stages(at, recording.answers[other]) < 3


def test_a_select_is_a_plain_iso_command() -> None:
    assert select(bytes(8)) == bytes.fromhex("00A4040008") + bytes(8) + b"\x00"
