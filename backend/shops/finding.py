# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Finds the terminal that calls, with its shop: the first thing that every request of a terminal asks.

The statement is written down once; composing it anew for each request costs more than the database's answer, and so
would a cursor.
"""

from typing import Final

from backend.ledger.prepared import execute
from backend.shops.models import Shop, Terminal

_TERMINAL: Final = [field.column for field in Terminal._meta.concrete_fields]
_SHOP: Final = [field.column for field in Shop._meta.concrete_fields]
_TERMINAL_FIELDS: Final = [field.attname for field in Terminal._meta.concrete_fields]
_SHOP_FIELDS: Final = [field.attname for field in Shop._meta.concrete_fields]
_COLUMNS: Final = ", ".join([*(f"t.{name}" for name in _TERMINAL), *(f"s.{name}" for name in _SHOP)])
_FIND: Final = f"SELECT {_COLUMNS} FROM shops_terminal AS t JOIN shops_shop AS s ON s.id = t.shop_id WHERE t.id = %s"  # noqa: S608  # names of columns


def find_terminal(terminal_id: str) -> Terminal | None:
    """The terminal of this id (lower-case hex) and its shop; None: there is none."""
    for row in execute(_FIND, (terminal_id,)):
        terminal = Terminal.from_db(None, _TERMINAL_FIELDS, row[: len(_TERMINAL)])
        terminal.shop = Shop.from_db(None, _SHOP_FIELDS, row[len(_TERMINAL) :])
        return terminal
    return None
