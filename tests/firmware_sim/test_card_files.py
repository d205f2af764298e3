# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files, access rights and transactions of the card (CARD.md sections 5 and 6), as a reader sees them."""

from collections.abc import Callable
from typing import Any

import pytest

from heitje.card.apdu import wrap
from heitje.card.layout import BALANCE_MAX, Command, Status
from heitje.card.session import authenticate_first, run
from heitje.card.transaction import (
    encrypt_reader_id,
    tmi_commit_reader_id,
    tmi_data,
    tmi_read_records,
    tmi_value,
    tmi_write_record,
    tmv,
    transaction_keys,
)

MakeReader = Callable[..., Any]
"""What conftest's `make_reader` is; its class cannot be named here, for tests are no package."""

UID = bytes.fromhex("04A1B2C3D4E580")
RNDA = bytes(range(16))
TMRI = bytes(range(100, 116))
RECORD = bytes(range(16))

CERTIFICATE, RECORDS, VALUE, UNUSED, MAC_FILE, NO_FILE = (bytes((n,)) for n in (0, 1, 3, 4, 0x0F, 2))
ALL_RECORDS = RECORDS + bytes(6)
WHOLE_RECORD = RECORDS + bytes(3) + (16).to_bytes(3, "little")


def data_range(file: bytes, offset: int, length: int) -> bytes:
    return file + offset.to_bytes(3, "little") + length.to_bytes(3, "little")


def test_version_frames_begin_with_the_uid_in_the_last(make_reader: MakeReader) -> None:
    reader = make_reader()
    first, status = reader.send(wrap(Command.GET_VERSION))
    second, second_status = reader.send(wrap(Command.ADDITIONAL_FRAME))
    third, last_status = reader.send(wrap(Command.ADDITIONAL_FRAME))
    assert (status, second_status, last_status) == (Status.MORE_FRAMES, Status.MORE_FRAMES, Status.OK)
    assert (len(first), len(second), len(third)) == (7, 7, 14)
    assert third[:7] == UID


def test_card_uid_is_enciphered_for_any_session(make_reader: MakeReader) -> None:
    for key in range(5):
        assert make_reader().authenticate(key).command(Command.GET_CARD_UID, full=True) == UID


@pytest.mark.parametrize(
    ("file", "settings"),
    [
        (CERTIFICATE, "00 01 00 1F 000100"),
        (RECORDS, "04 03 20 11 100000 050000 000000"),
        (VALUE, "02 03 20 1F 00000000 983A0000 00000000 00"),
        (MAC_FILE, "05 01 E0 1F 02 00"),
        (UNUSED, "00 03 FF FF 000100"),
    ],
)
def test_file_settings(make_reader: MakeReader, file: bytes, settings: str) -> None:
    reader = make_reader().authenticate(1)
    assert reader.command(Command.GET_FILE_SETTINGS, file) == bytes.fromhex(settings)


FOUR = (100).to_bytes(4, "little")
NOBODY, OK, NO = Status.PERMISSION_DENIED, Status.OK, Status.AUTHENTICATION_ERROR


