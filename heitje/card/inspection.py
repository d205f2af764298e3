# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a card says of itself to a desk of its programme: certificate, balance, last transactions (CARD.md section 5).

Key 1 is enough, and nothing is changed. Nothing of it may be kept: a record tells of no shop (CARD.md section 7).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from heitje.card import sale
from heitje.card.key_change import get_key_version
from heitje.card.layout import KEY_TERMINAL, Status
from heitje.card.record import Record
from heitje.card.sale import Committed, Programme
from heitje.card.session import Exchange, StatusFault


@dataclass(frozen=True, slots=True)
class Sheet:
    """One card. `certificate` is not checked yet; `balance` cents; `records` newest last, None where there are none."""

    certificate: bytes
    last: Committed
    balance: int
    key_version: int
    records: tuple[Record, ...] | None


def inspect(programmes: Sequence[Programme], random_numbers: Sequence[bytes]) -> Exchange[Sheet]:
    """Read a card; the arguments are `sale.greet`'s. Raises `ForeignCard`, `StatusFault`, `NotAuthentic`."""
    contact = yield from sale.greet(programmes, random_numbers)
    session = contact.session
    key_version = yield from get_key_version(session, KEY_TERMINAL)
    balance = yield from sale.get_balance(session)
    yield from sale.abort(session)
    records: tuple[Record, ...] | None = None
    try:
        records = yield from sale.read_records(session)
    except StatusFault as fault:
        if fault.status != Status.BOUNDARY_ERROR:  # what a file with no record answers
            raise
    return Sheet(contact.certificate, contact.last, balance, key_version, records)
