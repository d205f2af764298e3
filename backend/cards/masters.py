# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Key 1's masters and the terminals that hold them (DESIGN.md section 4, CARD.md section 4, ADR 0020).

```
request_release(terminal, by, at)     the masters are to go to this terminal; two officials compare its 8 digits
release(content, at)                  what the second yes sets going
answer(terminal, asked, …)            the terminal tells what it holds, and is given what it lacks
version_for(card, …)                  cards move to a newer version once every till that can sell holds it
```
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from backend.cards.models import MasterHolder
from backend.minting.keystore import KeyStore
from backend.minting.models import Card
from backend.officials import acts, approvals
from backend.officials.approvals import Content
from backend.officials.matters import Matter
from backend.officials.models import Request
from backend.shops.admission import NotAdmitted
from backend.shops.models import Terminal, TerminalState
from heitje import master_delivery
from heitje.card.layout import KEY_VERSION_FIRST
from heitje.fingerprint import digits_of
from heitje.keys import PublicKey
from heitje.limits import Limits
from heitje.master_delivery import MASTERS_MAX, DeliveryState, MasterRequest

SILENT_S: Final = Limits().unsent_age_s
"""A till that did not ask for so long holds up nothing: what it has not uploaded is too old to take more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One version of key 1: cards that have it, and tills (ids in hex) that may still sell and do not hold it."""

    version: int
    cards: int
    behind: tuple[str, ...]


def request_release(terminal: bytes, by: str, at: int) -> Request:
    """Ask two enrollers to let this terminal have the masters. Raises `NotAdmitted`, `approvals.NotApproved`."""
    found = Terminal.objects.filter(id=terminal.hex()).first()
    if found is None:
        raise NotAdmitted(f"there is no terminal {terminal.hex()}")
    if MasterHolder.objects.filter(terminal=found).exclude(released_at=None).exists():
        raise NotAdmitted(f"{found.id} may have the masters already")
    key = PublicKey(bytes(found.public_key))
    content = {"terminal": found.id, "key": key.raw.hex()}
    return approvals.request(Matter.TERMINAL_MASTERS, found.id, content, by, at, compare=digits_of(key))


def release(content: Content, at: int) -> None:
    """What two approved: from now on the terminal is given the masters, this version's and later ones'.

    Raises `NotAdmitted` where its key is another than the one that was compared.
    """
    found = Terminal.objects.get(id=content["terminal"])
    if bytes(found.public_key).hex() != content["key"]:
        raise NotAdmitted(f"{found.id} has another key than the one that was compared")
    holder, _ = MasterHolder.objects.get_or_create(terminal=found)
    holder.released_at = at
    holder.save(update_fields=["released_at"])


def answer(terminal: Terminal, asked: MasterRequest, key_store: KeyStore, now: int) -> tuple[DeliveryState, bytes]:
    """Note what the terminal holds; what it lacks, sealed and signed, or nothing. Raises `KeysRefused`."""
    wanted = key_store.terminal_key_versions[:MASTERS_MAX]
    with transaction.atomic():
        holder, _ = MasterHolder.objects.select_for_update().get_or_create(terminal=terminal)
        holder.held, holder.newest = json.dumps(asked.held), max(asked.held, default=0)
        holder.asked_at = now
        holder.save(update_fields=["held", "newest", "asked_at"])
        if set(asked.held) >= set(wanted):
            return DeliveryState.CURRENT, b""
        if holder.released_at is None:
            return DeliveryState.WAITS, b""
        identity, df_name = bytes.fromhex(terminal.id), key_store.df_name
        sealed = master_delivery.seal(key_store.terminal_masters(), identity, df_name, asked.key)
        token = key_store.sign_masters(sealed, identity, df_name, now)
        acts.record(acts.CONSOLE, "terminal masters delivered", terminal.id, now, {"versions": list(wanted)})
        return DeliveryState.DELIVERED, token


def version_for(card: Card, key_store: KeyStore, now: int) -> int:
    """The version of key 1 that a card should have: the newest that no till which can sell lacks, or its own."""
    newer = [version for version in key_store.terminal_key_versions if version > card.key_version]
    return next((version for version in newer if not _behind(version, now).exists()), card.key_version)


def standings(versions: Sequence[int], now: int) -> list[Standing]:
    """Each version, the newest first."""
    return [
        Standing(
            version,
            Card.objects.filter(key_version=version, blocked_at=None, replaced_at=None).exclude(made_at=None).count(),
            tuple(_behind(version, now).order_by("id").values_list("id", flat=True)),
        )
        for version in versions
    ]


def would_be_left(versions: Sequence[int]) -> int:
    """How many cards in use no till could open, were one more master made: a till holds the newest two."""
    kept: Final = tuple(versions[: MASTERS_MAX - 1])
    in_use = Card.objects.filter(blocked_at=None, replaced_at=None).exclude(made_at=None)
    return in_use.exclude(key_version__in=kept).count()


def _behind(version: int, now: int) -> QuerySet[Terminal]:
    """Tills that sell to cards and do not hold it; the first version is what a till was set up with."""
    since = now - SILENT_S
    silent = Q(masters__isnull=True) | Q(masters__asked_at=None)
    lacks = Q(masters__newest__lt=version, masters__asked_at__gte=since)
    if version > KEY_VERSION_FIRST:
        lacks |= silent & Q(enrolled_at__gte=since)
    return Terminal.objects.filter(lacks, state=TerminalState.ACTIVE, card_desk=False)
