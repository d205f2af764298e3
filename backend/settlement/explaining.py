# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person's word on what the bank did: unknown credits and debits, payments that came back (LEDGER.md section 1)."""

from django.db import transaction
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from backend.ledger import accounts, events, minting_stop
from backend.ledger.locking import lock
from backend.ledger.posting import Event, Overdrawn, post
from backend.officials import acts
from backend.settlement import bank_import, treasurers
from backend.settlement.matching import booked_as_a_whole
from backend.settlement.models import (
    BankEntry,
    Batch,
    BatchLine,
    FundingSource,
    LineState,
    Meaning,
    PaymentHold,
)
from backend.settlement.treasurers import TreasuryRefused
from heitje.money import Cents


class NotExplained(TreasuryRefused):
    """It stays as it is; the text says why."""


def explain(
    entry: int, meaning: Meaning, official: str, now: int, *, batch: Batch | None = None, shop: str = "", of: int = 0
) -> BankEntry:
    """Say what an unknown entry is, at Unix time `now`. Raises `TreasuryRefused`.

    A credit: funding, or a payment to `shop` in `batch` that came back. A debit: excess withdrawn, a bank charge, the
    whole of `batch`, or the unknown credit `of` sent back. Where it was the last unknown debit, minting goes on.
    """
    with transaction.atomic():
        acts.lock()
        lock((accounts.LOSS_FUND,))
        found = _open(entry, credit=meaning in (Meaning.FUNDING, Meaning.RETURNS))
        name = f"{bank_import.event_of(found)}:explained"
        treasurers.act(official, "bank entry explained", str(found), now, {"as": str(meaning), "cents": found.amount})
        try:
            match meaning:
                case Meaning.FUNDING:
                    post(_explained(found, name, accounts.FREE_COVER), now)
                case Meaning.RETURNS:
                    _come_back(found, name, _line(batch, shop), now)
                case Meaning.EXCESS:
                    post(events.excess_withdrawn(name, Cents(found.amount), found.reference), now)
                case Meaning.CHARGE:
                    post(events.bank_charged(name, Cents(found.amount), found.reference), now)
                case Meaning.PAYMENTS:
                    _book(found, name, batch, now)
                case Meaning.SENT_BACK:
                    _send_back(found, name, of, official, now)
                case _:
                    raise NotExplained(f"nothing is explained by being {meaning}")
        except Overdrawn as error:
            raise NotExplained("there is too little free cover for this") from error
        minting_stop.lift(bank_import.event_of(found), official, now)
        return _close(found, meaning, name, official, now)


def pay_again(shop: str, official: str, now: int) -> int:
    """Send to a shop once more what came back, and what the bank rejected; how many cents came back so far.

    Raises `TreasuryRefused`, also where nothing was held.
    """
    with transaction.atomic():
        acts.lock()
        lock((accounts.LOSS_FUND,))
        lines = _returned(shop)
        if not lines and not PaymentHold.objects.filter(shop=shop, released_at=None).exists():
            raise NotExplained(f"nothing of {shop} is held")
        treasurers.act(official, "payments released", shop, now, {"lines": [str(line) for line in lines]})
        return send_again(shop, official, now)


def send_again(shop: str, by: str, now: int) -> int:
    """Owe a shop again what came back, in the caller's transaction; how many cents. `by` says whose doing it is."""
    lines = _returned(shop)
    for line in lines:
        name = f"paid again:{line.batch}:{shop}"
        post(events.paid_again(name, shop, Cents(line.amount), str(line.batch)), now)
    BatchLine.objects.filter(pk__in=[line.pk for line in lines]).update(state=LineState.PAID_AGAIN)
    PaymentHold.objects.filter(shop=shop, released_at=None).update(released_at=now, released_by=by)
    return sum(line.amount for line in lines)


def name_source(iban: str, name: str, official: str, now: int) -> FundingSource:
    """Name an account of the municipality's own: what comes from it funds the reserve. Raises `TreasuryRefused`."""
    try:
        checked = IBAN(iban).compact
    except SchwiftyException as error:
        raise NotExplained(f"{iban}: {error}") from error
    with transaction.atomic():
        treasurers.act(official, "funding source named", checked, now, {"name": name})
        source, _ = FundingSource.objects.get_or_create(
            iban=checked, defaults={"name": name, "official": official, "at": now}
        )
    return source


def _returned(shop: str) -> list[BatchLine]:
    returned = BatchLine.objects.filter(shop=shop, state=LineState.RETURNED)
    return list(returned.select_related("batch").defer("batch__bank_file").order_by("id"))


def _open(entry: int, *, credit: bool) -> BankEntry:
    found = BankEntry.objects.select_related("statement").filter(pk=entry).first()
    wanted = Meaning.UNKNOWN_CREDIT if credit else Meaning.UNKNOWN_DEBIT
    if found is None or found.meaning != wanted:
        raise NotExplained(f"there is no {wanted} {entry}")
    return found


def _close(entry: BankEntry, meaning: Meaning, event: str, official: str, now: int) -> BankEntry:
    entry.meaning, entry.event, entry.explained_by, entry.explained_at = meaning, event, official, now
    entry.save(update_fields=["meaning", "event", "explained_by", "explained_at"])
    return entry


def _explained(entry: BankEntry, name: str, to: accounts.AccountName) -> Event:
    return events.credit_explained(name, Cents(entry.amount), to, entry.reference)


def _line(batch: Batch | None, shop: str) -> BatchLine:
    line = None if batch is None else batch.lines.filter(shop=shop).first()
    if line is None:
        raise NotExplained("a payment that came back is named by its batch and its shop")
    return line


def _come_back(entry: BankEntry, name: str, line: BatchLine, now: int) -> None:
    if line.state != LineState.BOOKED or line.amount != entry.amount:
        raise NotExplained(f"{line.shop_id} was not paid {entry.amount} cents by that batch")
    post(_explained(entry, name, accounts.returned(line.shop_id)), now)
    line.state = LineState.RETURNED
    line.save(update_fields=["state"])
    bank_import.hold_payments([(line, "came back")], now)


def _book(entry: BankEntry, name: str, batch: Batch | None, now: int) -> None:
    lines = [] if batch is None else list(batch.lines.all())
    found = booked_as_a_whole(lines, name, Cents(entry.amount))
    if found is None:
        raise NotExplained("the batch's lines that are not booked yet are another sum")
    bank_import.post(entry, found, now)


def _send_back(entry: BankEntry, name: str, of: int, official: str, now: int) -> None:
    credit = _open(of, credit=True)
    if credit.amount != entry.amount:
        raise NotExplained(f"entry {of} is another sum")
    post(_explained(credit, name, accounts.RESERVE), now)
    _close(credit, Meaning.SENT_BACK, name, official, now)
