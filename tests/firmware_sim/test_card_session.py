# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Frames, authentication, secure messaging, keys: the status words of CARD.md section 8, as a reader sees them."""

import zlib
from collections.abc import Callable
from typing import Any

import pytest

from firmware_sim.card.authentication import FAILURES_FREE
from heitje.card.apdu import select, wrap
from heitje.card.layout import Command, Status
from heitje.card.messaging import cbc_decrypt, cbc_encrypt, rotate_left
from heitje.card.session import StatusFault, authenticate_first, authenticate_non_first, run

MakeReader = Callable[..., Any]
"""What conftest's `make_reader` is; its class cannot be named here, for tests are no package."""

UID = bytes.fromhex("04A1B2C3D4E580")
RNDA = bytes(range(16))
TMRI = bytes(range(100, 116))
CERTIFICATE, VALUE, MAC_FILE = b"\x00", b"\x03", b"\x0f"
FOUR = (100).to_bytes(4, "little")


def data_range(file: bytes, offset: int, length: int) -> bytes:
    return file + offset.to_bytes(3, "little") + length.to_bytes(3, "little")


def test_another_application_is_not_found(make_reader: MakeReader) -> None:
    assert make_reader().send(select(b"\xd2\x76\x00\x00\x85\x01\x01")) == (b"", Status.ISO_APPLICATION_NOT_FOUND)


def test_select_works_without_le_too(make_reader: MakeReader) -> None:
    reader = make_reader()
    assert reader.send(select(reader.df_name)[:-1]) == (b"", Status.ISO_OK)


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        ("", Status.ISO_WRONG_LENGTH),
        ("60", Status.ISO_WRONG_LENGTH),
        ("90600000", Status.ISO_WRONG_LENGTH),
        ("906000000500", Status.ISO_WRONG_LENGTH),
        ("90600000020100", Status.ISO_WRONG_LENGTH),
        ("906000000101", Status.ISO_WRONG_LENGTH),
        ("90600000" + "ff" + 255 * "00" + "0000", Status.ISO_WRONG_LENGTH),
        ("90600000" + "00" + "0100" + 256 * "00" + "00", Status.ISO_WRONG_LENGTH),
        ("9060010000", Status.PARAMETER_ERROR),
        ("9061000000", Status.ILLEGAL_COMMAND),
        ("90af000000", Status.ILLEGAL_COMMAND),
        ("00b0000000", Status.ILLEGAL_COMMAND),
        ("80ca000000", Status.ILLEGAL_COMMAND),
        ("00a4000c023f00", Status.ISO_APPLICATION_NOT_FOUND),
        ("00a4040000", Status.ISO_WRONG_LENGTH),
        ("9060000001ff00", Status.LENGTH_ERROR),
        ("90710000010100", Status.LENGTH_ERROR),
        ("9071000003010000", Status.ISO_WRONG_LENGTH),
    ],
)
def test_frames(make_reader: MakeReader, apdu: str, status: int) -> None:
    reader = make_reader()
    reader.select()
    assert reader.send(bytes.fromhex(apdu)) == (b"", status)


@pytest.mark.parametrize("command", [Command.AUTHENTICATE_EV2_FIRST, Command.GET_VALUE, Command.COMMIT_READER_ID])
def test_nothing_without_selection(make_reader: MakeReader, command: int) -> None:
    assert make_reader().send(wrap(command, b"\x01\x00")) == (b"", Status.PERMISSION_DENIED)


def test_no_such_key(make_reader: MakeReader) -> None:
    reader = make_reader()
    reader.select()
    assert reader.send(wrap(Command.AUTHENTICATE_EV2_FIRST, b"\x05\x00")) == (b"", Status.NO_SUCH_KEY)


