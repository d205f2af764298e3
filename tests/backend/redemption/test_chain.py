# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card's chain: what fits, in any order of arrival, and what does not (CARD.md section 7)."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.redemption.chain import NO_READER, Chain, Link

OPENING = 2500


def true_links(amounts: list[int]) -> list[Link]:
    """The links that a card makes which pays these amounts, each at another reader."""
    links, balance, previous = [], OPENING, NO_READER
    for tmc, amount in enumerate(amounts, start=1):
        reader = f"{tmc:032x}"
        links.append(Link(tmc, reader, previous, balance, amount))
        balance, previous = balance - amount, reader
    return links


PAYMENTS = st.lists(st.integers(1, 300), min_size=1, max_size=8)


@given(PAYMENTS, st.randoms(use_true_random=False))
def test_true_links_fit_in_any_order(amounts: list[int], random: Random) -> None:
    links = true_links(amounts)
    shuffled = random.sample(links, len(links))
    chain = Chain(OPENING)
    for link in shuffled:
        assert chain.takes(link)
        chain.add(link)
        assert not chain.takes(link)
    assert [chain.at(link.tmc) for link in links] == links


@given(PAYMENTS, st.data())
def test_a_link_that_lies_beside_its_neighbour_does_not_fit(amounts: list[int], data: st.DataObject) -> None:
    links = true_links(amounts)
    at = data.draw(st.integers(0, len(links) - 1))
    lie = data.draw(
        st.sampled_from(
            [
                links[at]._replace(balance_before=links[at].balance_before + 1),
                links[at]._replace(balance_before=links[at].balance_before - 1),
                links[at]._replace(previous_tmri="f" * 32),
            ]
        )
    )
    chain = Chain(OPENING, links[:at])
    assert not chain.takes(lie)


@pytest.mark.parametrize(
    "link",
    [
        Link(0, "1" * 32, NO_READER, 100, 10),
        Link(3, "1" * 32, "2" * 32, OPENING + 1, 10),  # across a hole the balance rose
        Link(1, "1" * 32, NO_READER, OPENING, OPENING + 1),
    ],
)
def test_what_no_card_does(link: Link) -> None:
    assert not Chain(OPENING).takes(link)


def test_before_a_later_link_the_balance_may_not_be_lower() -> None:
    chain = Chain(OPENING, [Link(5, "5" * 32, "4" * 32, 2000, 100)])
    assert not chain.takes(Link(2, "2" * 32, "1" * 32, 1990, 10))
    assert chain.takes(Link(2, "2" * 32, "1" * 32, 2010, 10))
    assert not chain.takes(Link(4, "4" * 32, "3" * 32, 2010, 9))
    assert not chain.takes(Link(4, "f" * 32, "3" * 32, 2010, 10))
    assert chain.takes(Link(4, "4" * 32, "3" * 32, 2010, 10))
