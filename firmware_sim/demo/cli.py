# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje demo`: earn, pay with no network, refuse what must be refused, upload, settle; then who holds how much.

Nothing needs to be prepared, and no rights are needed. Exit code 0: all went as the story says; 1: something did not.
"""

import argparse
import json
import secrets
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from firmware_sim.demo import scenes
from firmware_sim.demo.programs import ProgramFailed
from firmware_sim.demo.scenes import Story
from firmware_sim.demo.stage import Stage, build
from firmware_sim.demo.telling import Telling, euros

PROGRAMME_FILE: Final = Path(__file__).resolve().parents[2] / "tests" / "vectors" / "test-programme.json"
SEED_MAX: Final = 2**32


def main(argv: list[str]) -> int:
    """Play the story. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="heitje demo", description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="a new folder that keeps receipts, journal, bank file")
    parser.add_argument("--json", action="store_true", help="only the summary, as one JSON object")
    parser.add_argument("--seed", type=int, metavar="N", help="the same amounts again")
    parser.add_argument("--test-programme", type=Path, default=PROGRAMME_FILE, metavar="FILE", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    folder: Path = arguments.keep or Path(tempfile.mkdtemp(prefix="heitje-demo-"))
    if folder.exists() and any(folder.iterdir()):
        print(f"heitje demo: {folder} is not empty", file=sys.stderr)
        return 2
    seed = secrets.randbelow(SEED_MAX) if arguments.seed is None else arguments.seed
    console = Console(stderr=arguments.json, quiet=arguments.json)
    telling = Telling(console)
    try:
        with build(arguments.test_programme, folder) as stage:
            summary = play(Story(stage, telling, Random(seed)), seed)
    except (ProgramFailed, OSError, ValueError) as error:
        print(f"heitje demo: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(summary))
    else:
        show(summary, console)
    return 0 if summary["ok"] else 1


def play(story: Story, seed: int) -> dict[str, Any]:
    """All scenes; the summary."""
    scenes.earn(story)
    purses = scenes.carry(story)
    scenes.sell_offline(story, purses)
    scenes.tear(story, purses)
    batch = scenes.settle(story)
    public_log = scenes.prove(story)
    stage = story.stage
    checked = stage.ask_backend("check")
    return {
        "ok": checked["holds"] and not story.tell.failures,
        "seed": seed,
        "failures": story.tell.failures,
        "taken": story.sold,
        "holders": stage.ask_backend("status")["accounts"],
        "invariants": checked["invariants"],
        "files": {**files_of(stage, batch), "public_log": public_log},
    }


def files_of(stage: Stage, batch: dict[str, Any]) -> dict[str, Any]:
    """Where everything is."""
    return {
        "folder": str(stage.folder),
        "receipts": [str(path) for path in sorted(stage.receipts.glob("*.png"))],
        "notes": str(stage.notes),
        "journal": str(stage.till / "journal.sqlite"),
        "bank_file": batch["bank_file"],
        "statements": batch["statements"],
    }


def show(summary: dict[str, Any], console: Console) -> None:
    """The summary for a person."""
    holders = Table(title="Who holds how much", title_justify="left")
    holders.add_column("account")
    holders.add_column("balance", justify="right")
    for kind, amount in summary["holders"].items():
        if amount:
            holders.add_row(kind.replace("_", " "), euros(amount))
    invariants = Table(title="What must always be true", title_justify="left")
    invariants.add_column("invariant")
    invariants.add_column("holds")
    for row in summary["invariants"]:
        invariants.add_row(row["name"].replace("_", " "), "yes" if row["holds"] else "[red]NO[/red]")
    files = Table(title="Where the files are", title_justify="left")
    files.add_column("what")
    files.add_column("where", overflow="fold")
    found = summary["files"]
    files.add_row("receipts", "\n".join(found["receipts"]))
    files.add_row("notes", found["notes"])
    files.add_row("journal", found["journal"])
    files.add_row("bank file (pain.001)", found["bank_file"])
    files.add_row("statements", "\n".join(found["statements"]))
    files.add_row("public log", found["public_log"])
    for table in (holders, invariants, files):
        console.print()
        console.print(table)
    console.print()
    if summary["ok"]:
        console.print("[green]All of it went as it should.[/green]")
    else:
        console.print(f"[red]Not as it should: {', '.join(summary['failures']) or 'an invariant is broken'}[/red]")
