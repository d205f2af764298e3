# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which card `heitje sim card` lays on the reader: a test programme's, a blank one, or a stranger."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from firmware_sim.card.blank import blank_ev2, blank_ev3, blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage, FileStore, Kind
from firmware_sim.card.personalisation import card_in_file
from firmware_sim.contactless import ContactlessCard
from firmware_sim.strangers import KINDS, UIDS
from heitje.money import Cents
from heitje.programme import TestProgramme

BLANK: Final[Mapping[str, Callable[[bytes], CardImage]]] = {
    Kind.LIGHT.value: blank_light,
    Kind.EV2.value: blank_ev2,
    Kind.EV3.value: blank_ev3,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say which card it is."""
    parser.add_argument("--test-programme", type=Path, metavar="FILE", help="whose card it is; a blank one is nobody's")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--blank",
        choices=sorted(BLANK),
        nargs="?",
        const=Kind.LIGHT.value,
        help="a card as it leaves the factory (a DESFire Light unless told otherwise)",
    )
    which.add_argument("--kind", choices=sorted(KINDS), help="a card that is none of ours; it keeps nothing")
    parser.add_argument("--uid", type=bytes.fromhex, metavar="HEX", help="the card's seven bytes")
    parser.add_argument(
        "--balance",
        type=lambda text: Cents(int(text)),
        metavar="CENTS",
        help="what is on a new card; default: what the test programme lists. An existing image keeps its own",
    )
    parser.add_argument("--image", type=Path, metavar="FILE", help="the card itself; made if missing")


def chosen(options: argparse.Namespace) -> ContactlessCard:
    """The card. Raises `ValueError` for what does not go together."""
    if options.kind is not None:
        if options.image is not None or options.balance is not None:
            raise ValueError("a card that is none of ours keeps nothing: it has no --image and no --balance")
        return KINDS[options.kind](UIDS[options.kind] if options.uid is None else options.uid)
    if options.uid is None or options.image is None:
        raise ValueError("say the card's --uid, and with --image where it is kept")
    if options.blank is None:
        if options.test_programme is None:
            raise ValueError("whose card? Give --test-programme FILE, or --blank, or --kind")
        programme = TestProgramme.parse(options.test_programme.read_text("utf-8"))
        return card_in_file(programme, options.uid, options.balance, options.image)
    if options.balance is not None:
        raise ValueError("a blank card has no --balance")
    return blank_in_file(options.blank, options.uid, options.image)


def blank_in_file(kind: str, uid: bytes, path: Path) -> Card:
    """The card in an image file, which is made blank where it is missing; what was made of it since is kept."""
    if not path.exists():
        return Card(FileStore.create(path, BLANK[kind](uid)))
    store = FileStore(path)
    if store.image.uid != uid or store.image.kind.value != kind:
        raise ValueError(f"{path} holds another card ({store.image.kind.value}, {store.image.uid.hex().upper()})")
    return Card(store)
