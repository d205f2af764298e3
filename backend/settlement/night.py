# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The night: cut, bank file, statements (LEDGER.md section 3). Safe to run twice, and to crash anywhere and run again.

Each step looks at what is stored and does only what is missing. The file's bytes are stored with the batch once and
never change; the files on disk are copies that can be made again.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from django.db import transaction
from django.db.models import F, Max, Min, Sum

from backend.ledger import events
from backend.ledger.accounts import LOSS_FUND, AccountKind, payable
from backend.ledger.locking import lock
from backend.ledger.models import Account
from backend.ledger.posting import post_all
from backend.officials import approvals
from backend.officials.approvals import NotApproved
from backend.officials.matters import APPROVALS, Matter
from backend.officials.models import Request
from backend.redemption.refunds import cover_waiting
from backend.settlement import bank_file, statement_pdf, statements
from backend.settlement.bank_file import BatchOrder, CreditTransfer, Party
from backend.settlement.models import Batch, BatchLine, PaymentHold
from backend.shops.models import Shop
from heitje.money import Cents

BANK_FILE: Final = "pain.001.xml"
LANGUAGE: Final = "nl"
"""What the night writes statements in; others when they are asked for."""
NIGHT: Final = "night"
"""Who asks for approval of a batch."""


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who pays: the programme, and its reserve account."""

    programme: str
    party: Party


def settle(day: date, run: int, debtor: Debtor, directory: Path, now: int) -> Batch:
    """Run the night for `day` at Unix time `now`, or finish it where it stopped."""
    batch = cut(day, run, now)
    write_bank_file(batch, debtor)
    export(batch, debtor.programme, directory)
    return batch


def cut(day: date, run: int, now: int) -> Batch:
    """Move each shop's payable into the batch, once for each (day, run), in one transaction.

    Nothing is sent to an account that the bank rejected or returned.
    """
    with transaction.atomic():
        lock((LOSS_FUND,))  # another night waits here, and then finds this one's batch
        batch = Batch.objects.filter(date=day, run=run).first()
        if batch is not None:
            return batch
        held = PaymentHold.objects.filter(released_at=None, iban=F("shop__iban")).values("shop")
        owing = Account.objects.filter(kind=AccountKind.PAYABLE, balance__gt=0).exclude(owner__in=held)
        cover_waiting(owing.values_list("owner", flat=True), now)
        owed = lock(payable(owner) for owner in owing.values_list("owner", flat=True))
        batch = Batch.objects.create(date=day, run=run, cut_at=now)
        owed_to = {name.owner: held.balance for name, held in owed.items() if held.balance > 0}
        shops = Shop.objects.in_bulk(owed_to)
        _write_lines(batch, owed_to, shops)
        cuts = [
            events.settlement_cut(f"settlement:{batch}:{shop}", shop, Cents(owed), str(batch))
            for shop, owed in owed_to.items()
        ]
        post_all(cuts, now)
    return batch


def write_bank_file(batch: Batch, debtor: Debtor) -> None:
    """Write and store the file's bytes, unless they are stored. A batch without lines has no file."""
    lines = batch.lines.order_by("shop_id")
    if batch.bank_file or not lines:
        return
    order = BatchOrder(
        programme=debtor.programme,
        debtor=debtor.party,
        execution=batch.date,
        run=batch.run,
        created_at=batch.cut_at,
        transfers=tuple(
            CreditTransfer(line.shop_id, Party(line.name, line.iban), Cents(line.amount)) for line in lines
        ),
    )
    document = bank_file.write(order)
    batch.bank_file, batch.sha256 = document, hashlib.sha256(document).hexdigest()
    with transaction.atomic():
        batch.save(update_fields=["bank_file", "sha256"])
        _ask(batch, batch.cut_at)


def export(batch: Batch, programme: str, directory: Path) -> None:
    """Make the copies on disk: the bank file and a statement for each shop, each whole or not at all."""
    folder = folder_of(batch, directory)
    folder.mkdir(parents=True, exist_ok=True)
    if batch.bank_file:
        _replace(folder / BANK_FILE, bytes(batch.bank_file), private=True)
    export_csv(batch, programme, directory, LANGUAGE)


def export_csv(batch: Batch, programme: str, directory: Path, language: str, shop: str = "") -> list[Path]:
    """Make the statements as CSV, of all shops of a batch or of one; their files."""
    folder = folder_of(batch, directory)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    still_open = statements.open_rows(shop)
    for line, rows in statements.rows_by_line(batch, shop):
        path = folder / f"statement-{line.shop_id}-{language}.csv"
        sent = statements.sent_row(line, _reference(programme, line))
        _replace(path, statements.as_csv(rows, sent, still_open.get(line.shop_id, ()), language))
        written.append(path)
    return written


