# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card leaves at each APDU of a sale, and comes back at once, later or elsewhere first (CARD.md section 9)."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from drivers.devices import open_reader
from firmware_sim.card.firmware import Card
from firmware_sim.faults import Moment, Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.scanner import Scanner
from heitje.journal import CardEvidence, Entry, Kind
from heitje.programme import TestProgramme
from heitje.refusals import Refusal
from terminal.answer import answer_document
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.journal_store import JournalStore
from terminal.key_store import TerminalKeys
from terminal.provisioning import bundle_of, initialise
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import State, Verdict

TIMEOUT_S = 10.0
COMMIT = 11
TEARS = [Tear(moment, apdu) for apdu in range(1, COMMIT + 1) for moment in Moment]
AT_COMMIT = [Tear(moment, COMMIT) for moment in Moment]


def name_of(tear: Tear) -> str:
    return f"{tear.moment.value} {tear.apdu}"


@pytest.fixture
def another_till(
    tmp_path: Path, vectors: Path, now: int, new_till: Callable[..., Till]
) -> Iterator[Callable[..., Till]]:
    """Makes a till of another terminal of the same programme, on its own journal."""
    document = json.loads((vectors / "test-programme.json").read_text("utf-8"))
    document["terminal_id"] = "1122334455667788"
    document["terminal_ed25519_seed"] = "11" * 32
    programme = TestProgramme.parse(json.dumps(document))
    initialise(programme, TerminalConfiguration(tmp_path / "another", b""), now)
    configuration = TerminalConfiguration.load(tmp_path / "another")
    store = JournalStore.open(configuration.journal_path, programme.terminal)
    keys = TerminalKeys.load(configuration.keys_path, production=False)

    def make(**changes: object) -> Till:
        return new_till(bundle=bundle_of(programme, now, 1), keys=keys, journal=store, **changes)

    yield make
    store.close()


@pytest.fixture
def counter(new_till: Callable[..., Till], reader: Pn532) -> Till:
    """A till with a card reader alone."""
    return new_till(reader=open_reader(f"pn532:{reader.path}"))


def taken(entries: list[Entry]) -> int:
    """What a journal says was taken."""
    return sum(entry.amount or 0 for entry in entries if entry.kind is Kind.REDEMPTION)


@pytest.mark.parametrize("tear", TEARS, ids=name_of)
def test_the_card_comes_back_in_the_same_sale(
    new_till: Callable[..., Till],
    tmp_path: Path,
    card: Card,
    kinds: Callable[[], list[str]],
    receipts: ReceiptDesk,
    tear: Tear,
) -> None:
    field = Field(return_after_s=0.05)
    with Pn532(field, tmp_path / "returning") as reader:
        till = new_till(reader=open_reader(f"pn532:{reader.path}"))
        field.put(card, tear=tear)
        state = till.sell(320, TIMEOUT_S)
    assert state.verdict is Verdict.ACCEPTED
    assert (card.image.application.balance, card.image.application.tmc) == (2180, 1)
    expected = ["intent card 320", "redemption card 320 of 1"]
    if tear == Tear(Moment.BEFORE, COMMIT):  # the open intent is voided and the sale made anew
        expected = ["intent card 320", "void card 320 of 1", "intent card 320", "redemption card 320 of 3"]
    assert kinds() == expected
    assert list(state.entries) == list(range(1, len(expected) + 1))
    assert answer_document(till, receipts.last)["earlier"] == []
    assert receipts.last is not None
    assert "21,80" in receipts.last.text


@pytest.mark.parametrize("tear", TEARS, ids=name_of)
def test_the_card_comes_back_in_the_next_sale(
    counter: Till,
    field: Field,
    card: Card,
    kinds: Callable[[], list[str]],
    receipts: ReceiptDesk,
    tear: Tear,
    pull: Callable[..., State],
) -> None:
    torn = pull(counter, card, tear, 320)
    assert torn.problem in {Refusal.CARD_REMOVED, Refusal.CANCELLED}
    if tear.apdu < COMMIT:
        assert (torn.verdict, kinds()) == (Verdict.REFUSED, [])
        assert receipts.last is None
    else:
        assert (torn.verdict, kinds()) == (Verdict.UNRESOLVED, ["intent card 320"])
        assert receipts.last is not None
        assert "NOG NIET ZEKER" in receipts.last.text
    paid_before = tear == Tear(Moment.AFTER, COMMIT)
    assert card.image.application.balance == (2180 if paid_before else 2500)

    assert counter.begin() == ()  # an open card intent stays open at start
    field.put(card)
    state = counter.sell(100, TIMEOUT_S)
    assert state.verdict is Verdict.ACCEPTED
    if tear.apdu < COMMIT:
        assert kinds() == ["intent card 100", "redemption card 100 of 1"]
        assert field.apdus == COMMIT
    elif paid_before:
        assert kinds()[1:] == ["redemption card 320 of 1", "intent card 100", "redemption card 100 of 3"]
    else:
        assert kinds()[1:] == ["void card 320 of 1", "intent card 100", "redemption card 100 of 3"]
    assert card.image.application.balance == (2080 if paid_before else 2400)
    told = answer_document(counter, receipts.last)["earlier"]
    if tear.apdu == COMMIT:
        assert told == [{"seq": 2, "kind": "redemption" if paid_before else "void", "of": 1}]


