# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people put right or give: claw-back, recovery, a team's shares, grants."""

import argparse
import time

from backend.commands.answer import Answer, Refused
from backend.settlement import corrections, earnings, recovery
from backend.settlement.models import Grant
from backend.settlement.treasurers import TreasuryRefused
from heitje.money import format_euros


def claw_back(arguments: argparse.Namespace) -> Answer:
    """`claw-back`."""
    try:
        done = corrections.claw_back(arguments.task, arguments.official, arguments.reason, int(time.time()))
    except TreasuryRefused as error:
        raise Refused(str(error)) from error
    owed = done.task.reward - done.amount
    document = {"task": done.task_id, "taken_back": done.amount, "owed": owed}
    text = f"task {done.task_id}: {format_euros(done.amount)} euro taken back, {format_euros(owed)} owed"
    return Answer(text, document)


def recover(arguments: argparse.Namespace) -> Answer:
    """`recover`."""
    back = recovery.recover(int(time.time()))
    return Answer(f"{format_euros(back)} euro came back", {"recovered": back})


def share(arguments: argparse.Namespace) -> Answer:
    """`team share`."""
    try:
        new = earnings.share(arguments.share, arguments.team, arguments.citizen, arguments.amount, int(time.time()))
    except TreasuryRefused as error:
        raise Refused(str(error)) from error
    return Answer("shared" if new else "shared already", {"share": arguments.share, "new": new})


def promise(arguments: argparse.Namespace) -> Answer:
    """`grant promise`."""
    try:
        asked = corrections.ask_promise(
            arguments.grant, arguments.purpose, arguments.amount, arguments.official, int(time.time())
        )
    except TreasuryRefused as error:
        raise Refused(str(error)) from error
    text = f"request {asked.pk}: another treasurer approves it (heitje backend approval approve {asked.pk})"
    return Answer(text, {"request": asked.pk, "grant": arguments.grant})


def withdraw(arguments: argparse.Namespace) -> Answer:
    """`grant withdraw`."""
    try:
        return _grant(corrections.withdraw(arguments.grant, arguments.amount, arguments.official, int(time.time())))
    except TreasuryRefused as error:
        raise Refused(str(error)) from error


def pay(arguments: argparse.Namespace) -> Answer:
    """`grant pay`."""
    try:
        return _grant(
            corrections.pay(arguments.grant, arguments.citizen, arguments.amount, arguments.official, int(time.time()))
        )
    except TreasuryRefused as error:
        raise Refused(str(error)) from error


def _grant(grant: Grant) -> Answer:
    left = grant.promised - grant.withdrawn - grant.paid
    document = {
        "grant": grant.name,
        "promised": grant.promised,
        "withdrawn": grant.withdrawn,
        "paid": grant.paid,
        "left": left,
    }
    return Answer(f"{grant.name}: {format_euros(left)} euro left of {format_euros(grant.promised)}", document)
