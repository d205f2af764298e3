# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The transaction MAC: its keys, its input TMI, and the previous reader's id (CARD.md section 6)."""

from typing import Final, NamedTuple

from heitje.card.layout import BLOCK, FILE_RECORDS, FILE_VALUE, Command
from heitje.card.messaging import Key, cbc_encrypt, decrypt_block, key_of, mact

_MAC_LABEL: Final = b"\x5a"
_ENC_LABEL: Final = b"\xa5"
_SV_CONSTANT: Final = bytes.fromhex("00010080")


class TransactionKeys(NamedTuple):
    """SesTMMACKey and SesTMENCKey of one transaction, 16 bytes each."""

    mac: bytes
    enc: bytes


def transaction_keys(ktm: Key, tmc_before: int, uid: bytes) -> TransactionKeys:
    """Keys of the transaction that follows counter value `tmc_before`: they use TMC + 1."""
    tail = _SV_CONSTANT + (tmc_before + 1).to_bytes(4, "little") + uid
    key = key_of(ktm)
    return TransactionKeys(key.cmac(_MAC_LABEL + tail), key.cmac(_ENC_LABEL + tail))


def tmv(mac_key: bytes, tmi: bytes) -> bytes:
    """The 8-byte transaction MAC value."""
    return mact(mac_key, tmi)


def encrypt_reader_id(enc_key: bytes, previous_tmri: bytes) -> bytes:
    """EncTMRI: the id of the reader before this one, for the municipality alone."""
    return cbc_encrypt(enc_key, previous_tmri)


def decrypt_reader_id(enc_key: bytes, enc_tmri: bytes) -> bytes:
    """TMRIPrev out of EncTMRI."""
    return decrypt_block(enc_key, enc_tmri)


def tmi_commit_reader_id(tmri: bytes, enc_tmri: bytes) -> bytes:
    """CommitReaderID's part, 48 bytes."""
    return _filled(bytes((Command.COMMIT_READER_ID,)) + tmri + enc_tmri)


def tmi_value(command: int, file: int, value: int) -> bytes:
    """The part of GetValue, Debit or Credit, 16 bytes."""
    return _filled(bytes((command, file)) + value.to_bytes(4, "little"))


def tmi_write_record(file: int, offset: int, record: bytes) -> bytes:
    """WriteRecord's part."""
    return _with_data(Command.WRITE_RECORD, file, offset, len(record), record)


def tmi_data(command: int, file: int, offset: int, data: bytes) -> bytes:
    """The part of ReadData or WriteData; the length is the true one, also where 0 was sent."""
    return _with_data(command, file, offset, len(data), data)


def tmi_read_records(file: int, number: int, count: int, data: bytes) -> bytes:
    """The part of ReadRecords, with record number and count as sent."""
    return _with_data(Command.READ_RECORDS, file, number, count, data)


def tmi_of_payment(command: int, *, balance: int, amount: int, tmri: bytes, enc_tmri: bytes, record: bytes) -> bytes:
    """The whole TMI of a sale (`command` Debit) or a load (Credit), in CARD.md section 7's order.

    `balance` is the one before, `balance` and `amount` in cents; `tmri` and `enc_tmri` and `record` are 16 bytes each.
    """
    return b"".join(
        (
            _READER_ID,
            tmri,
            enc_tmri,
            _BALANCE,
            balance.to_bytes(4, "little"),
            _VALUE_END,
            bytes((command, FILE_VALUE)),
            amount.to_bytes(4, "little"),
            _VALUE_END,
            _RECORD,
            record,
        )
    )


def _with_data(command: int, file: int, first: int, second: int, data: bytes) -> bytes:
    head = bytes((command, file)) + first.to_bytes(3, "little") + second.to_bytes(3, "little") + bytes(8)
    return _filled(head + data)


def _filled(part: bytes) -> bytes:
    return part + bytes(-len(part) % BLOCK)


_READER_ID: Final = tmi_commit_reader_id(b"", b"")[:1]
_READER_ID_END: Final = tmi_commit_reader_id(bytes(BLOCK), bytes(BLOCK))[1 + 2 * BLOCK :]
_BALANCE: Final = _READER_ID_END + tmi_value(Command.GET_VALUE, FILE_VALUE, 0)[:2]
_VALUE_END: Final = tmi_value(0, 0, 0)[6:]
_RECORD: Final = tmi_write_record(FILE_RECORDS, 0, bytes(BLOCK))[:BLOCK]
"""What never changes of the TMI of a payment; `tmi_of_payment` is asked for at each of them."""
