# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The worked journal (vectors/journal.json), byte for byte: what each entry is told, and what it moves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from backend.audit.invariants import check
from backend.ledger import accounts, events
from backend.ledger.posting import post
from backend.minting.models import IssuedVoucher, Publication
from heitje import codes, vouchers
from heitje.journal import Entry, PaperEvidence, PhoneEvidence
from heitje.money import Cents

if TYPE_CHECKING:
    from pathlib import Path

    from heitje.vouchers import Voucher
    from tests.backend.conftest import City


def issue(city: City, voucher: Voucher, token: bytes) -> None:
    """Enter a voucher of the vectors as one that this mint has issued and handed out."""
    cti, amount = voucher.cti.hex(), Cents(voucher.amount)
    city.earn("citizen-9", amount)
    paper = voucher.cnf is None
    make = events.note_issued if paper else events.allowance_issued
    post(make(f"vector:{cti}", amount, "citizen-9", cti), voucher.iat)
    IssuedVoucher.objects.create(
        cti=cti,
        paper=paper,
        citizen="citizen-9",
        amount=amount,
        issued_at=voucher.iat,
        expires_at=voucher.exp,
        handed_out_at=voucher.iat,
        token=token,
    )


def test_every_entry_is_told_what_the_specification_says(city: City, vectors: Path) -> None:
    document = json.loads((vectors / "journal.json").read_text("utf-8"))
    till = city.till
    till.entries = [bytes.fromhex(row["bytes"]) for row in document["entries"]]
    entries = [Entry.decode(data) for data in till.entries]
    tokens = {}
    for entry in entries:
        if isinstance(entry.evidence, PhoneEvidence):
            tokens[codes.decode(entry.evidence.token).code.voucher] = True
        if isinstance(entry.evidence, PaperEvidence):
            tokens[entry.evidence.token] = True
    for token in tokens:
        issue(city, vouchers.decode(token).voucher, token)
    [version] = {entry.bundle for entry in entries if entry.bundle is not None}
    issued_at = entries[0].time - 3600
    Publication.objects.create(number=version, issued_at=issued_at, confirmed_at=issued_at)
    told = till.outcomes(now=entries[-1].time)
    expected: list[tuple[str, str | None]] = [("accepted", None)] * 12
    expected[0] = ("refused", "bad signature")  # the vectors' key 15 is opaque: it names no terminal
    expected[10] = ("pending", "waits for the card's next transaction")
    assert told == expected
    assert city.holds(accounts.payable("bakker-1")) == 350 + 750 + 500 - 100
    assert city.holds(accounts.purse("04a1b2c3d4e580")) == 2150
    assert city.earned("citizen-1") == 100
    assert all(finding.holds for finding in check())
