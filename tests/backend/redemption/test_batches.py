# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a batch is placed: next, already there, out of sequence, or a fork (JOURNAL.md section 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.ledger import accounts
from backend.redemption import stored_journal
from backend.redemption.journal_branches import OutOfSequence
from backend.redemption.models import Case, CaseKind, Claim
from backend.shops.models import Terminal
from heitje.journal import Kind, MalformedEntry
from heitje.messages import Outcome

if TYPE_CHECKING:
    from tests.backend.conftest import City, Till


def rows() -> tuple[int, int]:
    """How much is stored."""
    tills = Terminal.objects.values_list("id", flat=True)
    return sum(len(stored_journal.since(till, 0)) for till in tills), Claim.objects.count()


def test_a_day_is_taken_in(city: City) -> None:
    till, card = city.till, city.cards[0]
    till.anchor()
    till.pay_card(card, 350)
    phone = city.phone("citizen-9", 2000)
    till.pay_phone(phone, 750)
    cti, note = city.note("citizen-9", 500)
    till.pay_paper(note, 500)
    till.append(Kind.DAY_CLOSED)
    till.append(Kind.NOTE)
    assert till.outcomes() == [("accepted", None)] * 9
    assert city.holds(accounts.payable("bakker-1")) == 1600
    assert city.holds(accounts.purse(card.uid.hex())) == card.balance == 2150
    assert (city.holds(accounts.allowance(phone.cti)), city.holds(accounts.note(cti))) == (1250, 0)


@pytest.mark.parametrize("split", [1, 2, 3, 5])
def test_sent_again_in_any_split_changes_nothing(city: City, split: int) -> None:
    till = city.till
    till.anchor()
    for _ in range(3):
        till.pay_card(city.cards[0], 100)
    assert till.told() == "accepted"
    before = rows(), city.holds(accounts.payable("bakker-1"))
    entries = till.entries
    for at in range(0, len(entries), split):
        till.entries = entries[: at + split]
        assert {outcome.outcome for outcome in till.upload(after=at).outcomes} == {Outcome.DUPLICATE}
    assert (rows(), city.holds(accounts.payable("bakker-1"))) == before


def test_a_batch_may_begin_with_what_is_there(city: City) -> None:
    till = city.till
    till.anchor()
    till.pay_card(city.cards[0], 100)
    till.upload()
    till.pay_card(city.cards[0], 100)
    answer = till.upload(after=1)
    assert [str(outcome.outcome) for outcome in answer.outcomes] == ["duplicate"] * 2 + ["accepted"] * 2
    assert answer.cursor == 5
    assert city.holds(accounts.payable("bakker-1")) == 200


def test_a_duplicate_is_told_what_the_first_was(city: City) -> None:
    till = city.till
    till.anchor()
    till.complete(till.card_intent(city.cards[0], 100), Kind.UNRESOLVED, given=True)
    till.upload()
    assert till.upload(after=2).outcomes[0].reason == "pending: waits for the card's next transaction"


def test_an_empty_batch_moves_nothing(city: City) -> None:
    till = city.till
    till.anchor()
    till.upload()
    answer = till.upload()
    assert (answer.cursor, answer.outcomes) == (1, ())


def drop_first(till: Till) -> None:
    till.cursor += 1


def drop_middle(till: Till) -> None:
    del till.entries[4]


def swap(till: Till) -> None:
    till.entries[3], till.entries[4] = till.entries[4], till.entries[3]


def other_terminal(till: Till) -> None:
    till.name = "00112233445566aa"
    till.entries.append(till.entries.pop())
    till.note_of_other = till.append(Kind.NOTE)  # type: ignore[attr-defined]
    till.name = "80c566212392d06a"


