# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every signature is a row: what for, by which key, when, and the digest of what was signed; never a secret.

One statement, in the transaction of whoever has something signed: what was rolled back was never given out (the log
file has a line for it all the same). The server's time, one signature for each contact of a terminal, makes no value
and leaves the log file's line alone.
"""

import time
from typing import Final

from django.db import connection

from heitje.bundle import KeyUse

_INSERT: Final = "INSERT INTO minting_signature (what, kid, at, digest) VALUES (%s, %s, %s, %s)"


def keep(what: str, kid: str, digest: str) -> None:
    """Write a signature down, at this machine's time: when it was made, whatever the document says."""
    if what == KeyUse.TIME:
        return
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, (what, kid, int(time.time()), digest))
