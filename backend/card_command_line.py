# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje backend card …`: the desk's commands on citizens' cards."""

import argparse

from backend.arguments import Group, add_citizen, amount, declare, hexadecimal, subgroup

_LIFE_YEARS_MAX = 20


def add_cards(group: Group) -> None:
    """Declare them."""
    cards = subgroup(group, "card", "citizens' cards: ordered, linked, loaded, blocked, replaced")
    parser = declare(cards, "order", "cards.order", "order a card to be made at a pick-up point")
    parser.add_argument("--citizen", default="", metavar="NUMBER", help="whose it will be; else for the desk's stock")
    parser.add_argument(
        "--scope", action="append", default=[], metavar="TEXT", help="bind the whole purse, as category:bakery"
    )
    parser.add_argument("--years", type=_years, default=8, metavar="N", help="the card's life (default: %(default)s)")
    parser = declare(cards, "link", "cards.link", "give a card of the stock to a citizen")
    _add_uid(parser)
    parser.add_argument("--citizen", required=True, metavar="NUMBER")
    parser = declare(cards, "load", "cards.load", "put money in wait: it goes onto the card at its next online tap")
    _add_uid(parser)
    parser.add_argument("--amount", required=True, type=amount, metavar="CENTS")
    parser.add_argument("--event", metavar="ID", help="the wish's own id; the same wish is ordered once")
    parser = declare(cards, "cancel-load", "cards.cancel_load", "take money back that still waits for its card")
    parser.add_argument("order", type=int, metavar="ORDER")
    for name, text in (
        ("block", "at its citizen's word: tills know with the publication that this makes"),
        ("unblock", "the card was found"),
    ):
        _add_uid(declare(cards, name, f"cards.{name}", text))
    parser = declare(cards, "replace", "cards.replace", "another card for a lost one: 20 euro at once, the rest later")
    _add_uid(parser)
    parser.add_argument("--by", required=True, type=hexadecimal, metavar="HEX", help="the new card's UID")
    _add_uid(
        declare(cards, "spoil", "cards.spoil", "a blank was spoiled in the making: its order waits for another one")
    )
    declare(
        cards,
        "release",
        "cards.release",
        "what ends three weeks after a loss, as each night does: the rest is put in wait",
    )
    _add_uid(declare(cards, "show", "cards.show", "whose it is, where it stands, what waits, what is on its way"))
    declare(cards, "list", "cards.list_cards", "orders and cards, and where each stands")
    parser = declare(cards, "register", "cards.register", "enter a test programme's card with the load that is on it")
    _add_uid(parser)
    add_citizen(parser)


def _add_uid(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--uid", required=True, type=hexadecimal, metavar="HEX")


def _years(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _LIFE_YEARS_MAX:
        raise argparse.ArgumentTypeError(f"between 1 and {_LIFE_YEARS_MAX} years")
    return int(text)
