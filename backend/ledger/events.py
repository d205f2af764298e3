# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every event that moves money, as LEDGER.md section 1 lists them: debit → credit, and nothing else moves any.

Each function makes an `Event` to post; the id is made by whoever caused it and stored before it is sent.
"""

from backend.ledger import accounts
from backend.ledger.accounts import AccountName
from backend.ledger.posting import Event, Line
from heitje.money import Cents


def reserve_funded(event_id: str, amount: Cents, statement_line: str) -> Event:
    """A line of the bank's statement: money came into the reserve."""
    return _single(event_id, "reserve funded", accounts.RESERVE, accounts.FREE_COVER, amount, statement_line)


def loss_fund_filled(event_id: str, amount: Cents) -> Event:
    """Cover set aside for conflicts."""
    return _single(event_id, "loss fund filled", accounts.FREE_COVER, accounts.LOSS_FUND, amount)


def task_published(event_id: str, amount: Cents, task: str) -> Event:
    """The rewards of a task are promised."""
    return _single(event_id, "task published", accounts.FREE_COVER, accounts.COMMITTED, amount, task)


def task_withdrawn(event_id: str, amount: Cents, task: str) -> Event:
    """What was promised and not earned is free again."""
    return _single(event_id, "task withdrawn", accounts.COMMITTED, accounts.FREE_COVER, amount, task)


def task_validated(event_id: str, amount: Cents, task: str, citizen: str) -> Event:
    """The mint: coins come into being, from what was promised."""
    return _single(event_id, "task validated", accounts.COMMITTED, accounts.citizen(citizen), amount, task)


def load_sent(event_id: str, amount: Cents, source: AccountName, uid: str) -> Event:
    """A load is on its way to a card: from a citizen's account, or from the purse of the card that it replaces."""
    return _single(event_id, "load sent", source, accounts.load_in_flight(uid), amount)


def load_proven(event_id: str, amount: Cents, uid: str) -> Event:
    """A load is on the card."""
    return _single(event_id, "load proven", accounts.load_in_flight(uid), accounts.purse(uid), amount)


def load_not_done(event_id: str, amount: Cents, source: AccountName, uid: str) -> Event:
    """A load is proven not to be on the card: back to where it came from."""
    return _single(event_id, "load not done", accounts.load_in_flight(uid), source, amount)


def allowance_issued(event_id: str, amount: Cents, citizen: str, cti: str) -> Event:
    """Value goes from the citizen's account to the phone."""
    return _single(event_id, "allowance issued", accounts.citizen(citizen), accounts.allowance(cti), amount)


def note_issued(event_id: str, amount: Cents, citizen: str, cti: str) -> Event:
    """Value goes from the citizen's account to a paper note."""
    return _single(event_id, "note issued", accounts.citizen(citizen), accounts.note(cti), amount)


def redeemed(event_id: str, instrument: AccountName, shop: str, amount: Cents, reference: str) -> Event:
    """The first claim on a purse, an allowance or a note."""
    return _single(event_id, "redeemed", instrument, accounts.payable(shop), amount, reference)


def redeemed_later(event_id: str, parts: tuple[tuple[AccountName, Cents], ...], shop: str, reference: str) -> Event:
    """A later claim, or one of more than is left: what each account pays, in order; parts of nothing are left out."""
    lines = tuple(Line(name, accounts.payable(shop), amount) for name, amount in parts if amount > 0)
    return Event(event_id, "redeemed later", lines, reference)


def not_given(event_id: str, uid: str, citizen: str, amount: Cents, reference: str) -> Event:
    """The card committed and the goods were not given: back to the citizen."""
    return _single(event_id, "not given", accounts.purse(uid), accounts.citizen(citizen), amount, reference)


def unclaimed(event_id: str, uid: str, citizen: str, amount: Cents) -> Event:
    """The card paid, and nobody claimed it by the window's end: back to the citizen."""
    return _single(event_id, "unclaimed", accounts.purse(uid), accounts.citizen(citizen), amount)


def refunded(event_id: str, shop: str, to: AccountName, amount: Cents, reference: str) -> Event:
    """The shop gives back: to the citizen's account, or for a note to a new note at the pick-up point."""
    return _single(event_id, "refunded", accounts.payable(shop), to, amount, reference)


def settlement_cut(event_id: str, shop: str, amount: Cents, batch: str) -> Event:
    """What is owed to a shop goes into a batch for the bank."""
    return _single(event_id, "settlement cut", accounts.payable(shop), accounts.IN_BATCH, amount, batch)


def _single(
    event_id: str, kind: str, debit: AccountName, credit: AccountName, amount: Cents, reference: str = ""
) -> Event:
    return Event(event_id, kind, (Line(debit, credit, amount),), reference)
