# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bank's file and its answers, explained by people; alarms; statements for shops."""

import argparse
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schwifty import IBAN

from backend.assembly import configuration_in_use, debtor_of
from backend.commands.answer import Answer, Refused
from backend.officials.approvals import NotApproved
from backend.settlement import bank_import, explaining, night, shop_accounts
from backend.settlement.alarms import alarms
from backend.settlement.models import AccountChange, BankEntry, Batch, Meaning
from backend.settlement.treasurers import TreasuryRefused
from backend.shops.models import Shop
from heitje.money import format_euros


def write_file(arguments: argparse.Namespace) -> Answer:
    """`bank file`."""
    batch = batch_of(arguments)
    try:
        document = night.hand_over(batch, int(time.time()))
        descriptor = os.open(arguments.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(document)
    except (OSError, NotApproved) as error:
        raise Refused(str(error)) from error
    return Answer(f"{arguments.out}\n{batch.sha256}", {"file": arguments.out, "sha256": batch.sha256})


def import_document(arguments: argparse.Namespace) -> Answer:
    """`bank import`."""
    configuration = configuration_in_use()
    try:
        data = Path(arguments.file).read_bytes()
        account = bank_import.Account(configuration.programme, IBAN(configuration.iban).compact)
        done = bank_import.take(data, account, arguments.official, int(time.time()))
    except (OSError, TreasuryRefused) as error:
        raise Refused(str(error)) from error
    document = {
        "message": done.message,
        "new": done.new,
        "statements": done.statements,
        "entries": dict(done.meanings),
        "rejected": done.rejected,
    }
    if not done.new:
        return Answer("it is here already: nothing has changed", document)
    lines = [f"statement {number} taken in" for number in done.statements]
    lines += [f"{count} {meaning}" for meaning, count in sorted(done.meanings.items())]
    if not done.statements:
        lines.append(f"{done.rejected} payments rejected")
    return Answer("\n".join(lines), document)


def list_entries(arguments: argparse.Namespace) -> Answer:
    """`bank entries`."""
    entries = BankEntry.objects.select_related("statement").order_by("id")
    if arguments.open:
        entries = entries.filter(meaning__in=(Meaning.UNKNOWN_CREDIT, Meaning.UNKNOWN_DEBIT))
    rows = list(entries)
    return Answer("\n".join(map(_line, rows)) or "nothing", {"entries": [_document(entry) for entry in rows]})


def explain_entry(arguments: argparse.Namespace) -> Answer:
    """`bank explain`."""
    batch = None
    if arguments.date is not None:
        batch = batch_of(arguments)
    try:
        entry = explaining.explain(
            arguments.entry,
            Meaning(arguments.meaning),
            arguments.official,
            int(time.time()),
            batch=batch,
            shop=arguments.shop,
            of=arguments.of,
        )
    except TreasuryRefused as error:
        raise Refused(str(error)) from error
    return Answer(_line(entry), _document(entry))


def name_source(arguments: argparse.Namespace) -> Answer:
    """`bank source`."""
    try:
        source = explaining.name_source(arguments.iban, arguments.name, arguments.official, int(time.time()))
    except TreasuryRefused as error:
        raise Refused(str(error)) from error
    return Answer(f"credits from {source.iban} fund the reserve", {"iban": source.iban, "name": source.name})


def pay_again(arguments: argparse.Namespace) -> Answer:
    """`bank pay-again`."""
    try:
        back = explaining.pay_again(arguments.shop, arguments.official, int(time.time()))
    except TreasuryRefused as error:
        raise Refused(str(error)) from error
    text = f"the next batch sends {arguments.shop} what is owed; {format_euros(back)} euro of it came back before"
    return Answer(text, {"shop": arguments.shop, "came_back": back})


def list_shops(arguments: argparse.Namespace) -> Answer:
    """`shop list`."""
    changes = {change.shop_id: change for change in shop_accounts.waiting()}
    shops = [_shop_document(shop, changes.get(shop.id)) for shop in Shop.objects.order_by("id")]
    lines = []
    for shop in shops:
        waits = f"  from {shop['changes_on']} on {shop['next_iban']}" if shop["next_iban"] else ""
        lines.append(f"{shop['shop']:<20} {shop['iban']}{waits}  {shop['name']} ({shop['category']}, {shop['area']})")
    return Answer("\n".join(lines) or "no shop", {"shops": shops})


def keep_shop_account(arguments: argparse.Namespace) -> Answer:
    """`shop keep-account`."""
    try:
        shop_accounts.keep(arguments.shop, arguments.official, arguments.reason, int(time.time()))
    except TreasuryRefused as error:
        raise Refused(str(error)) from error
    shop = Shop.objects.get(id=arguments.shop)
    return Answer(f"{shop.id} keeps {shop.iban}", _shop_document(shop, None))


def show_alarms(arguments: argparse.Namespace) -> Answer:
    """`alarms`."""
    found = alarms(datetime.now(UTC).date())
    document = {"alarms": [{"kind": row.kind, "about": row.about, "cents": row.cents} for row in found]}
    lines = [f"{alarm} ({format_euros(alarm.cents)} euro)" if alarm.cents else str(alarm) for alarm in found]
    return Answer("\n".join(lines) or "no alarm", document, ok=not found)


def write_statements(arguments: argparse.Namespace) -> Answer:
    """`statements`."""
    configuration, batch = configuration_in_use(), batch_of(arguments)
    if arguments.shop and not batch.lines.filter(shop=arguments.shop).exists():
        raise Refused(f"{batch} sends nothing to {arguments.shop}")
    debtor, directory = debtor_of(configuration), configuration.settlements_path
    paths = night.export_pdf(batch, debtor, directory, arguments.language, arguments.shop)
    paths += night.export_csv(batch, debtor.programme, directory, arguments.language, arguments.shop)
    return Answer("\n".join(map(str, paths)), {"statements": list(map(str, paths))})


def batch_of(arguments: argparse.Namespace) -> Batch:
    """The batch that is meant. Raises `Refused`."""
    batch = Batch.objects.filter(date=arguments.date, run=arguments.run).first()
    if batch is None:
        raise Refused(f"there is no batch {arguments.date}-{arguments.run}")
    return batch


def _line(entry: BankEntry) -> str:
    side = "+" if entry.credit else "-"
    words = (entry.name, entry.text, f"explained by {entry.explained_by}" if entry.explained_by else "")
    told = "  ".join(word for word in words if word)
    return f"{entry.pk:>5}  {entry.booked_on}  {side}{format_euros(entry.amount):>11}  {entry.meaning:<16} {told}"


def _shop_document(shop: Shop, change: AccountChange | None) -> dict[str, Any]:
    return {
        "shop": shop.id,
        "name": shop.name,
        "owner": shop.owner,
        "category": shop.category,
        "area": shop.area,
        "iban": shop.iban,
        "next_iban": None if change is None else change.iban,
        "changes_on": None if change is None else shop_accounts.due_date(change).isoformat(),
    }


def _document(entry: BankEntry) -> dict[str, Any]:
    return {
        "entry": entry.pk,
        "statement": entry.statement.number,
        "booked_on": entry.booked_on.isoformat(),
        "credit": entry.credit,
        "amount": entry.amount,
        "meaning": str(entry.meaning),
        "name": entry.name,
        "text": entry.text,
        "explained_by": entry.explained_by or None,
    }
