# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What has ended goes back (LEDGER.md section 1, "expired"): allowances and notes, and coins where a by-law says so.

A voucher's end is when it expires or was voided; what is left of it waits for the upload window, for a till may have
taken it in time and not sent it yet. Coins end only where `[expiry]` in `backend.toml` names days and by-law: those
that are older than that, the oldest being spent first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery, Sum

from backend.ledger import accounts, events
from backend.ledger.accounts import AccountKind
from backend.ledger.locking import lock
from backend.ledger.models import Account, Transfer
from backend.ledger.posting import post, post_all
from backend.minting.models import IssuedVoucher
from heitje.money import Cents

UPLOAD_WINDOW_S: Final = 21 * 86_400
DAY_S: Final = 86_400
NOTICE_DAYS: Final = (60, 14)
"""A citizen is told so long before coins end (RULES.md section 3)."""
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Ended:
    """What went back: how many, and cents."""

    count: int
    cents: int


@dataclass(frozen=True, slots=True)
class Ending:
    """Coins of a citizen that end on a day, unless they are spent before."""

    citizen: str
    cents: int


def end_vouchers(at: int) -> Ended:
    """Give back what vouchers still hold whose upload window is over at Unix time `at`; twice is once."""
    over = at - UPLOAD_WINDOW_S
    holds = Account.objects.filter(
        balance__gt=0, owner=OuterRef("cti"), kind__in=(AccountKind.NOTE, AccountKind.ALLOWANCE)
    )
    ended = Q(expires_at__lt=over) | Q(voided_at__lt=over)
    names = list(IssuedVoucher.objects.filter(Exists(holds), ended).order_by("cti").values_list("cti", flat=True))
    count = cents = 0
    for start in range(0, len(names), _AT_ONCE):
        with transaction.atomic():
            vouchers = list(IssuedVoucher.objects.filter(cti__in=names[start : start + _AT_ONCE]))
            held = lock({voucher.account for voucher in vouchers} | {voucher.source for voucher in vouchers})
            back = [
                events.voucher_expired(f"expired:{voucher.cti}", voucher.account, voucher.source, Cents(left))
                for voucher in vouchers
                if (left := held[voucher.account].balance)
            ]
            posted = post_all(back, at)
            count += len(posted)
            cents += sum(event.lines[0].amount for event in back if event.id in posted)
    return Ended(count, cents)


def end_coins(after_days: int, by_law: str, at: int) -> Ended:
    """Take citizens' coins that are older than the by-law lets them be into free cover; twice a day is once."""
    count = cents = 0
    for ending in ending_by(at, after_days):
        with transaction.atomic():
            lock((accounts.citizen(ending.citizen),))
            for again in ending_by(at, after_days, ending.citizen):  # as it stands now, and nobody else moves it
                name = f"coins expired:{again.citizen}:{at // DAY_S}"
                post(events.coins_expired(name, accounts.citizen(again.citizen), Cents(again.cents), by_law), at)
                count, cents = count + 1, cents + again.cents
    return Ended(count, cents)


def ending_by(at: int, after_days: int, citizen: str = "") -> Iterator[Ending]:
    """What each citizen (or one) holds of coins that came more than so many days before the day of Unix time `at`.

    The oldest are spent first, so old is what is held beyond all that came since. What came back counts as new.
    """
    since = at - at % DAY_S - after_days * DAY_S
    came = (
        Transfer.objects.filter(credit=OuterRef("pk"), at__gte=since)
        .values("credit")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    held = Account.objects.filter(kind=AccountKind.CITIZEN, balance__gt=0)
    if citizen:
        held = held.filter(owner=citizen)
    for owner, balance, fresh in (
        held.annotate(fresh=Subquery(came)).order_by("owner").values_list("owner", "balance", "fresh")
    ):
        if balance > (fresh or 0):
            yield Ending(owner, balance - (fresh or 0))


def notices(after_days: int, at: int) -> dict[int, list[Ending]]:
    """Whom to tell, by the days that are left: what ends by then unless it is spent."""
    return {days: list(ending_by(at + days * DAY_S, after_days)) for days in NOTICE_DAYS}
