# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sales at a whole counter: each means of payment, several in one sale, and sales that are given up."""

from collections.abc import Callable

import pytest

from drivers.devices import open_reader
from firmware_sim.card.firmware import Card
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.scanner import Scanner
from heitje.card.record import RecordKind, reference_of, unpack
from heitje.journal import CardEvidence, Entry, PaperEvidence, PhoneEvidence
from heitje.programme import TestProgramme
from heitje.refusals import Refusal
from terminal.answer import answer_document, answer_text
from terminal.counter import Till
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import Phase, Verdict

TIMEOUT_S = 10.0
SHORT_S = 0.2


def test_a_card_pays_in_eleven_apdus(till: Till, field: Field, card: Card, entries: Callable[[], list[Entry]]) -> None:
    field.put(card)
    state = till.sell(320, TIMEOUT_S)
    assert (state.verdict, state.entries, state.phase) == (Verdict.ACCEPTED, (1, 2), Phase.DECIDED)
    assert field.apdus == 11
    purse = card.image.application
    assert (purse.balance, purse.tmc) == (2180, 1)
    intent, redemption = entries()
    before, after = intent.evidence, redemption.evidence
    assert isinstance(before, CardEvidence)
    assert isinstance(after, CardEvidence)
    assert after.of_intent == before.of_intent
    assert (before.tmc_before, before.tmc, before.tmv) == (0, None, None)
    assert (after.tmc_before, after.tmc, after.tmv) == (None, 1, purse.tmv)
    assert before.tmri == till.bundle.terminal + (1).to_bytes(8, "big") == purse.tmri_prev
    record = unpack(before.record)
    assert (record.kind, record.time, record.amount) == (RecordKind.SALE, intent.time, 320)
    assert record.reference == reference_of(before.tmri)
    assert (intent.offline, intent.bundle, intent.operator) == (True, till.bundle.version, "till")
    assert (redemption.sale, redemption.of) == (intent.sale, 1)
    assert intent.sale is not None
    assert len(set(intent.sale)) > 1


def test_sales_of_one_card_follow_each_other(
    till: Till, field: Field, card: Card, entries: Callable[[], list[Entry]]
) -> None:
    for number in range(1, 6):
        field.put(card)
        assert till.sell(100, TIMEOUT_S).entries == (2 * number - 1, 2 * number)
    assert card.image.application.balance == 2000
    assert len({entry.sale for entry in entries()}) == 5


def test_a_card_that_stays_on_the_reader_pays_the_next_sale_too(till: Till, field: Field, card: Card) -> None:
    field.put(card)
    assert till.sell(100, TIMEOUT_S).verdict is Verdict.ACCEPTED
    assert till.sell(200, TIMEOUT_S).verdict is Verdict.ACCEPTED
    assert card.image.application.balance == 2200


@pytest.mark.parametrize("key", ["phone_ed25519", "phone_p256"])
@pytest.mark.parametrize("with_aud", [True, False])
def test_a_phone_pays(
    till: Till,
    scanner: Scanner,
    new_code: Callable[..., str],
    programme: TestProgramme,
    entries: Callable[[], list[Entry]],
    key: str,
    with_aud: bool,
) -> None:
    phone = getattr(programme, key)
    aud = programme.terminal.hex() if with_aud else None
    code = new_code(aud=aud, most=320 if with_aud else 500, phone=phone, cnf=phone.public)
    till.on_ready = lambda: scanner.scan(code.encode())
    state = till.sell(320, TIMEOUT_S)
    assert (state.verdict, state.problem) == (Verdict.ACCEPTED, None)
    intent, redemption = entries()
    assert isinstance(intent.evidence, PhoneEvidence)
    assert redemption.evidence == intent.evidence
    assert (intent.amount, redemption.of, redemption.time) == (320, 1, intent.time)


def test_a_note_pays(
    till: Till, scanner: Scanner, new_note: Callable[..., str], entries: Callable[[], list[Entry]]
) -> None:
    till.on_ready = lambda: scanner.scan(new_note().encode())
    state = till.sell(500, TIMEOUT_S)
    assert (state.verdict, state.entries) == (Verdict.ACCEPTED, (1, 2))
    intent, redemption = entries()
    assert isinstance(intent.evidence, PaperEvidence)
    assert redemption.evidence == intent.evidence


def test_note_and_card_together(
    new_till: Callable[..., Till],
    till: Till,
    field: Field,
    card: Card,
    scanner: Scanner,
    new_note: Callable[..., str],
    kinds: Callable[[], list[str]],
    entries: Callable[[], list[Entry]],
    receipts: ReceiptDesk,
    now: int,
) -> None:
    def clock() -> int:
        if not field.cards and till.state.phase is Phase.PRESENT:
            field.put(card)  # as the note is judged; the card is seen after the note's intent is on disk
        return now

    till = new_till(reader=till.reader, scanner=till.scanner, clock=clock)
    till.on_ready = lambda: scanner.scan(new_note().encode())
    state = till.sell(820, TIMEOUT_S)
    assert state.verdict is Verdict.ACCEPTED
    assert kinds() == ["intent paper 500", "intent card 320", "redemption paper 500 of 1", "redemption card 320 of 2"]
    assert len({entry.sale for entry in entries()}) == 1
    assert card.image.application.balance == 2180
    assert receipts.last is not None
    text = receipts.last.text
    assert text.index("Biljet") < text.index("Kaart") < text.index("8,20")
    document = answer_document(till, receipts.last)
    assert document["tenders"] == [{"instrument": "paper", "amount": 500}, {"instrument": "card", "amount": 320}]
    assert (document["decision"], document["amount"], document["instrument"]) == ("accepted", 820, "card")
    assert document["entries"] == [1, 2, 3, 4]


