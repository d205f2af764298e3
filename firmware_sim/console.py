# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A simulator's command line while it runs: lines in from standard input, events out, an end by signal.

An event is one line on standard output, for a person `ready pn532:/dev/… card 04…`, with `--json` one object; both
are flushed, so that a program can wait for `ready`.
"""

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
READ_MAX: Final = 4096
LINE_MAX: Final = 65_536
"""A longer line is given up."""


class Console:
    """Standard input and output of one simulator, made in the main thread. `ended` is set by a signal."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._lock = threading.Lock()
        self._wake_reader, self._wake_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.ended = threading.Event()
        for kind in SIGNALS:
            signal.signal(kind, self._end)

    def say(self, event: str, **details: object) -> None:
        """Write an event. From any thread."""
        if self._as_json:
            line = json.dumps({"event": event, **details})
        else:
            line = " ".join((event, *(str(value) for value in details.values())))
        with self._lock:
            print(line, flush=True)

    def complain(self, text: str) -> None:
        """Tell a person on standard error what was wrong with a line."""
        print(text, file=sys.stderr, flush=True)

    def lines(self) -> Iterator[str]:
        """Lines as they come; ends at a signal, or at the end of standard input."""
        pending = bytearray()
        while self._wait(sys.stdin.fileno()):
            data = os.read(sys.stdin.fileno(), READ_MAX)
            pending += data
            *whole, rest = pending.split(b"\n")
            pending = bytearray(rest if len(rest) <= LINE_MAX else b"")
            if not data and pending:  # a last line without its end
                whole.append(pending)
            for line in whole:
                yield line.decode("utf-8", "replace").rstrip("\r")
            if not data:
                return

    def close(self) -> None:
        """Put the signals back."""
        for kind in SIGNALS:
            signal.signal(kind, signal.SIG_DFL)
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.ended.set()
        os.write(self._wake_writer, b"!")

    def _wait(self, descriptor: int) -> bool:
        """Wait for input (True) or a signal (False)."""
        while not self.ended.is_set():
            readable, _, _ = select.select([self._wake_reader, descriptor], [], [])
            if descriptor in readable:
                return True
        return False
