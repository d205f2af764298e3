# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Log lines: one JSON object each. `extra` holds numbers and ids of ours, never a card's UID, a key or a name."""

import json
import logging
import time
from functools import lru_cache
from typing import Final

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request", "server_time"}


_TIME: Final = "%Y-%m-%dT%H:%M:%S%z"
_JSON: Final = json.JSONEncoder(default=str)


@lru_cache(maxsize=2)
def _told(second: int) -> str:
    """Local time; a busy server writes many lines in one second."""
    return time.strftime(_TIME, time.localtime(second))


class JsonLines(logging.Formatter):
    """Time, level, logger, message and what `extra` added."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": _told(int(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _JSON.encode(line)
