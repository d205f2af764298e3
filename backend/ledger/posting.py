# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Posting events into the book: once each, whole, and in the caller's transaction.

"Already there" is success: the same event again posts nothing and says so. The database refuses what must not be; this
module only gives those refusals a name.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from django.db import IntegrityError, connection, transaction

from backend.ledger.accounts import AccountKind, AccountName
from backend.ledger.locking import Held, find, lock, open_accounts
from backend.ledger.models import Transfer
from backend.ledger.rows import BIGINT, SMALLINT, TEXT, Columns, insert
from heitje.money import Cents

_TRANSFERS: Final = Columns(
    "ledger_transfer",
    (
        ("event", TEXT),
        ("line", SMALLINT),
        ("kind", TEXT),
        ("debit_id", BIGINT),
        ("credit_id", BIGINT),
        ("amount", BIGINT),
        ("reference", TEXT),
        ("at", BIGINT),
    ),
)


class LedgerRefused(Exception):
    """The book does not take this event; nothing of it was posted."""


class EventDiffers(LedgerRefused):
    """An event of this id is in the book with other lines: two causes were given one id."""


class Overdrawn(LedgerRefused):
    """An account would go below zero."""


class MintingStopped(LedgerRefused):
    """The reserve is in doubt: nothing is minted until a person has explained why (`backend.ledger.minting_stop`)."""


class Line(NamedTuple):
    """One transfer of an event."""

    debit: AccountName
    credit: AccountName
    amount: Cents


class Event(NamedTuple):
    """What happened: its id was made by whoever caused it, `kind` is one row of LEDGER.md section 1."""

    id: str
    kind: str
    lines: tuple[Line, ...]
    reference: str = ""


class NewTransfer(NamedTuple):
    """An event of one line that is surely not in the book: its id, the debit account's number, cents, reference."""

    event: str
    debit: int
    amount: int
    reference: str


def post(event: Event, at: int) -> bool:
    """Post one event at Unix time `at`. True: posted now; False: already there. Raises `LedgerRefused`."""
    return bool(post_all((event,), at))


def post_all(
    events: Sequence[Event], at: int, locked: Mapping[AccountName, Held] = MappingProxyType({})
) -> frozenset[str]:
    """Post many events in one go; the ids of those that were not there yet. Raises `LedgerRefused`: none is posted.

    Their accounts are locked first, but those that the caller holds `locked`: of two transactions with one event the
    later one finds it posted, and the rows of an account are numbered in the order in which they came to count.
    """
    if not events:
        return frozenset()
    with transaction.atomic(savepoint=not locked):
        fresh: dict[str, Event] = {}
        for event in events:
            if fresh.setdefault(event.id, event).lines != event.lines:
                raise EventDiffers(f"{event.id} is told twice, with other lines")
        names = {name for event in events for line in event.lines for name in (line.debit, line.credit)}
        ids = {name: held.id for name, held in locked.items()} | _account_ids(names - locked.keys())
        if connection.vendor == "sqlite":  # its triggers end a statement that names a posted event
            _leave_out(fresh, list(fresh))
        posted = _write(fresh.values(), ids, at)
        there = [event.id for event in fresh.values() if posted[event.id] < len(event.lines)]
        if any(posted[event_id] for event_id in there):
            raise EventDiffers("an event is in the book with fewer lines")
        _leave_out(fresh, there)
    return frozenset(fresh)


def post_new(kind: str, transfers: Sequence[NewTransfer], credit: AccountName, at: int) -> None:
    """Post many events of one kind to one account. Inside the transaction that made sure that none is in the book.

    Their debit accounts are locked by the caller, `credit` is locked here. Raises `LedgerRefused`: none is posted.
    """
    if not transfers:
        return
    credit_id = _account_ids({credit})[credit]
    _insert([(new.event, 0, kind, new.debit, credit_id, new.amount, new.reference, at) for new in transfers])


def _write(events: Iterable[Event], ids: Mapping[AccountName, int], at: int) -> Counter[str]:
    """Insert the lines; how many of each event were not there."""
    rows = [
        (event.id, number, event.kind, ids[line.debit], ids[line.credit], line.amount, event.reference, at)
        for event in events
        for number, line in enumerate(event.lines)
    ]
    if connection.vendor == "sqlite":
        _insert(rows)
        return Counter(row[0] for row in rows)
    return Counter(event for (event,) in _insert(rows, "event", "event, line"))


def _insert(rows: Sequence[Sequence[Any]], returning: str = "", unless_there: str = "") -> list[tuple[Any, ...]]:
    """Insert transfers. Raises `LedgerRefused`."""
    try:
        return insert(_TRANSFERS, rows, returning, unless_there)
    except IntegrityError as error:
        if "minting is stopped" in str(error):
            raise MintingStopped("minting is stopped until a person has explained the bank's statement") from error
        if "balance" in str(error):  # in the name of the check
            raise Overdrawn("an account would go below zero") from error
        raise LedgerRefused(str(error)) from error


def _leave_out(events: dict[str, Event], suspected: Sequence[str]) -> None:
    """Take out those events that are in the book already. Raises `EventDiffers` for one with other lines."""
    if suspected:
        for event_id, lines in _known_lines(suspected).items():
            if events.pop(event_id).lines != lines:
                raise EventDiffers(f"{event_id} is in the book with other lines")


def balance(name: AccountName) -> Cents:
    """What an account holds now; an account that was never posted to holds nothing."""
    return balances((name,))[name]


def balances(names: Iterable[AccountName]) -> dict[AccountName, Cents]:
    """What several accounts hold now."""
    wanted = set(names)
    held = find(wanted)
    return {name: Cents(held[name].balance if name in held else 0) for name in wanted}


def _account_ids(names: set[AccountName]) -> dict[AccountName, int]:
    """Ids of these accounts, locked; those that do not exist are opened."""
    held = lock(names)
    if len(held) < len(names):
        open_accounts(names - held.keys())
        held = lock(names)
    return {name: account.id for name, account in held.items()}


def _known_lines(event_ids: Sequence[str]) -> dict[str, tuple[Line, ...]]:
    """The lines of those events that are in the book."""
    known: dict[str, tuple[Line, ...]] = {}
    rows = (
        Transfer.objects.filter(event__in=event_ids)
        .order_by("event", "line")
        .values_list("event", "amount", "debit__kind", "debit__owner", "credit__kind", "credit__owner")
    )
    for event, amount, debit_kind, debit_owner, credit_kind, credit_owner in rows:
        line = Line(
            AccountName(AccountKind(debit_kind), debit_owner),
            AccountName(AccountKind(credit_kind), credit_owner),
            Cents(amount),
        )
        known[event] = (*known.get(event, ()), line)
    return known
