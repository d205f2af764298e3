# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A transaction before it is committed: shadow copies and the transaction MAC's input (CARD.md section 6).

Nothing of it outlives the field. `committed` gives the application as it will be, for one atomic step.
"""

from dataclasses import dataclass, field, replace

from firmware_sim.card.fault import CardFault
from firmware_sim.card.image import TMC_MAX, CardImage
from heitje.card.layout import FILE_TRANSACTION_MAC, FILE_VALUE, RECORD_SIZE, RECORDS_READABLE, Status
from heitje.card.transaction import (
    TransactionKeys,
    encrypt_reader_id,
    tmi_commit_reader_id,
    tmv,
    transaction_keys,
)


@dataclass(slots=True)
class Transaction:
    """Shadow copies of the balance (cents) and of the one new record, TMI so far, and the reader's id."""

    balance: int | None = None
    record: bytes | None = None
    tmri: bytes | None = None
    tmi: bytearray = field(default_factory=bytearray)

    def change_balance(self, image: CardImage, by: int) -> None:
        """Debit (negative) or credit the shadow, in cents. Raises `CardFault` past a limit."""
        before = image.application.balance if self.balance is None else self.balance
        limits = image.application.files[FILE_VALUE]
        if not limits.lower <= before + by <= limits.upper:
            raise CardFault(Status.BOUNDARY_ERROR)
        self.balance = before + by

    def write_record(self, offset: int, data: bytes) -> None:
        """Write into the transaction's one new record, zero at first. Raises `CardFault` past its end."""
        if offset + len(data) > RECORD_SIZE:
            raise CardFault(Status.BOUNDARY_ERROR)
        record = bytearray(self.record or bytes(RECORD_SIZE))
        record[offset : offset + len(data)] = data
        self.record = bytes(record)

    def commit_reader_id(self, image: CardImage, tmri: bytes) -> bytes:
        """Bind the transaction to a reader and give EncTMRI. Once only. Raises `CardFault`."""
        if self.tmri is not None:
            raise CardFault(Status.PERMISSION_DENIED)
        keys = _keys(image)
        enc_tmri = encrypt_reader_id(keys.enc, image.application.tmri_prev)
        self.tmri = tmri
        self.tmi += tmi_commit_reader_id(tmri, enc_tmri)
        return enc_tmri

    def committed(self, image: CardImage) -> CardImage:
        """The image with everything in it, the new TMC and TMV included. Raises `CardFault`."""
        if self.balance is None and self.record is None and self.tmri is None:
            raise CardFault(Status.NOTHING_TO_COMMIT)
        if self.tmri is None:
            raise CardFault(Status.PERMISSION_DENIED)
        before = image.application
        records = before.records
        if self.record is not None:
            records = (self.record, *records)[:RECORDS_READABLE]
        after = replace(
            before,
            balance=before.balance if self.balance is None else self.balance,
            records=records,
            tmc=before.tmc + 1,
            tmv=tmv(_keys(image).mac, bytes(self.tmi)),
            tmri_prev=self.tmri,
        )
        return replace(image, application=after)


def _keys(image: CardImage) -> TransactionKeys:
    application = image.application
    if (
        FILE_TRANSACTION_MAC not in application.files or application.tmc == TMC_MAX
    ):  # the counter never wraps: keys would repeat
        raise CardFault(Status.PERMISSION_DENIED)
    return transaction_keys(application.transaction_mac_key.value, application.tmc, image.uid)
