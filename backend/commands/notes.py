# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Print runs of notes, and what has ended (docs/notes.md)."""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from backend.assembly import configuration_in_use, programme_of
from backend.commands.answer import Answer, Refused
from backend.commands.trust import publish_now
from backend.ledger.accounts import TEAM_PREFIX, AccountKind
from backend.minting import expiry, print_runs
from backend.minting.models import PrintRun
from backend.minting.note_sheets import sheets_of
from backend.minting.print_runs import Order, sheet_of
from backend.minting.vouchers import NotIssued
from backend.settlement import note_refunds
from heitje import qr
from heitje.money import format_euros


def print_notes(arguments: argparse.Namespace) -> Answer:
    """`notes print`: the same name again prints the same notes."""
    programme, now = programme_of(configuration_in_use()), int(time.time())
    if arguments.team and not arguments.team.startswith(TEAM_PREFIX):
        raise Refused(f"a team's number begins with {TEAM_PREFIX}")
    kind = AccountKind.CITIZEN if arguments.citizen else AccountKind.TEAM if arguments.team else AccountKind.EARMARKED
    order = Order(
        home=arguments.home,
        notes=tuple(arguments.notes),
        kind=str(kind),
        owner=arguments.citizen or arguments.team or arguments.stock,
        citizen=arguments.citizen or arguments.team or "",
        language=arguments.language,
        paper=arguments.paper,
        scope=tuple(arguments.scope),
    )
    try:
        run = print_runs.make_run(arguments.name, order, arguments.by, programme.iss, programme.key_store, now)
    except NotIssued as error:
        raise Refused(str(error)) from error
    return _on_paper(run, arguments.out)


def refund(arguments: argparse.Namespace) -> Answer:
    """`notes refund`: the same receipt again prints the same notes."""
    programme, now = programme_of(configuration_in_use()), int(time.time())
    refunded = note_refunds.Refunded(arguments.terminal.lower(), arguments.entry)
    paper = note_refunds.Paper(arguments.home, arguments.language, arguments.paper)
    try:
        given = note_refunds.give(refunded, paper, arguments.by, programme.iss, programme.key_store, now)
    except NotIssued as error:
        raise Refused(str(error)) from error
    printed = _on_paper(given.run, arguments.out)
    text = f"{printed.text}\n{format_euros(given.left)} euro stay for the next time"
    return Answer(text, {**printed.document, "left": given.left})


def hand_out(arguments: argparse.Namespace) -> Answer:
    """`notes hand-out`."""
    return _move(
        arguments,
        lambda run, first, last: print_runs.hand_out(run, first, last, arguments.by, int(time.time()), arguments.to),
        "handed out; tills learn it",
    )


def void(arguments: argparse.Namespace) -> Answer:
    """`notes void`."""
    return _move(
        arguments,
        lambda run, first, last: print_runs.void(run, first, last, arguments.by, int(time.time()), arguments.reason),
        "void; their value goes back after the upload window",
    )


def list_runs(arguments: argparse.Namespace) -> Answer:
    """`notes list`."""
    runs = list(PrintRun.objects.order_by("number"))
    return Answer("\n".join(map(_line, runs)), {"runs": list(map(_document, runs))})


def expire(arguments: argparse.Namespace) -> Answer:
    """`expire`."""
    now, rule = int(time.time()), configuration_in_use().expiry
    vouchers = expiry.end_vouchers(now)
    document: dict[str, object] = {"vouchers": vouchers.count, "vouchers_cents": vouchers.cents}
    lines = [f"{vouchers.count} vouchers gave {format_euros(vouchers.cents)} euro back"]
    if rule.coins_after_days:
        coins = expiry.end_coins(rule.coins_after_days, rule.by_law, now)
        told = expiry.notices(rule.coins_after_days, now)
        document |= {
            "coins": coins.count,
            "coins_cents": coins.cents,
            "notices": {
                str(days): [{"citizen": row.citizen, "cents": row.cents} for row in rows] for days, rows in told.items()
            },
        }
        lines.append(f"{coins.count} citizens' coins ended: {format_euros(coins.cents)} euro ({rule.by_law})")
        lines += [
            f"in {days} days {row.citizen} loses {format_euros(row.cents)} euro, unless spent"
            for days, rows in told.items()
            for row in rows
        ]
    return Answer("\n".join(lines), document)


def _on_paper(run: PrintRun, out: str) -> Answer:
    """Denied, wherever a till can hear of it, before it is on paper. Raises `Refused`."""
    publish_now(timestamp_only=False)
    try:
        _write(Path(out), sheets_of(run))
    except OSError as error:
        raise Refused(str(error)) from error
    codes = [
        {
            "number": note.number,
            "cents": note.voucher.amount,
            "cti": note.voucher_id,
            "text": qr.encode_voucher(bytes(note.voucher.token)),
        }
        for note in run.notes.select_related("voucher").order_by("number")
    ]
    document = {**_document(run), "file": out, "sha256": run.sha256, "codes": codes}
    return Answer(f"{_line(run)}\n{out}, SHA-256 {run.sha256}", document)


def _move(arguments: argparse.Namespace, move: Callable[[PrintRun, int, int], int], what: str) -> Answer:
    run = PrintRun.objects.filter(number=arguments.run).first()
    if run is None:
        raise Refused(f"there is no print run {arguments.run}")
    try:
        first, last = arguments.numbers or print_runs.notes_on(run, *arguments.sheets)
        new = move(run, first, last)
    except NotIssued as error:
        raise Refused(str(error)) from error
    publication = publish_now(timestamp_only=False).number
    document = {**_document(run), "first": first, "last": last, "new": new, "publication": publication}
    return Answer(f"notes {first} to {last} of run {run.pk}: {new} {what} (publication {publication})", document)


def _document(run: PrintRun) -> dict[str, object]:
    order, where = print_runs.order_of(run), _where(run)
    return {
        "run": run.pk,
        "name": run.event,
        "home": order.home,
        "paper": order.paper,
        "language": order.language,
        "notes": sum(where.values()),
        "sheets": sheet_of(run, sum(where.values())),
        **{name: where[name] for name in ("waiting", "handed out", "void")},
    }


def _where(run: PrintRun) -> Counter[str]:
    notes = run.notes.values_list("voucher__handed_out_at", "voucher__voided_at")
    return Counter("handed out" if out else "void" if gone else "waiting" for out, gone in notes)


def _line(run: PrintRun) -> str:
    where = _where(run)
    places = ", ".join(f"{number} {name}" for name, number in sorted(where.items()))
    return f"run {run.pk} ({run.event}) for {print_runs.order_of(run).home}: {places}"


def _write(path: Path, data: bytes) -> None:
    """The whole file or none of it."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)
