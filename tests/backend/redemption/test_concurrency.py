# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Many uploads at once on PostgreSQL: the same entries, overlapping ones, workers killed, the database pulled away.

Nothing is lost and nothing is there twice: at the end each entry is stored once, each intent is settled once, and the
book says what it would say had every till come alone.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, connection

from backend.audit.invariants import check
from backend.configuration import Engine
from backend.ledger import accounts
from backend.ledger.models import Transfer
from backend.redemption import stored_journal
from backend.redemption.journal_branches import OutOfSequence
from backend.redemption.models import Claim

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.backend.conftest import City, Till
    from tests.conftest import Cluster

pytestmark = pytest.mark.parametrize("engine", [Engine.POSTGRESQL])
TILLS = (("00112233445566aa", "slager-1"), ("00112233445566bb", "slager-1"), ("00112233445566cc", "kapper-1"))
ROUNDS = 6
PATIENCE_S = 60


@pytest.fixture
def market(city: City) -> list[Till]:
    """Four tills, two of them at one shop, on a busy day: the same card, the same allowance, a copied code."""
    tills = [city.till, *(city.open_till(name, shop) for name, shop in TILLS)]
    phones = [city.phone(f"citizen-{number}", 2000) for number in (20, 21)]
    for till in tills:
        till.anchor()
    for number in range(24):
        till = tills[number % len(tills)]
        till.pay_card(city.cards[0], 10 + number)
        till.pay_phone(phones[number % 2], 20 + number)
        if number % 6 == 0:
            till.refund(till.pay_phone(phones[0], 50) + 1, 25)
    copied = phones[1].code(100, None, tills[0].clock)
    for till in tills[:3]:
        till.pay_phone(phones[1], 100, copied)
    return tills


def works(task: Callable[[], None]) -> int:
    """A worker of its own, by its process id."""
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            task()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def ended(workers: list[int]) -> Counter[int]:
    """How the workers ended: 0, or the signal that killed them."""
    return Counter(os.waitpid(worker, 0)[1] for worker in workers)


def upload_anyhow(tills: list[Till], seed: int) -> None:
    """Parts of journals, from anywhere that is stored, in any order, until there is nothing new; errors are normal."""
    chance = random.Random(seed)
    waiting = list(tills)
    while waiting:
        till = chance.choice(waiting)
        till.cursor = max(0, till.cursor - chance.randrange(4))
        whole = till.entries
        till.entries = whole[: till.cursor + 1 + chance.randrange(30)]
        try:
            till.upload()
        except OutOfSequence as error:
            till.cursor = error.expected - 1
        except DatabaseError:
            with contextlib.suppress(DatabaseError):
                connection.close()
        finally:
            till.entries = whole
        if till.cursor == len(whole):
            waiting.remove(till)


def settled(tills: list[Till]) -> None:
    """Everything is there once, and the book holds."""
    for till in tills:
        till.cursor = 0
        assert {str(outcome.outcome) for outcome in till.upload().outcomes} == {"duplicate"}
        stored = stored_journal.since(till.name, 0)
        assert [(entry.branch, entry.data) for entry in stored] == [("", data) for data in till.entries]
    intents = Counter(Claim.objects.values_list("terminal", "intent_seq"))
    assert set(intents.values()) == {1}
    assert len(intents) == sum(till.entry(seq).kind == 1 for till in tills for seq in range(1, len(till.entries) + 1))
    assert [finding.name for finding in check() if not finding.holds] == []


def expected(city: City, tills: list[Till], saved: Callable[[], None]) -> dict[str, int]:
    """What every account that matters holds after each till has come alone."""
    for till in tills:
        till.upload()
        till.cursor = 0
    held = holdings(city)
    saved()
    return held


def holdings(city: City) -> dict[str, int]:
    """Purses, allowances together, and what each shop is owed; which shop the copied code pays is chance."""
    shops = {"bakker-1", *(shop for _, shop in TILLS)}
    owed = sum(city.holds(accounts.payable(shop)) for shop in shops)
    return {"owed": owed, "card": city.holds(accounts.purse(city.cards[0].uid.hex()))}


