# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The short way for whole tenders decides nothing else than the long way: a journal sent batch by batch, and the same
journal sent entry by entry, in which no tender is ever whole, leave the same outcomes and the same books.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.redemption import stored_journal
from backend.redemption.situation import Situation
from heitje.journal import CardEvidence, Instrument, Kind, PhoneEvidence

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.backend.conftest import City, Phone, Plastic, Till

TABLES = {
    "redemption_journalentry WHERE server_time IS NOT NULL": "terminal_id, seq, server_time",
    "redemption_claim": "terminal_id, branch, intent_seq, shop_id, instrument, item, amount, time, sale, fingerprint,"
    " code_seq, payload, tmc_before, state, given, completed_by, paid, guaranteed, refunded",
    "redemption_cardtransaction": "uid, tmc, tmri, previous_tmri, balance_before, amount, has_mac",
    "redemption_case": "kind, held",
    "redemption_refund": "shop_id, amount, paid, parts",
    "ledger_transfer": "event, line, kind, amount, reference",
    "ledger_account": "kind, owner, balance",
    "minting_card": "uid, suspended_at IS NULL, blocked_at IS NULL",
}
SECOND = "00112233445566aa"
KINDS = (
    "phone",
    "phone",
    "card",
    "card",
    "copy of a code",
    "code for any till",
    "code for another till",
    "old code",
    "number again",
    "more than the code",
    "too much at once",
    "forged code",
    "forged card",
    "another record",
    "void",
    "closing",
    "refund",
    "later",
    "another bundle",
    "torn",
    "upload",
    "upload",
)
STEP = st.tuples(
    st.sampled_from(KINDS), st.integers(0, 1), st.integers(0, 1), st.sampled_from([1, 40, 350, 900, 1001, 2600])
)


