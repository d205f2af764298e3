# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Cards: the municipality's first load, and suspension (CARD.md section 7)."""

from django.db import transaction

from backend.ledger import accounts, events
from backend.ledger.posting import Overdrawn, post_all
from backend.minting.models import Card
from heitje.money import Cents


class CardRefused(Exception):
    """This card cannot be issued; the text says why."""


def load_card_at_issue(uid: bytes, citizen: str, amount: Cents, at: int) -> Card:
    """Register a card whose first load is on it, and post that load: citizen → load in flight → purse.

    The card's chain starts here, at TMC 0. Raises `CardRefused`: a UID is never issued anew (CARD.md section 5), and
    the citizen's account must hold the amount.
    """
    name = uid.hex()
    with transaction.atomic():
        if Card.objects.filter(uid=name).exists():
            raise CardRefused("a UID is issued once")
        load = (
            events.load_sent(f"load:{name}:1:sent", amount, accounts.citizen(citizen), name),
            events.load_proven(f"load:{name}:1:proven", amount, name),
        )
        try:
            post_all(load, at)
        except Overdrawn as error:
            raise CardRefused("the citizen's account holds less") from error
        return Card.objects.create(
            uid=name, citizen=citizen, opening_balance=amount, issued_at=at, made_at=at, proven_at=at
        )
