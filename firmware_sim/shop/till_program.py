# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till as a program of its own: switched on, switched off, its power cut; and a hand that reaches its screen."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from io import BufferedRWPair
from pathlib import Path
from threading import Lock, Thread
from typing import IO, Any, Final

from firmware_sim.demo.programs import ProgramFailed, environment

START_WITHIN_S: Final = 30.0
STOP_WITHIN_S: Final = 20.0
ANSWER_WITHIN_S: Final = 130.0
_RETRY_S: Final = 0.05


class TillIsOff(Exception):
    """There is no till to be touched: its power is off."""


@dataclass
class TillProgram:
    """`heitje terminal run` on one till's directory, with a remote hand at `socket_path`.

    `visible`: real windows; else SDL's dummy screen, which is looked at through the hand alone.
    """

    directory: Path
    socket_path: Path
    window: str = "800x480"
    visible: bool = False
    said: list[str] = field(default_factory=list)
    _process: "subprocess.Popen[str] | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._connection: socket.socket | None = None
        self._stream: BufferedRWPair | None = None
        self._lock = Lock()

    @property
    def is_on(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def switch_on(self) -> None:
        """Start it; returns when its first screen is there. Raises `ProgramFailed`."""
        if self.is_on:
            return
        self.socket_path.unlink(missing_ok=True)
        hidden = {} if self.visible else {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
        words = ("terminal", "run", "--dir", str(self.directory), "--window", self.window)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "heitje", *words, "--customer-display", "--remote", str(self.socket_path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment(), **hidden},
        )
        Thread(target=self._listen, args=(self._process.stderr,), daemon=True).start()
        deadline = time.monotonic() + START_WITHIN_S
        while not self._reach():
            if self._ended_within(_RETRY_S) or time.monotonic() > deadline:
                raise ProgramFailed(f"heitje terminal run did not start\n{''.join(self.said[-20:])}")
        self.ask(look=True)

    def switch_off(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def cut_power(self) -> None:
        """End it in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def ask(self, **request: Any) -> dict[str, Any]:
        """One request of the remote hand; its answer. Raises `TillIsOff`."""
        with self._lock:
            stream = self._stream
            if stream is None:
                raise TillIsOff
            try:
                stream.write(json.dumps(request).encode() + b"\n")
                stream.flush()
                answer: dict[str, Any] = json.loads(stream.readline())
            except (OSError, ValueError) as error:
                raise TillIsOff from error
            return answer

    def look(self) -> dict[str, Any]:
        """What its screens say. Raises `TillIsOff`."""
        return self.ask(look=True)

    def press(self, name: str) -> dict[str, Any]:
        """Put a finger on a button; what is seen then. Raises `TillIsOff`."""
        return self.ask(press=name)

    def sees(self, *names: str, timeout_s: float = 20.0) -> dict[str, Any]:
        """Wait for one of these screens; what is seen then. Raises `ProgramFailed` where none comes, `TillIsOff`."""
        answer = self.ask(wait=list(names), timeout_s=timeout_s)
        if "error" in answer:
            raise ProgramFailed(f"{answer['error']}; there is {answer.get('screen')}: {answer.get('texts')}")
        return answer

    def picture(self, which: str) -> bytes:
        """A PNG of the `till`'s or the `customer`'s screen. Raises `TillIsOff`."""
        return base64.b64decode(self.ask(picture=which)["picture"])

    def _reach(self) -> bool:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(ANSWER_WITHIN_S)
        try:
            connection.connect(str(self.socket_path))
        except OSError:
            connection.close()
            return False
        self._connection, self._stream = connection, connection.makefile("rwb")
        return True

    def _ended_within(self, seconds: float) -> bool:
        """Whether the program has ended, now or in that time."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            os.kill(process.pid, how)
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        with self._lock:
            for end in (self._stream, self._connection):
                if end is not None:
                    end.close()
            self._stream = self._connection = None

    def _listen(self, stream: IO[str] | None) -> None:
        if stream is not None:
            with stream:
                for line in stream:
                    self.said = [*self.said[-199:], line]
