# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Commands at the server that leave an act (docs/officials.md), written before they begin: also what was then refused.

Those that move what officials decide about record themselves, in the transaction of what they do, and are not named
here. Imported when Django is set up.
"""

import argparse
import time
from typing import Final

from backend.officials import acts

_CARDS: Final = (
    *("register", "link", "load", "order", "cancel_load", "block", "unblock", "replace", "spoil", "release"),
)
_FORGETS: Final = "proof.erase_person"
"""Who is to be forgotten is not written where nothing is ever deleted."""
LEAVE_AN_ACT: Final = frozenset(
    {
        *(f"cards.{name}" for name in _CARDS),
        *(f"mint.{name}" for name in ("fund", "issue_allowance")),
        *("keys.add_terminal_master", _FORGETS, "trust.renew", "releases.release_software"),
    }
)
_NOT_SAID: Final = frozenset({"command", "dir", "json", "official"})


def record(arguments: argparse.Namespace) -> None:
    """Write down that a command begins, with its words: numbers, names of files, never what is in one."""
    if arguments.command not in LEAVE_AN_ACT:
        return
    who = getattr(arguments, "by", None) or getattr(arguments, "official", None)
    actor = who if isinstance(who, str) and who else acts.CONSOLE
    said = {} if arguments.command == _FORGETS else vars(arguments)
    words = {name: _said(value) for name, value in said.items() if name not in _NOT_SAID and value is not None}
    acts.record(actor, f"command {arguments.command}", "", int(time.time()), words)


def _said(value: object) -> object:
    if isinstance(value, bool | int | str):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)
