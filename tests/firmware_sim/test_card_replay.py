# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The recorded sales of card-purse.json, byte for byte, on one card (CARD.md sections 2 to 9)."""

import json
from pathlib import Path
from typing import Any

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import FileStore, MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.money import Cents
from heitje.programme import TestProgramme


def recorded_sales(vectors: Path) -> list[dict[str, Any]]:
    sales: list[dict[str, Any]] = json.loads((vectors / "card-purse.json").read_text())["sales"]
    return sales


class Recorded:
    """A random source that gives what was recorded, and fails for anything else."""

    def __init__(self, sale: dict[str, Any]) -> None:
        self._numbers = [bytes.fromhex(sale["auth"][name]) for name in ("rndb", "ti")]

    def __call__(self, length: int) -> bytes:
        number = self._numbers.pop(0)
        assert len(number) == length
        return number


def test_the_personalised_card_is_the_recorded_one(vectors: Path, programme: TestProgramme) -> None:
    sale = recorded_sales(vectors)[0]
    application = personalise(programme, bytes.fromhex(sale["uid"]), Cents(2500)).application
    for number, key in sale["card_keys"].items():
        assert application.keys[int(number)].value.hex() == key
    assert application.transaction_mac_key.value.hex() == sale["ktm"]
    certificate = bytes.fromhex(sale["certificate"])
    assert application.certificate[: 2 + len(certificate)] == len(certificate).to_bytes(2, "little") + certificate
    assert len(application.certificate) == 256
    assert len({key.value for key in application.keys}) == 5


def test_every_recorded_answer_and_what_the_card_keeps(vectors: Path, programme: TestProgramme, tmp_path: Path) -> None:
    sales = recorded_sales(vectors)
    path = tmp_path / "card.json"
    FileStore.create(path, personalise(programme, bytes.fromhex(sales[0]["uid"]), Cents(2500)))
    for sale in sales:
        store = FileStore(path)  # each tap starts from the file, as after a restart
        assert kept(store) == sale["card_before"]
        card = Card(store, Recorded(sale))
        for apdu in sale["apdus"]:
            answer = card.transmit(bytes.fromhex(apdu["sent"])).hex()
            if apdu["received"] is not None:  # else the answer was lost in the air: the card did it all the same
                assert answer == apdu["received"], f"{sale['name']}: {apdu['name']}"
        assert kept(FileStore(path)) == sale["card_after"]
        assert store.image.application.records[0].hex() == sale["evidence"]["record"]


def test_nothing_before_the_commit_is_kept(vectors: Path, programme: TestProgramme) -> None:
    sale = recorded_sales(vectors)[0]
    image = personalise(programme, bytes.fromhex(sale["uid"]), Cents(2500))
    for stop in range(len(sale["apdus"])):
        store = MemoryStore(image)
        card = Card(store, Recorded(sale))
        for apdu in sale["apdus"][:stop]:
            card.transmit(bytes.fromhex(apdu["sent"]))
        card.power_off()
        assert store.image == image


def kept(store: FileStore) -> dict[str, object]:
    """What card-purse.json says of a card."""
    application = store.image.application
    return {
        "balance": application.balance,
        "tmc": application.tmc,
        "tmv": application.tmv.hex(),
        "tmri_prev": application.tmri_prev.hex(),
    }
