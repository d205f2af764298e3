# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Known answers in the form of journal.json (JOURNAL.md section 1)."""

from heitje.journal import Entry, entry_hash, head_of
from heitje.vectors.report import Document, Report, unhex


def check_journal(document: Document, report: Report) -> None:
    """Each entry byte for byte, and the chain from one to the next."""
    terminal = unhex(document["terminal"])
    if "prev_of_1" in document:
        report.equal("prev of entry 1", head_of(terminal).hex(), document["prev_of_1"].lower())
    head, seq_before = head_of(terminal), 0
    for at, vector in enumerate(document["entries"]):
        where = f"entry {vector.get('seq', at + 1)} ({vector.get('what', 'no name')})"
        with report.vector(where):
            data = unhex(vector["bytes"])
            entry = Entry.decode(data)
            report.equal(f"{where} encoded again", entry.encode().hex(), data.hex())
            report.equal(f"{where} seq", entry.seq, vector["seq"])
            report.equal(f"{where} terminal", entry.terminal.hex(), terminal.hex())
            report.equal(f"{where} sha256", entry_hash(data).hex(), vector["sha256"].lower())
            report.equal(f"{where} length", len(data), vector["length"])
            if entry.seq == seq_before + 1:
                report.equal(f"{where} prev", entry.prev.hex(), head.hex())
            elif at:  # a file may begin in the middle of a journal, but it may not leave an entry out
                report.equal(f"{where} follows", entry.seq, seq_before + 1)
            head, seq_before = entry_hash(data), entry.seq
