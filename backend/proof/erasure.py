# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Erasing a person from the public log: the salts of their accounts go, and with them all that could open a leaf.

No leaf changes, so every tree, and every proof that was ever given, stays valid. What is left in the log are kinds,
days and amounts of nobody.
"""

import logging
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from backend.ledger.accounts import AccountKind
from backend.ledger.models import Account
from backend.minting.models import Card, IssuedVoucher
from backend.proof import appending
from backend.proof.models import Salt

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Erasure:
    """How many accounts a person had, and how many salts are gone."""

    accounts: int
    salts: int


def erase(citizen: str, now: int) -> Erasure:
    """Erase the salts of a citizen's account, grants, cards and vouchers; what was posted gets its leaf first."""
    appending.append(now)
    cards = list(Card.objects.filter(citizen=citizen).values_list("uid", flat=True))
    vouchers = list(IssuedVoucher.objects.filter(citizen=citizen).values_list("cti", flat=True))
    accounts = Account.objects.filter(
        Q(kind=AccountKind.CITIZEN, owner=citizen)
        | Q(kind=AccountKind.EARMARKED, owner__endswith=f"/{citizen}")
        | Q(kind__in=(AccountKind.PURSE, AccountKind.LOAD_IN_FLIGHT), owner__in=cards)
        | Q(kind__in=(AccountKind.ALLOWANCE, AccountKind.NOTE), owner__in=vouchers)
    )
    ids = list(accounts.values_list("id", flat=True))
    salts, _ = Salt.objects.filter(account__in=ids).delete()
    LOG.info("a person's salts were erased", extra={"accounts": len(ids), "salts": salts})
    return Erasure(len(ids), salts)
