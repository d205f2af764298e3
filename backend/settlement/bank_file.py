# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bank's file: ISO 20022 `pain.001.001.09`, one credit transfer per shop, the same bytes from the same batch.

Ids are at most 35 characters of the SEPA set with no leading, trailing or double slash (LEDGER.md section 3). Texts are
brought to that set. The schema is the one that the sepaxml package carries; none is kept here.
"""

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.metadata import distribution
from typing import Any, Final

from lxml import etree

from heitje.money import Cents

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_SCHEMA: Final = "sepaxml/schemas/pain.001.001.09.xsd"
_NAMESPACES: Final[dict[Any, str]] = {None: NAMESPACE}
_SEPA_PUNCTUATION: Final = "-?:().,'+ "
_NAME_MAX: Final = 70


class BankFileInvalid(Exception):
    """What was written does not fit the schema; nothing of it may be sent."""


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
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap=_NAMESPACES)
    initiation = _child(root, "CstmrCdtTrfInitn")
    identity = message_id(order.programme, order.execution, order.run)
    count, total = str(len(order.transfers)), _euros(sum(transfer.amount for transfer in order.transfers))
    header = _child(initiation, "GrpHdr")
    _child(header, "MsgId", identity)
    _child(header, "CreDtTm", datetime.fromtimestamp(order.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _child(header, "NbOfTxs", count)
    _child(header, "CtrlSum", total)
    _path(header, "InitgPty/Nm", sepa_text(order.debtor.name))
    payment = _child(initiation, "PmtInf")
    _child(payment, "PmtInfId", identity)
    _child(payment, "PmtMtd", "TRF")
    _child(payment, "BtchBookg", "true")
    _child(payment, "NbOfTxs", count)
    _child(payment, "CtrlSum", total)
    _path(payment, "PmtTpInf/SvcLvl/Cd", "SEPA")
    _path(payment, "ReqdExctnDt/Dt", order.execution.isoformat())
    _path(payment, "Dbtr/Nm", sepa_text(order.debtor.name))
    _path(payment, "DbtrAcct/Id/IBAN", order.debtor.iban)
    _path(payment, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
    _child(payment, "ChrgBr", "SLEV")
    for transfer in order.transfers:
        _write_transfer(payment, order, transfer)
    document = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    validate(document)
    return document


def validate(document: bytes) -> None:
    """Hold a file against the schema. Raises `BankFileInvalid`."""
    try:
        parsed = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
        _schema().assertValid(parsed)
    except (etree.XMLSyntaxError, etree.DocumentInvalid) as error:
        raise BankFileInvalid(str(error)) from error


def _write_transfer(payment: etree._Element, order: BatchOrder, transfer: CreditTransfer) -> None:
    names = (order.programme, order.execution, order.run, transfer.shop)
    node = _child(payment, "CdtTrfTxInf")
    _path(node, "PmtId/EndToEndId", end_to_end_id(*names))
    amount = _path(node, "Amt/InstdAmt", _euros(transfer.amount))
    amount.set("Ccy", "EUR")
    _path(node, "Cdtr/Nm", sepa_text(transfer.to.name))
    _path(node, "CdtrAcct/Id/IBAN", transfer.to.iban)
    reference = _path(node, "RmtInf/Strd/CdtrRefInf", None)
    kind = _child(reference, "Tp")
    _path(kind, "CdOrPrtry/Cd", "SCOR")
    _child(kind, "Issr", "ISO")
    _child(reference, "Ref", creditor_reference(*names))


@lru_cache(maxsize=1)
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(distribution("sepaxml").locate_file(_SCHEMA))))


def _short(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length].upper()


def _euros(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


def _child(parent: etree._Element, tag: str, text: str | None = None) -> etree._Element:
    node = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    node.text = text
    return node


def _path(parent: etree._Element, path: str, text: str | None) -> etree._Element:
    *outer, last = path.split("/")
    for tag in outer:
        parent = _child(parent, tag)
    return _child(parent, last, text)
