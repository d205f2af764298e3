# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What holds for every test: no network but this machine's own loopback, and reproducible hypothesis runs.

The guard stands around the socket module's own calls, so it sees every socket of the process whichever library
opened it, in every thread, and name look-ups as well. (An audit hook would see more, but while one runs Python 3.11
cannot start the coverage of a second thread.)
"""

import ipaddress
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from heitje.programme import TestProgramme

ROOT = Path(__file__).resolve().parent.parent

# A deadline in milliseconds would measure the neighbours' load, not our code.
settings.register_profile("heitje", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("heitje"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "heitje")


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


def guard_sockets(patch: pytest.MonkeyPatch) -> None:
    """Let every call to another address than loopback raise `NetworkUsed`; unix sockets and netlink pass."""

    def check(call: str, host: object) -> None:
        if not is_local(host):
            raise NetworkUsed(f"{call} to {host!r}: tests use loopback and unix sockets only")

    def guard_method(call: str) -> None:
        unguarded: Callable[..., object] = getattr(socket.socket, call)

        def guarded(opened: socket.socket, *args: object) -> object:
            address = args[-1]  # of each of these calls the last argument
            if opened.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
                check(call, address[0])
            return unguarded(opened, *args)

        patch.setattr(socket.socket, call, guarded)

    def guard_lookup(call: str) -> None:
        unguarded: Callable[..., object] = getattr(socket, call)

        def guarded(host: object, *args: object, **options: object) -> object:
            check(call, host)
            return unguarded(host, *args, **options)

        patch.setattr(socket, call, guarded)

    for call in ("bind", "connect", "connect_ex", "sendto", "sendmsg"):
        guard_method(call)
    for call in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        guard_lookup(call)


def pytest_configure(config: pytest.Config) -> None:
    patch = pytest.MonkeyPatch()
    guard_sockets(patch)
    config.add_cleanup(patch.undo)


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


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server of the tests' own, on a unix socket.

    Tests kill it and its clients, and no test cuts the power: what a commit has handed to the system is safe from all
    of them. So it does not wait for the disk, which each new database of a test would do many times; a measure does
    (`tests/bench`).
    """

    programs: Path
    directory: Path
    user: str | None
    """Whom its programs run as: the server refuses root."""

    def run(self, program: str, *words: str, check: bool = True) -> str:
        """One of PostgreSQL's programs; what it printed."""
        environment = {**os.environ, "PGHOST": str(self.directory), "PGUSER": "postgres", "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [str(self.programs / program), *words],
            env=environment,
            user=self.user,
            group=self.user,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout

    def sql(self, statement: str, database: str = "postgres") -> str:
        """One statement by the server's own administrator."""
        return self.run(
            "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement
        ).strip()

    def start(self, **settings: str) -> None:
        """Start, and wait until it answers."""
        words = [f"-c {name}={value}" for name, value in settings.items()]
        options = f"-c listen_addresses= -c unix_socket_directories={self.directory} {' '.join(words)}"
        log = str(self.directory / "log")
        self.run("pg_ctl", "start", "-w", "-D", str(self.directory / "data"), "-l", log, "-o", options)

    def stop(self, mode: str = "immediate") -> None:
        """Stop at once: what was committed is on disk."""
        self.run("pg_ctl", "stop", "-w", "-m", mode, "-D", str(self.directory / "data"))


def postgresql_programs() -> Path | None:
    """The folder of the newest PostgreSQL that Debian has installed here."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parent.name), default=None)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The server, with a role `heitje` that is no administrator. Skips where PostgreSQL is not installed."""
    programs = postgresql_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    user = "postgres" if os.geteuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="heitje-pg-"))
    if user is not None:
        shutil.chown(directory, user, user)
    directory.chmod(0o711)
    server = Cluster(programs, directory, user)
    try:
        words = ("--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "-U", "postgres")
        server.run("initdb", *words, "-D", str(directory / "data"))
        server.start(fsync="off", synchronous_commit="on")
        try:
            server.sql("CREATE ROLE heitje LOGIN")
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory)