def test_code_note_and_card_together(
    new_till: Callable[..., Till],
    till: Till,
    field: Field,
    card: Card,
    scanner: Scanner,
    new_note: Callable[..., str],
    new_code: Callable[..., str],
    kinds: Callable[[], list[str]],
    now: int,
) -> None:
    judged: list[int] = []

    def clock() -> int:
        judged.append(now)
        if len(judged) == 2:
            field.put(card)
        return now

    till = new_till(reader=till.reader, scanner=till.scanner, clock=clock)
    code = new_code(aud=till.bundle.terminal.hex(), most=300)

    def show() -> None:
        scanner.scan(code.encode())
        scanner.scan(new_note().encode())

    till.on_ready = show
    state = till.sell(1000, TIMEOUT_S)
    assert state.verdict is Verdict.ACCEPTED
    assert kinds() == [
        *("intent phone 300", "intent paper 500", "intent card 200"),
        *("redemption phone 300 of 1", "redemption paper 500 of 2", "redemption card 200 of 3"),
    ]


def test_two_notes_together(
    till: Till, scanner: Scanner, new_note: Callable[..., str], kinds: Callable[[], list[str]]
) -> None:
    def show() -> None:
        scanner.scan(new_note(200, number=1).encode())
        scanner.scan(new_note(500, number=2).encode())

    till.on_ready = show
    assert till.sell(700, TIMEOUT_S).verdict is Verdict.ACCEPTED
    assert kinds() == [
        *("intent paper 200", "intent paper 500"),
        *("redemption paper 500 of 2", "redemption paper 200 of 1"),
    ]


def test_a_sale_given_up_voids_its_parts_and_they_are_free_again(
    new_till: Callable[..., Till],
    till: Till,
    scanner: Scanner,
    new_note: Callable[..., str],
    new_code: Callable[..., str],
    kinds: Callable[[], list[str]],
    now: int,
) -> None:
    code = new_code(aud=till.bundle.terminal.hex(), most=300)
    judged: list[int] = []

    def clock() -> int:
        judged.append(now)
        if len(judged) == 2:
            giving_up.cancel()  # nobody brings the rest
        return now

    def show() -> None:
        scanner.scan(code.encode())
        scanner.scan(new_note().encode())

    giving_up = new_till(scanner=till.scanner, clock=clock, on_ready=show)
    state = giving_up.sell(1000, TIMEOUT_S)
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.CANCELLED)
    assert kinds() == ["intent phone 300", "intent paper 500", "void phone 300 of 1", "void paper 500 of 2"]
    till.on_ready = show
    assert till.sell(800, TIMEOUT_S).verdict is Verdict.ACCEPTED
    assert kinds()[4:] == [
        *("intent phone 300", "intent paper 500"),
        *("redemption paper 500 of 6", "redemption phone 300 of 5"),
    ]


def test_a_part_tender_then_a_refused_one_gives_everything_back(
    till: Till, scanner: Scanner, new_note: Callable[..., str], kinds: Callable[[], list[str]]
) -> None:
    def show() -> None:
        scanner.scan(new_note().encode())
        scanner.scan(new_note().encode())

    till.on_ready = show
    state = till.sell(1000, TIMEOUT_S)
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.ALREADY_USED)
    assert kinds() == ["intent paper 500", "void paper 500 of 1"]


def test_nothing_presented(till: Till, kinds: Callable[[], list[str]]) -> None:
    state = till.sell(320, SHORT_S)
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.NOTHING_PRESENTED)
    assert kinds() == []


def test_a_cancelled_sale(
    till: Till, scanner: Scanner, new_note: Callable[..., str], kinds: Callable[[], list[str]]
) -> None:
    till.on_ready = till.cancel
    state = till.sell(320, TIMEOUT_S)
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.CANCELLED)
    assert kinds() == []
    till.on_ready = lambda: scanner.scan(new_note().encode())
    assert till.sell(500, TIMEOUT_S).verdict is Verdict.ACCEPTED


def test_a_sale_cancelled_while_the_card_commits_is_paid(
    new_till: Callable[..., Till], field: Field, card: Card, reader: Pn532, now: int
) -> None:
    field.put(card)

    def clock() -> int:
        till.cancel()  # as the card is judged: it is at work until it has paid
        return now

    till = new_till(reader=open_reader(f"pn532:{reader.path}"), clock=clock)
    state = till.sell(320, TIMEOUT_S)
    assert state.phase is Phase.DECIDED
    assert (state.verdict is Verdict.ACCEPTED) == (card.image.application.balance == 2180)
    assert (state.verdict is Verdict.REFUSED) == (card.image.application.balance == 2500)


def test_what_the_till_says_to_a_person(till: Till, field: Field, card: Card, receipts: ReceiptDesk) -> None:
    field.put(card)
    till.sell(320, TIMEOUT_S)
    text = answer_text(till, receipts.last, "nl")
    assert text.splitlines() == ["accepted: € 3,20", "  Kaart  € 3,20"]
