# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till and the backend as programs: their commands, and the server that can be cut off."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import IO, Any, Final

_HEITJE: Final = (sys.executable, "-m", "heitje")
_STOP_TIMEOUT_S: Final = 15
READY_PREFIX: Final = "ready "


class ProgramFailed(Exception):
    """A program did something else than the story needs; the text has what it said."""


def environment() -> dict[str, str]:
    """This environment, with the folder that `heitje` is run from on the path of the programs."""
    root = str(Path(__file__).resolve().parent.parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}


def run(*words: str, expected: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """One command with `--json`; its answer. Raises `ProgramFailed`."""
    done = subprocess.run(
        [*_HEITJE, *words, "--json"],
        check=False,
        capture_output=True,
        text=True,
        env=environment(),
        stdin=subprocess.DEVNULL,
    )
    if done.returncode not in expected:
        raise ProgramFailed(f"heitje {' '.join(words)}: exit code {done.returncode}\n{done.stderr or done.stdout}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@dataclass
class Selling:
    """A sale that a till has begun and waits to be paid."""

    process: "subprocess.Popen[str]"

    @classmethod
    def begin(cls, euros: str, directory: Path, timeout_s: int = 20) -> "Selling":
        """Start it; returns when the till sees what is held to its devices. Raises `ProgramFailed`."""
        process = subprocess.Popen(
            [*_HEITJE, "terminal", "sell", euros, "--dir", str(directory), "--timeout-s", str(timeout_s), "--json"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        line = _read_line(process.stderr)
        if not line.startswith("waiting"):
            rest = process.communicate()[1]
            raise ProgramFailed(f"heitje terminal sell: {line}{rest}")
        return cls(process)

    def answer(self) -> dict[str, Any]:
        """The till's decision. Raises `ProgramFailed`."""
        output, errors = self.process.communicate()
        if self.process.returncode not in (0, 1, 3):
            raise ProgramFailed(f"heitje terminal sell: exit code {self.process.returncode}\n{errors}")
        answer: dict[str, Any] = json.loads(output)
        return answer


@dataclass
class Server:
    """`heitje backend serve` on a port of its own, the same each time it comes back."""

    directory: Path
    port: int = 0
    url: str = ""
    _process: "subprocess.Popen[str] | None" = field(default=None, repr=False)

    @property
    def is_up(self) -> bool:
        """Whether it serves."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Serve; returns when it is ready. Raises `ProgramFailed`."""
        if self.is_up:
            return
        words = ("backend", "serve", "--dir", str(self.directory), "--port", str(self.port))
        process = subprocess.Popen(
            [*_HEITJE, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(),
        )
        said = []
        while not (line := _read_line(process.stdout)).startswith(READY_PREFIX):
            said.append(line)
            if not line:
                raise ProgramFailed(f"heitje {' '.join(words)} did not start\n{''.join(said)}")
        Thread(target=_drain, args=(process.stdout,), daemon=True).start()
        self._process = process
        self.url = line.removeprefix(READY_PREFIX).strip()
        self.port = int(self.url.rsplit(":", 1)[1].strip("/"))

    def cut_off(self) -> None:
        """Stop serving, and wait until it has."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _read_line(stream: IO[str] | None) -> str:
    return stream.readline() if stream is not None else ""


def _drain(stream: IO[str] | None) -> None:
    """Keep the pipe empty: a server that logs must not stop for want of a reader."""
    if stream is not None:
        with stream:
            for _ in stream:
                pass
