# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Print runs of notes: made and paid for once, denied until handed out, void where spoilt or left over (docs/notes.md).

A run is one transaction: its numbers, its signed notes and what they cost are in the books together or not at all, so
whatever is killed afterwards, the same order prints the same notes. A run of a *stock* is paid by a grant's account of
a pick-up point. When one of its notes goes to a citizen, the citizen's coins take the place of the stock's in it, and
those go back to the stock.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import transaction

from backend.ledger import events
from backend.ledger.accounts import AccountKind, AccountName
from backend.ledger.posting import Event, Overdrawn, post_all
from backend.minting.keystore import KeyStore
from backend.minting.models import IssuedVoucher, PrintedNote, PrintRun
from backend.minting.print_limits import LANGUAGES, NOTES_MAX, PAPERS, PER_SHEET
from backend.minting.vouchers import NotIssued, Payer, draft_note, issue
from backend.officials import acts, staff
from backend.officials.roles import Role
from backend.shops.models import Shop
from heitje.money import Cents


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be printed. `notes`: how many of which value in cents, in the order of their numbers."""

    home: str
    notes: tuple[tuple[int, int], ...]
    kind: str
    owner: str
    """The account that pays: its kind, and whose it is."""
    citizen: str = ""
    """Whose the notes are; empty for a stock, and for a note's refund, which is whoever's has the receipt."""
    language: str = "nl"
    paper: str = "a4"
    scope: tuple[str, ...] = ()

    @property
    def is_stock(self) -> bool:
        """Who gets one of its notes pays for it."""
        return self.kind == AccountKind.EARMARKED and not self.citizen


def make_run(event: str, order: Order, by: str, programme: str, key_store: KeyStore, at: int) -> PrintRun:
    """Make the notes of an order, once: the same `event` again is the run that is there.

    Raises `NotIssued`: `by` does not stand at a desk, the account that pays holds less, no such shop or value.
    `KeysRefused`: no key signs. Then nothing has changed.
    """
    _check(order, by)
    written = json.dumps(asdict(order), sort_keys=True, separators=(",", ":"))
    with transaction.atomic():
        acts.lock()
        run, new = PrintRun.objects.get_or_create(
            event=event, defaults={"order": written, "made_by": by, "made_at": at}
        )
        if not new:
            if run.order != written:
                raise NotIssued(f"{event} is the name of another order")
            return run
        home = Shop.objects.filter(id=order.home).first()
        if home is None:
            raise NotIssued(f"there is no shop {order.home}")
        values = [value for count, value in order.notes for _ in range(count)]
        drafts = [draft_note(programme, value, home, at, order.scope) for value in values]
        payer = Payer(AccountName(AccountKind(order.kind), order.owner), order.citizen, order.scope)
        notes = issue(drafts, payer, key_store, home=home)
        PrintedNote.objects.bulk_create(
            PrintedNote(run=run, number=number, voucher=voucher) for number, voucher in enumerate(notes, start=1)
        )
        acts.record(by, "notes made", str(run.pk), at, {"order": asdict(order), "cents": sum(values)})
        return run


def order_of(run: PrintRun) -> Order:
    """What a run was made of."""
    values = json.loads(run.order)
    values["notes"] = tuple((count, value) for count, value in values["notes"])
    return Order(**{**values, "scope": tuple(values["scope"])})


def sheet_of(run: PrintRun, number: int) -> int:
    """The sheet on which a note stands; both count from 1."""
    return (number - 1) // PER_SHEET[order_of(run).paper] + 1


def notes_on(run: PrintRun, first_sheet: int, last_sheet: int) -> tuple[int, int]:
    """First and last note of some sheets. Raises `NotIssued` for sheets that the run does not have."""
    count, size = run.notes.count(), PER_SHEET[order_of(run).paper]
    if not 1 <= first_sheet <= last_sheet <= sheet_of(run, count):
        raise NotIssued(f"{run} has the sheets 1 to {sheet_of(run, count)}")
    return (first_sheet - 1) * size + 1, min(last_sheet * size, count)


def hand_out(run: PrintRun, first: int, last: int, by: str, at: int, to: str = "") -> int:
    """Notes leave the desk, all or none; how many had not before. From the next publication on tills take them.

    `to`: the citizen who gets notes of a stock, and pays for them. Raises `NotIssued`: a note of the range is void or
    has ended, the citizen's account holds less, a stock's notes go to nobody.
    """
    stock = order_of(run).is_stock
    if stock != bool(to):
        raise NotIssued("notes of a stock are handed to a citizen" if stock else "these notes are paid for")
    with transaction.atomic():
        acts.lock()
        waiting = [note for note in _range(run, first, last, by) if note.handed_out_at is None]
        for note in waiting:
            if note.voided_at is not None or note.expires_at <= at:
                raise NotIssued(f"note {note.printed} is void or has ended")
        if to:
            _exchange(waiting, to, at)
        for note in waiting:
            note.handed_out_at = at
        IssuedVoucher.objects.bulk_update(waiting, ["handed_out_at", "citizen", "source_kind", "source_owner"])
        if waiting:
            acts.record(by, "notes handed out", str(run.pk), at, {"first": first, "last": last, "to": to})
        return len(waiting)


def void(run: PrintRun, first: int, last: int, by: str, at: int, reason: str) -> int:
    """Notes that were spoilt or are left over, all or none; how many were not void before.

    They stay on the deny list; after the upload window their value goes back to the account that paid. Raises
    `NotIssued` where one was handed out: it may be in anybody's pocket.
    """
    with transaction.atomic():
        acts.lock()
        waiting = [note for note in _range(run, first, last, by) if note.voided_at is None]
        if out := [str(note.printed) for note in waiting if note.handed_out_at is not None]:
            raise NotIssued(f"handed out: {', '.join(out)}")
        for note in waiting:
            note.voided_at = at
        IssuedVoucher.objects.bulk_update(waiting, ["voided_at"])
        if waiting:
            acts.record(by, f"notes void: {reason}", str(run.pk), at, {"first": first, "last": last})
        return len(waiting)


def _check(order: Order, by: str) -> None:
    if not staff.has_role(by, Role.DESK):
        raise NotIssued(f"{by} stands at no {Role.DESK}")
    count = sum(number for number, _ in order.notes)
    if not 1 <= count <= NOTES_MAX or any(number < 1 for number, _ in order.notes):
        raise NotIssued(f"a run has 1 to {NOTES_MAX} notes")
    if order.language not in LANGUAGES or order.paper not in PAPERS:
        raise NotIssued(f"notes are in {', '.join(LANGUAGES)}, on {' or '.join(PAPERS)}")


def _range(run: PrintRun, first: int, last: int, by: str) -> list[IssuedVoucher]:
    """The notes of a range, locked. Raises `NotIssued`."""
    if not staff.has_role(by, Role.DESK):
        raise NotIssued(f"{by} stands at no {Role.DESK}")
    found = list(
        IssuedVoucher.objects.select_for_update(of=("self",))
        .select_related("printed")
        .filter(printed__run=run, printed__number__range=(first, last))
        .order_by("printed__number")
    )
    if not 1 <= first <= last or len(found) != last - first + 1:
        raise NotIssued(f"{run} has the notes 1 to {run.notes.count()}")
    return found


def _exchange(notes: Sequence[IssuedVoucher], citizen: str, at: int) -> None:
    """The stock's coins leave these notes and a citizen's come in. Raises `NotIssued`."""
    posted: list[Event] = []
    for note in notes:
        value = Cents(note.amount)
        posted.append(events.voucher_expired(f"exchange:{note.cti}:back", note.account, note.source, value))
        posted.append(events.note_issued(f"exchange:{note.cti}:paid", value, citizen, note.cti))
        note.citizen, note.source_kind, note.source_owner = citizen, AccountKind.CITIZEN, citizen
    try:
        post_all(posted, at)
    except Overdrawn as error:
        raise NotIssued(f"{citizen} has not earned that much") from error
