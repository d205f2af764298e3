# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The treasurer's desk: the night, approval, the invariants, who holds how much, what became of entries."""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django.db.models import Sum

from backend.assembly import configuration_in_use, debtor_of
from backend.audit.invariants import check
from backend.cards.window_end import settle_window_end
from backend.commands.answer import Answer, Refused
from backend.ledger.models import Account
from backend.officials.approvals import NotApproved
from backend.redemption import decisions, outcomes, stored_journal
from backend.redemption.holes import missing_entries
from backend.redemption.models import Case
from backend.settlement import night, recovery, shop_accounts
from backend.settlement.models import Batch
from backend.shops.models import Terminal
from heitje.messages import outcome_documents
from heitje.money import format_euros

PDF_ROWS_MAX: Final = 5000
"""Statements of so many rows are typeset in the night, at about two thousand rows a second; of more when asked for."""


def settle(arguments: argparse.Namespace) -> Answer:
    """`settle`."""
    configuration = configuration_in_use()
    if not 1 <= arguments.run <= 99:
        raise Refused("a run is 1 to 99")
    now = int(time.time())
    settle_window_end(now)
    recovery.recover(now)
    shop_accounts.change_due(now)
    debtor, directory = debtor_of(configuration), configuration.settlements_path
    batch = night.settle(arguments.date or datetime.now(UTC).date(), arguments.run, debtor, directory, now)
    if night.rows_of(batch) <= PDF_ROWS_MAX:
        night.export_pdf(batch, debtor, directory, night.LANGUAGE)
    return _batch_answer(batch)


def approve(arguments: argparse.Namespace) -> Answer:
    """`approve`."""
    batch = Batch.objects.filter(date=arguments.date, run=arguments.run).first()
    if batch is None:
        raise Refused(f"there is no batch {arguments.date}-{arguments.run}")
    try:
        night.approve(batch, arguments.official, int(time.time()))
    except NotApproved as error:
        raise Refused(str(error)) from error
    return _batch_answer(batch)


def check_invariants(arguments: argparse.Namespace) -> Answer:
    """`check`."""
    findings = check()
    lines = []
    for finding in findings:
        figures = ", ".join(f"{name} {value}" for name, value in finding.figures.items())
        lines.append(f"{'holds ' if finding.holds else 'BROKEN'}  {finding.name}: {figures}")
    document = {
        "holds": all(finding.holds for finding in findings),
        "invariants": [
            {"name": finding.name, "holds": finding.holds, "figures": finding.figures} for finding in findings
        ],
    }
    return Answer("\n".join(lines), document, ok=bool(document["holds"]))


def status(arguments: argparse.Namespace) -> Answer:
    """`status`."""
    held = dict(Account.objects.values_list("kind").annotate(Sum("balance")).order_by("kind"))
    terminals = []
    for terminal in Terminal.objects.order_by("id"):
        seq, _ = outcomes.head(terminal)
        terminals.append({"terminal": terminal.id, "shop": terminal.shop_id, "state": terminal.state, "head": seq})
    cases = list(Case.objects.filter(decided_at=None).select_related("entry").order_by("id"))
    now, holes = int(time.time()), missing_entries()
    missing = [
        {"terminal": hole.terminal, "intent": hole.intent_seq, "overdue": hole.is_overdue(now)} for hole in holes
    ]
    document = {"accounts": held, "terminals": terminals, "cases": list(map(_case_document, cases)), "missing": missing}
    lines = [f"{kind:<16}{format_euros(total):>12}" for kind, total in held.items()]
    lines += [f"terminal {row['terminal']} of {row['shop']}: {row['state']}, entry {row['head']}" for row in terminals]
    lines += [f"case {case.pk}: {case.kind}, {case.found_at}, {format_euros(case.held)} held" for case in cases]
    lines += [f"missing: entry {row['intent']} of terminal {row['terminal']}, a card says" for row in missing]
    return Answer("\n".join(lines), document)


def pay_case(arguments: argparse.Namespace) -> Answer:
    """`case pay`."""
    pay = partial(decisions.pay, beyond_guarantee=arguments.beyond_guarantee)
    return _decide(pay, arguments, "paid out of the loss fund")


def close_case(arguments: argparse.Namespace) -> Answer:
    """`case close`."""
    return _decide(decisions.close, arguments, "closed, nothing is paid")


def _decide(decide: Callable[[int, str, int], Case], arguments: argparse.Namespace, what: str) -> Answer:
    try:
        case = decide(arguments.case, arguments.official, int(time.time()))
    except decisions.NotDecided as error:
        raise Refused(str(error)) from error
    left = f"; {format_euros(case.held)} euro beyond the guarantee stay held" if case.decided_at is None else ""
    return Answer(f"case {case.pk}: {what}{left}", _case_document(case))


def _case_document(case: Case) -> dict[str, Any]:
    return {
        "case": case.pk,
        "kind": str(case.kind),
        "entry": str(case.entry or ""),
        "load": case.load_id,
        "held": case.held,
        "decided_by": case.decided_by or None,
    }


def show_outcomes(arguments: argparse.Namespace) -> Answer:
    """`outcomes`."""
    name = arguments.terminal.lower()
    if not Terminal.objects.filter(id=name).exists():
        raise Refused(f"there is no terminal {name}")
    told = outcome_documents(outcomes.as_told(stored_journal.since(name, arguments.after)))
    lines = [" ".join(str(row[part]) for part in ("seq", "outcome", "reason") if part in row) for row in told]
    return Answer("\n".join(lines), {"outcomes": told})


def _batch_answer(batch: Batch) -> Answer:
    folder = night.folder_of(batch, configuration_in_use().settlements_path)
    lines = list(batch.lines.order_by("shop_id"))
    released = night.is_released(batch)
    document = {
        "date": batch.date.isoformat(),
        "run": batch.run,
        "total": sum(line.amount for line in lines),
        "lines": [{"shop": line.shop_id, "amount": line.amount} for line in lines],
        "bank_file": str(folder / night.BANK_FILE) if batch.bank_file else None,
        "sha256": batch.sha256 or None,
        "statements": [str(path) for path in sorted(folder.glob("statement-*"))],
        "approvals": night.yes_count(batch),
        "released": released,
    }
    if not lines:
        return Answer("nothing is owed: no bank file", document)
    state = "released by two officials" if released else "waits for two officials"
    total = format_euros(sum(line.amount for line in lines))
    return Answer(f"{len(lines)} shops, {total} euro, {state}\n{document['bank_file']}\n{batch.sha256}", document)
