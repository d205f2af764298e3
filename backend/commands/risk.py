# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the offline limits cost, and could cost: simulate-limits and the loss meter."""

import argparse
import time
from dataclasses import asdict, replace
from typing import Final

from backend.audit.exposure import Town, WorstCase, meter, town_of_the_books, worst_case
from backend.commands.answer import Answer
from backend.minting.bundles import CARD_LIMITS, LIMITS
from heitje.money import format_euros

_HOUR_S: Final = 3600


def simulate_limits(arguments: argparse.Namespace) -> Answer:
    """`simulate-limits`; what is not given is as it stands in the books."""
    town = _town(arguments)
    limits = replace(
        LIMITS,
        terminal_phone_cents=_or(arguments.phone_cents, LIMITS.terminal_phone_cents),
        terminal_paper_cents=_or(arguments.paper_cents, LIMITS.terminal_paper_cents),
    )
    card_limits = replace(CARD_LIMITS, terminal_card_cents=_or(arguments.card_cents, CARD_LIMITS.terminal_card_cents))
    cases = [
        worst_case(limits, card_limits, town, hours * _HOUR_S, arguments.payment_s) for hours in arguments.offline_h
    ]
    now = meter(limits, town, int(time.time()))
    lines = [
        f"{town.terminals} terminals, {town.paper_tills} of them for paper, {town.owners} owners",
        f"guarantees {format_euros(town.guarantee_cents)}, loss fund {format_euros(now.loss_fund)}",
        f"{'offline':>8} {'phone':>10} {'paper':>10} {'card':>10} {'exposure':>13} {'paid at most':>13}",
        *(_row(case) for case in cases),
        f"the fund covers {format_euros(now.terminal_cents)} of phone and paper for each terminal",
    ]
    covered = all(case.exposure <= now.loss_fund for case in cases)
    lines.append("the loss fund covers every one of these" if covered else "the loss fund does NOT cover all of these")
    document = {"town": asdict(town), "cases": [asdict(case) for case in cases], "loss_fund": now.loss_fund}
    return Answer("\n".join(lines), {**document, "terminal_cents": now.terminal_cents, "covered": covered}, ok=covered)


def show_meter(arguments: argparse.Namespace) -> Answer:
    """`loss-meter`."""
    town = town_of_the_books()
    now = meter(LIMITS, town, int(time.time()))
    text = (
        f"lost in 30 days {format_euros(now.lost)}, exposed at most {format_euros(now.exposure)} "
        f"({town.terminals} terminals, {town.owners} owners), loss fund {format_euros(now.loss_fund)}: "
        f"{'covered' if now.covered else 'NOT covered'}; "
        f"it would cover {format_euros(now.terminal_cents)} of phone and paper for each terminal"
    )
    return Answer(text, {**asdict(now), "town": asdict(town), "covered": now.covered}, ok=now.covered)


def _town(arguments: argparse.Namespace) -> Town:
    books = town_of_the_books()
    terminals = _or(arguments.terminals, books.terminals)
    owners = _or(arguments.owners, books.owners if arguments.terminals is None else terminals)
    paper_tills = books.paper_tills if arguments.terminals is None else owners
    return Town(terminals, min(paper_tills, terminals), min(owners, terminals))


def _row(case: WorstCase) -> str:
    one = case.terminal
    amounts = (one.phone, one.paper, one.card)
    shown = " ".join(f"{format_euros(cents):>10}" for cents in amounts)
    return f"{case.offline_s // _HOUR_S:>6} h {shown} {format_euros(case.exposure):>13} {format_euros(case.paid):>13}"


def _or(given: int | None, otherwise: int) -> int:
    return otherwise if given is None else given