class Story:
    """Two tills, two phones, two cards, and what happens to them."""

    def __init__(self, city: City, phones: list[Phone], piecemeal: bool) -> None:
        self.piecemeal = piecemeal
        self.tills = [replace(city.till, entries=[]), replace(city.till, name=SECOND, entries=[])]
        self.phones = [replace(phone) for phone in phones]
        self.cards = [replace(card) for card in city.cards[:2]]
        self.codes: list[tuple[int, bytes]] = []
        self.told: list[list[tuple[str, str | None]]] = []
        for till in self.tills:
            till.anchor()

    def play(self, steps: list[tuple[str, int, int, int]]) -> None:
        for kind, number, item, cents in steps:
            self.step(kind, self.tills[number], self.phones[item], self.cards[item], cents)
        for till in self.tills:
            self.upload(till)

    def step(self, kind: str, till: Till, phone: Phone, card: Plastic, cents: int) -> None:
        amount = min(cents, card.balance) or 1
        match kind:
            case "phone" | "too much at once":
                self.take(till, cents, phone.code(cents, till.name, till.clock))
            case "code for any till":
                self.take(till, min(cents, 500), phone.code(500, None, till.clock))
            case "code for another till":
                self.take(till, cents, phone.code(cents, "00112233445566ff", till.clock))
            case "copy of a code" if self.codes:
                self.take(till, *self.codes[-1])
            case "old code":
                self.take(till, cents, phone.code(cents, till.name, till.clock - 121))
            case "number again":
                self.take(till, cents, phone.code(cents, till.name, till.clock, max(1, phone.seq)))
            case "more than the code":
                self.take(till, cents + 1, phone.code(cents, till.name, till.clock))
            case "forged code":
                code = phone.code(cents, till.name, till.clock)
                self.take(till, cents, code[:-1] + bytes((code[-1] ^ 1,)))
            case "card" if card.balance >= amount:
                till.pay_card(card, amount)
            case "torn" if card.balance >= amount:
                till.card_intent(card, amount)
            case "forged card" if card.balance >= amount:
                intent = till.card_intent(card, amount)
                evidence = replace(card, balance=card.balance).commit(self.evidence(till, intent), amount)
                till.complete(intent, evidence=replace(evidence, tmv=bytes(8)))
            case "another record" if card.balance >= amount:
                evidence = card.prepare(till.id + (len(till.entries) + 1).to_bytes(8, "big"), amount, till.clock)
                intent = till.intent(Instrument.CARD, amount, replace(evidence, record=bytes(16)))
                proof = replace(card).commit(self.evidence(till, intent), amount)
                till.complete(intent, evidence=proof)
            case "void" if till.entries:
                self.after_last_intent(till, Kind.VOID)
            case "closing" if till.entries:
                self.after_last_intent(till, Kind.UNRESOLVED, given=cents > 100)
            case "refund":
                paid = [seq for seq in range(1, len(till.entries) + 1) if till.entry(seq).kind is Kind.REDEMPTION]
                if paid:
                    till.refund(paid[-1], 1)
            case "later":
                till.clock += 3600 * cents // 100
            case "another bundle":
                till.bundle = 1 if till.bundle != 1 else 7
            case "upload":
                self.upload(till)
                till.anchor(bundle=1)

    def take(self, till: Till, cents: int, code: bytes) -> None:
        intent = till.intent(Instrument.PHONE, cents, PhoneEvidence(code))
        till.clock += cents % 2  # a second may pass between the two
        till.complete(intent)
        self.codes.append((cents, code))

    def evidence(self, till: Till, intent: int) -> CardEvidence:
        evidence = till.entry(intent).evidence
        assert isinstance(evidence, CardEvidence)
        return evidence

    def after_last_intent(self, till: Till, kind: Kind, **values: object) -> None:
        intents = [seq for seq in range(1, len(till.entries) + 1) if till.entry(seq).kind is Kind.INTENT]
        if intents:
            till.complete(intents[-1], kind, **values)

    def upload(self, till: Till) -> None:
        now, entries = max(each.clock for each in self.tills), till.entries
        ends = range(till.cursor + 1, len(entries) + 1) if self.piecemeal else (len(entries),)
        told = []
        for end in ends:
            till.entries = entries[:end]
            told += [(str(outcome.outcome), outcome.reason) for outcome in till.upload(now).outcomes]
            till.cursor = end
        till.entries = entries
        self.told.append(told)

    def left(self) -> dict[str, list[tuple[object, ...]]]:
        """What the books say."""
        found: dict[str, list[tuple[object, ...]]] = {}
        for till in self.tills:
            found[till.name] = list[tuple[object, ...]](stored_journal.since(till.name, 0))
        with connection.cursor() as cursor:
            for table, columns in TABLES.items():
                cursor.execute(f"SELECT {columns} FROM {table}")  # noqa: S608  # ours
                found[table] = sorted(cursor.fetchall(), key=repr)
        return found


def test_whole_and_piecemeal_end_alike(
    city: City, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.open_till(SECOND, "slager-1")
    phones = [city.phone("citizen-3", 2500), city.phone("citizen-4", 2500)]
    bring_back: Callable[[], None] = request.getfixturevalue("saved")
    short = 0

    def counted(situation: Situation, *values: object) -> None:
        nonlocal short
        short += 1
        take_in(situation, *values)  # type: ignore[arg-type]

    take_in = Situation.take_in
    monkeypatch.setattr(Situation, "take_in", counted)
    examples = 40 if connection.vendor == "sqlite" else 8

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.lists(STEP, min_size=4, max_size=14))
    def check(steps: list[tuple[str, int, int, int]]) -> None:
        nonlocal short
        ends = []
        for piecemeal in (False, True):
            bring_back()
            before = short
            story = Story(city, phones, piecemeal)
            story.play(steps)
            ends.append((story.told, story.left()))
            assert not piecemeal or short == before  # nothing is whole when it comes in pieces
        assert ends[0] == ends[1]

    check()
    assert short > examples  # the short way was gone