@pytest.mark.parametrize("sales_elsewhere", range(1, 6))
@pytest.mark.parametrize("tear", AT_COMMIT, ids=name_of)
def test_the_card_is_at_another_till_first(
    counter: Till,
    another_till: Callable[..., Till],
    field: Field,
    card: Card,
    kinds: Callable[[], list[str]],
    receipts: ReceiptDesk,
    tear: Tear,
    sales_elsewhere: int,
    pull: Callable[..., State],
) -> None:
    committed = tear.moment is Moment.AFTER
    assert pull(counter, card, tear, 320).verdict is Verdict.UNRESOLVED
    other = another_till(reader=counter.reader)
    for _ in range(sales_elsewhere):
        field.put(card)
        assert other.sell(10, TIMEOUT_S).verdict is Verdict.ACCEPTED

    field.put(card)
    state = counter.sell(100, TIMEOUT_S)
    assert state.verdict is Verdict.ACCEPTED
    assert card.image.application.balance == 2500 - 10 * sales_elsewhere - 100 - (320 if committed else 0)
    first, *rest = kinds()
    assert first == "intent card 320"
    if committed and sales_elsewhere <= 3:  # its record is still there, its MAC is not
        assert rest == ["unresolved card 320 of 1 given", "intent card 100", "redemption card 100 of 3"]
        assert [open_.closed for open_ in counter.journal.open_intents()] == [True]
    elif committed or sales_elsewhere > 4:  # four records later nothing can be told
        assert rest == ["intent card 100", "redemption card 100 of 2"]
        assert [open_.closed for open_ in counter.journal.open_intents()] == [False]
    else:
        assert rest == ["void card 320 of 1", "intent card 100", "redemption card 100 of 3"]
        assert counter.journal.open_intents() == []


def test_an_unproven_payment_is_written_once(
    counter: Till,
    another_till: Callable[..., Till],
    field: Field,
    card: Card,
    kinds: Callable[[], list[str]],
    pull: Callable[..., State],
) -> None:
    pull(counter, card, Tear(Moment.AFTER, COMMIT), 320)
    field.put(card)
    another_till(reader=counter.reader).sell(10, TIMEOUT_S)
    for _ in range(3):
        field.put(card)
        assert counter.sell(10, TIMEOUT_S).verdict is Verdict.ACCEPTED
    assert [entry for entry in kinds() if "unresolved" in entry] == ["unresolved card 320 of 1 given"]


def test_paid_without_proof_in_the_same_sale(
    new_till: Callable[..., Till],
    another_till: Callable[..., Till],
    counter: Till,
    field: Field,
    card: Card,
    tmp_path: Path,
    kinds: Callable[[], list[str]],
    receipts: ReceiptDesk,
) -> None:
    """Another till sells to the card while this one waits for it: it is paid, and no balance is claimed."""
    away = Field()
    with Pn532(away, tmp_path / "away") as second:
        other = another_till(reader=open_reader(f"pn532:{second.path}"), print_receipt=lambda _: field.put(card))

        def go_elsewhere() -> None:
            if not field.cards and not away.cards:
                away.put(card)
                elsewhere.start()

        elsewhere = Thread(target=other.sell, args=(10, TIMEOUT_S))
        field.put(card, tear=Tear(Moment.AFTER, COMMIT))
        field.watch(go_elsewhere)
        state = counter.sell(320, TIMEOUT_S)
        elsewhere.join()
    assert (state.verdict, state.problem, state.entries) == (Verdict.ACCEPTED, None, (1, 2))
    assert kinds() == ["intent card 320", "unresolved card 320 of 1 given"]
    assert receipts.last is not None
    assert "BETAALD" in receipts.last.text
    assert "saldo" not in receipts.last.text


