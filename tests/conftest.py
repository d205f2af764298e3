# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What holds for every test: no network but this machine's own loopback, and reproducible hypothesis runs.

The guard is a Python audit hook, so it sees every socket of the process whichever library opened it, in every
thread, and name look-ups as well. It stays for the life of the process.
"""

import ipaddress
import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from heitje.programme import TestProgramme

ROOT = Path(__file__).resolve().parent.parent

# A deadline in milliseconds would measure the neighbours' load, not our code.
settings.register_profile("heitje", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("heitje"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "heitje")

WATCHED = frozenset(
    f"socket.{call}" for call in ("bind", "connect", "sendto", "sendmsg", "getaddrinfo", "gethostbyname")
)


class NetworkUsed(RuntimeError):
    """A test reached for the network outside loopback."""


def is_local(host: object) -> bool:
    """Whether a host as given to the socket module is this machine: loopback, or no host at all."""
    if host is None or host == "localhost" or host == b"localhost":
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def watch_sockets(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: raises NetworkUsed for any address but loopback; unix sockets and netlink pass."""
    if event not in WATCHED:
        return
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        opened, address = args[0], args[1]
        family = getattr(opened, "family", None)
        if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
            return
        host = address[0]
    if not is_local(host):
        raise NetworkUsed(f"{event} to {host!r}: tests use loopback and unix sockets only")


sys.addaudithook(watch_sockets)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nothing-left-out", action="store_true", help="a test that skips itself is a failure")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if terminalreporter.stats.get("skipped") and config.getoption("--nothing-left-out"):
        terminalreporter.write_line("skipped tests are failures here, where all that they need can be installed")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = isinstance(reporter, pytest.TerminalReporter) and reporter.stats.get("skipped")
    if skipped and session.config.getoption("--nothing-left-out") and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of known answers."""
    return ROOT / "tests" / "vectors"


@pytest.fixture(scope="session")
def programme(vectors: Path) -> TestProgramme:
    """The test programme, whose keys the known answers use."""
    return TestProgramme.parse((vectors / "test-programme.json").read_text("utf-8"))
