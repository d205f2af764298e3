# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A remote hand for tests and the counter to play with: it touches the same glass that a finger does.

A unix socket that only this user can reach, one JSON object a line, one answer a line. A till in a shop has none: it is
opened by a command-line flag, and production settings refuse it.

    {"look": true}                              what both screens say, and where the buttons are
    {"press": "pay"}                            put a finger on the button of this id
    {"touch": [x, y]}                           put a finger there
    {"key": "enter"}, {"type": "1370"}          press keys
    {"wait": ["accepted"], "timeout_s": 10}     answer when one of these screens is there, or the time is over
    {"picture": "till"}                         a PNG in base64, of "customer" too
    {"stop": true}                              end in good order
"""

import json
import queue
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

LINE_MAX: Final = 4096
ANSWER_WITHIN_S: Final = 120.0


@dataclass
class Asked:
    """One request, and where its answer goes."""

    request: dict[str, Any]
    _answers: "queue.SimpleQueue[dict[str, Any]]" = field(default_factory=queue.SimpleQueue)

    def answer(self, document: dict[str, Any]) -> None:
        """Answer it. From the till's thread."""
        self._answers.put(document)

    def wait(self) -> dict[str, Any]:
        """The answer. In the socket's thread."""
        try:
            return self._answers.get(timeout=ANSWER_WITHIN_S)
        except queue.Empty:
            return {"error": "the till does not answer"}


class Remote:
    """Listens on `path`; `report` puts what is asked into the till's queue."""

    def __init__(self, path: Path, report: Callable[[Asked], None]) -> None:
        self._report = report
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path.unlink(missing_ok=True)
        self._socket.bind(str(path))
        path.chmod(0o600)
        self._socket.listen()

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._listen, name="remote", daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(connection,), name="remote hand", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            while line := stream.readline(LINE_MAX):
                stream.write(json.dumps(self._answer(line), ensure_ascii=False).encode() + b"\n")
                stream.flush()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            return {"error": "one JSON object a line"}
        asked = Asked(request)
        self._report(asked)
        return asked.wait()
