# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A till that is killed: runs `heitje terminal …` in children of its own, each killed where it is told to be.

One request a line on standard input: `{"argv": ["sell", …], "line": N | null, "statement": N | null}`. The child is
killed as it reaches the Nth line of the till's own code and its drivers', or is about to execute the Nth SQL statement.
Answered are `ready` lines (the till waits for its customer), then what became of it:
`{"killed": bool, "code": exit code, "output": text, "errors": text, "lines": N, "statements": N}`.
"""

import itertools
import json
import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from terminal.cli import main

ROOT = Path(__file__).resolve().parents[2]
WATCHED = (f"{ROOT}/terminal/", f"{ROOT}/drivers/")
CONNECT = sqlite3.connect


class Steps:
    """Counts, from any thread; at the last one that is wanted the process is gone."""

    def __init__(self, last: int | None) -> None:
        self._numbers = itertools.count(1)
        self._last = last

    def step(self) -> None:
        if next(self._numbers) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def count(self) -> int:
        return next(self._numbers) - 1


def child(request: dict[str, Any], told: int) -> None:
    """Be the till, and tell at the end how far it was."""
    lines, statements = Steps(request["line"]), Steps(request["statement"])

    def on_line(_: FrameType, event: str, __: object) -> Any:
        if event == "line":
            lines.step()
        return on_line

    def on_call(frame: FrameType, _: str, __: object) -> Any:
        return on_line if frame.f_code.co_filename.startswith(WATCHED) else None

    def connect(*args: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = CONNECT(*args, **named)
        connection.set_trace_callback(lambda _: statements.step())
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]  # the library's own, in this child alone
    threading.settrace(on_call)
    sys.settrace(on_call)
    code = main(request["argv"])
    sys.settrace(None)
    threading.settrace(None)
    sys.stdout.flush()
    counts = {"lines": lines.count(), "statements": statements.count()}
    os.write(told, json.dumps({"code": code, **counts}).encode())


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Have a child do it."""
    pipes = {name: os.pipe() for name in ("output", "errors", "told")}
    process = os.fork()
    if not process:
        os.dup2(pipes["output"][1], 1)
        os.dup2(pipes["errors"][1], 2)
        child(request, pipes["told"][1])
        os._exit(0)
    for _, writer in pipes.values():
        os.close(writer)
    errors = ""
    with os.fdopen(pipes["errors"][0]) as stream:
        for line in stream:
            if line.startswith("waiting"):
                print("ready", flush=True)
            else:
                errors += line
    texts = {}
    for name in ("output", "told"):
        with os.fdopen(pipes[name][0]) as stream:
            texts[name] = stream.read()
    _, status = os.waitpid(process, 0)
    end = json.loads(texts["told"] or "{}")
    return {"killed": os.WIFSIGNALED(status), "output": texts["output"], "errors": errors, **end}


if __name__ == "__main__":
    for text in sys.stdin:
        print(json.dumps(run(json.loads(text))), flush=True)
