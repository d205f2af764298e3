# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every event that moves money, as LEDGER.md section 1 lists them: debit → credit, and nothing else moves any.

Each function makes an `Event` to post; the id is made by whoever caused it and stored before it is sent.
"""

from typing import Final

from backend.ledger import accounts
from backend.ledger.accounts import AccountName
from backend.ledger.posting import Event, Line
from heitje.money import Cents

REDEEMED: Final = "redeemed"
"""The first claim on an instrument; almost all that is in the book."""


def reserve_funded(event_id: str, amount: Cents, statement_line: str) -> Event:
    """A line of the bank's statement: money came into the reserve."""
    return _single(event_id, "reserve funded", accounts.RESERVE, accounts.FREE_COVER, amount, statement_line)


def excess_withdrawn(event_id: str, amount: Cents, statement_line: str) -> Event:
    """Cover that nothing needs leaves the reserve."""
    return _single(event_id, "excess withdrawn", accounts.FREE_COVER, accounts.RESERVE, amount, statement_line)


def bank_charged(event_id: str, amount: Cents, statement_line: str) -> Event:
    """The bank's own charge, paid out of free cover."""
    return _single(event_id, "bank charge", accounts.FREE_COVER, accounts.RESERVE, amount, statement_line)


def credit_unidentified(event_id: str, amount: Cents, statement_line: str) -> Event:
    """Money came in, and nobody knows yet what for."""
    return _single(event_id, "unknown credit", accounts.RESERVE, accounts.UNIDENTIFIED, amount, statement_line)


def credit_explained(event_id: str, amount: Cents, to: AccountName, statement_line: str) -> Event:
    """A person knows where an unknown credit belongs: to the cover, to a shop, or back to its sender."""
    return _single(event_id, "credit explained", accounts.UNIDENTIFIED, to, amount, statement_line)


def loss_fund_filled(event_id: str, amount: Cents) -> Event:
    """Cover set aside for conflicts."""
    return _single(event_id, "loss fund filled", accounts.FREE_COVER, accounts.LOSS_FUND, amount)


def task_published(event_id: str, amount: Cents, task: str) -> Event:
    """The rewards of a task are promised."""
    return _single(event_id, "task published", accounts.FREE_COVER, accounts.COMMITTED, amount, task)


def task_withdrawn(event_id: str, amount: Cents, task: str) -> Event:
    """What was promised and not earned is free again."""
    return _single(event_id, "task withdrawn", accounts.COMMITTED, accounts.FREE_COVER, amount, task)


def task_validated(event_id: str, amount: Cents, task: str, earner: str) -> Event:
    """The mint: coins come into being, from what was promised; a team is named with `team:` before its number."""
    return _single(event_id, "task validated", accounts.COMMITTED, accounts.earner(earner), amount, task)


def wrongly_validated(event_id: str, amount: Cents, task: str, earner: str) -> Event:
    """What should not have been minted is taken back, as far as it is not spent."""
    return _single(event_id, "clawed back", accounts.earner(earner), accounts.FREE_COVER, amount, task)


def team_shared(event_id: str, amount: Cents, team: str, citizen: str) -> Event:
    """A team gives one of its people a share."""
    return _single(event_id, "team shared", accounts.team(team), accounts.citizen(citizen), amount)


def grant_promised(event_id: str, amount: Cents, grant: str) -> Event:
    """Earmarked money is promised."""
    return _single(event_id, "grant promised", accounts.FREE_COVER, accounts.COMMITTED, amount, grant)


def grant_withdrawn(event_id: str, amount: Cents, grant: str) -> Event:
    """What was promised of a grant and not paid is free again."""
    return _single(event_id, "grant withdrawn", accounts.COMMITTED, accounts.FREE_COVER, amount, grant)


def grant_paid(event_id: str, amount: Cents, grant: str, citizen: str) -> Event:
    """The mint: a citizen's earmarked money, from what was promised."""
    return _single(event_id, "grant paid", accounts.COMMITTED, accounts.earmarked(grant, citizen), amount, grant)


