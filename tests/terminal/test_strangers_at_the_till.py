# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A bank card, a transit pass, a passport, a tag at the counter: refused by the right word, and nothing is written.

How soon is measured in bench_card_paced.py.
"""

from collections.abc import Callable

import pytest

from firmware_sim.card.blank import blank_ev2, blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.field import Field
from firmware_sim.strangers import KINDS, UIDS, Stranger
from heitje.refusals import Refusal
from terminal.counter import Till
from terminal.sale import Verdict

TIMEOUT_S = 10.0
SEVEN_BYTES = bytes.fromhex("04112233445566")
SELECT = 0xA4


@pytest.mark.parametrize("uid", ["its own", "seven bytes"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_is_refused(till: Till, field: Field, kinds: Callable[[], list[str]], kind: str, uid: str) -> None:
    stranger = KINDS[kind](UIDS[kind] if uid == "its own" else SEVEN_BYTES)
    image = stranger.image if isinstance(stranger, Card) else None
    field.put(stranger)
    state = till.sell(320, TIMEOUT_S)
    assert (state.verdict, state.problem) == (Verdict.REFUSED, Refusal.NOT_A_HEITJE_CARD)
    assert kinds() == []
    if isinstance(stranger, Stranger):
        assert {apdu[1] for apdu in stranger.heard} <= {SELECT}
    if isinstance(stranger, Card):
        assert stranger.image == image


def test_blank_cards_and_begun_ones_are_no_citizens_cards(till: Till, field: Field) -> None:
    for make in (blank_light, blank_ev2):
        card = Card(MemoryStore(make(SEVEN_BYTES)))
        field.put(card)
        assert till.sell(320, TIMEOUT_S).problem is Refusal.NOT_A_HEITJE_CARD
        assert card.image == make(SEVEN_BYTES)
