# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers that are not the card's: at each step of a sale they are faults, and nothing is believed."""

import json
from pathlib import Path
from typing import Any

import pytest

from heitje.card import messaging, record, sale
from heitje.card.layout import Status
from heitje.card.messaging import SessionKeys
from heitje.card.sale import Programme
from heitje.card.session import CardFault, NotAuthentic, Session, run

NOW = 1_790_000_000
TMRI = b"terminal" + bytes(8)
KEYS = SessionKeys(b"e" * 16, b"m" * 16)

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
    session = Session(KEYS, b"tiTI")
    exchange = sale.prepare(session, TMRI, 350, NOW)
    next(exchange)
    for good in (b"", bytes(16))[:step]:
        exchange.send(answered(session, good, full=False))
    with pytest.raises(NotAuthentic, match="bytes"):
        exchange.send(answered(session, plain, full))


@pytest.mark.parametrize("length", [0, 11, 13, 24])
def test_a_commit_answers_twelve_bytes(length: int) -> None:
    session = Session(KEYS, b"tiTI")
    exchange = sale.commit(session)
    next(exchange)
    with pytest.raises(NotAuthentic, match="12 bytes"):
        exchange.send(answered(session, bytes(length), full=False))


@pytest.mark.parametrize("length", [0, 159, 161])
def test_a_read_answers_what_was_asked_for(length: int) -> None:
    session = Session(KEYS, b"tiTI")
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


@pytest.mark.parametrize("length", [15, 17, 80, 96])
def test_records_are_at_most_four_whole_ones(length: int) -> None:
    session = Session(KEYS, b"tiTI")
    exchange = sale.read_records(session)
    next(exchange)
    with pytest.raises(NotAuthentic, match="length"):
        exchange.send(answered(session, bytes(length), full=True))
