# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether the thread's connection to the database still stands, asked before each request.

Django asks the server itself (`CONN_HEALTH_CHECKS`), which costs a request one more trip. But a server that went away
said so: its end of the socket is closed, and a socket on which nothing was asked has nothing to read. So as long as the
line is quiet the connection is good; where it is not, Django asks.
"""

import select
from typing import Final

from django.db import DEFAULT_DB_ALIAS, connections

_SAYS_SOMETHING: Final = select.POLLIN | select.POLLHUP | select.POLLERR
_AT_ONCE_MS: Final = 0


def renew() -> None:
    """Leave a connection that is no longer good, as Django does between requests; the next statement opens another."""
    connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()
    trust_if_quiet()


def trust_if_quiet() -> None:
    """Spare the server the question whether it is there, if the line has nothing to say."""
    database = connections[DEFAULT_DB_ALIAS]
    line = database.connection
    if database.vendor != "postgresql" or line is None or line.closed:
        return
    ear = select.poll()
    ear.register(line.fileno(), _SAYS_SOMETHING)
    if not ear.poll(_AT_ONCE_MS):
        database.health_check_done = True  # type: ignore[attr-defined]  # it is there, and not among Django's types
