# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every word of refusal, reached at the counter; a refused sale leaves journal and card as they were."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from drivers.devices import open_reader
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage, MemoryStore
from firmware_sim.card.personalisation import personalise
from firmware_sim.faults import Faults, Garble, Moment, Tear
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.scanner import Scanner
from heitje.bundle import TrustBundle
from heitje.card.certificate import CardCertificate, issue, to_file
from heitje.card.layout import CERTIFICATE_FILE_SIZE
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.refusals import Refusal
from terminal.answer import answer_document
from terminal.configuration import TerminalConfiguration
from terminal.counter import Till
from terminal.journal_store import JournalStore
from terminal.provisioning import bundle_of, initialise
from terminal.receipt_printing import ReceiptDesk
from terminal.sale import Verdict

TIMEOUT_S = 10.0
DAY_S = 86_400
HOUR_S = 3600


@pytest.fixture
def another_till(tmp_path: Path, vectors: Path, now: int) -> Iterator[tuple[TestProgramme, JournalStore]]:
    """A second till of the same shop: another terminal, and not the shop's paper till."""
    document = json.loads((vectors / "test-programme.json").read_text("utf-8"))
    document["terminal_id"] = "1122334455667788"
    document["terminal_ed25519_seed"] = "11" * 32
    document["shop"]["paper_till"] = False
    programme = TestProgramme.parse(json.dumps(document))
    initialise(programme, TerminalConfiguration(tmp_path / "another", b""), now)
    store = JournalStore.open(tmp_path / "another" / "journal.sqlite", programme.terminal)
    yield programme, store
    store.close()


@dataclass
class Scanned:
    """A till that is shown texts, one sale each."""

    till: Till
    scanner: Scanner

    def sell(self, text: str, amount: int) -> tuple[Verdict | None, Refusal | None]:
        """How a sale of `amount` ended that was shown this."""
        self.till.on_ready = lambda: self.scanner.scan(text.encode("latin-1"))
        state = self.till.sell(amount, TIMEOUT_S)
        return state.verdict, state.problem


@pytest.fixture
def shown(till: Till, scanner: Scanner) -> Scanned:
    """The counter's till and scanner."""
    return Scanned(till, scanner)


def refused(reason: Refusal) -> tuple[Verdict, Refusal]:
    return Verdict.REFUSED, reason


ACCEPTED = (Verdict.ACCEPTED, None)


def tampered(text: str) -> str:
    """The text with one letter near its end, inside the signature, changed for the next of the alphabet."""
    letter = "A" if text[-20] != "A" else "B"
    return text[:-20] + letter + text[-19:]


# What is wrong with a note, and the word for it.
NOTES: dict[Refusal, dict[str, object]] = {
    Refusal.UNKNOWN_PROGRAMME: {"iss": "nl.elders"},
    Refusal.EXPIRED: {"exp": 1_794_999_999},
    Refusal.NOT_YET_VALID: {"nbf": 1_795_000_001},
    Refusal.NOT_VALID_HERE: {"scope": ("shop:kapper-2", "category:cafe")},
    Refusal.NEEDS_A_CONNECTION: {"home": "kapper-2"},
    Refusal.MORE_THAN_THE_SALE: {"amount": Cents(1000)},
}


@pytest.mark.parametrize("reason", NOTES)
def test_a_note_that_is_wrong(
    shown: Scanned, new_note: Callable[..., str], kinds: Callable[[], list[str]], reason: Refusal
) -> None:
    assert shown.sell(new_note(**NOTES[reason]), 500) == refused(reason)
    assert kinds() == []


def test_a_note_with_no_home_needs_a_connection(shown: Scanned, new_note: Callable[..., str]) -> None:
    assert shown.sell(new_note(home=None), 500) == refused(Refusal.NEEDS_A_CONNECTION)


def test_a_tampered_note_and_a_forged_one(
    shown: Scanned, new_note: Callable[..., str], programme: TestProgramme, kinds: Callable[[], list[str]]
) -> None:
    assert shown.sell(tampered(new_note()), 500)[1] in {Refusal.BAD_SIGNATURE, Refusal.MALFORMED}
    assert shown.sell(new_note(key=programme.phone_ed25519), 500) == refused(Refusal.BAD_SIGNATURE)
    assert kinds() == []


def test_a_note_a_second_time(shown: Scanned, new_note: Callable[..., str], kinds: Callable[[], list[str]]) -> None:
    assert shown.sell(new_note(), 500) == ACCEPTED
    assert shown.sell(new_note(), 500) == refused(Refusal.ALREADY_USED)
    assert len(kinds()) == 2