def load_sent(event_id: str, amount: Cents, source: AccountName, uid: str) -> Event:
    """A load is on its way to a card: from a citizen's account, or from the purse of the card that it replaces."""
    return _single(event_id, "load sent", source, accounts.load_in_flight(uid), amount)


def load_proven(event_id: str, amount: Cents, uid: str) -> Event:
    """A load is on the card."""
    return _single(event_id, "load proven", accounts.load_in_flight(uid), accounts.purse(uid), amount)


def load_not_done(event_id: str, amount: Cents, source: AccountName, uid: str) -> Event:
    """A load is proven not to be on the card: back to where it came from."""
    return _single(event_id, "load not done", accounts.load_in_flight(uid), source, amount)


def allowance_issued(event_id: str, amount: Cents, citizen: str, cti: str, source: AccountName | None = None) -> Event:
    """Value goes to the phone: from the citizen's account, or from another that holds coins (`source`)."""
    return _single(event_id, "allowance issued", source or accounts.citizen(citizen), accounts.allowance(cti), amount)


def note_issued(event_id: str, amount: Cents, citizen: str, cti: str, source: AccountName | None = None) -> Event:
    """Value goes to a paper note: from the citizen's account, or from another that holds coins (`source`)."""
    return _single(event_id, "note issued", source or accounts.citizen(citizen), accounts.note(cti), amount)


def voucher_expired(event_id: str, voucher: AccountName, owner: AccountName, amount: Cents) -> Event:
    """What an allowance or a note still held, after the upload window: back to the account that it came from."""
    return _single(event_id, "voucher expired", voucher, owner, amount)


def coins_expired(event_id: str, owner: AccountName, amount: Cents, by_law: str) -> Event:
    """Coins that a citizen did not spend in time, where a by-law says so."""
    return _single(event_id, "coins expired", owner, accounts.FREE_COVER, amount, by_law)


def redeemed(event_id: str, instrument: AccountName, shop: str, amount: Cents, reference: str) -> Event:
    """The first claim on a purse, an allowance or a note."""
    return _single(event_id, REDEEMED, instrument, accounts.payable(shop), amount, reference)


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


def recovered(event_id: str, citizen: str, amount: Cents, reference: str) -> Event:
    """What the loss fund paid for a citizen comes back out of what the citizen has earned since."""
    return _single(event_id, "recovered", accounts.citizen(citizen), accounts.LOSS_FUND, amount, reference)


def settlement_cut(event_id: str, shop: str, amount: Cents, batch: str) -> Event:
    """What is owed to a shop goes into a batch for the bank."""
    return _single(event_id, "settlement cut", accounts.payable(shop), accounts.IN_BATCH, amount, batch)


def payment_rejected(event_id: str, shop: str, amount: Cents, batch: str) -> Event:
    """The bank did not take a line of a batch: it is owed to the shop again."""
    return _single(event_id, "rejected by the bank", accounts.IN_BATCH, accounts.payable(shop), amount, batch)


def payments_booked(event_id: str, amount: Cents, batch: str) -> Event:
    """The bank's statement shows that a batch, or lines of it, left the reserve."""
    return _single(event_id, "booked by the bank", accounts.IN_BATCH, accounts.RESERVE, amount, batch)


def payment_returned(event_id: str, shop: str, amount: Cents, batch: str) -> Event:
    """A payment that was booked came back from the shop's bank."""
    return _single(event_id, "returned by the bank", accounts.RESERVE, accounts.returned(shop), amount, batch)


def paid_again(event_id: str, shop: str, amount: Cents, batch: str) -> Event:
    """A payment that came back is owed again: the next batch sends it."""
    return _single(event_id, "paid again", accounts.returned(shop), accounts.payable(shop), amount, batch)


def _single(
    event_id: str, kind: str, debit: AccountName, credit: AccountName, amount: Cents, reference: str = ""
) -> Event:
    return Event(event_id, kind, (Line(debit, credit, amount),), reference)
