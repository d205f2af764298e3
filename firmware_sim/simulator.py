# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A simulator that runs: one thread that serves the far end of a cable until it is closed."""

import os
import select
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Simulator(ABC):
    """Start, wake, stop. What the thread died of is raised by `close`."""

    def __init__(self, name: str) -> None:
        self._wake_reader, self._wake_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def serve(self) -> None:
        """Serve until `stopping`; in between, wait with `wait_readable` alone."""

    @abstractmethod
    def release(self) -> None:
        """Give back what the constructor took, after the thread has ended."""

    @property
    def stopping(self) -> bool:
        """Whether `close` was called."""
        return self._stop.is_set()

    def start(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def wake(self) -> None:
        """End the wait that the thread is in: something changed. Callable from any thread."""
        try:
            os.write(self._wake_writer, b"!")
        except BlockingIOError:  # the pipe is full of calls not yet heard
            return

    def wait_readable(self, descriptor: int | None, timeout_s: float | None = None) -> bool:
        """Wait until a descriptor can be read (True), or a wake-up or the timeout (False)."""
        watched = [self._wake_reader] if descriptor is None else [self._wake_reader, descriptor]
        readable, _, _ = select.select(watched, [], [], timeout_s)
        if self._wake_reader in readable:
            os.read(self._wake_reader, 4096)
        return descriptor in readable

    def pause(self, seconds: float) -> None:
        """Let time pass, as the real thing would need it; `close` ends it."""
        self._stop.wait(seconds)

    def close(self) -> None:
        """Stop and give everything back. Raises what ended the thread before its time."""
        self._stop.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join()
        self.release()
        os.close(self._wake_reader)
        os.close(self._wake_writer)
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self.serve()
        except BaseException as error:  # noqa: BLE001 — a thread has nobody above it; close() raises it
            self._failure = error
