# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A backend as it is run: set up and served by the command line, called over loopback."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from heitje.keys import SigningKey
from heitje.messages import Batch
from heitje.programme import TestProgramme
from heitje.request_signature import Request, sign_request

if TYPE_CHECKING:
    from tests.backend.conftest import Till

VECTOR = Path(__file__).parents[2] / "vectors" / "test-programme.json"
PROGRAMME = TestProgramme.parse(VECTOR.read_text("utf-8"))
JOURNAL = f"/v1/terminals/{PROGRAMME.terminal.hex()}/journal"
HEAD = f"/v1/terminals/{PROGRAMME.terminal.hex()}/head"


@dataclass
class Served:
    """A running backend. `send` signs as the test programme's terminal unless told otherwise."""

    url: str
    directory: Path

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        key: SigningKey = PROGRAMME.terminal_key,
        key_id: str = PROGRAMME.terminal.hex(),
        age_s: int = 0,
        headers: dict[str, str] | None = None,
        signed_path: str | None = None,
        signed_body: bytes | None = None,
    ) -> requests.Response:
        """One request; `signed_path` and `signed_body`: what the signature covers where that is not what is sent."""
        signed = Request(
            method,
            self.url + (path if signed_path is None else signed_path),
            {"Content-Type": "application/json"} if body else {},
            body if signed_body is None else signed_body,
        )
        sign_request(signed, key_id, key, int(time.time()) - age_s)
        sent = {**signed.headers, **(headers or {})}
        return requests.request(method, self.url + path, headers=sent, data=body or None, timeout=30)

    def upload(self, till: Till, after: int = 0) -> requests.Response:
        """A till's journal from an entry on."""
        return self.send("POST", JOURNAL, Batch(after, tuple(till.entries[after : after + 500])).encode())

    def head(self) -> int:
        """The number of the last entry that is stored."""
        return int(self.send("GET", HEAD).json()["seq"])


def heitje(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line, as typed."""
    command = [sys.executable, "-m", "heitje", "backend", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@contextmanager
def served(directory: Path, environment: dict[str, str] | None = None) -> Iterator[Served]:
    """Serve a directory until the caller is done; `environment` of another kind than this one."""
    command = [sys.executable, "-m", "heitje", "backend", "serve", "--dir", str(directory), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith("ready http://127.0.0.1:")
        yield Served(ready.removeprefix("ready ").strip(), directory)
        process.terminate()
        assert process.wait(30) == 0


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One backend for a module's tests."""
    directory = tmp_path_factory.mktemp("served") / "backend"
    assert heitje("init", "--test-programme", VECTOR, "--dir", directory).returncode == 0
    with served(directory) as running:
        yield running


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[Served]]:
    """Serves a directory."""
    return served


@pytest.fixture(scope="module")
def till(new_till: type[Till], backend: Served) -> Till:
    """The module's till, at the real clock: one journal, as long as the backend lives."""
    return new_till(PROGRAMME.terminal.hex(), clock=int(time.time()))
