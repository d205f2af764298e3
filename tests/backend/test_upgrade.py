# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A backend that holds entries from before there were runs goes on with them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backend.conftest import City

SCRIPT = """
import sys
from pathlib import Path
from django.core.management import call_command
from django.db import connection
from backend import configuration, django_project
from heitje.journal import Entry, Instrument, Kind, PhoneEvidence, entry_hash, head_of

django_project.start(configuration.load(Path(sys.argv[1])))
for app, name in (("redemption", "0005"), ("proof", "0002"), ("ledger", "0002")):
    call_command("migrate", app, name, verbosity=0)
terminal = bytes(7) + bytes([1])
tender = {"sale": bytes(16), "amount": 4, "instrument": Instrument.PHONE, "evidence": PhoneEvidence(b"code")}
tender |= {"offline": True, "bundle": 1, "operator": "till"}
intent = Entry(seq=1, prev=head_of(terminal), terminal=terminal, time=1, kind=Kind.INTENT, **tender).encode()
paid = Entry(seq=2, prev=entry_hash(intent), terminal=terminal, time=1, kind=Kind.REDEMPTION, of=1, **tender).encode()
with connection.cursor() as cursor:
    for seq, data in enumerate((intent, paid), start=1):
        cursor.execute(
            "INSERT INTO redemption_journalentry (terminal_id, branch, seq, hash, data, time, kind, outcome, reason,"
            " waited, received_at) VALUES (%s, '', %s, %s, %s, 1, %s, 'accepted', '', false, 1)",
            [terminal.hex(), seq, entry_hash(data).hex(), data, seq],
        )
call_command("migrate", verbosity=0)

from backend.proof.appending import append
from backend.proof.models import Receipt
from backend.redemption import stored_journal
from backend.redemption.models import JournalEntry

assert list(JournalEntry.objects.order_by("seq").values_list("seq", "of")) == [(1, None), (2, 1)]
assert [entry.data for entry in stored_journal.since(terminal.hex(), 0)] == [intent, paid]
append(1)
assert [(row.terminal, row.seq) for row in Receipt.objects.all()] == [(terminal.hex(), 2)]
print("upgraded")
"""


@pytest.mark.parametrize("engine", ["sqlite"])
def test_entries_of_before_are_found_by_what_they_complete(city: City, tmp_path: Path) -> None:
    here, old = city.configuration, tmp_path / "old"
    shutil.copytree(here.directory, old, ignore=shutil.ignore_patterns(f"{here.database.name}*"))
    done = subprocess.run([sys.executable, "-c", SCRIPT, old], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "upgraded\n"), done.stderr
