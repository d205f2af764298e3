# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The test programme: read whole, and refused as real."""

import json
from pathlib import Path
from typing import Any

import pytest

from heitje.keys import SigningKey
from heitje.programme import TestProgramme, is_published


@pytest.fixture
def document(vectors: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((vectors / "test-programme.json").read_text())
    return loaded


def test_every_field(document: dict[str, Any], programme: TestProgramme) -> None:
    assert programme.iss == document["programme"]
    assert programme.df_name.hex().upper() == document["df_name"]
    assert programme.terminal.hex() == document["terminal_id"]
    seed = bytes.fromhex(document["terminal_ed25519_seed"])
    assert programme.terminal_key.public == SigningKey.from_seed(seed).public
    assert (programme.shop.id, programme.shop.category, programme.shop.area) == ("bakker-1", "bakery", "centrum")
    assert programme.paper_till is True
    assert [(card.uid.hex().upper(), card.balance) for card in programme.cards] == [
        (card["uid"], card["balance"]) for card in document["cards"]
    ]
    masters = [programme.master_issuer, programme.master_terminal, programme.master_loader]
    assert [master.hex() for master in (*masters, programme.master_transaction_mac)] == [
        document[f"card_master_{name}"] for name in ("issuer", "terminal", "loader", "transaction_mac")
    ]
    assert len(programme.phone_ed25519.public.raw) == 32
    assert len(programme.phone_p256.public.raw) == 65


def test_the_mint_is_the_one_of_the_known_answers(vectors: Path, programme: TestProgramme) -> None:
    keys = json.loads((vectors / "vouchers.json").read_text())["default"]["keys"]
    assert [programme.mint.public.raw.hex(), programme.mint_next.public.raw.hex()] == [key["public"] for key in keys]


def test_production_knows_every_secret_of_it(document: dict[str, Any]) -> None:
    secrets = [
        bytes.fromhex(value)
        for name, value in document.items()
        if "seed" in name or "master" in name or "private" in name
    ]
    assert len(secrets) == 9
    assert all(map(is_published, secrets))
    assert not is_published(bytes(32))
    assert not is_published(secrets[0][:-1])


@pytest.mark.parametrize("name", ["programme", "df_name", "mint_ed25519_seed", "terminal_id", "shop", "cards"])
def test_a_missing_member_is_named(document: dict[str, Any], name: str) -> None:
    del document[name]
    with pytest.raises(ValueError, match=name):
        TestProgramme.parse(json.dumps(document))


@pytest.mark.parametrize(
    "change",
    [
        {"df_name": "F048"},
        {"terminal_id": "zz"},
        {"mint_ed25519_seed": "00"},
        {"mint_ed25519_seed": 7},
        {"shop": []},
        {"shop": {"id": "x"}},
        {"cards": 7},
        {"cards": [{"uid": "04", "balance": 1}]},
        {"cards": [{"uid": "04A1B2C3D4E580", "balance": "much"}]},
        {"phone_p256_private": "00" * 32},
    ],
    ids=str,
)
def test_what_is_wrong_is_a_value_error(document: dict[str, Any], change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        TestProgramme.parse(json.dumps({**document, **change}))


@pytest.mark.parametrize("text", ["", "[]", "1", "null", '"text"', "{", "{}"])
def test_no_programme(text: str) -> None:
    with pytest.raises(ValueError):
        TestProgramme.parse(text)
