# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A load, command by command (CARD.md section 7), in the stages of a sale: whoever has the masters acts in between.

greet     steps 1, 2    select, authenticate with key 1, certificate, transaction counter   (heitje.card.sale)
prepare   steps 3 to 6  key 2, reader id, balance, credit, record: nothing of it is real yet
commit    step 8        after *citizen → load in flight* is posted                           (heitje.card.sale)

The reader only forwards. A load whose commit had no answer is judged as a torn sale is: `sale.fate_by_counter`, and
`sale.fate_by_records` after `sale.read_records`.
"""

from dataclasses import dataclass
from typing import Final

from heitje.card import record as records
from heitje.card import sale
from heitje.card import session as sessions
from heitje.card.layout import BALANCE_MAX, KEY_LOADER, Command
from heitje.card.messaging import Key
from heitje.card.record import Record, RecordKind
from heitje.card.session import Exchange, Session

NO_TERMINAL: Final = bytes(8)
"""First half of a load's TMRI: no terminal's id is zeros."""
_LOAD_NUMBER_LENGTH: Final = 8


@dataclass(frozen=True, slots=True)
class Credited:
    """The card would take the load: EncTMRI, the balance before, and the record, for *load in flight*."""

    enc_tmri: bytes
    balance_before: int
    record: bytes


@dataclass(frozen=True, slots=True)
class TooMuch:
    """The card would hold more than it may; the transaction was aborted and the card is as it was."""

    balance: int


def tmri_of(load_number: int) -> bytes:
    """The reader id of a load, 16 bytes. Raises `OverflowError` for a number of more than 8 bytes."""
    return NO_TERMINAL + load_number.to_bytes(_LOAD_NUMBER_LENGTH, "big")


def prepare(
    session: Session, loader_key: Key, rnda: bytes, load_number: int, amount: int, time: int
) -> Exchange[Credited | TooMuch]:
    """Steps 3 to 6: credit `amount` cents in the shadow copy; `time` Unix seconds goes into the record.

    `session` is a greeting's, of key 1; it is key 2's afterwards. `rnda` is 16 fresh random bytes. Raises
    `ValueError` for an amount below 1, `StatusFault`, `NotAuthentic`; the card is then as it was.
    """
    if amount < 1:
        raise ValueError("a load is at least one cent")
    tmri = tmri_of(load_number)
    yield from sale.abort(session)
    yield from sessions.authenticate_non_first(session, KEY_LOADER, loader_key, rnda)
    enc_tmri = yield from sale.commit_reader_id(session, tmri)
    balance = yield from sale.get_balance(session)
    if balance + amount > BALANCE_MAX:
        yield from sale.abort(session)
        return TooMuch(balance)
    record = Record(RecordKind.LOAD, time, records.reference_of(tmri), amount).pack()
    yield from sale.change_balance(session, Command.CREDIT, amount, record)
    return Credited(enc_tmri, balance, record)
