# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The key store in a file: it refuses production, and every signature leaves a line without a secret in it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backend.minting import key_file
from backend.minting.file_keystore import FileKeyStore
from backend.minting.keystore import KeysRefused
from heitje.programme import TestProgramme

if TYPE_CHECKING:
    from collections.abc import Callable

VECTORS = Path(__file__).parents[2] / "vectors"
PROGRAMME = TestProgramme.parse((VECTORS / "test-programme.json").read_text("utf-8"))
NOW = 1_795_500_000


@pytest.fixture
def keys_path(tmp_path: Path) -> Path:
    """The test programme's keys on disk."""
    path = tmp_path / "keys.json"
    key_file.write(path, PROGRAMME, NOW - 10, NOW + 10)
    return path


def test_production_refuses_published_keys(keys_path: Path) -> None:
    with pytest.raises(KeysRefused, match="published test programme"):
        FileKeyStore.open(keys_path, production=True)


def test_production_refuses_any_plain_file(keys_path: Path) -> None:
    document = json.loads(keys_path.read_text("ascii"))
    for row in document["keys"]:
        row["seed"] = "07" * 32
    document["card_masters"] = dict.fromkeys(("issuer", "loader", "transaction_mac"), "08" * 16)
    document["card_masters"]["terminal"] = {"1": "09" * 16}
    keys_path.write_text(json.dumps(document), "ascii")
    with pytest.raises(KeysRefused, match="plain file"):
        FileKeyStore.open(keys_path, production=True)
    assert FileKeyStore.open(keys_path, production=False).df_name == PROGRAMME.df_name


def spoil_mode(path: Path) -> None:
    path.chmod(0o640)


def spoil_json(path: Path) -> None:
    path.write_text("{", "ascii")


def spoil_seed(path: Path) -> None:
    path.write_text(path.read_text("ascii").replace(PROGRAMME.mint.ed25519.private_bytes_raw().hex(), "00"), "ascii")


def spoil_master(path: Path) -> None:
    path.write_text(path.read_text("ascii").replace(PROGRAMME.master_loader.hex(), "00" * 15), "ascii")


def drop_first_version(path: Path) -> None:
    path.write_text(path.read_text("ascii").replace('"1":', '"2":'), "ascii")


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("spoil", [spoil_mode, spoil_json, spoil_seed, spoil_master, drop_first_version, remove])
def test_a_file_that_is_none_is_refused(keys_path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(keys_path)
    with pytest.raises(KeysRefused):
        FileKeyStore.open(keys_path, production=False)


def test_a_key_signs_only_while_it_is_valid(keys_path: Path) -> None:
    store = FileKeyStore.open(keys_path, production=False)
    assert store.sign_time(PROGRAMME.terminal, NOW)
    with pytest.raises(KeysRefused):
        store.sign_time(PROGRAMME.terminal, NOW + 11)


def test_each_signature_leaves_a_line_without_secrets(keys_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = FileKeyStore.open(keys_path, production=False)
    with caplog.at_level(logging.INFO, "backend.minting"):
        store.sign_time(PROGRAMME.terminal, NOW)
    [record] = caplog.records
    line = json.dumps(vars(record), default=str)
    assert (record.msg, vars(record)["use"], vars(record)["kid"]) == ("signed", "time", PROGRAMME.mint.public.kid.hex())
    assert PROGRAMME.mint.ed25519.private_bytes_raw().hex() not in line


def test_the_worked_sales_verify(keys_path: Path) -> None:
    """CARD.md's worked example (vectors/card-purse.json): the TMV of each sale, and the reader before it."""
    store = FileKeyStore.open(keys_path, production=False)
    sales = json.loads((VECTORS / "card-purse.json").read_text("utf-8"))["sales"]
    proven = [sale for sale in sales if "tmi_parts" in sale]
    assert len(proven) == 2
    for sale in proven:
        uid, tmi = bytes.fromhex(sale["uid"]), bytes.fromhex("".join(sale["tmi_parts"]))
        tmc, enc_tmri = sale["card_after"]["tmc"], bytes.fromhex(sale["evidence"]["enc_tmri"])
        assert store.transaction_mac(uid, tmc, tmi).hex() == sale["card_after"]["tmv"]
        assert store.previous_reader(uid, tmc, enc_tmri).hex() == sale["card_before"]["tmri_prev"]
