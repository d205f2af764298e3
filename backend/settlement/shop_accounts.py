# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Another IBAN of a shop: four eyes, and then a waiting time (RULES.md section 3).

Two treasurers approve it; `WAITING_S` later the night puts it in force. Until then it stands on the shop's statements,
so that a shopkeeper who did not ask for it can say so, and one treasurer can stop it.
"""

from datetime import UTC, date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from backend.ledger import accounts
from backend.ledger.locking import lock
from backend.officials import acts, approvals
from backend.officials.approvals import Content
from backend.officials.matters import Matter
from backend.officials.models import Request
from backend.settlement import explaining, treasurers
from backend.settlement.models import AccountChange
from backend.settlement.treasurers import TreasuryRefused
from backend.shops.models import Shop

WAITING_S: Final = 7 * 86_400
"""From the second yes until the account is another one: a shopkeeper sees it on a statement before."""
_NIGHT: Final = "night"


class NotChanged(TreasuryRefused):
    """The shop's account stays what it is; the text says why."""


def request_change(shop_id: str, iban: str, by: str, at: int) -> Request:
    """Ask two treasurers for another account of a shop. Raises `NotChanged`, `approvals.NotApproved`."""
    try:
        checked = IBAN(iban).compact
    except SchwiftyException as error:
        raise NotChanged(f"{iban}: {error}") from error
    shop = Shop.objects.filter(id=shop_id).first()
    if shop is None:
        raise NotChanged(f"there is no shop {shop_id}")
    if shop.iban == checked:
        raise NotChanged(f"{checked} is the account of {shop_id}")
    _none_waits(shop_id)
    content: dict[str, Any] = {"shop": shop_id, "from": shop.iban, "iban": checked}
    return approvals.request(Matter.SHOP_ACCOUNT, shop_id, content, by, at)


def wait(content: Content, at: int) -> None:
    """What two approved: from Unix time `at` on it waits. Raises `NotChanged`."""
    _none_waits(content["shop"])
    AccountChange.objects.create(shop_id=content["shop"], iban=content["iban"], approved_at=at, due_at=at + WAITING_S)


def keep(shop_id: str, official: str, reason: str, now: int) -> None:
    """A treasurer stops a change that waits. Raises `TreasuryRefused`."""
    with transaction.atomic():
        acts.lock()
        change = waiting().select_for_update().filter(shop=shop_id).first()
        if change is None:
            raise NotChanged(f"no other account of {shop_id} waits")
        treasurers.act(official, "shop account kept", shop_id, now, {"instead of": change.iban, "reason": reason})
        change.stopped_at = now
        change.save(update_fields=["stopped_at"])


def change_due(now: int) -> int:
    """Put in force what has waited long enough, as of Unix time `now`; how many. Twice is once.

    What came back from the old account, or was rejected there, is owed again and goes to the new one.
    """
    with transaction.atomic():
        acts.lock()
        lock((accounts.LOSS_FUND,))
        due = list(waiting().select_for_update().filter(due_at__lte=now).order_by("id"))
        for change in due:
            former = change.shop.iban
            Shop.objects.filter(pk=change.shop_id).update(iban=change.iban)
            back = explaining.send_again(change.shop_id, "another account", now)
            details = {"from": former, "to": change.iban, "cents owed again": back}
            acts.record(_NIGHT, "shop account changed", change.shop_id, now, details)
            change.done_at = now
            change.save(update_fields=["done_at"])
        return len(due)


def waiting() -> QuerySet[AccountChange]:
    """Changes that two approved and that are not in force yet."""
    return AccountChange.objects.select_related("shop").filter(done_at=None, stopped_at=None)


def due_date(change: AccountChange) -> date:
    """The day (UTC) whose night puts it in force."""
    return datetime.fromtimestamp(change.due_at, UTC).date()


def _none_waits(shop_id: str) -> None:
    if waiting().filter(shop=shop_id).exists():
        raise NotChanged(f"another account of {shop_id} waits already; keep-account stops it")
