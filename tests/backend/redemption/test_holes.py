# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A gap in a card's chain names the terminal, and the entry, that holds the missing sale (CARD.md section 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.redemption.holes import UPLOAD_WINDOW_S, missing_entries

if TYPE_CHECKING:
    from tests.backend.conftest import City


def test_a_gap_names_who_has_not_sent_what(city: City) -> None:
    other = city.open_till("00112233445566aa", "slager-1")
    city.till.anchor()
    other.anchor()
    city.till.pay_card(city.cards[0], 100)
    withheld = other.pay_card(city.cards[0], 200)
    city.till.pay_card(city.cards[0], 300)
    city.till.upload()
    [hole] = missing_entries()
    assert (hole.terminal, hole.intent_seq, hole.known_since) == (other.name, withheld, city.till.clock)
    assert not hole.is_overdue(city.till.clock + UPLOAD_WINDOW_S)
    assert hole.is_overdue(city.till.clock + UPLOAD_WINDOW_S + 1)
    other.upload()
    assert missing_entries() == ()


def test_a_card_whose_first_sale_came_first_has_no_hole(city: City) -> None:
    city.till.anchor()
    city.till.pay_card(city.cards[0], 100)
    city.till.pay_card(city.cards[0], 100)
    city.till.upload()
    assert missing_entries() == ()
