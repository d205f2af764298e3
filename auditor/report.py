# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The report of an audit: for a person, in a language; and for a program."""

from dataclasses import asdict
from typing import Any

from auditor.audit import Audit
from auditor.findings import Finding
from auditor.words import FIGURES, FINDINGS, SAYINGS, euros, put
from heitje.proof.leaf import Statement


def as_text(done: Audit, language: str, bank_was_there: bool) -> str:
    """For a person."""
    say, lines = SAYINGS[language], list[str]()
    if done.head is not None:
        checkpoint = done.head.checkpoint
        facts: dict[str, str | int] = {"origin": checkpoint.origin, "size": checkpoint.size}
        facts |= {"postings": done.postings, "statements": done.statements}
        lines.append(put(say["log"], language, facts))
    if done.last is not None:
        lines += _table(done.last, language)
    if not done.findings:
        lines.append(say["good"])
    else:
        lines.append(say["bad"])
        lines += [f"  - {tell(finding, language)}" for finding in done.findings]
        if done.head is not None and not done.tree_is_right:
            lines.append(say["not_summed"])
    if done.last is not None and not bank_was_there:
        lines.append(say["no_bank"])
    return "\n".join(lines)


def as_document(done: Audit) -> dict[str, Any]:
    """For a program; amounts in cents."""
    head = done.head
    return {
        "ok": not done.findings,
        "findings": [finding_document(finding) for finding in done.findings],
        "origin": None if head is None else head.checkpoint.origin,
        "size": None if head is None else head.checkpoint.size,
        "root": None if head is None else head.checkpoint.root.hex(),
        "postings": done.postings,
        "statements": done.statements,
        "last_statement": None if done.last is None else _statement_document(done.last),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding."""
    return {"finding": str(finding.what), **finding.facts, "text": tell(finding, "en")}


def tell(finding: Finding, language: str) -> str:
    """One finding in words."""
    return put(FINDINGS[language][finding.what], language, finding.facts)


def _table(statement: Statement, language: str) -> list[str]:
    amounts = {FIGURES[language][name]: cents for name, cents in asdict(statement.figures).items()}
    width = max(map(len, amounts))
    head = put(SAYINGS[language]["statement"], language, {"day": statement.day.isoformat()})
    return [head, *(f"  {name:<{width}} {euros(cents, language):>18}" for name, cents in amounts.items())]


def _statement_document(statement: Statement) -> dict[str, Any]:
    return {"day": statement.day.isoformat(), "at": statement.at, **asdict(statement.figures)}