def test_a_photographed_note_at_another_till(
    new_till: Callable[..., Till],
    shown: Scanned,
    new_note: Callable[..., str],
    another_till: tuple[TestProgramme, JournalStore],
    now: int,
) -> None:
    programme, journal = another_till
    assert shown.sell(new_note(), 500) == ACCEPTED
    other = new_till(scanner=shown.till.scanner, bundle=bundle_of(programme, now, 1), journal=journal)
    assert Scanned(other, shown.scanner).sell(new_note(), 500) == refused(Refusal.NEEDS_A_CONNECTION)
    assert journal.head()[0] == 0


def test_a_blocked_note(
    new_till: Callable[..., Till], shown: Scanned, bundle: TrustBundle, new_note: Callable[..., str]
) -> None:
    denying = new_till(scanner=shown.till.scanner, bundle=replace(bundle, deny=frozenset({(7).to_bytes(16, "big")})))
    assert Scanned(denying, shown.scanner).sell(new_note(number=7), 500) == refused(Refusal.BLOCKED)
    assert Scanned(denying, shown.scanner).sell(new_note(number=8), 500) == ACCEPTED


@pytest.mark.parametrize(
    "text",
    [
        "0KC7K",
        "HV1:",
        "HP1:ABC",
        "HV2:ABC",
        "https://example.org/",
        "HV1:" + "A" * 9_996,
        "HP1:" + "0" * 1000,
        "\x00\xff\x1b[2J",
        "HR1:0XKK79:.ON849PI3IDC7314U7QDJUD7WE QE5KC$KEOO0C45-Z617R6S2K3QJ.4YL4ECA",
        "x" * 17_000,
    ],
)
def test_what_is_no_code(shown: Scanned, kinds: Callable[[], list[str]], text: str) -> None:
    assert shown.sell(text, 500) == refused(Refusal.MALFORMED)
    assert kinds() == []


def test_an_allowance_is_no_note_and_a_note_is_no_allowance(
    shown: Scanned, new_note: Callable[..., str], programme: TestProgramme
) -> None:
    allowance = new_note(cnf=programme.phone_ed25519.public, home=None)
    assert shown.sell(allowance, 500) == refused(Refusal.MALFORMED)


def test_a_replayed_code(shown: Scanned, new_code: Callable[..., str], kinds: Callable[[], list[str]]) -> None:
    assert shown.sell(new_code(seq=2), 300) == ACCEPTED
    for seq in (1, 2):
        assert shown.sell(new_code(seq=seq), 300) == refused(Refusal.ALREADY_USED)
    assert shown.sell(new_code(seq=3), 300) == ACCEPTED
    assert len(kinds()) == 4


@pytest.mark.parametrize(("with_aud", "window_s"), [(True, 120), (False, 60)])
def test_a_code_is_good_within_its_window_alone(
    shown: Scanned, new_code: Callable[..., str], with_aud: bool, window_s: int, now: int
) -> None:
    aud = shown.till.bundle.terminal.hex() if with_aud else None
    for away_s in (window_s + 1, -window_s - 1):
        stale = new_code(aud=aud, most=300, iat=now + away_s)
        assert shown.sell(stale, 300) == refused(Refusal.CODE_TOO_OLD)
    for seq, away_s in enumerate((window_s, -window_s), start=1):
        assert shown.sell(new_code(seq=seq, aud=aud, most=300, iat=now + away_s), 300) == ACCEPTED


def test_a_code_that_is_wrong(
    shown: Scanned, new_code: Callable[..., str], programme: TestProgramme, kinds: Callable[[], list[str]]
) -> None:
    here = programme.terminal.hex()
    assert shown.sell(new_code(aud="1122334455667788", most=300), 300) == refused(Refusal.NOT_VALID_HERE)
    assert shown.sell(new_code(aud=here, most=400), 300) == refused(Refusal.MORE_THAN_THE_SALE)
    assert shown.sell(new_code(most=300), 301) == refused(Refusal.TOO_LITTLE_LEFT)
    assert shown.sell(new_code(aud=here, most=300, amount=Cents(200)), 300) == refused(Refusal.TOO_LITTLE_LEFT)
    assert shown.sell(new_code(phone=programme.mint), 300) == refused(Refusal.BAD_SIGNATURE)
    assert shown.sell(new_code(iss="nl.elders"), 300) == refused(Refusal.UNKNOWN_PROGRAMME)
    assert shown.sell(new_code(aud=here, most=1001), 1001) == refused(Refusal.NEEDS_A_CONNECTION)
    assert kinds() == []


def test_an_allowance_is_spent_to_its_last_cent(
    shown: Scanned, new_code: Callable[..., str], programme: TestProgramme
) -> None:
    here = programme.terminal.hex()
    for seq, most in enumerate((1000, 1000, 400), start=1):
        assert shown.sell(new_code(seq=seq, aud=here, most=most), most) == ACCEPTED
    assert shown.sell(new_code(seq=4, aud=here, most=101), 101) == refused(Refusal.TOO_LITTLE_LEFT)
    assert shown.sell(new_code(seq=5, aud=here, most=100), 100) == ACCEPTED


