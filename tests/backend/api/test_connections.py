# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Connections that stay open: few or many, one request upon the other or two at once."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from backend.serving import THREADS

if TYPE_CHECKING:
    from tests.backend.api.conftest import Served

PATIENCE_S = 20
ASKED = b"GET /v1/health HTTP/1.1\r\nHost: city.example\r\n\r\n"
LAST = ASKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@contextmanager
def connected(backend: Served) -> Iterator[socket.socket]:
    """A connection."""
    parts = urlsplit(backend.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PATIENCE_S) as line:
        yield line


def answered(line: socket.socket, count: int = 1) -> int:
    """How many of the next answers are good; reads no more of them."""
    got, good = b"", 0
    for _ in range(count):
        while not (head := re.match(rb"(HTTP/1.1 200 OK\r\n.*?Content-Length: ([0-9]+).*?\r\n\r\n)", got, re.DOTALL)):
            received = line.recv(4096)
            assert received, got
            got += received
        end = head.end() + int(head[2])
        while len(got) < end:
            got += line.recv(end - len(got))
        got, good = got[end:], good + 1
    assert got == b""
    return good


def test_one_request_upon_the_other(backend: Served) -> None:
    with connected(backend) as line:
        for _ in range(20):
            line.sendall(ASKED)
            assert answered(line) == 1
        line.sendall(ASKED * 3)
        assert answered(line, 3) == 3
        line.sendall(LAST)
        assert answered(line) == 1
        assert line.recv(1) == b""


def test_more_connections_than_threads(backend: Served) -> None:
    """None of them waits for another that says nothing."""
    with ExitStack() as stack:
        lines = [stack.enter_context(connected(backend)) for _ in range(3 * THREADS)]
        for _ in range(3):
            for line in lines:
                line.sendall(ASKED)
                assert answered(line) == 1
        for line in lines:
            line.sendall(ASKED)
        assert sum(map(answered, lines)) == len(lines)
