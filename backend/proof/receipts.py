# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The proof of a receipt, by the entry's hash as its small QR has it.

It has the postings that the entry led to, each with what opens it and its way to the signed root.
"""

from collections.abc import Iterator
from typing import Final

from backend.ledger.models import Transfer
from backend.ledger.rows import select
from backend.proof.appending import PREFIX
from backend.proof.leaves import COLUMNS, TABLES, Row, salt_of
from backend.proof.models import Receipt, Segment
from backend.proof.public_log import PublicLog
from backend.redemption import stored_journal
from backend.redemption.models import Refund as StoredRefund
from backend.redemption.stored_journal import StoredEntry
from backend.redemption.voucher_claims import event_name
from heitje.journal import Entry, Kind
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.merkle import inclusion_path
from heitje.proof.receipt import ProvenPosting, ReceiptProof
from heitje.proof.tiles import TileReader, unpack

_ROWS: Final = f"SELECT {COLUMNS} FROM {TABLES} WHERE t.event = %s ORDER BY t.line"


class NoProof(Exception):
    """There is nothing to prove by this hash, or not yet."""


class Erased(Exception):
    """What would open these postings was erased at its person's request."""


def proof_of(entry_hash: str, log: PublicLog) -> ReceiptProof:
    """The proof, `entry_hash` in lower-case hex. Raises `NoProof`, `Erased`."""
    note = log.checkpoint()
    if note is None:
        raise NoProof("nothing is in the log yet")
    checkpoint = Checkpoint.parse(note.text)
    reader = TileReader(log.read, checkpoint.size)
    postings = []
    for event in _events(_entry(entry_hash)):
        for row in (Row(*row) for row in select(_ROWS, event)):
            found = _leaf(row.id)
            if found is None or found[0] >= checkpoint.size:
                raise NoProof("this is not in the log yet; it is written every night")
            index, leaf = found
            salt = salt_of(row)
            if salt is None:
                raise Erased
            path = tuple(inclusion_path(index, checkpoint.size, reader.node))
            postings.append(ProvenPosting(index, leaf, salt, row.opening, path))
    if not postings:
        raise NoProof("nothing was posted for this entry")
    return ReceiptProof(entry_hash, note, tuple(postings))


def _entry(entry_hash: str) -> StoredEntry:
    for near in Receipt.objects.filter(prefix=entry_hash[:PREFIX]):
        entry = stored_journal.find(near.terminal, near.branch, near.seq)
        if entry is not None and entry.hash == entry_hash:
            return entry
    raise NoProof("no entry of this hash is in the log")


def _events(stored: StoredEntry) -> Iterator[str]:
    """The events that an entry led to: its intent's, or the parts of a refund."""
    entry = Entry.decode(stored.data)
    if entry.kind is Kind.REFUND:
        place = {"entry__terminal": stored.terminal, "entry__branch": stored.branch, "entry__seq": stored.seq}
        refund = StoredRefund.objects.filter(**place).first()
        parts = 0 if refund is None else refund.parts
        yield from (f"refund:{stored.terminal}:{stored.seq}:{part}" for part in range(1, parts + 1))
    elif entry.of is not None:
        yield event_name(stored.terminal, stored.branch, entry.of)


def _leaf(transfer: int) -> tuple[int, bytes] | None:
    """The number and bytes of a transfer's leaf, or None before it has one."""
    segment = Segment.objects.filter(first_transfer__lte=transfer).order_by("-first_transfer").first()
    if segment is None or segment.last_transfer is None or segment.last_transfer < transfer:
        return None
    place = Transfer.objects.filter(id__gte=segment.first_transfer, id__lt=transfer).count()
    return segment.first_leaf + place, unpack(bytes(segment.entries))[place]
