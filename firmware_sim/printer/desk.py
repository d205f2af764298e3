# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person does at a receipt printer, as lines.

paper out | low | ok      cover open | closed      printer offline | online | silent | answering
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from firmware_sim.console import Console
from firmware_sim.lines import UnknownLine
from firmware_sim.printer.condition import Body, PaperLevel
from firmware_sim.printer.receipt_printer import ReceiptPrinter

Change = Callable[[Body], Body]


def _paper(level: PaperLevel) -> Change:
    return lambda body: replace(body, paper=level)


_CHANGES: Final[dict[str, dict[str, Change]]] = {
    "paper": {level.value: _paper(level) for level in PaperLevel},
    "cover": {
        "open": lambda body: replace(body, cover_open=True),
        "closed": lambda body: replace(body, cover_open=False),
    },
    "printer": {
        "offline": lambda body: replace(body, offline=True),
        "online": lambda body: replace(body, offline=False),
        "silent": lambda body: replace(body, silent=True),
        "answering": lambda body: replace(body, silent=False),
    },
}


def printer_lines(printer: ReceiptPrinter, console: Console) -> dict[str, Callable[[str], None]]:
    """First word of a line, and what does it with the rest; the console is told how the printer is then."""

    def doing(changes: dict[str, Change]) -> Callable[[str], None]:
        def do(rest: str) -> None:
            change = changes.get(rest)
            if change is None:
                raise UnknownLine(f"{rest!r}? There are: {', '.join(changes)}")
            printer.change(change(printer.body))
            body = printer.body
            console.say(
                "printer",
                paper=body.paper.value,
                cover="open" if body.cover_open else "closed",
                line="offline" if body.offline else "online",
                answers="silent" if body.silent else "answering",
            )

        return do

    return {word: doing(changes) for word, changes in _CHANGES.items()}
