# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How the story is told: each step as it happens, on a terminal or nowhere."""

from rich.console import Console

from heitje.money import format_euros

_MARKS = {True: "[green]✓[/green]", False: "[red]✗[/red]"}


def euros(amount: int) -> str:
    """An amount as it is told."""
    return f"€ {format_euros(amount, 'en')}"


class Telling:
    """Tells to a console. `failures` counts what did not go as the story says."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.failures: list[str] = []

    def chapter(self, title: str) -> None:
        """A new part of the story."""
        self._console.print(f"\n[bold]{title}[/bold]")

    def step(self, text: str) -> None:
        """Something that was done."""
        self._console.print(f"  {_MARKS[True]} {text}")

    def expect(self, text: str, found: object, expected: object) -> None:
        """Something that had to come out in one way; what came out instead is told and remembered."""
        holds = found == expected
        self._console.print(f"  {_MARKS[holds]} {text}", highlight=False)
        if not holds:
            self._console.print(f"      expected {expected!r}, found {found!r}", highlight=False)
            self.failures.append(text)
