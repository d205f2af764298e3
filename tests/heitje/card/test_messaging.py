# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secure messaging against published examples and against itself (CARD.md sections 2 and 3)."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.card import messaging
from heitje.card.messaging import PaddingError, SessionKeys

KEYS = st.binary(min_size=16, max_size=16)
COUNTERS = st.integers(0, 0xFFFF)
TIS = st.binary(min_size=4, max_size=4)


@pytest.fixture(scope="module")
def known(vectors: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((vectors / "card.json").read_text())
    return document


def test_aes_cmac() -> None:
    """RFC 4493 section 4."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    message = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411")
    assert messaging.cmac(key, b"").hex() == "bb1d6929e95937287fa37d129b756746"
    assert messaging.cmac(key, message[:16]).hex() == "070a16b46b4d4144f79bdd9dd04a287c"
    assert messaging.cmac(key, message).hex() == "dfa66747de9ae63030ca32611497c827"
    assert messaging.mact(key, message) == messaging.cmac(key, message)[1::2]


def test_session_keys(known: dict[str, Any]) -> None:
    for vector in known["session_keys"]:
        key, rnda, rndb = (bytes.fromhex(vector[name]) for name in ("key", "rnda", "rndb"))
        keys = messaging.derive(key, rnda, rndb)
        assert keys == SessionKeys(bytes.fromhex(vector["ses_enc"]), bytes.fromhex(vector["ses_mac"]))


def test_session_keys_by_the_letter() -> None:
    """SV1 put together byte by byte from distinguishable random numbers."""
    key, rnda, rndb = bytes(16), bytes(range(16)), bytes(range(0x40, 0x50))
    middle = bytes(rnda[2 + at] ^ rndb[at] for at in range(6))
    tail = bytes.fromhex("00010080") + rnda[0:2] + middle + rndb[6:16] + rnda[8:16]
    assert len(tail) == 30
    keys = messaging.derive(key, rnda, rndb)
    assert keys.enc == messaging.cmac(key, b"\xa5\x5a" + tail)
    assert keys.mac == messaging.cmac(key, b"\x5a\xa5" + tail)


def test_macs(known: dict[str, Any]) -> None:
    for vector in known["mac"]:
        key, ti, data = (bytes.fromhex(vector[name]) for name in ("ses_mac", "ti", "header_and_data"))
        assert (
            messaging.command_mac(key, int(vector["cmd"], 16), vector["cmd_ctr"], ti, data).hex().upper()
            == (vector["mac"])
        )
        assert messaging.answer_mac(key, 1, ti, b"").hex().upper() == vector["answer_mac_ctr_1_empty"]


def test_full_mode(known: dict[str, Any]) -> None:
    for vector in known["full"]:
        enc, mac, ti = (bytes.fromhex(vector[name]) for name in ("ses_enc", "ses_mac", "ti"))
        header, data = bytes.fromhex(vector["header"]), bytes.fromhex(vector["data"])
        body = header + messaging.encrypt_command(enc, vector["cmd_ctr"], ti, data)
        assert vector["apdu"][10:-18].lower() == body.hex()
        command_mac = messaging.command_mac(mac, int(vector["cmd"], 16), vector["cmd_ctr"], ti, body)
        assert vector["apdu"][-18:-2].lower() == command_mac.hex()
        assert messaging.decrypt_command(enc, vector["cmd_ctr"], ti, body[len(header) :]) == data
    for vector in known["command_iv"]:
        iv = messaging.command_iv(bytes.fromhex(vector["ses_enc"]), vector["cmd_ctr"], bytes.fromhex(vector["ti"]))
        assert iv.hex().upper() == vector["iv"]


@given(KEYS, COUNTERS, TIS, st.binary(max_size=100))
def test_there_and_back(key: bytes, counter: int, ti: bytes, plain: bytes) -> None:
    command = messaging.encrypt_command(key, counter, ti, plain)
    answer = messaging.encrypt_answer(key, counter, ti, plain)
    assert messaging.decrypt_command(key, counter, ti, command) == plain
    assert messaging.decrypt_answer(key, counter, ti, answer) == plain
    assert command != answer
    assert len(command) == len(plain) // 16 * 16 + 16
    assert messaging.cbc_decrypt(key, messaging.cbc_encrypt(key, command)) == command


@given(KEYS, st.binary(min_size=16, max_size=16))
def test_one_block_is_deciphered_as_in_a_chain(key: bytes, block: bytes) -> None:
    assert messaging.decrypt_block(key, block) == messaging.cbc_decrypt(key, block)


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_one_block_is_one_block(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        messaging.decrypt_block(bytes(16), bytes(length))


@given(KEYS, st.lists(st.binary(max_size=60), max_size=3))
def test_a_key_in_hand_makes_each_mac_anew(key: bytes, messages: list[bytes]) -> None:
    in_hand = messaging.KeyInHand(key)
    assert [in_hand.cmac(message) for message in messages] == [messaging.cmac(key, message) for message in messages]


@given(st.binary(max_size=80))
def test_padding(plain: bytes) -> None:
    padded = messaging.pad(plain)
    assert len(padded) % 16 == 0
    assert len(padded) > len(plain)
    assert messaging.unpad(padded) == plain


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        bytes(16),
        bytes(15) + b"\x01",
        b"\x80",
        b"\x80" + bytes(14),
        b"\x80" + bytes(16),
        bytes(15) + b"\x81",
        b"\x80" + bytes(31),
        b"a" * 16,
        b"a" * 15 + b"\x80" + bytes(16),
    ],
)
def test_no_other_padding(padded: bytes) -> None:
    with pytest.raises(PaddingError):
        messaging.unpad(padded)


@given(st.binary(max_size=64))
def test_only_what_was_padded_is_unpadded(data: bytes) -> None:
    try:
        plain = messaging.unpad(data)
    except PaddingError:
        return
    assert messaging.pad(plain) == data


@pytest.mark.parametrize("length", [0, 1, 15, 17, 31])
def test_enciphered_data_is_whole_blocks(length: int) -> None:
    for decrypt in (messaging.decrypt_command, messaging.decrypt_answer):
        with pytest.raises(PaddingError):
            decrypt(bytes(16), 0, bytes(4), bytes(length))


@given(KEYS, COUNTERS, TIS, st.binary(min_size=1, max_size=40))
def test_every_part_is_under_the_mac(key: bytes, counter: int, ti: bytes, data: bytes) -> None:
    mac = messaging.command_mac(key, 0xAD, counter, ti, data)
    assert len(mac) == 8
    others = {
        messaging.command_mac(key, 0x8D, counter, ti, data),
        messaging.command_mac(key, 0xAD, counter ^ 1, ti, data),
        messaging.command_mac(key, 0xAD, counter, bytes((ti[0] ^ 1,)) + ti[1:], data),
        messaging.command_mac(key, 0xAD, counter, ti, data[:-1]),
        messaging.command_mac(key, 0xAD, counter, ti, data + b"\x00"),
        messaging.answer_mac(key, counter, ti, data),
    }
    assert mac not in others
    assert len(others) == 6


def test_rotation() -> None:
    assert messaging.rotate_left(bytes(range(16))) == bytes((*range(1, 16), 0))
