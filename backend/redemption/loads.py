# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A load as the chain and the book see it (CARD.md section 7, LEDGER.md section 1)."""

from backend.ledger import accounts, events
from backend.ledger.accounts import AccountName
from backend.ledger.posting import Event
from backend.minting.models import Load
from backend.redemption.chain import Link
from heitje.card.load import tmri_of
from heitje.money import Cents


def tmri_of_load(load: Load) -> str:
    """The reader id of a load, in hex: no terminal's, and its number."""
    return tmri_of(load.number).hex()


def link_of_load(load: Load, *, has_mac: bool) -> Link | None:
    """The link that a load is, if the card committed it; none before the card was asked."""
    if load.tmc_before is None or load.balance_before is None:
        return None
    tmri = tmri_of_load(load)
    return Link(load.tmc_before + 1, tmri, load.previous_tmri, load.balance_before, -load.amount, has_mac)


def source_of(load: Load) -> AccountName:
    """Which account a load's money comes from."""
    return accounts.citizen(load.citizen) if load.source_id is None else accounts.purse(load.source_id)


def sent_event(load: Load) -> Event:
    """A load is on its way."""
    return events.load_sent(f"load:{load.number}:sent", Cents(load.amount), source_of(load), load.card_id)


def proven_event(load: Load) -> Event:
    """A load is on the card."""
    return events.load_proven(f"load:{load.number}:proven", Cents(load.amount), load.card_id)


def not_done_event(load: Load) -> Event:
    """A load never happened."""
    return events.load_not_done(f"load:{load.number}:not done", Cents(load.amount), source_of(load), load.card_id)
