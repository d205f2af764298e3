# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The reader's side of a session: authentication, counters, and answers that are not believed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.card import messaging
from heitje.card.apdu import select, unwrap
from heitje.card.layout import Command, Status
from heitje.card.messaging import SessionKeys
from heitje.card.session import (
    NotAuthentic,
    Session,
    StatusFault,
    authenticate_first,
    authenticate_non_first,
    run,
)
from heitje.money import Cents
from heitje.programme import TestProgramme

KEY, RNDA, RNDB, TI = b"k" * 16, bytes(range(16)), bytes(range(16, 32)), b"tiTI"
UID = bytes.fromhex("04A1B2C3D4E580")
CAPABILITIES = bytes(12)
OK, MORE = bytes.fromhex("9100"), bytes.fromhex("91AF")


def challenge(rndb: bytes = RNDB, key: bytes = KEY) -> bytes:
    return messaging.cbc_encrypt(key, rndb) + MORE


def proof(ti: bytes = TI, rnda: bytes = RNDA, key: bytes = KEY, first: bool = True) -> bytes:
    turned = messaging.rotate_left(rnda)
    return messaging.cbc_encrypt(key, ti + turned + CAPABILITIES if first else turned) + OK


def answers(*values: bytes) -> Callable[[bytes], bytes]:
    """A card that answers one after the other, whatever it is asked."""
    remaining = iter(values)
    return lambda sent: next(remaining)


@pytest.fixture
def card(programme: TestProgramme) -> Card:
    made = Card(MemoryStore(personalise(programme, UID, Cents(2500))))
    made.transmit(select(programme.df_name))
    return made


def keys_of(card: Card) -> list[bytes]:
    return [key.value for key in card.image.application.keys]


def test_the_published_authentication(vectors: Path) -> None:
    for vector in json.loads((vectors / "card.json").read_text())["ev2_auth"]:
        sent: list[bytes] = []
        received = iter((bytes.fromhex(vector["card_answer_1"]) + MORE, bytes.fromhex(vector["card_answer_2"]) + OK))

        def transmit(apdu: bytes, sent: list[bytes] = sent, received: object = received) -> bytes:
            sent.append(apdu)
            return next(received)  # type: ignore[call-overload, no-any-return]

        session = run(authenticate_first(0, bytes.fromhex(vector["key"]), bytes.fromhex(vector["rnda"])), transmit)
        assert sent[0].hex() == "9071000002000000"
        assert sent[1].hex() == "90af000020" + vector["reader_sends"].lower() + "00"
        assert (session.ti.hex(), session.counter) == (vector["ti"].lower(), 0)
        assert session.keys.enc.hex() == vector["ses_enc"].lower()
        assert session.keys.mac.hex() == vector["ses_mac"].lower()


def test_a_published_command(vectors: Path) -> None:
    for vector in json.loads((vectors / "card.json").read_text())["full"]:
        keys = SessionKeys(bytes.fromhex(vector["ses_enc"]), bytes.fromhex(vector["ses_mac"]))
        session = Session(keys, bytes.fromhex(vector["ti"]), vector["cmd_ctr"])
        exchange = session.command(
            int(vector["cmd"], 16), bytes.fromhex(vector["header"]), bytes.fromhex(vector["data"])
        )
        assert next(exchange).hex() == vector["apdu"].lower()
        with pytest.raises(StopIteration) as stop:
            exchange.send(bytes.fromhex(vector["answer"]))
        assert stop.value.value == b""
        assert session.counter == vector["cmd_ctr"] + 1


