# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card's chain with loads in it: proved ones are links as others are, one in flight is what its neighbours say."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.redemption.chain import NO_READER, Chain, Link

OPENING = 1000
MOVES = st.lists(st.integers(-500, 300).filter(bool), min_size=1, max_size=9)


def true_links(moves: list[int]) -> list[Link]:
    """The links of a card that pays (above zero) and is loaded (below), as far as it can pay."""
    links: list[Link] = []
    balance, previous = OPENING, NO_READER
    for amount in moves:
        if amount > balance:
            continue
        tmc = len(links) + 1
        reader = f"{'0' * 16 if amount < 0 else 'a' * 16}{tmc:016x}"
        links.append(Link(tmc, reader, previous, balance, amount))
        balance, previous = balance - amount, reader
    return links


@given(MOVES, st.randoms(use_true_random=False))
def test_sales_come_in_any_order_where_loads_are_known(moves: list[int], random: Random) -> None:
    """Loads are proved when they are made; the sales between them come when they come."""
    links = true_links(moves)
    chain = Chain(OPENING)
    for load in links:
        if load.amount < 0:
            assert chain.takes(load), "what is missing before it makes no rise: that is a load's own"
            chain.add(load)
    sales = [link for link in links if link.amount > 0]
    for sale in random.sample(sales, len(sales)):
        assert not chain.takes(sale._replace(balance_before=sale.balance_before + 10_000))
        assert chain.takes(sale)
        chain.add(sale)
        assert not chain.takes(sale)
    assert all(chain.at(link.tmc) == link for link in links)


@given(MOVES, st.data())
def test_a_load_in_flight_is_told_by_what_comes_after(moves: list[int], data: st.DataObject) -> None:
    links = true_links(moves)
    last_load = max((link.tmc for link in links if link.amount < 0), default=0)
    if not last_load:
        return
    load = links[last_load - 1]  # a card is not loaded again before its load in flight is settled
    happened = data.draw(st.booleans())
    if happened:
        rest = [link for link in links if link.tmc != load.tmc]
    else:  # it was prepared and not committed; other tills sold instead
        rest = links[: load.tmc - 1]
        for amount in data.draw(st.lists(st.integers(1, 50), max_size=4)):
            last = rest[-1] if rest else Link(0, NO_READER, NO_READER, OPENING, 0)
            if amount <= last.balance_after:
                rest.append(Link(last.tmc + 1, f"{'b' * 16}{last.tmc + 1:016x}", last.tmri, last.balance_after, amount))
    before = [link for link in rest if link.tmc < load.tmc]
    chain = Chain(OPENING, before, load)
    assert chain.fate_of_load() is None
    after = [link for link in rest if link.tmc > load.tmc - 1 and link not in before]
    for link in data.draw(st.permutations(after)):
        assert chain.takes(link)
        chain.add(link)
        assert chain.fate_of_load() in (None, happened)
    if after and (not happened or after[0].tmc == load.tmc + 1):
        assert chain.fate_of_load() is happened


LOAD = Link(2, "0" * 31 + "7", "a" * 32, 900, -500)


@pytest.mark.parametrize(
    ("link", "fits", "fate"),
    [
        (Link(2, "b" * 32, "a" * 32, 900, 100), True, False),  # its counter is another's
        (Link(3, "b" * 32, LOAD.tmri, 1400, 100), True, True),  # named by the next one
        (Link(3, "b" * 32, LOAD.tmri, 1300, 100), False, None),  # named, and the balance is another
        (Link(3, "b" * 32, "c" * 32, 800, 100), True, False),  # another one is named
        (Link(3, "b" * 32, "c" * 32, 800, 100, has_mac=False), True, None),  # by a till that proves nothing
        (Link(4, "b" * 32, "c" * 32, 900, 100), True, None),
        (Link(4, "b" * 32, "c" * 32, 901, 100), True, True),  # nobody else credits a card
        (Link(4, "b" * 32, "c" * 32, 1400, 100), True, True),
        (Link(4, "b" * 32, "c" * 32, 1401, 100), False, None),  # nor more than was sent
    ],
)
def test_what_a_link_says_of_the_load_before_it(link: Link, fits: bool, fate: bool | None) -> None:
    chain = Chain(OPENING, [Link(1, "a" * 32, NO_READER, OPENING, 100)], LOAD)
    assert chain.takes(link) is fits
    if fits:
        chain.add(link)
        assert chain.fate_of_load() is fate


def test_a_copy_is_changed_by_itself() -> None:
    chain = Chain(OPENING, (), LOAD)
    other = chain.copy()
    other.add(Link(1, "a" * 32, NO_READER, OPENING, 100))
    other.in_flight = None
    assert chain.at(1) is None
    assert chain.in_flight == LOAD
