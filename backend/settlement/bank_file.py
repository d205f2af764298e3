# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bank's file: ISO 20022 `pain.001.001.09`, one credit transfer per shop, the same bytes from the same batch.

Ids are at most 35 characters of the SEPA set with no leading, trailing or double slash (LEDGER.md section 3). Texts are
brought to that set.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from backend.settlement import iso20022
from backend.settlement.iso20022 import Element, child, euros, path
from heitje.money import Cents

MESSAGE: Final = "pain.001.001.09"
_SEPA_PUNCTUATION: Final = "-?:().,'+ "
_NAME_MAX: Final = 70


@dataclass(frozen=True, slots=True)
class Party:
    """A name and an IBAN."""

    name: str
    iban: str


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """What one shop is sent."""

    shop: str
    to: Party
    amount: Cents


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """All that the file's bytes depend on; `created_at` Unix seconds."""

    programme: str
    debtor: Party
    execution: date
    run: int
    created_at: int
    transfers: tuple[CreditTransfer, ...]


def message_id(programme: str, day: date, run: int) -> str:
    """The file's id: the same for the same programme, day and run."""
    return f"HTJ-{day:%Y%m%d}-{run}-{_short(programme, 8)}"


def end_to_end_id(programme: str, day: date, run: int, shop: str) -> str:
    """One transfer's id."""
    return f"HTJ-{day:%Y%m%d}-{run}-{_short(programme + '/' + shop, 12)}"


def creditor_reference(programme: str, day: date, run: int, shop: str) -> str:
    """The ISO 11649 reference by which a shop finds the statement of what it was sent."""
    body = f"{day:%Y%m%d}{run:02d}{_short(programme + '/' + shop, 11)}"
    number = "".join(str(int(sign, 36)) for sign in body + "RF00")
    return f"RF{98 - int(number) % 97:02d}{body}"


def sepa_text(text: str, length_max: int = _NAME_MAX) -> str:
    """`text` in the SEPA set: accents dropped, other signs a dot."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    allowed = (sign if sign.isascii() and (sign.isalnum() or sign in _SEPA_PUNCTUATION) else "." for sign in plain)
    return "".join(allowed)[:length_max].strip() or "."


def write(order: BatchOrder) -> bytes:
    """The file's bytes, checked against the schema. Raises `BankFileInvalid`."""
    root = iso20022.document(MESSAGE)
    initiation = child(root, "CstmrCdtTrfInitn")
    identity = message_id(order.programme, order.execution, order.run)
    count, total = str(len(order.transfers)), euros(sum(transfer.amount for transfer in order.transfers))
    header = child(initiation, "GrpHdr")
    child(header, "MsgId", identity)
    child(header, "CreDtTm", datetime.fromtimestamp(order.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    child(header, "NbOfTxs", count)
    child(header, "CtrlSum", total)
    path(header, "InitgPty/Nm", sepa_text(order.debtor.name))
    payment = child(initiation, "PmtInf")
    child(payment, "PmtInfId", identity)
    child(payment, "PmtMtd", "TRF")
    child(payment, "BtchBookg", "true")
    child(payment, "NbOfTxs", count)
    child(payment, "CtrlSum", total)
    path(payment, "PmtTpInf/SvcLvl/Cd", "SEPA")
    path(payment, "ReqdExctnDt/Dt", order.execution.isoformat())
    path(payment, "Dbtr/Nm", sepa_text(order.debtor.name))
    path(payment, "DbtrAcct/Id/IBAN", order.debtor.iban)
    path(payment, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
    child(payment, "ChrgBr", "SLEV")
    for transfer in order.transfers:
        _write_transfer(payment, order, transfer)
    document = iso20022.written(root)
    iso20022.validate(document, MESSAGE)
    return document


def _write_transfer(payment: Element, order: BatchOrder, transfer: CreditTransfer) -> None:
    names = (order.programme, order.execution, order.run, transfer.shop)
    node = child(payment, "CdtTrfTxInf")
    path(node, "PmtId/EndToEndId", end_to_end_id(*names))
    amount = path(node, "Amt/InstdAmt", euros(transfer.amount))
    amount.set("Ccy", "EUR")
    path(node, "Cdtr/Nm", sepa_text(transfer.to.name))
    path(node, "CdtrAcct/Id/IBAN", transfer.to.iban)
    reference = path(node, "RmtInf/Strd/CdtrRefInf", None)
    kind = child(reference, "Tp")
    path(kind, "CdOrPrtry/Cd", "SCOR")
    child(kind, "Issr", "ISO")
    child(reference, "Ref", creditor_reference(*names))


def _short(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length].upper()
