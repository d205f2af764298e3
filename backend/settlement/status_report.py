# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads the bank's status reports: ISO 20022 `pain.002`, versions 3, 10 and 12; what it does not take, and why."""

from dataclasses import dataclass
from typing import Final

from backend.settlement.iso20022 import BankFileInvalid, Node, read

MESSAGES: Final = frozenset({"pain.002.001.03", "pain.002.001.10", "pain.002.001.12"})
REASON_MAX: Final = 40
_REJECTED: Final = "RJCT"
_KNOWN: Final = frozenset({"ACCP", "ACSC", "ACSP", "ACTC", "ACWC", "ACCC", "ACWP", "PART", "PDNG", "RCVD", _REJECTED})
_NO_REASON: Final = "NOAS"


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What became of one file. `whole`: why all of it was rejected, or nothing; `rejected`: by end-to-end id, why."""

    message_id: str
    of: str
    whole: str
    rejected: dict[str, str]


def read_report(data: bytes) -> StatusReport:
    """A report. Raises `BankFileInvalid`: nothing of such a file is believed."""
    report = read(data, MESSAGES).first("CstmrPmtStsRpt")
    group = None if report is None else report.first("OrgnlGrpInfAndSts")
    if report is None or group is None:
        raise BankFileInvalid("there is no report in it")
    whole, rejected = "", dict[str, str]()
    if _is_rejected(group, "GrpSts"):
        whole = _reason(group)
    for payment in report.all("OrgnlPmtInfAndSts"):
        told = list(payment.all("TxInfAndSts"))
        if _is_rejected(payment, "PmtInfSts") and not told:
            whole = whole or _reason(payment)
        for transaction in told:
            if _is_rejected(transaction, "TxSts"):
                rejected[transaction.need("OrgnlEndToEndId")] = _reason(transaction)
    return StatusReport(report.need("GrpHdr/MsgId"), group.need("OrgnlMsgId"), whole, rejected)


def _is_rejected(node: Node, where: str) -> bool:
    status = node.text(where)
    if status and status not in _KNOWN:
        raise BankFileInvalid(f"{where} is not a status: {status[:10]!r}")
    return status == _REJECTED


def _reason(node: Node) -> str:
    """The first reason's code, or the bank's own word."""
    return node.text("StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry")[:REASON_MAX] or _NO_REASON
