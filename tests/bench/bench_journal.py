# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How many commits per second the till's journal does, against bare write and fdatasync of the same entries.

The work is that of card sales: an intent, one commit, and its redemption, another. The folder is pytest's own, so
`--basetemp` chooses the disk.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

from heitje.journal import CardEvidence, Instrument, Kind
from terminal.journal_store import Draft, JournalStore, redemption_of

SALES = 50
COMMITS = 2 * SALES
GOAL = 0.8
TERMINAL = bytes.fromhex("80c566212392d06a")
EVIDENCE = CardEvidence(
    uid=bytes(7),
    tmri=bytes(16),
    enc_tmri=bytes(16),
    balance_before=2500,
    record=bytes(16),
    tmc_before=7,
)
NOW = 1_790_000_000


def test_journal_commits(tmp_path: Path, compare: Callable[..., None]) -> None:
    store = JournalStore.create(tmp_path / "journal.sqlite3", TERMINAL)
    sale = count(1)

    def ours() -> None:
        for _ in range(SALES):
            draft = Draft(
                Kind.INTENT,
                NOW,
                sale=next(sale).to_bytes(16, "big"),
                amount=320,
                instrument=Instrument.CARD,
                evidence=EVIDENCE,
                offline=True,
                bundle=1,
                operator="till",
            )
            [intent] = store.append([draft])
            proof = replace(EVIDENCE, tmc_before=None, tmc=8, tmv=bytes(8))
            store.append([redemption_of(intent, NOW, proof)])

    ours()
    entries = store.bytes_after(0, COMMITS)
    descriptor = os.open(tmp_path / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def limit() -> None:
        for entry in entries:
            os.write(descriptor, entry)
            os.fdatasync(descriptor)

    try:
        compare(
            "journal commits, write and fdatasync as limit",
            ours,
            limit,
            amount=COMMITS,
            unit="commits/s",
            goal=GOAL,
        )
    finally:
        os.close(descriptor)
        store.close()
