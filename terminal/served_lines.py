# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the till says of a card that the municipality serves while it lies on the reader."""

from terminal.sale import Served
from terminal.words import Words


def served_lines(served: Served | None, say: Words) -> tuple[str, ...]:
    """What came onto it, what still waits, and whether the card is wanted; nothing where there was nothing."""
    if served is None:
        return ()
    if served.at_work:
        return (say("served.at_work"),)
    lines = [say("served.loaded", amount=say.euros(served.loaded))] if served.loaded else []
    if served.again:
        lines.append(say("served.again"))
    elif served.waits:
        lines.append(say("served.waits", amount=say.euros(served.waits)))
    return tuple(lines)