@pytest.mark.parametrize("tear", AT_COMMIT, ids=name_of)
def test_another_card_in_between_changes_nothing(
    counter: Till,
    field: Field,
    card: Card,
    new_card: Callable[..., Card],
    kinds: Callable[[], list[str]],
    tear: Tear,
    pull: Callable[..., State],
) -> None:
    stranger = new_card("0411223344556A", 1000)
    pull(counter, card, tear, 320)
    field.put(stranger)
    assert counter.sell(100, TIMEOUT_S).verdict is Verdict.ACCEPTED
    assert kinds() == ["intent card 320", "intent card 100", "redemption card 100 of 2"]
    assert stranger.image.application.balance == 900


def test_another_card_in_the_torn_sale_is_sent_away(
    counter: Till,
    field: Field,
    card: Card,
    new_card: Callable[..., Card],
    kinds: Callable[[], list[str]],
) -> None:
    stranger = new_card("0411223344556A", 1000)

    def swap() -> None:
        if not field.cards:
            field.put(stranger)

    field.put(card, tear=Tear(Moment.AFTER, COMMIT))
    field.watch(swap)
    state = counter.sell(320, 1.0)
    assert (state.verdict, state.problem) == (Verdict.UNRESOLVED, Refusal.ANOTHER_CARD)
    assert (stranger.image.application.balance, stranger.image.application.tmc) == (1000, 0)
    assert kinds() == ["intent card 320"]


@pytest.mark.parametrize("tear", AT_COMMIT, ids=name_of)
@pytest.mark.parametrize("beside", ["paper", "phone"])
def test_what_was_tendered_beside_the_card_follows_it(
    new_till: Callable[..., Till],
    till: Till,
    field: Field,
    card: Card,
    scanner: Scanner,
    new_note: Callable[..., str],
    new_code: Callable[..., str],
    kinds: Callable[[], list[str]],
    tear: Tear,
    beside: str,
    now: int,
) -> None:
    text = new_note() if beside == "paper" else new_code(aud=till.bundle.terminal.hex(), most=500)
    judged: list[int] = []

    def clock() -> int:
        judged.append(now)
        if len(judged) == 1:
            field.put(card, tear=tear)
        return now

    torn = new_till(reader=till.reader, scanner=till.scanner, clock=clock)
    torn.on_ready = lambda: scanner.scan(text.encode())
    field.watch(lambda: None if field.cards else torn.cancel())
    assert torn.sell(820, TIMEOUT_S).verdict is Verdict.UNRESOLVED
    assert kinds() == [f"intent {beside} 500", "intent card 320"]
    assert torn.begin() == ()  # it stands beside an open card

    field.put(card)
    next_sale = new_till(reader=till.reader)
    assert next_sale.sell(100, TIMEOUT_S).verdict is Verdict.ACCEPTED
    if tear.moment is Moment.AFTER:
        assert kinds()[2:4] == ["redemption card 320 of 2", f"redemption {beside} 500 of 1"]
    else:
        assert kinds()[2:4] == ["void card 320 of 2", f"void {beside} 500 of 1"]
    assert torn.journal.open_intents() == []


def test_the_proof_is_the_cards_own(
    counter: Till,
    field: Field,
    card: Card,
    entries: Callable[[], list[Entry]],
    pull: Callable[..., State],
) -> None:
    pull(counter, card, Tear(Moment.AFTER, COMMIT), 320)
    proof = card.image.application.tmc, card.image.application.tmv
    field.put(card)
    counter.sell(100, TIMEOUT_S)
    redemption = entries()[1].evidence
    assert isinstance(redemption, CardEvidence)
    assert (redemption.tmc, redemption.tmv) == proof
    assert taken(entries()) == 2500 - card.image.application.balance == 420


def test_torn_again_and_again(
    counter: Till,
    field: Field,
    card: Card,
    entries: Callable[[], list[Entry]],
    pull: Callable[..., State],
) -> None:
    """Whatever happens to one card ten times over, journal and card agree once it has stayed."""
    for number in range(10):
        tear = Tear(Moment.AFTER if number % 3 else Moment.BEFORE, COMMIT if number % 2 else COMMIT + 2)
        pull(counter, card, tear, 50)
    field.put(card)
    assert counter.sell(50, TIMEOUT_S).verdict is Verdict.ACCEPTED
    assert counter.journal.open_intents() == []
    assert taken(entries()) == 2500 - card.image.application.balance