def test_authentication_with_answers_by_hand() -> None:
    session = run(authenticate_first(1, KEY, RNDA), answers(challenge(), proof()))
    assert session == Session(messaging.derive(KEY, RNDA, RNDB), TI, 0)


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        (b"", b"", NotAuthentic),
        (b"\x91", b"", NotAuthentic),
        (bytes(300), b"", NotAuthentic),
        (challenge()[:-2] + OK, proof(), StatusFault),
        (MORE, proof(), NotAuthentic),
        (bytes(15) + MORE, proof(), NotAuthentic),
        (bytes(17) + MORE, proof(), NotAuthentic),
        (bytes(32) + MORE, proof(), NotAuthentic),
        (bytes.fromhex("91AE"), b"", StatusFault),
        (challenge(), b"", NotAuthentic),
        (challenge(), OK, NotAuthentic),
        (challenge(), bytes.fromhex("91AE"), StatusFault),
        (challenge(), proof()[:-2] + MORE, StatusFault),
        (challenge(), bytes(16) + OK, NotAuthentic),
        (challenge(), bytes(32) + OK, NotAuthentic),
        (challenge(), bytes(48) + OK, NotAuthentic),
        (challenge(), proof(rnda=RNDB), NotAuthentic),
        (challenge(), proof(key=b"x" * 16), NotAuthentic),
        (challenge(), proof(first=False), NotAuthentic),
    ],
)
def test_a_card_that_does_not_know_the_key(first: bytes, second: bytes, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        run(authenticate_first(1, KEY, RNDA), answers(first, second))


def test_a_reflected_challenge_is_no_proof() -> None:
    """Someone without the key can only send back what the reader sent."""
    sent: list[bytes] = []

    def mirror(apdu: bytes) -> bytes:
        sent.append(apdu)
        return bytes(16) + MORE if len(sent) == 1 else apdu[5:-1] + OK

    with pytest.raises(NotAuthentic):
        run(authenticate_first(1, KEY, RNDA), mirror)


def test_non_first_keeps_ti_and_counter(card: Card) -> None:
    session = run(authenticate_first(1, keys_of(card)[1], RNDA), card.transmit)
    value = run(session.command(Command.GET_VALUE, b"\x03", answer_full=True), card.transmit)
    ti, counter, keys = session.ti, session.counter, session.keys
    run(authenticate_non_first(session, 2, keys_of(card)[2], RNDB), card.transmit)
    assert (session.ti, session.counter) == (ti, counter) == (ti, 1)
    assert session.keys != keys
    assert run(session.command(Command.GET_VALUE, b"\x03", answer_full=True), card.transmit) == value
    assert session.counter == 2


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        (challenge(), proof(), NotAuthentic),
        (challenge(), proof(first=False, rnda=RNDB), NotAuthentic),
        (challenge(), proof(first=False)[:-2] + MORE, StatusFault),
        (bytes.fromhex("9140"), b"", StatusFault),
    ],
)
def test_non_first_that_fails_changes_no_key(first: bytes, second: bytes, fault: type[Exception]) -> None:
    session = Session(messaging.derive(KEY, RNDA, RNDB), TI, 3)
    before = (session.keys, session.ti, session.counter)
    with pytest.raises(fault):
        run(authenticate_non_first(session, 2, KEY, RNDA), answers(first, second))
    assert (session.keys, session.ti, session.counter) == before
    run(authenticate_non_first(session, 2, KEY, RNDA), answers(challenge(), proof(first=False)))
    assert session.keys == messaging.derive(KEY, RNDA, RNDB)


def answered(session: Session, plain: bytes, full: bool) -> bytes:
    """What a card would answer to the session's next command."""
    counter = session.counter + 1
    body = messaging.encrypt_answer(session.keys.enc, counter, session.ti, plain) if full else plain
    return body + messaging.answer_mac(session.keys.mac, counter, session.ti, body) + OK