@pytest.mark.parametrize(
    ("command", "header", "data", "by_key"),
    [
        (Command.READ_DATA, data_range(CERTIFICATE, 0, 160), b"", (OK, OK, NO, NO, NO)),
        (Command.READ_DATA, data_range(MAC_FILE, 0, 12), b"", (NO, OK, NO, NO, NO)),
        (Command.READ_DATA, data_range(UNUSED, 0, 1), b"", (NOBODY,) * 5),
        (Command.READ_DATA, data_range(VALUE, 0, 1), b"", (NOBODY,) * 5),
        (Command.READ_DATA, data_range(NO_FILE, 0, 1), b"", (Status.FILE_NOT_FOUND,) * 5),
        (Command.WRITE_DATA, data_range(CERTIFICATE, 0, 1) + b"\x82", b"", (OK, NO, NO, NO, NO)),
        (Command.WRITE_DATA, data_range(UNUSED, 0, 1) + b"\x82", b"", (NOBODY,) * 5),
        (Command.WRITE_DATA, data_range(MAC_FILE, 0, 1) + b"\x82", b"", (NOBODY,) * 5),
        (Command.GET_VALUE, VALUE, b"", (NO, OK, OK, NO, NO)),
        (Command.GET_VALUE, CERTIFICATE, b"", (NOBODY,) * 5),
        (Command.DEBIT, VALUE, FOUR, (NO, OK, OK, NO, NO)),
        (Command.CREDIT, VALUE, FOUR, (NO, NO, OK, NO, NO)),
        (Command.LIMITED_CREDIT, VALUE, FOUR, (NOBODY,) * 5),
        (Command.WRITE_RECORD, WHOLE_RECORD, RECORD, (NO, OK, OK, NO, NO)),
        (Command.READ_RECORDS, ALL_RECORDS, b"", (NO, Status.BOUNDARY_ERROR, Status.BOUNDARY_ERROR, NO, NO)),
        (Command.COMMIT_READER_ID, TMRI, b"", (OK,) * 5),
        (Command.ABORT_TRANSACTION, b"", b"", (OK,) * 5),
        (Command.COMMIT_TRANSACTION, b"\x01", b"", (Status.NOTHING_TO_COMMIT,) * 5),
    ],
)
def test_each_key_and_command(
    make_reader: MakeReader, command: int, header: bytes, data: bytes, by_key: tuple[int, ...]
) -> None:
    for key, status in enumerate(by_key):
        assert make_reader().authenticate(key).status(command, header, data) == status, f"key {key}"


@pytest.mark.parametrize(
    "command",
    [
        Command.GET_CARD_UID,
        Command.GET_FILE_SETTINGS,
        Command.READ_DATA,
        Command.WRITE_DATA,
        Command.GET_VALUE,
        Command.DEBIT,
        Command.CREDIT,
        Command.READ_RECORDS,
        Command.WRITE_RECORD,
        Command.COMMIT_READER_ID,
        Command.COMMIT_TRANSACTION,
        Command.ABORT_TRANSACTION,
        Command.CHANGE_KEY,
    ],
)
def test_nothing_is_done_without_a_session(make_reader: MakeReader, command: int) -> None:
    reader = make_reader()
    reader.select()
    file = RECORDS if "RECORD" in Command(command).name else CERTIFICATE if "DATA" in Command(command).name else VALUE
    assert reader.send(wrap(command, file.ljust(24, b"\x00"))) == (b"", Status.AUTHENTICATION_ERROR)


def test_reads_are_bounded_by_file_and_frame(make_reader: MakeReader) -> None:
    def read(offset: int, length: int) -> object:
        return make_reader().authenticate(1).status(Command.READ_DATA, data_range(CERTIFICATE, offset, length))

    assert read(0, 248) == Status.OK
    assert read(8, 0) == Status.OK
    assert read(0, 249) == Status.LENGTH_ERROR
    assert read(0, 0) == Status.LENGTH_ERROR
    assert read(0, 257) == Status.BOUNDARY_ERROR
    assert read(255, 2) == Status.BOUNDARY_ERROR
    assert read(256, 0) == Status.BOUNDARY_ERROR
    assert read(0xFFFFFF, 0xFFFFFF) == Status.BOUNDARY_ERROR


