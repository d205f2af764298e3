# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A note's refund becomes new notes at the pick-up point, never cash (LEDGER.md section 1)."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from backend.ledger import accounts
from backend.ledger.accounts import AccountKind
from backend.ledger.locking import lock
from backend.minting import print_runs
from backend.minting.keystore import KeyStore
from backend.minting.models import PrintRun
from backend.minting.print_runs import Order
from backend.minting.vouchers import NOTE_VALUES, NotIssued
from backend.officials import acts
from backend.redemption.models import MAIN, Refund

_LARGEST_FIRST: Final = sorted(NOTE_VALUES, reverse=True)


@dataclass(frozen=True, slots=True)
class Refunded:
    """What a shop gave back: the terminal and its entry, as the receipt names them."""

    terminal: str
    seq: int

    def __str__(self) -> str:
        return f"{self.terminal}/{self.seq}"


@dataclass(frozen=True, slots=True)
class Paper:
    """What the notes look like, and the shop that takes them offline."""

    home: str
    language: str = "nl"
    paper: str = "a4"


@dataclass(frozen=True, slots=True)
class Given:
    """The notes, and the cents that stay for the next time because no note is so small."""

    run: PrintRun
    left: int


def give(refunded: Refunded, paper: Paper, by: str, programme: str, key_store: KeyStore, now: int) -> Given:
    """Make a print run of what a shop gave back; the same receipt again is the run that was made.

    If more was covered since, that is another run. Like any note they are denied until they are handed out. Raises
    `NotIssued`: `by` stands at no desk, nothing is due. `KeysRefused`.
    """
    with transaction.atomic():
        acts.lock()
        entry = {"entry__terminal": refunded.terminal, "entry__branch": MAIN, "entry__seq": refunded.seq}
        refund = Refund.objects.filter(**entry).first()
        account = accounts.note(f"refund {0 if refund is None else refund.pk}")
        held = lock((account,)).get(account)
        left, values = 0 if held is None else held.balance, list[int]()
        while fitting := next((value for value in _LARGEST_FIRST if value <= left), None):
            values.append(fitting)
            left -= fitting
        made, name = _runs(refunded)
        if not values:
            if made is None:
                raise NotIssued(f"no note is due for entry {refunded.seq} of terminal {refunded.terminal}")
            return Given(made, left)
        notes = tuple((number, value) for value, number in Counter(values).items())
        order = Order(paper.home, notes, AccountKind.NOTE, account.owner, "", paper.language, paper.paper)
        run = print_runs.make_run(name, order, by, programme, key_store, now)
        acts.record(by, "refund given in notes", str(refunded), now, {"run": run.pk, "left": left})
        return Given(run, left)


def _runs(refunded: Refunded) -> tuple[PrintRun | None, str]:
    """The last run of a refund, and what its next one is called."""
    last, name, part = None, f"refund {refunded}", 1
    while run := PrintRun.objects.filter(event=name).first():
        part += 1
        last, name = run, f"refund {refunded} part {part}"
    return last, name
