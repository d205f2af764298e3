# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ATR that pcscd tells: historical bytes by its own count, whatever stands behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

pcsc = pytest.importorskip("drivers.card.pcsc", reason="pyscard is not installed: it needs libpcsclite-dev")

DESFIRE = bytes.fromhex("3B8180018080")
STORAGE = bytes.fromhex("3B8F8001804F0CA000000306030003000000006B")
STORAGE_RID = bytes.fromhex("A000000306")


def test_a_storage_card_names_its_kind() -> None:
    assert STORAGE_RID in pcsc.historical_bytes(STORAGE)
    assert len(pcsc.historical_bytes(STORAGE)) == 15


def test_the_end_of_the_card_before_says_nothing_of_this_one() -> None:
    stale = DESFIRE + STORAGE[len(DESFIRE) :]
    assert STORAGE_RID in stale
    assert pcsc.historical_bytes(stale) == b"\x80"


def test_interface_bytes_are_passed_over() -> None:
    assert pcsc.historical_bytes(bytes.fromhex("3BF211000081 31FE45 4A43 00".replace(" ", ""))) == b"JC"
    assert pcsc.historical_bytes(bytes.fromhex("3B024A43")) == b"JC"


@given(st.binary(max_size=40))
def test_any_bytes_have_an_answer(atr: bytes) -> None:
    assert len(pcsc.historical_bytes(atr)) <= 15
