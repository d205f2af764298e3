# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the service manager hears, over a real socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal.health.service import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """systemd's end, and its address as it is given to a service."""
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name if request.param == "path" else "\0" + name)
        listening.settimeout(5)
        yield listening, name if request.param == "path" else "@" + name


def test_ready_status_stopping(listener: tuple[socket.socket, str]) -> None:
    listening, address = listener
    manager = ServiceManager.of({"NOTIFY_SOCKET": address})
    manager.ready("idle,\nonline")
    assert listening.recv(1000) == b"READY=1\nSTATUS=idle, online"
    manager.status("offline")
    assert listening.recv(1000) == b"STATUS=offline"
    manager.stopping()
    assert listening.recv(1000) == b"STOPPING=1"


def test_alive_is_told_as_often_as_it_is_wanted(listener: tuple[socket.socket, str]) -> None:
    listening, address = listener
    manager = ServiceManager.of({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"}, process=7)
    assert manager.alive_every_s == 1.0
    for _ in range(1000):
        manager.alive()
    assert listening.recv(1000) == b"WATCHDOG=1"
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(1000)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NOTIFY_SOCKET": ""},
        {"NOTIFY_SOCKET": "vsock:2:1234"},
        {"NOTIFY_SOCKET": "/nobody/listens/here"},
        {"NOTIFY_SOCKET": "/nobody", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/nobody", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"},
    ],
)
def test_where_nobody_listens_nothing_happens(environment: dict[str, str]) -> None:
    manager = ServiceManager.of(environment)
    manager.ready("idle")
    manager.alive()
    manager.stopping()
    assert manager.alive_every_s is None
