# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Diversified keys: the note's example, and the recorded card of the test programme (CARD.md section 4)."""

import json
from pathlib import Path

import pytest

from heitje.card import keys
from heitje.card.layout import KEY_ISSUER, KEY_LOADER, KEY_TERMINAL, KEY_TRANSACTION_MAC
from heitje.card.messaging import cmac
from heitje.programme import TestProgramme

UID, DF_NAME = bytes.fromhex("04A1B2C3D4E580"), bytes.fromhex("F0484549544A4501")


def test_the_notes_example(vectors: Path) -> None:
    for vector in json.loads((vectors / "card.json").read_text())["an10922_aes128"]:
        key = keys.an10922(bytes.fromhex(vector["master"]), bytes.fromhex(vector["m_without_01"]))
        assert key.hex().upper() == vector["key"]


def test_the_recorded_card(vectors: Path, programme: TestProgramme) -> None:
    sale = json.loads((vectors / "card-purse.json").read_text())["sales"][0]
    masters = {
        KEY_ISSUER: programme.master_issuer,
        KEY_TERMINAL: programme.master_terminal,
        KEY_LOADER: programme.master_loader,
    }
    for number, master in masters.items():
        assert keys.diversify(master, UID, DF_NAME, number).hex() == sale["card_keys"][str(number)]
    ktm = keys.diversify(programme.master_transaction_mac, UID, DF_NAME, KEY_TRANSACTION_MAC)
    assert ktm.hex() == sale["ktm"]


def test_by_the_letter() -> None:
    assert keys.diversify(bytes(16), UID, DF_NAME, 1) == cmac(bytes(16), b"\x01" + UID + DF_NAME + b"\x01")
    assert keys.an10922(bytes(16), bytes(31)) == cmac(bytes(16), b"\x01" + bytes(31))


@pytest.mark.parametrize("length", [0, 15, 32])
def test_other_lengths_are_padded_otherwise(length: int) -> None:
    with pytest.raises(ValueError):
        keys.an10922(bytes(16), bytes(length))


@pytest.mark.parametrize(("uid", "df_name"), [(UID[:-1], DF_NAME + b"\x00"), (UID + b"\x00", DF_NAME[:-1]), (b"", b"")])
def test_a_uid_has_seven_bytes_and_a_name_eight(uid: bytes, df_name: bytes) -> None:
    with pytest.raises(ValueError):
        keys.diversify(bytes(16), uid, df_name, 1)
