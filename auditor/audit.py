# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The audit of one log: numbered steps, each of which may find something. A broken tree is not judged further.

1. The checkpoint is signed by the log, and by each witness that is asked for.
2. It is not behind, beside or older than what was known.
3. Entries, tiles and root fit each other, and what was known lies in it.
4. Every statement follows from the postings before it; coins came of what was committed; no class is below zero.
5. What the bank holds is what the statement says, and covers all coins and all that is owed.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from auditor.bank import BankBalance
from auditor.findings import Finding, Found, Refused
from auditor.head import Head, day_of, follow, missing_witness, read_head
from auditor.source import Source
from auditor.structure import Structure
from auditor.sums import Sums
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.leaf import Statement
from heitje.proof.note import NoteKey

MAX_AGE_H: Final = 48
BANK_DAYS: Final = 4
"""A bank's statement of a day is in the books at the latest so many days later: a weekend and a holiday lie between."""
_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the audit goes by. `bank` is the statement of a day, `balance` what the account holds now, cents."""

    log: NoteKey
    now: int
    witnesses: tuple[NoteKey, ...] = ()
    kept: Checkpoint | None = None
    bank: BankBalance | None = None
    balance: int | None = None
    max_age_h: int = MAX_AGE_H


@dataclass
class Audit:
    """What came of it. `head` is None where there was no checkpoint to follow."""

    head: Head | None = None
    findings: list[Finding] = field(default_factory=list)
    postings: int = 0
    statements: int = 0
    tree_is_right: bool = False
    """Else the sums were not looked at: a broken tree says nothing about money."""
    last: Statement | None = None


def audit(source: Source, wanted: Wanted) -> Audit:
    """Look at everything."""
    done = Audit()
    try:
        head = read_head(source, wanted.log)  # 1.
        done.head = head
        done.findings += filter(None, (missing_witness(head, witness, wanted.now) for witness in wanted.witnesses))
        if wanted.kept is not None:  # 2.
            follow(wanted.kept, head.checkpoint)
    except Refused as refused:
        done.findings.append(refused.finding)
        return done
    structure, sums = Structure(source, head.checkpoint, wanted.kept), Sums()  # 3.
    for entry, data in structure.leaves():
        sums.add(entry, data)
    done.postings, done.statements = sums.postings, len(sums.statements)
    if structure.findings:
        done.findings += structure.findings
        return done
    done.tree_is_right = True
    sums.finish()  # 4.
    done.findings += sums.findings
    if sums.statements:
        done.last = sums.statements[-1][1]
        done.findings += _old(done.last, wanted)
        done.findings += _beside_the_bank(sums, wanted)  # 5.
    return done


def _old(last: Statement, wanted: Wanted) -> list[Finding]:
    if wanted.now - last.at <= wanted.max_age_h * _HOUR_S:
        return []
    return [Finding(Found.STALE, {"day": day_of(last.at), "hours": wanted.max_age_h})]


def _beside_the_bank(sums: Sums, wanted: Wanted) -> list[Finding]:
    """A balance of today is held to the last statement; one of a day, to those of that day and the days after it."""
    last = sums.statements[-1][1]
    if wanted.bank is not None:
        day, bank = wanted.bank.day, wanted.bank.cents
        until = day + timedelta(days=BANK_DAYS)
        near = [statement for _, statement in sums.statements if day <= statement.day <= until]
    elif wanted.balance is not None:
        day, bank, near = last.day, wanted.balance, [last]
    else:
        return []
    if not near:
        return [Finding(Found.BANK_DIFFERS, {"day": day.isoformat(), "bank_cents": bank, "said_cents": "–"})]
    findings = []
    if all(statement.figures.reserve != bank for statement in near):
        said = near[-1].figures.reserve
        findings.append(Finding(Found.BANK_DIFFERS, {"day": day.isoformat(), "bank_cents": bank, "said_cents": said}))
    short = min(statement.figures.outstanding + statement.figures.owed for statement in near) - bank
    if short > 0:
        findings.append(Finding(Found.NOT_BACKED, {"day": day.isoformat(), "cents": short}))
    return findings