def test_a_terminals_limit_of_what_is_not_uploaded(
    shown: Scanned, new_note: Callable[..., str], bundle: TrustBundle, new_till: Callable[..., Till]
) -> None:
    limits = replace(bundle.limits, terminal_paper_cents=1000)
    till = new_till(scanner=shown.till.scanner, bundle=replace(bundle, limits=limits))
    limited = Scanned(till, shown.scanner)
    assert [limited.sell(new_note(number=number), 500)[1] for number in (1, 2, 3)] == [
        None,
        None,
        Refusal.NEEDS_A_CONNECTION,
    ]
    till.journal.acknowledge(2, ())
    assert limited.sell(new_note(number=3), 500) == ACCEPTED


@pytest.mark.parametrize(
    ("age_s", "card_cents", "phone_cents"),
    [(24 * HOUR_S, 2500, 1000), (24 * HOUR_S + 1, 1250, 500), (72 * HOUR_S, 1250, 500), (72 * HOUR_S + 1, 1000, 0)],
)
def test_an_old_bundle_halves_the_limits_and_then_ends_phone_and_paper(
    till: Till,
    new_till: Callable[..., Till],
    scanner: Scanner,
    field: Field,
    new_card: Callable[..., Card],
    new_code: Callable[..., str],
    age_s: int,
    card_cents: int,
    phone_cents: int,
    now: int,
) -> None:
    later = now + age_s
    aged = new_till(reader=till.reader, scanner=till.scanner, clock=lambda: later)

    def phone(amount: int) -> Refusal | None:
        code = new_code(aud=till.bundle.terminal.hex(), most=amount, iat=later, exp=later + DAY_S)
        return Scanned(aged, scanner).sell(code, amount)[1]

    assert phone(phone_cents + 1) is Refusal.NEEDS_A_CONNECTION
    if phone_cents:
        assert phone(phone_cents) is None
    aged.on_ready = lambda: None
    field.put(new_card(balance=15_000))
    assert aged.sell(card_cents + 1, TIMEOUT_S).problem is Refusal.NEEDS_A_CONNECTION
    field.put(new_card(balance=15_000))
    assert aged.sell(card_cents, TIMEOUT_S).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("away_s", [-1, 7 * DAY_S + 1])
def test_a_clock_that_cannot_be_right_ends_phone_and_paper_not_the_card(
    till: Till,
    new_till: Callable[..., Till],
    scanner: Scanner,
    field: Field,
    card: Card,
    bundle: TrustBundle,
    new_note: Callable[..., str],
    away_s: int,
    now: int,
) -> None:
    wrong = now + away_s
    roomy = replace(bundle, limits=replace(bundle.limits, bundle_age_s=30 * DAY_S, bundle_half_age_s=30 * DAY_S))
    till = new_till(reader=till.reader, scanner=till.scanner, bundle=roomy, clock=lambda: wrong)
    note = new_note(exp=now + 30 * DAY_S, iat=now - DAY_S)
    assert Scanned(till, scanner).sell(note, 500) == refused(Refusal.NEEDS_A_CONNECTION)
    till.on_ready = lambda: None
    field.put(card)
    assert till.sell(100, TIMEOUT_S).verdict is Verdict.ACCEPTED


def test_an_empty_card_shows_its_balance(
    till: Till, field: Field, new_card: Callable[..., Card], kinds: Callable[[], list[str]], receipts: ReceiptDesk
) -> None:
    poor = new_card("0411223344556A", 40)
    field.put(poor)
    state = till.sell(320, TIMEOUT_S)
    assert (state.verdict, state.problem, state.balance) == (Verdict.REFUSED, Refusal.TOO_LITTLE_LEFT, 40)
    assert kinds() == []
    assert (poor.image.application.balance, poor.image.application.tmc) == (40, 0)
    document = answer_document(till, receipts.last)
    assert (document["balance"], document["instrument"], document["receipt"]) == (40, "card", None)


def personalised(card: Card, programme: TestProgramme, changed: CardCertificate) -> Card:
    """The same card with another certificate, signed by the programme."""
    token = to_file(issue(changed, programme.mint)).ljust(CERTIFICATE_FILE_SIZE, b"\x00")
    image = card.image
    return Card(MemoryStore(CardImage(image.uid, replace(image.application, certificate=token))))


CERTIFICATES: dict[Refusal, dict[str, object]] = {
    Refusal.EXPIRED: {"exp": 1_794_999_999},
    Refusal.NOT_VALID_HERE: {"scope": ("shop:kapper-2",)},
    Refusal.UNKNOWN_PROGRAMME: {"iss": "nl.elders"},
    Refusal.BAD_SIGNATURE: {"uid": bytes(7)},
}


