# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A worker killed in the middle of a batch: nothing of it is there, or all; sent again, each tap is settled once."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

from django.db import connection

from backend.audit.invariants import check
from backend.ledger import accounts
from backend.ledger.models import Transfer
from backend.redemption.models import Claim, JournalEntry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backend.conftest import City


def killed_at(city: City, statement: int) -> bool:
    """Upload in a child process that is killed before its nth statement; True: it was."""
    connection.close()
    child = os.fork()
    if child == 0:
        left = statement

        def count(_statement: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        connection.ensure_connection()
        connection.connection.set_trace_callback(count)
        city.till.upload(after=0)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_killed_before_any_statement(city: City, tmp_path: Path) -> None:
    till = city.till
    till.anchor()
    till.pay_phone(city.phone("citizen-9", 2000), 500)
    till.pay_paper(city.note("citizen-9", 500)[1], 500)
    till.refund(till.pay_card(city.cards[0], 300) + 1, 100)
    directory, morning = city.configuration.directory, tmp_path / "morning"
    connection.close()
    shutil.copytree(directory, morning)
    before = Transfer.objects.count()
    died, statement = 0, 0
    while statement == 0 or died == statement:
        statement += 1
        connection.close()
        shutil.rmtree(directory)
        shutil.copytree(morning, directory)
        died += killed_at(city, statement)
        stored, posted = JournalEntry.objects.count(), Transfer.objects.count() - before
        assert (stored, posted) in ((0, 0), (len(till.entries), 4)), f"killed at {statement}"
        told = {str(outcome.outcome) for outcome in till.upload(after=0).outcomes}
        assert told == ({"duplicate"} if stored else {"accepted"})
        assert (Claim.objects.filter(state="redeemed").count(), Transfer.objects.count() - before) == (3, 4)
        assert city.holds(accounts.payable("bakker-1")) == 1200
        assert all(finding.holds for finding in check())
    assert died > 20