def test_the_longest_answer_is_256_bytes(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    answers: list[bytes] = []

    def listening(apdu: bytes) -> bytes:
        answers.append(reader.card.transmit(apdu))
        return answers[-1]

    assert reader.session is not None
    run(reader.session.command(Command.READ_DATA, data_range(CERTIFICATE, 0, 248)), listening)
    assert len(answers[0]) == 256 + 2


def test_write_data_is_at_once_and_bounded(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(0)
    reader.command(Command.WRITE_DATA, data_range(CERTIFICATE, 250, 3) + b"abc")
    assert reader.card.image.application.certificate[250:253] == b"abc"
    assert reader.status(Command.WRITE_DATA, data_range(CERTIFICATE, 254, 3) + b"abc") == Status.BOUNDARY_ERROR
    assert reader.authenticate(0).status(Command.WRITE_DATA, data_range(CERTIFICATE, 0, 0) + b"a") == (
        Status.PARAMETER_ERROR
    )
    assert reader.authenticate(0).status(Command.WRITE_DATA, data_range(CERTIFICATE, 0, 2) + b"a") == (
        Status.LENGTH_ERROR
    )


def test_value_limits(make_reader: MakeReader) -> None:
    def change(command: int, balance: int, amount: int) -> object:
        return make_reader(balance).authenticate(2).status(command, VALUE, amount.to_bytes(4, "little"))

    assert change(Command.DEBIT, 100, 100) == Status.OK
    assert change(Command.DEBIT, 100, 101) == Status.BOUNDARY_ERROR
    assert change(Command.DEBIT, 100, 0x80000000) == Status.PARAMETER_ERROR
    assert change(Command.CREDIT, BALANCE_MAX - 1, 1) == Status.OK
    assert change(Command.CREDIT, BALANCE_MAX - 1, 2) == Status.BOUNDARY_ERROR
    assert change(Command.CREDIT, 0, 0xFFFFFFFF) == Status.PARAMETER_ERROR


def test_records_newest_first_read_oldest_first_and_four_at_most(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    for number in range(6):
        reader.command(Command.COMMIT_READER_ID, TMRI)
        reader.command(Command.WRITE_RECORD, WHOLE_RECORD, bytes((number,)) * 16)
        reader.command(Command.COMMIT_TRANSACTION, b"\x00")
    records = reader.command(Command.READ_RECORDS, ALL_RECORDS, full=True)
    assert records == b"".join(bytes((number,)) * 16 for number in (2, 3, 4, 5))
    second = RECORDS + (1).to_bytes(3, "little") + (2).to_bytes(3, "little")
    assert reader.command(Command.READ_RECORDS, second, full=True) == b"\x03" * 16 + b"\x04" * 16
    beyond = RECORDS + (3).to_bytes(3, "little") + (2).to_bytes(3, "little")
    assert reader.status(Command.READ_RECORDS, beyond) == Status.BOUNDARY_ERROR
    reader.authenticate(1)
    assert reader.status(Command.READ_RECORDS, RECORDS + (4).to_bytes(3, "little") + bytes(3)) == (
        Status.BOUNDARY_ERROR
    )
    settings = reader.authenticate(1).command(Command.GET_FILE_SETTINGS, RECORDS)
    assert settings[-3:] == b"\x04\x00\x00"


def test_a_record_is_written_in_parts_and_bounded(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    reader.command(Command.COMMIT_READER_ID, TMRI)
    reader.command(Command.WRITE_RECORD, data_range(RECORDS, 0, 4), b"abcd")
    reader.command(Command.WRITE_RECORD, data_range(RECORDS, 2, 4), b"WXYZ")
    reader.command(Command.COMMIT_TRANSACTION, b"\x00")
    assert reader.card.image.application.records == (b"abWXYZ" + bytes(10),)
    assert reader.status(Command.WRITE_RECORD, data_range(RECORDS, 1, 16), RECORD) == Status.BOUNDARY_ERROR
    assert reader.authenticate(1).status(Command.WRITE_RECORD, data_range(RECORDS, 0, 0), b"") == (Status.LENGTH_ERROR)


def test_until_the_commit_the_old_state_is_answered(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    reader.command(Command.COMMIT_READER_ID, TMRI)
    reader.debit(100)
    reader.command(Command.WRITE_RECORD, WHOLE_RECORD, RECORD)
    assert reader.command(Command.GET_VALUE, VALUE, full=True) == (2500).to_bytes(4, "little")
    reader.debit(50)
    reader.command(Command.COMMIT_TRANSACTION, b"\x00")
    assert reader.command(Command.GET_VALUE, VALUE, full=True) == (2350).to_bytes(4, "little")
    assert reader.command(Command.READ_RECORDS, ALL_RECORDS, full=True) == RECORD


def test_every_kind_of_command_is_in_the_transaction_mac(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    keys = transaction_keys(reader.card.image.application.transaction_mac_key.value, 0, UID)
    certificate = reader.card.image.application.certificate
    enc_tmri = reader.command(Command.COMMIT_READER_ID, TMRI)
    assert enc_tmri == encrypt_reader_id(keys.enc, bytes(16))
    assert reader.command(Command.READ_DATA, data_range(CERTIFICATE, 16, 0)) == certificate[16:]
    reader.command(Command.READ_DATA, data_range(MAC_FILE, 0, 0))
    reader.command(Command.GET_VALUE, VALUE, full=True)
    reader.debit(7)
    reader.command(Command.WRITE_RECORD, data_range(RECORDS, 0, 5), b"abcde")
    answer = reader.command(Command.COMMIT_TRANSACTION, b"\x01")
    tmi = (
        tmi_commit_reader_id(TMRI, enc_tmri)
        + tmi_data(Command.READ_DATA, 0, 16, certificate[16:])
        + tmi_value(Command.GET_VALUE, 3, 2500)
        + tmi_value(Command.DEBIT, 3, 7)
        + tmi_write_record(1, 0, b"abcde")
    )
    assert answer == (1).to_bytes(4, "little") + tmv(keys.mac, tmi)
    assert reader.command(Command.READ_DATA, data_range(MAC_FILE, 0, 12)) == answer

    keys = transaction_keys(reader.card.image.application.transaction_mac_key.value, 1, UID)
    enc_tmri = reader.command(Command.COMMIT_READER_ID, bytes(16))
    assert enc_tmri == encrypt_reader_id(keys.enc, TMRI)
    records = reader.command(Command.READ_RECORDS, ALL_RECORDS, full=True)
    answer = reader.command(Command.COMMIT_TRANSACTION, b"\x01")
    tmi = tmi_commit_reader_id(bytes(16), enc_tmri) + tmi_read_records(1, 0, 0, records)
    assert answer == (2).to_bytes(4, "little") + tmv(keys.mac, tmi)


def test_no_commit_without_the_readers_id_and_no_second_one(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    reader.debit(1)
    assert reader.status(Command.COMMIT_TRANSACTION, b"\x01") == Status.PERMISSION_DENIED
    reader.authenticate(1)
    reader.command(Command.COMMIT_READER_ID, TMRI)
    assert reader.status(Command.COMMIT_READER_ID, TMRI) == Status.PERMISSION_DENIED
    assert reader.balance == 2500


def test_the_readers_id_alone_can_be_committed(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    reader.command(Command.COMMIT_READER_ID, TMRI)
    assert reader.command(Command.COMMIT_TRANSACTION, b"\x00") == b""
    assert reader.card.image.application.tmc == 1
    assert reader.card.image.application.tmri_prev == TMRI


def test_an_option_that_is_none(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    reader.command(Command.COMMIT_READER_ID, TMRI)
    assert reader.status(Command.COMMIT_TRANSACTION, b"\x02") == Status.PARAMETER_ERROR


@pytest.mark.parametrize("end", ["abort", "select", "power", "authenticate", "error"])
def test_whatever_ends_a_transaction_leaves_the_card_as_it_was(make_reader: MakeReader, end: str) -> None:
    reader = make_reader().authenticate(1)
    before = reader.card.image
    reader.command(Command.COMMIT_READER_ID, TMRI)
    reader.debit(100)
    reader.command(Command.WRITE_RECORD, WHOLE_RECORD, RECORD)
    match end:
        case "abort":
            reader.command(Command.ABORT_TRANSACTION)
        case "select":
            reader.authenticate(1)
        case "power":
            reader.card.power_off()
            reader.authenticate(1)
        case "authenticate":
            reader.session = run(authenticate_first(1, reader.keys[1], RNDA), reader.card.transmit)
        case "error":
            assert reader.status(Command.READ_DATA, data_range(NO_FILE, 0, 1)) == Status.FILE_NOT_FOUND
            reader.authenticate(1)
    assert reader.status(Command.COMMIT_TRANSACTION, b"\x01") == Status.NOTHING_TO_COMMIT
    assert reader.card.image == before
