# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the card desk answers, for a person and for a program. Amounts are cents, times Unix seconds."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from heitje.card.examination import STEPS, Looked, Progress
from heitje.card.record import Record, RecordKind
from heitje.card.silicon import Finding
from heitje.card.silicon_checks import CHECKS
from heitje.money import Cents, format_euros
from terminal.card_issuer import CardSheet

_KINDS: Final = {RecordKind.SALE: "sale", RecordKind.LOAD: "load"}
_SIGNS: Final = {RecordKind.SALE: "-", RecordKind.LOAD: "+"}


def progress_document(looked: Looked) -> dict[str, Any]:
    """How far a card is, or why it was left."""
    if not isinstance(looked, Progress):
        return {"done": False, "reason": str(looked)}
    missing = [step.name.lower() for step in looked.missing]
    return {"done": not missing, "chip": looked.kind.value, "blank": looked.blank, "missing": missing}


def progress_text(uid: bytes, looked: Looked, programme: str) -> str:
    """The same in words."""
    card = f"card {uid.hex().upper()}"
    if not isinstance(looked, Progress):
        return f"{card} was left as it is: {looked}"
    if not looked.missing:
        return f"{card} is a card of {programme} ({looked.kind.value}), ready for its first load"
    done = len(STEPS[looked.kind]) - len(looked.missing)
    state = "blank" if looked.blank else f"begun ({done} of {len(STEPS[looked.kind])} steps done)"
    return "\n".join(
        (f"{card} is a {looked.kind.value}, {state}; still to be done:", *(f"  {step}" for step in looked.missing))
    )


def sheet_document(card: CardSheet) -> dict[str, Any]:
    """A card as one JSON object."""
    sheet = card.sheet
    certificate: dict[str, Any] = {"state": card.state.name.lower()}
    if card.signed is not None:
        said = card.signed.certificate
        certificate |= {
            "programme": said.iss,
            "uid": said.uid.hex().upper(),
            "issued": said.iat,
            "expires": said.exp,
            "scope": None if said.scope is None else list(said.scope),
            "kid": card.signed.sign1.kid.hex(),
        }
    return {
        "uid": card.uid.hex().upper(),
        "certificate": certificate,
        "balance": sheet.balance,
        "transactions": sheet.last.tmc,
        "tmv": sheet.last.tmv.hex(),
        "key_version": sheet.key_version,
        "last": [_record_document(record) for record in reversed(sheet.records or ())],
    }


def sheet_text(card: CardSheet) -> str:
    """A card in words."""
    document, sheet = sheet_document(card), card.sheet
    certificate = document["certificate"]
    lines = [
        f"card          {document['uid']}",
        f"balance       € {format_euros(Cents(sheet.balance))}",
        f"transactions  {sheet.last.tmc}",
        f"key 1         version {sheet.key_version}",
        f"certificate   {card.state}",
    ]
    if card.signed is not None:
        lines.append(f"  programme   {certificate['programme']}")
        lines.append(f"  valid       {_day(certificate['issued'])} to {_day(certificate['expires'])}")
        if certificate["scope"]:
            lines.append(f"  only for    {', '.join(certificate['scope'])}")
    lines.append("last transactions, newest first" if sheet.records else "no transaction to be read")
    lines += [f"  {_record_text(record)}" for record in reversed(sheet.records or ())]
    return "\n".join(lines)


def silicon_document(uid: bytes, looked: Progress, findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings as one JSON object."""
    assumptions = {check.name: check.assumption for check in CHECKS}
    return {
        "uid": uid.hex().upper(),
        "chip": looked.kind.value,
        "findings": [
            {
                "name": finding.name,
                "assumption": assumptions[finding.name],
                "verdict": str(finding.verdict),
                "seen": finding.seen,
            }
            for finding in findings
        ],
    }


def silicon_text(looked: Progress, findings: Sequence[Finding]) -> str:
    """The findings, one line each with what was seen below."""
    assumptions = {check.name: check.assumption for check in CHECKS}
    lines = [looked.kind.value]
    for finding in findings:
        lines.append(f"{finding.name:<4} {finding.verdict:<17} {assumptions[finding.name]}")
        lines.append(f"       {finding.seen}")
    return "\n".join(lines)


def _record_document(record: Record) -> dict[str, Any]:
    return {
        "kind": _KINDS.get(RecordKind(record.kind), "") if record.kind in _KINDS else f"{record.kind:02X}",
        "time": record.time,
        "amount": record.amount,
        "reference": record.reference.hex(),
    }


def _record_text(record: Record) -> str:
    when = datetime.fromtimestamp(record.time, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    known = RecordKind(record.kind) if record.kind in _KINDS else None
    word = f"kind {record.kind:02X}" if known is None else _KINDS[known]
    sign = "" if known is None else _SIGNS[known]
    return f"{when}  {word}  {sign}€ {format_euros(Cents(record.amount))}  reference {record.reference.hex()}"


def _day(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d")