def test_the_same_entries_by_many_at_once(city: City, market: list[Till], saved: Callable[[], None]) -> None:
    alone = expected(city, market, saved)

    def upload_each() -> None:
        for till in market:
            till.upload()

    for _ in range(2):
        workers = [works(upload_each) for _ in range(ROUNDS)]
        assert ended(workers) == {0: ROUNDS}
    settled(market)
    assert holdings(city) == alone


def test_overlapping_parts_by_many_at_once(city: City, market: list[Till], saved: Callable[[], None]) -> None:
    alone = expected(city, market, saved)
    workers = [works(lambda seed=seed: upload_anyhow(market, seed)) for seed in range(ROUNDS)]  # type: ignore[misc]
    assert ended(workers) == {0: ROUNDS}
    settled(market)
    assert holdings(city) == alone


def test_workers_killed_in_the_middle(city: City, market: list[Till], saved: Callable[[], None]) -> None:
    alone = expected(city, market, saved)
    chance = random.Random(5)
    killed = 0

    def dies(at: int, seed: int) -> None:
        left = iter(range(at, -1, -1))

        def count(execute: Callable[..., object], *rest: object) -> object:
            if next(left) == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*rest)

        connection.execute_wrappers.append(count)
        upload_anyhow(market, seed)

    for number in range(ROUNDS):
        at = [chance.randrange(3, 60) for _ in range(4)]
        workers = [works(lambda at=at, n=n: dies(at[n], 100 * number + n)) for n in range(4)]  # type: ignore[misc]  # noqa: B023
        killed += ended(workers)[signal.SIGKILL]
    assert killed > ROUNDS
    assert ended([works(lambda: upload_anyhow(market, 7))]) == {0: 1}
    settled(market)
    assert holdings(city) == alone


def test_the_database_restarted_in_the_middle(
    city: City, market: list[Till], cluster: Cluster, saved: Callable[[], None]
) -> None:
    """The server is stopped without a word while batches are under way; its log brings it back."""
    alone = expected(city, market, saved)
    for number in range(2):
        told, tell = os.pipe()
        cluster.sql("CHECKPOINT")  # before it, PostgreSQL logs no step of a sequence that came with a copied database

        def begins(tell: int = tell, number: int = number) -> None:
            left = iter(range(12 + number, -1, -1))

            def count(execute: Callable[..., object], *rest: object) -> object:
                if next(left, 1) == 0:
                    os.write(tell, b".")
                return execute(*rest)

            connection.execute_wrappers.append(count)
            upload_anyhow(market, number)

        workers = [works(begins) for _ in range(4)]
        assert select.select([told], [], [], PATIENCE_S)[0]
        cluster.stop("immediate")
        cluster.start(fsync="off", synchronous_commit="on")
        assert ended(workers) == {0: 4}
        os.close(told)
        os.close(tell)
    settled(market)
    assert holdings(city) == alone


def test_tills_of_one_shop_do_not_wait_for_each_other(city: City, market: list[Till]) -> None:
    """While one till's batch is under way, locks and all, another till of the same shop is answered."""
    first, second = market[1], market[2]
    told, tell = os.pipe()
    wait, go = os.pipe()

    def stays() -> None:
        def pause(execute: Callable[..., object], sql: str, *rest: object) -> object:
            if "INSERT INTO redemption_journalrun" in sql:
                os.write(tell, b".")
                os.read(wait, 1)
            return execute(sql, *rest)

        connection.execute_wrappers.append(pause)
        first.upload()

    other = city.phone("citizen-30", 500)
    second.entries, second.sale = [], 0
    second.anchor()
    second.pay_phone(other, 300)
    worker = works(stays)
    assert select.select([told], [], [], PATIENCE_S)[0]
    assert {str(outcome.outcome) for outcome in second.upload().outcomes} == {"accepted"}
    assert Transfer.objects.filter(kind="redeemed", credit__owner="slager-1").count() == 1
    os.write(go, b".")
    assert ended([worker]) == {0: 1}