@pytest.mark.parametrize("reason", CERTIFICATES)
def test_a_card_whose_certificate_is_wrong(
    till: Till,
    field: Field,
    card: Card,
    programme: TestProgramme,
    kinds: Callable[[], list[str]],
    reason: Refusal,
    now: int,
) -> None:
    right = CardCertificate(programme.iss, now + DAY_S, now - DAY_S, card.uid)
    wrong = replace(right, **CERTIFICATES[reason])  # type: ignore[arg-type]  # the table's values fit
    odd = personalised(card, programme, wrong)
    field.put(odd)
    state = till.sell(320, TIMEOUT_S)
    assert (state.verdict, state.problem) == refused(reason)
    assert (odd.image.application.balance, kinds()) == (2500, [])


def test_a_card_of_another_town(
    till: Till, field: Field, programme: TestProgramme, kinds: Callable[[], list[str]]
) -> None:
    elsewhere = replace(programme, df_name=bytes.fromhex("F0484549544A4502"))
    stranger = Card(MemoryStore(personalise(elsewhere, bytes.fromhex("04A1B2C3D4E580"), Cents(2500))))
    field.put(stranger)
    assert till.sell(320, TIMEOUT_S).problem is Refusal.NOT_A_HEITJE_CARD
    assert (stranger.image.application.balance, kinds()) == (2500, [])


def test_an_emulated_card_that_does_not_know_its_key(
    till: Till, field: Field, programme: TestProgramme, kinds: Callable[[], list[str]]
) -> None:
    emulated = replace(programme, master_terminal=bytes(16))
    forger = Card(MemoryStore(personalise(emulated, bytes.fromhex("04A1B2C3D4E580"), Cents(2500))))
    field.put(forger)
    assert till.sell(320, TIMEOUT_S).problem is Refusal.BAD_SIGNATURE
    assert kinds() == []


def test_a_blocked_card(
    till: Till, new_till: Callable[..., Till], field: Field, card: Card, bundle: TrustBundle
) -> None:
    field.put(card)
    denying = new_till(reader=till.reader, bundle=replace(bundle, deny=frozenset({card.uid})))
    assert denying.sell(320, TIMEOUT_S).problem is Refusal.BLOCKED
    assert card.image.application.balance == 2500


def test_cards_only_online(
    till: Till, new_till: Callable[..., Till], field: Field, card: Card, bundle: TrustBundle
) -> None:
    field.put(card)
    online = new_till(reader=till.reader, bundle=replace(bundle, cards_online_only=True))
    assert online.sell(320, TIMEOUT_S).problem is Refusal.NEEDS_A_CONNECTION
    assert card.image.application.balance == 2500


def test_a_cards_limit_for_one_day(
    till: Till, new_till: Callable[..., Till], field: Field, new_card: Callable[..., Card], now: int
) -> None:
    card = new_card(balance=15_000)
    for amount, reason in ((2500, None), (2500, None), (1, Refusal.NEEDS_A_CONNECTION)):
        field.put(card)
        assert till.sell(amount, TIMEOUT_S).problem is reason
    tomorrow = new_till(reader=till.reader, clock=lambda: now + DAY_S)
    field.put(card)
    assert tomorrow.sell(1, TIMEOUT_S).verdict is Verdict.ACCEPTED


def test_one_payment_of_a_card_has_a_limit(till: Till, field: Field, new_card: Callable[..., Card]) -> None:
    field.put(new_card(balance=15_000))
    assert till.sell(2501, TIMEOUT_S).problem is Refusal.NEEDS_A_CONNECTION


@pytest.mark.parametrize("apdu", range(1, 11))
def test_a_garbled_answer_before_the_commit_takes_nothing(
    new_till: Callable[..., Till], tmp_path: Path, card: Card, kinds: Callable[[], list[str]], apdu: int
) -> None:
    field = Field(Faults(garble=Garble(apdu, seed=apdu)))
    with Pn532(field, tmp_path / "garbled") as reader:
        field.put(card)
        state = new_till(reader=open_reader(f"pn532:{reader.path}")).sell(320, TIMEOUT_S)
    assert state.verdict is Verdict.REFUSED
    assert state.problem in {Refusal.BAD_SIGNATURE, Refusal.NOT_A_HEITJE_CARD, Refusal.CARD_ERROR}
    assert (card.image.application.balance, kinds()) == (2500, [])


def test_a_card_that_leaves_too_soon_and_stays_away(
    till: Till, field: Field, card: Card, kinds: Callable[[], list[str]]
) -> None:
    field.put(card, tear=Tear(Moment.AFTER, 6))
    state = till.sell(320, 1.0)
    assert (state.verdict, state.problem) == refused(Refusal.CARD_REMOVED)
    assert (card.image.application.balance, kinds()) == (2500, [])
