# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a sale on a card costs: APDUs, bytes on the air, and processor time of the till's side alone.

The simulated card answers in this process; the time that it takes is counted apart and left out. The journal is
measured in bench_journal.py.
"""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from pytest_benchmark.fixture import BenchmarkFixture

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje.acceptance import ListedKey
from heitje.card import certificate, sale
from heitje.card.acceptance import CardContext, check_certificate
from heitje.card.keys import diversify
from heitje.card.layout import KEY_TERMINAL
from heitje.card.sale import Committed, Debited, Programme
from heitje.card.session import run
from heitje.money import Cents
from heitje.programme import TestProgramme

NOW = 1_790_000_000
APDUS = 11
AMOUNT = 1
UID = bytes.fromhex("04A1B2C3D4E580")
ROUNDS = 300


@dataclass
class Air:
    """Hands APDUs to the card, and counts them, their bytes and the card's own processor time."""

    card: Card
    apdus: int = 0
    size: int = 0
    card_s: float = 0.0

    def transmit(self, apdu: bytes) -> bytes:
        start = time.thread_time()
        answer = self.card.transmit(apdu)
        self.card_s += time.thread_time() - start
        self.apdus += 1
        self.size += len(apdu) + len(answer)
        return answer


def sell(air: Air, programme: TestProgramme, context: CardContext, number: int) -> Committed:
    """Steps 1 to 8 of CARD.md section 7, diversification and certificate included."""
    key = diversify(programme.master_terminal, UID, programme.df_name, KEY_TERMINAL)
    contact = run(sale.greet([Programme(programme.df_name, [key])], [os.urandom(16)]), air.transmit)
    assert check_certificate(certificate.decode(contact.certificate), UID, context) is None
    tmri = programme.terminal + number.to_bytes(8, "big")
    debited = run(sale.prepare(contact.session, tmri, AMOUNT, NOW), air.transmit)
    assert isinstance(debited, Debited)
    return run(sale.commit(contact.session), air.transmit)


def test_card_sale(benchmark: BenchmarkFixture, figure: Callable[..., None], programme: TestProgramme) -> None:
    air = Air(Card(MemoryStore(personalise(programme, UID, Cents(15_000)))))
    mint = ListedKey(programme.mint.public, 0, 2 * NOW)
    context = CardContext(NOW, programme.shop, AMOUNT, programme.iss, (mint,))
    sales: list[tuple[int, int, float]] = []

    def one_sale() -> None:
        before = Air(air.card, air.apdus, air.size, air.card_s)
        start = time.thread_time()
        sell(air, programme, context, len(sales) + 1)
        ours_s = time.thread_time() - start - (air.card_s - before.card_s)
        sales.append((air.apdus - before.apdus, air.size - before.size, ours_s))

    pedantic: Callable[..., object] = benchmark.pedantic
    pedantic(one_sale, rounds=ROUNDS, warmup_rounds=3)
    apdus, sizes, times = zip(*sales, strict=True)
    figure("card sale, APDUs", max(apdus), "APDUs", limit=APDUS, ratio=APDUS / max(apdus), goal=1.0)
    figure("card sale, bytes both ways", max(sizes), "bytes")
    figure("card sale, processor time of the till", 1000 * statistics.median(times), "ms")
