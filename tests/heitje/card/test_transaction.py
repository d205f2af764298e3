# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The transaction MAC by the letter, and as it was recorded (CARD.md section 6)."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.card import transaction
from heitje.card.layout import FILE_RECORDS, FILE_VALUE, Command
from heitje.card.messaging import cmac, mact

KTM, UID = bytes(range(16)), bytes.fromhex("04A1B2C3D4E580")


def test_keys(vectors: Path) -> None:
    for vector in json.loads((vectors / "card.json").read_text())["transaction_session_keys"]:
        keys = transaction.transaction_keys(bytes.fromhex(vector["ktm"]), vector["tmc"], bytes.fromhex(vector["uid"]))
        assert keys.mac.hex().upper() == vector["ses_tm_mac"]
        assert keys.enc.hex().upper() == vector["ses_tm_enc"]


def test_keys_by_the_letter() -> None:
    tail = bytes.fromhex("00010080") + b"\x00\x01\x00\x00" + UID
    keys = transaction.transaction_keys(KTM, 255, UID)
    assert keys == (cmac(KTM, b"\x5a" + tail), cmac(KTM, b"\xa5" + tail))


def test_recorded_sales(vectors: Path) -> None:
    for sale in json.loads((vectors / "card-purse.json").read_text())["sales"]:
        evidence, before, after = sale["evidence"], sale["card_before"], sale["card_after"]
        keys = transaction.transaction_keys(
            bytes.fromhex(sale["ktm"]), evidence["tmc_before"], bytes.fromhex(evidence["uid"])
        )
        tmi = transaction.tmi_of_payment(
            Command.DEBIT,
            balance=evidence["balance_before"],
            amount=evidence["amount"],
            tmri=bytes.fromhex(evidence["tmri"]),
            enc_tmri=bytes.fromhex(evidence["enc_tmri"]),
            record=bytes.fromhex(evidence["record"]),
        )
        assert transaction.tmv(keys.mac, tmi).hex() == after["tmv"]
        previous = transaction.decrypt_reader_id(keys.enc, bytes.fromhex(evidence["enc_tmri"]))
        assert previous.hex() == before["tmri_prev"]
        assert transaction.encrypt_reader_id(keys.enc, previous).hex() == evidence["enc_tmri"]
        if "tmi_parts" in sale:
            assert tmi.hex() == "".join(sale["tmi_parts"])


def test_parts_by_the_letter() -> None:
    tmri, enc = bytes(range(16)), bytes(range(16, 32))
    assert transaction.tmi_commit_reader_id(tmri, enc) == b"\xc8" + tmri + enc + bytes(15)
    assert transaction.tmi_value(Command.GET_VALUE, 3, 2500).hex() == "6c03c409000000000000000000000000"
    assert transaction.tmi_value(Command.CREDIT, 3, 1).hex() == "0c030100000000000000000000000000"
    record = b"r" * 16
    assert transaction.tmi_write_record(1, 0, record) == bytes.fromhex("8b01000000100000") + bytes(8) + record
    assert transaction.tmi_write_record(1, 2, b"ab") == bytes.fromhex("8b01020000020000") + bytes(8) + b"ab" + bytes(14)
    data = b"d" * 20
    head = bytes.fromhex("ad00050000140000") + bytes(8)
    assert transaction.tmi_data(Command.READ_DATA, 0, 5, data) == head + data + bytes(12)
    assert transaction.tmi_data(Command.WRITE_DATA, 0, 0, b"") == bytes.fromhex("8d00000000000000") + bytes(8)
    records = record * 3
    assert transaction.tmi_read_records(1, 0, 3, records) == bytes.fromhex("ab01000000030000") + bytes(8) + records
    assert transaction.tmi_read_records(1, 0, 0, records)[:16] == bytes.fromhex("ab01000000000000") + bytes(8)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_the_previous_reader_is_for_the_key_alone(key: bytes, tmri: bytes) -> None:
    assert transaction.decrypt_reader_id(key, transaction.encrypt_reader_id(key, tmri)) == tmri


@given(st.binary(max_size=120).map(lambda data: data + bytes(-len(data) % 16)), st.integers(0, 2**32 - 2))
def test_tmv_is_mact_under_the_transactions_own_key(tmi: bytes, tmc_before: int) -> None:
    keys = transaction.transaction_keys(KTM, tmc_before, UID)
    assert transaction.tmv(keys.mac, tmi) == mact(keys.mac, tmi)
    assert keys.mac != transaction.transaction_keys(KTM, tmc_before + 1 if tmc_before < 2**32 - 2 else 0, UID).mac


@pytest.mark.parametrize(
    "change",
    [
        {"balance": 2501},
        {"amount": 351},
        {"tmri": bytes(15) + b"\x01"},
        {"enc_tmri": bytes(15) + b"\x01"},
        {"record": bytes(15) + b"\x01"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_part_of_a_payment_is_under_the_mac(change: dict[str, object]) -> None:
    payment: dict[str, object] = {
        "balance": 2500,
        "amount": 350,
        "tmri": bytes(16),
        "enc_tmri": bytes(16),
        "record": bytes(16),
    }
    sale = transaction.tmi_of_payment(Command.DEBIT, **payment)  # type: ignore[arg-type]
    assert sale != transaction.tmi_of_payment(Command.DEBIT, **{**payment, **change})  # type: ignore[arg-type]
    assert sale != transaction.tmi_of_payment(Command.CREDIT, **payment)  # type: ignore[arg-type]
    assert len(sale) == 48 + 16 + 16 + 32


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.lists(st.binary(min_size=16, max_size=16), min_size=3, max_size=3),
)
def test_a_payment_is_its_parts(balance: int, amount: int, blocks: list[bytes]) -> None:
    tmri, enc_tmri, record = blocks
    for command in (Command.DEBIT, Command.CREDIT):
        whole = transaction.tmi_of_payment(
            command, balance=balance, amount=amount, tmri=tmri, enc_tmri=enc_tmri, record=record
        )
        assert whole == (
            transaction.tmi_commit_reader_id(tmri, enc_tmri)
            + transaction.tmi_value(Command.GET_VALUE, FILE_VALUE, balance)
            + transaction.tmi_value(command, FILE_VALUE, amount)
            + transaction.tmi_write_record(FILE_RECORDS, 0, record)
        )
