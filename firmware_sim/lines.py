# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lines that a running simulator is told on standard input: a word, and the rest."""

from collections.abc import Callable, Mapping

Lines = Mapping[str, Callable[[str], None]]
"""First word of a line, and what does it with the rest."""


class UnknownLine(ValueError):
    """A line that means nothing here; the text says what is possible."""


def do_line(line: str, lines: Lines) -> None:
    """Do one line; an empty one is nothing. Raises `UnknownLine`."""
    word, _, rest = line.strip().partition(" ")
    if not word:
        return
    action = lines.get(word)
    if action is None:
        raise UnknownLine(f"{word!r}? There are: {', '.join(lines)}")
    action(rest.strip())