def test_reader_capabilities_come_back(make_reader: MakeReader) -> None:
    reader = make_reader()
    reader.select()
    answer, status = reader.send(wrap(Command.AUTHENTICATE_EV2_FIRST, b"\x01\x03\xaa\xbb\xcc"))
    assert status == Status.MORE_FRAMES
    rndb = cbc_decrypt(reader.keys[1], answer)
    proof = cbc_encrypt(reader.keys[1], RNDA + rotate_left(rndb))
    answer, status = reader.send(wrap(Command.ADDITIONAL_FRAME, proof))
    assert status == Status.OK
    assert cbc_decrypt(reader.keys[1], answer)[4:] == rotate_left(RNDA) + bytes(6) + b"\xaa\xbb\xcc\0\0\0"


def test_a_command_before_the_last_was_finished(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    for first in (wrap(Command.AUTHENTICATE_EV2_FIRST, b"\x01\x00"), wrap(Command.GET_VERSION)):
        reader.select()
        assert reader.send(first)[1] == Status.MORE_FRAMES
        assert reader.send(wrap(Command.GET_VALUE, VALUE)) == (b"", Status.COMMAND_ABORTED)
        assert reader.send(wrap(Command.ADDITIONAL_FRAME)) == (b"", Status.ILLEGAL_COMMAND)


def test_a_wrong_key_is_refused_and_ends_the_session(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    with pytest.raises(StatusFault, match="91AE"):
        run(authenticate_first(1, bytes(16), RNDA), reader.card.transmit)
    assert reader.status(Command.GET_VALUE, VALUE) == Status.AUTHENTICATION_ERROR


def test_guessing_is_slowed_down_and_the_count_outlives_the_field(make_reader: MakeReader) -> None:
    reader = make_reader()

    def guess() -> int:
        reader.select()
        try:
            run(authenticate_first(2, bytes(16), RNDA), reader.card.transmit)
        except StatusFault as fault:
            return fault.status
        return Status.OK

    assert [guess() for _ in range(FAILURES_FREE + 1)] == [Status.AUTHENTICATION_ERROR] * (FAILURES_FREE + 1)
    reader.card.power_off()
    reader.elsewhere()
    assert guess() == Status.AUTHENTICATION_DELAY
    assert guess() == Status.AUTHENTICATION_ERROR
    assert [guess(), guess(), guess()] == [Status.AUTHENTICATION_DELAY] * 2 + [Status.AUTHENTICATION_ERROR]
    for _ in range(3):
        with pytest.raises(StatusFault, match="91AD"):
            reader.authenticate(2)
    reader.authenticate(2)  # whoever knows the key waits and gets in
    assert reader.card.image.application.keys[2].failures == 0
    reader.authenticate(1)  # another key was never slow


def test_non_first_goes_on_with_identifier_and_counter(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    assert reader.session is not None
    reader.command(Command.GET_VALUE, VALUE, full=True)
    before = (reader.session.ti, reader.session.counter)
    run(authenticate_non_first(reader.session, 2, reader.keys[2], RNDA), reader.card.transmit)
    assert (reader.session.ti, reader.session.counter) == before
    reader.command(Command.CREDIT, VALUE, (100).to_bytes(4, "little"))
    assert reader.status(Command.READ_DATA, data_range(MAC_FILE, 0, 12)) == Status.AUTHENTICATION_ERROR


def test_non_first_needs_a_session(make_reader: MakeReader) -> None:
    reader = make_reader()
    reader.select()
    assert reader.send(wrap(Command.AUTHENTICATE_EV2_NON_FIRST, b"\x02")) == (b"", Status.AUTHENTICATION_ERROR)


def test_a_wrong_mac_ends_the_session_and_the_transaction(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    reader.command(Command.COMMIT_READER_ID, TMRI)
    reader.debit(100)
    assert reader.send(wrap(Command.COMMIT_TRANSACTION, b"\x01" + bytes(8))) == (b"", Status.INTEGRITY_ERROR)
    assert reader.status(Command.GET_VALUE, VALUE) == Status.AUTHENTICATION_ERROR
    reader.authenticate(1)
    assert reader.status(Command.COMMIT_TRANSACTION, b"\x01") == Status.NOTHING_TO_COMMIT
    assert reader.balance == 2500


def test_a_command_said_again_is_refused(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    seen: list[bytes] = []

    def listening(apdu: bytes) -> bytes:
        seen.append(apdu)
        answer: bytes = reader.card.transmit(apdu)
        return answer

    assert reader.session is not None
    run(reader.session.command(Command.DEBIT, VALUE, FOUR), listening)
    assert reader.send(seen[0]) == (b"", Status.INTEGRITY_ERROR)


def test_wrong_padding(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(1)
    assert reader.session is not None
    reader.session.keys = reader.session.keys._replace(enc=bytes(16))  # the MAC is right, the plain text is not
    assert reader.status(Command.DEBIT, VALUE, FOUR) == Status.INTEGRITY_ERROR


@pytest.mark.parametrize(
    ("command", "header", "data"),
    [
        (Command.READ_DATA, data_range(CERTIFICATE, 0, 1) + b"\x00", b""),
        (Command.GET_VALUE, VALUE + b"\x00", b""),
        (Command.DEBIT, VALUE, bytes(3)),
        (Command.DEBIT, VALUE, bytes(16)),
        (Command.WRITE_RECORD, data_range(b"\x01", 0, 16), bytes(15)),
        (Command.COMMIT_READER_ID, TMRI + b"\x00", b""),
        (Command.COMMIT_TRANSACTION, b"\x01\x00", b""),
        (Command.ABORT_TRANSACTION, b"\x00", b""),
        (Command.GET_FILE_SETTINGS, VALUE + b"\x00", b""),
        (Command.GET_CARD_UID, b"\x00", b""),
    ],
)
def test_lengths_in_a_session(make_reader: MakeReader, command: int, header: bytes, data: bytes) -> None:
    assert make_reader().authenticate(1).status(command, header, data) == Status.LENGTH_ERROR


def new_key_data(new: bytes, old: bytes, version: int) -> bytes:
    crc = (zlib.crc32(new) ^ 0xFFFFFFFF).to_bytes(4, "little")
    return bytes(a ^ b for a, b in zip(new, old, strict=True)) + bytes((version,)) + crc


def test_change_key(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(0)
    new = bytes(range(50, 66))
    assert reader.command(Command.CHANGE_KEY, b"\x01", new_key_data(new, reader.keys[1], 7)) == b""
    assert reader.card.image.application.keys[1].version == 7
    reader.keys[1] = new
    reader.authenticate(1)


def test_changing_the_sessions_own_key_is_answered_without_mac(make_reader: MakeReader) -> None:
    reader = make_reader().authenticate(0)
    assert reader.session is not None
    new = bytes(range(50, 66))
    exchange = reader.session.command(Command.CHANGE_KEY, b"\x00", new + b"\x01")
    assert reader.send(next(exchange)) == (b"", Status.OK)
    assert reader.status(Command.GET_CARD_UID) == Status.AUTHENTICATION_ERROR
    reader.keys[0] = new
    reader.authenticate(0)


def test_change_key_refusals(make_reader: MakeReader) -> None:
    reader = make_reader()
    good = new_key_data(bytes(16), reader.keys[1], 0)
    assert reader.authenticate(1).status(Command.CHANGE_KEY, b"\x01", good) == Status.AUTHENTICATION_ERROR
    assert reader.authenticate(0).status(Command.CHANGE_KEY, b"\x05", good) == Status.NO_SUCH_KEY
    assert reader.authenticate(0).status(Command.CHANGE_KEY, b"\x01", good[:-4]) == Status.LENGTH_ERROR
    assert reader.authenticate(0).status(Command.CHANGE_KEY, b"\x01", good[:-1] + b"\x00") == Status.INTEGRITY_ERROR
    assert reader.authenticate(0).status(Command.CHANGE_KEY, b"\x00", good) == Status.LENGTH_ERROR
    assert [key.value for key in reader.card.image.application.keys] == reader.keys
