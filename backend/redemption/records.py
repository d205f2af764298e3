# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Claims and entries as intake holds them while it judges: plain values, read and written set by set.

The tables are `models`'; an instance of a model costs ten times one of these, and a batch has five hundred.
"""

from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

from backend.ledger.rows import BIGINT, BOOLEAN, BYTES, SMALLINT, TEXT, Columns
from backend.minting.models import Load
from backend.redemption.chain import Link
from backend.redemption.models import ClaimState


@dataclass(slots=True, eq=False)
class Claim:
    """An intent and what became of it; see `models.Claim`. Two are the same only if they are one object."""

    terminal_id: str
    branch: str
    intent_seq: int
    shop_id: str
    instrument: int
    item: str
    amount: int
    time: int
    sale: str
    fingerprint: str
    code_seq: int | None
    payload: str
    tmc_before: int | None
    state: str = ClaimState.OPEN
    given: bool | None = None
    completed_by: int | None = None
    paid: int = 0
    guaranteed: int = 0
    refunded: int = 0
    settled_at: int | None = None
    id: int | None = None
    shop_owner: str = ""
    unsent: bool = False
    """Its till has not met the backend since, as far as its journal says."""
    in_spent: bool = False
    """What its card had spent when the batch was judged has it already."""


@dataclass(slots=True, eq=False)
class NewEntry:
    """One journal entry of this batch, and what intake answers; see `models.JournalEntry`."""

    terminal_id: str
    branch: str
    seq: int
    hash: str
    data: bytes
    time: int
    kind: int
    of: int | None
    received_at: int
    server_time: int | None = None
    outcome: str = ""
    reason: str = ""
    waited: bool = False


@dataclass(slots=True, eq=False)
class NewRun:
    """Whole tenders of this batch that follow each other and are simply accepted; see `models.JournalRun`."""

    first: int
    time: int
    entries: list[bytes]
    hashes: list[str]

    @property
    def last(self) -> int:
        """The number of its last entry."""
        return self.first + len(self.entries) - 1


class NewCase(NamedTuple):
    """Something for a person, found at an entry or at a load; see `models.Case`."""

    kind: str
    entry: NewEntry | None
    load: Load | None
    other: Claim | None
    held: int


class NewRefund(NamedTuple):
    """A refund of this batch, none of it covered yet; see `models.Refund`."""

    entry: NewEntry
    claim: Claim
    amount: int


class NewLink(NamedTuple):
    """A card's proven transaction: of a claim, or of a load; see `models.CardTransaction`."""

    uid: str
    link: Link
    claim: Claim | None
    load: Load | None


class VoucherRow(NamedTuple):
    """What intake asks of a voucher that was issued; see `backend.minting.models.IssuedVoucher`."""

    cti: str
    paper: bool
    citizen: str
    handed_out_at: int | None


class PublicationRow(NamedTuple):
    """See `backend.minting.models.Publication`."""

    number: int
    issued_at: int
    confirmed_at: int


@dataclass(slots=True, eq=False)
class CardRow:
    """What intake asks of a card, and changes of it; see `backend.minting.models.Card`."""

    uid: str
    citizen: str
    opening_balance: int
    suspended_at: int | None
    blocked_at: int | None
    proven_at: int | None
    replaced_at: int | None

    @property
    def denied_at(self) -> int | None:
        """Since when it is to be on the deny list, for whatever reason."""
        if self.suspended_at is None or self.blocked_at is None:
            return self.blocked_at if self.suspended_at is None else self.suspended_at
        return min(self.suspended_at, self.blocked_at)


_CLAIM_TYPES: Final = {
    "intent_seq": BIGINT,
    "instrument": SMALLINT,
    "amount": BIGINT,
    "time": BIGINT,
    "code_seq": BIGINT,
    "tmc_before": BIGINT,
    "given": BOOLEAN,
    "completed_by": BIGINT,
    "paid": BIGINT,
    "guaranteed": BIGINT,
    "refunded": BIGINT,
    "settled_at": BIGINT,
}
_CLAIM_STORED: Final = tuple(row.name for row in fields(Claim))[:-4]
CLAIMS: Final = Columns("redemption_claim", tuple((name, _CLAIM_TYPES.get(name, TEXT)) for name in _CLAIM_STORED))
_CHANGING: Final = ("state", "given", "completed_by", "paid", "guaranteed", "refunded", "settled_at")
CHANGED_CLAIMS: Final = Columns(
    "redemption_claim", (("id", BIGINT), *((name, _CLAIM_TYPES.get(name, TEXT)) for name in _CHANGING))
)
ENTRIES: Final = Columns(
    "redemption_journalentry",
    (
        ("terminal_id", TEXT),
        ("branch", TEXT),
        ("seq", BIGINT),
        ("hash", TEXT),
        ("data", BYTES),
        ("time", BIGINT),
        ("kind", SMALLINT),
        ("of", BIGINT),
        ("received_at", BIGINT),
        ("server_time", BIGINT),
        ("outcome", TEXT),
        ("reason", TEXT),
        ("waited", BOOLEAN),
    ),
)
LINKS: Final = Columns(
    "redemption_cardtransaction",
    (
        ("uid", TEXT),
        ("tmc", BIGINT),
        ("tmri", TEXT),
        ("previous_tmri", TEXT),
        ("balance_before", BIGINT),
        ("amount", BIGINT),
        ("has_mac", BOOLEAN),
        ("claim_id", BIGINT),
        ("load_id", BIGINT),
    ),
)
CLAIM_COLUMNS: Final = ", ".join(f"c.{name}" for name in (*_CLAIM_STORED, "id"))
"""What `read_claim` takes, of a claim `c`; the shop's owner follows."""


def read_claim(row: tuple[Any, ...]) -> Claim:
    """A claim as it is stored."""
    return Claim(*row)


def link_row(new: NewLink) -> tuple[Any, ...]:
    """A link as it is inserted; its claim is written."""
    link = new.link
    return (
        new.uid,
        link.tmc,
        link.tmri,
        link.previous_tmri,
        link.balance_before,
        link.amount,
        link.has_mac,
        None if new.claim is None else new.claim.id,
        None if new.load is None else new.load.pk,
    )


def claim_row(claim: Claim) -> tuple[Any, ...]:
    """A claim as it is inserted."""
    return (
        claim.terminal_id,
        claim.branch,
        claim.intent_seq,
        claim.shop_id,
        claim.instrument,
        claim.item,
        claim.amount,
        claim.time,
        claim.sale,
        claim.fingerprint,
        claim.code_seq,
        claim.payload,
        claim.tmc_before,
        claim.state,
        claim.given,
        claim.completed_by,
        claim.paid,
        claim.guaranteed,
        claim.refunded,
        claim.settled_at,
    )


def changed_row(claim: Claim) -> tuple[Any, ...]:
    """What changes of a stored claim."""
    return (
        claim.id,
        claim.state,
        claim.given,
        claim.completed_by,
        claim.paid,
        claim.guaranteed,
        claim.refunded,
        claim.settled_at,
    )


def entry_row(entry: NewEntry) -> tuple[Any, ...]:
    """An entry as it is inserted."""
    return (
        entry.terminal_id,
        entry.branch,
        entry.seq,
        entry.hash,
        entry.data,
        entry.time,
        entry.kind,
        entry.of,
        entry.received_at,
        entry.server_time,
        entry.outcome,
        entry.reason,
        entry.waited,
    )
