# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's log: one JSON object per line on standard error, for the system's journal.

It holds what a technician needs, and nothing of who pays: no card's number, no code, no key. The drivers' wire traffic
is logged below INFO, which a till in a shop never turns on. A second net takes out whatever looks like such a number.
"""

import json
import logging
import re
from typing import Final, TextIO

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LONG_HEX: Final = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}[ :-]?){7,}(?![0-9A-Za-z])")
"""Seven bytes of hex and more: a card's number, a voucher's, a key."""
_BYTES: Final = re.compile(r"""\b(?:bytearray\()?b(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)?""")
"""Bytes as Python shows them."""
_CODES: Final = re.compile(r"\bH[VPR]1:[0-9A-Z $%*+\-./:]+")
"""A code or a note as it is scanned."""
_HIDDEN: Final = "…"
_LOUD: Final = ("urllib3", "tuf", "nfc", "PIL", "escpos")
"""Libraries that tell more than is asked for."""


class JsonLines(logging.Formatter):
    """Time, level, logger, message, and what `extra` added. `terminal` is this till's own id, which may be shown."""

    def __init__(self, terminal: str = "") -> None:
        super().__init__()
        self._terminal = terminal

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._cleaned(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line[name] = value if isinstance(value, bool | int | float) else self._cleaned(str(value))
        if record.exc_info:
            line["exception"] = self._cleaned(self.formatException(record.exc_info))
        if self._terminal:
            line["terminal"] = self._terminal
        return json.dumps(line, ensure_ascii=False)

    def _cleaned(self, text: str) -> str:
        text = _CODES.sub(_HIDDEN, _BYTES.sub(_HIDDEN, text))
        return _LONG_HEX.sub(lambda found: found[0] if found[0] == self._terminal else _HIDDEN, text)


def log_to(stream: TextIO, terminal: str = "", level: int = logging.INFO) -> logging.Handler:
    """Write lines to a stream from now on; the handler, for whoever ends it."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(terminal))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    for name in _LOUD:
        logging.getLogger(name).setLevel(max(level, logging.ERROR if name == "urllib3" else logging.WARNING))
    return handler