@pytest.mark.parametrize("spoil", [drop_first, drop_middle, swap, other_terminal])
def test_what_does_not_follow_is_refused_whole(city: City, spoil: object) -> None:
    till = city.till
    till.anchor()
    till.append(Kind.NOTE)
    till.upload()
    for _ in range(4):
        till.append(Kind.NOTE)
    assert callable(spoil)
    spoil(till)
    before = rows()
    with pytest.raises(OutOfSequence) as refusal:
        till.upload()
    assert (refusal.value.expected, rows()) == (3, before)


def test_no_entry_among_entries_refuses_all(city: City) -> None:
    till = city.till
    till.anchor()
    till.entries.append(b"\xa0")
    with pytest.raises(MalformedEntry):
        till.upload()
    assert rows() == (0, 0)


def forked(till: Till, at: int) -> Till:
    """The same till, restored from a copy of its disk after entry `at`."""
    return type(till)(till.name, till.clock, till.bundle, till.entries[:at], at, till.sale + 100)


def test_a_fork_suspends_the_terminal_and_pays_cards_alone(city: City) -> None:
    till, card = city.till, city.cards[0]
    phone = city.phone("citizen-9", 2000)
    till.anchor()
    clone = forked(till, 1)
    till.pay_card(card, 100)
    till.upload()
    clone.pay_card(card, 200)
    clone.pay_phone(phone, 300)
    assert clone.outcomes() == [
        ("accepted", None),
        ("accepted", None),
        ("accepted", None),
        ("refused", "terminal not allowed"),
    ]
    assert Terminal.objects.get().state == "suspended"
    assert city.holds(accounts.payable("bakker-1")) == 300
    assert city.holds(accounts.allowance(phone.cti)) == 2000
    kinds = Case.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == [CaseKind.FORK, CaseKind.TERMINAL_NOT_ALLOWED]
    clone.pay_card(card, 50)
    assert clone.told() == "accepted", "the fork goes on where it was"
    assert {str(outcome.outcome) for outcome in clone.upload(after=1).outcomes} == {"duplicate"}
    till.pay_phone(phone, 300)
    assert till.outcomes()[-1] == ("refused", "terminal not allowed"), "and the first branch is believed no more"


def test_both_branches_of_a_fork_claim_their_own_intents(city: City) -> None:
    """One reader id in two branches: each card transaction is one (uid, tmc), each paid once."""
    till = city.till
    till.anchor()
    clone = forked(till, 1)
    till.pay_card(city.cards[0], 100)
    clone.pay_card(city.cards[0], 200)
    till.upload()
    clone.upload()
    clone.upload(after=1)
    assert city.holds(accounts.payable("bakker-1")) == 300
    assert Claim.objects.filter(intent_seq=2, state="redeemed").count() == 2


def test_time_anchors_must_be_the_servers_and_go_forward(city: City) -> None:
    till = city.till
    till.anchor()
    till.append(Kind.TIME_ANCHOR, server_time=b"x" * 90)
    till.anchor(till.clock - 1000)
    till.anchor(till.clock)
    assert till.outcomes() == [
        ("accepted", None),
        ("refused", "bad signature"),
        ("refused", "not the server's time"),
        ("accepted", None),
    ]


def test_numbers_that_no_column_holds_are_malformed(city: City) -> None:
    till = city.till
    till.anchor()
    till.upload()
    for values in ({"time": 2**63}, {"time": 2**64 - 1}):
        till.append(Kind.NOTE, **values)
        with pytest.raises(MalformedEntry):
            till.upload()
        till.entries.pop()
    intent = till.card_intent(city.cards[0], 100)
    till.complete(intent, Kind.VOID, of=2**64 - 1)
    with pytest.raises(MalformedEntry):
        till.upload()
    assert rows() == (1, 0)


def test_a_time_far_ahead_is_judged_all_the_same(city: City) -> None:
    till = city.till
    till.anchor()
    now, till.clock = till.clock, 2**32 - 1
    till.pay_card(city.cards[0], 100)
    till.clock = 2**62
    till.append(Kind.DAY_CLOSED)
    told = [str(outcome.outcome) for outcome in till.upload(now).outcomes]
    assert told == ["accepted"] * 4