def export_pdf(batch: Batch, debtor: Debtor, directory: Path, language: str, shop: str = "") -> list[Path]:
    """Make the statements on paper, of all shops of a batch or of one; their files."""
    folder = folder_of(batch, directory)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    still_open = statements.open_rows(shop)
    for line, rows in statements.rows_by_line(batch, shop):
        path, reference = folder / f"statement-{line.shop_id}-{language}.pdf", _reference(debtor.programme, line)
        held = still_open.get(line.shop_id, ())
        _replace(path, statement_pdf.write(line, debtor.party.name, reference, rows, held, language))
        written.append(path)
    return written


def rows_of(batch: Batch) -> int:
    """How many rows of the book its lines span at most: what its statements cost."""
    spans = batch.lines.aggregate(first=Min("first_transfer"), last=Max("last_transfer"))
    return 0 if spans["last"] is None else spans["last"] - max(0, spans["first"] - 1)


def approve(batch: Batch, official: str, now: int) -> int:
    """A treasurer's yes, once; how many of the two there are. Raises `NotApproved`."""
    if not batch.bank_file:
        raise NotApproved("this batch has no bank file")
    if is_released(batch):
        return APPROVALS
    asked = _ask(batch, now)
    approvals.approve(asked.pk, official, now)
    return asked.approvals.count()


def is_released(batch: Batch) -> bool:
    """Whether two officials approved: before that the file is neither downloaded nor sent."""
    return release_of(batch) is not None


def release_of(batch: Batch) -> Request | None:
    """The request that two officials approved."""
    asked = Request.objects.filter(matter=Matter.BANK_BATCH, subject=str(batch), refused_at=None).order_by("-id")
    return next((found for found in asked if approvals.is_approved(found)), None)


def yes_count(batch: Batch) -> int:
    """How many officials have approved what is asked for now."""
    asked = Request.objects.filter(matter=Matter.BANK_BATCH, subject=str(batch), refused_at=None).last()
    return 0 if asked is None else asked.approvals.count()


def hand_over(batch: Batch, now: int) -> bytes:
    """The file's bytes, for the bank; that they left is in the acts, the first time. Raises `NotApproved`."""
    asked = release_of(batch)
    if asked is None:
        raise NotApproved(f"{yes_count(batch)} of {APPROVALS} officials approved this batch")
    if asked.carried_out_at is None:
        approvals.carry_out(asked.pk, lambda _content: None, now)
    return bytes(batch.bank_file)


def folder_of(batch: Batch, directory: Path) -> Path:
    """Where a batch's files are."""
    return directory / str(batch)


def _ask(batch: Batch, now: int) -> Request:
    """What treasurers are asked: this file, by its digest."""
    total = batch.lines.aggregate(sum=Sum("amount"))["sum"]
    content = {"date": batch.date.isoformat(), "run": batch.run, "sha256": batch.sha256, "cents": total}
    return approvals.request(Matter.BANK_BATCH, str(batch), content, NIGHT, now)


def _write_lines(batch: Batch, owed_to: dict[str, int], shops: dict[str, Shop]) -> None:
    """What each shop is sent, and which rows of the book that pays: those since its line before."""
    before = dict(BatchLine.objects.filter(shop__in=shops).values_list("shop").annotate(Max("last_transfer")))
    owing = Account.objects.filter(kind=AccountKind.PAYABLE, owner__in=shops)
    last = dict(owing.values_list("owner", "last_transfer"))
    BatchLine.objects.bulk_create(
        [
            BatchLine(
                batch=batch,
                shop=shop,
                amount=owed_to[shop_id],
                name=shop.name,
                iban=shop.iban,
                first_transfer=before.get(shop_id, 0) + 1,
                last_transfer=last[shop_id],
            )
            for shop_id, shop in shops.items()
        ]
    )


def _reference(programme: str, line: BatchLine) -> str:
    return bank_file.creditor_reference(programme, line.batch.date, line.batch.run, line.shop_id)


def _replace(path: Path, content: bytes, private: bool = False) -> None:
    """Put a file in place whole: written aside, then renamed; a private one is its owner's alone, and flushed first.

    A statement that a power cut leaves empty is made again by the next run, from the book.
    """
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as file:
        if private:
            aside.chmod(0o600)
        file.write(content)
        if private:
            file.flush()
            os.fsync(file.fileno())
    aside.replace(path)