@pytest.mark.parametrize("full", [False, True], ids=["MAC", "Full"])
def test_every_changed_bit_of_an_answer(full: bool) -> None:
    session = Session(messaging.derive(KEY, RNDA, RNDB), TI, 3)
    whole = answered(session, b"balance!", full)
    for place in range(len(whole)):
        for bit in range(8):
            changed = whole[:place] + bytes((whole[place] ^ 1 << bit,)) + whole[place + 1 :]
            again = Session(session.keys, TI, 3)
            with pytest.raises(StatusFault if place >= len(whole) - 2 else NotAuthentic):
                run(again.command(Command.GET_VALUE, b"\x03", answer_full=full), answers(changed))
    for end in range(len(whole)):
        again = Session(session.keys, TI, 3)
        with pytest.raises((StatusFault, NotAuthentic)):
            run(again.command(Command.GET_VALUE, b"\x03", answer_full=full), answers(whole[:end]))
    for more in (b"\x00", OK, bytes(8), bytes(300)):
        for changed in (whole + more, whole[:-2] + more + OK, more + whole):
            again = Session(session.keys, TI, 3)
            with pytest.raises((StatusFault, NotAuthentic)):
                run(again.command(Command.GET_VALUE, b"\x03", answer_full=full), answers(changed))
    good = Session(session.keys, TI, 3)
    assert run(good.command(Command.GET_VALUE, b"\x03", answer_full=full), answers(whole)) == b"balance!"


def test_an_answer_of_another_moment_command_or_session() -> None:
    keys = messaging.derive(KEY, RNDA, RNDB)
    for other in (Session(keys, TI, 2), Session(keys, TI, 4), Session(keys, b"ITit", 3), Session(keys, TI, 0xFFFF - 1)):
        replayed = answered(other, b"balance!", full=True)
        with pytest.raises(NotAuthentic):
            run(Session(keys, TI, 3).command(Command.GET_VALUE, b"\x03", answer_full=True), answers(replayed))


def test_a_mac_is_right_and_the_padding_wrong() -> None:
    session = Session(messaging.derive(KEY, RNDA, RNDB), TI, 3)
    iv = messaging.answer_iv(session.keys.enc, 4, TI)
    for block in (bytes(16), b"\x01" * 16):
        body = messaging.cbc_encrypt(session.keys.enc, block, iv)
        answer = body + messaging.answer_mac(session.keys.mac, 4, TI, body) + OK
        with pytest.raises(NotAuthentic, match="deciphered"):
            run(Session(session.keys, TI, 3).command(Command.GET_VALUE, b"\x03", answer_full=True), answers(answer))
    body = bytes(15)
    answer = body + messaging.answer_mac(session.keys.mac, 4, TI, body) + OK
    with pytest.raises(NotAuthentic, match="deciphered"):
        run(Session(session.keys, TI, 3).command(Command.GET_VALUE, b"\x03", answer_full=True), answers(answer))


@pytest.mark.parametrize("status", [status for status in range(0x9000, 0x9200, 7) if status != Status.OK])
def test_no_other_status_is_success(status: int) -> None:
    session = Session(messaging.derive(KEY, RNDA, RNDB), TI, 3)
    whole = answered(session, b"", full=False)[:-2] + status.to_bytes(2, "big")
    with pytest.raises(StatusFault) as caught:
        run(session.command(Command.DEBIT, b"\x03", bytes(4)), answers(whole))
    assert caught.value.status == status
    assert session.counter == 3


def test_what_the_reader_raises_comes_through() -> None:
    class Gone(Exception):
        pass

    def transmit(apdu: bytes) -> bytes:
        raise Gone

    with pytest.raises(Gone):
        run(authenticate_first(1, KEY, RNDA), transmit)


def test_a_card_that_needs_time_says_so(card: Card) -> None:
    """91AD after many failures is another fault than a wrong key."""
    statuses = set()
    for _ in range(60):
        try:
            run(authenticate_first(1, KEY, RNDA), card.transmit)
        except StatusFault as fault:
            statuses.add(fault.status)
    assert statuses == {Status.AUTHENTICATION_ERROR, Status.AUTHENTICATION_DELAY}
    assert unwrap(card.transmit(bytes.fromhex("9060000000")))[1] == Status.MORE_FRAMES
