# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A pcscd of one's own with one virtual reader, apart from the machine's: for tests, the bench, and other programs.

Debian's pcscd takes its socket from systemd's socket activation, and its clients look for `PCSCLITE_CSOCK_NAME`. A
client reads that once per process, so it has to be set before the first PC/SC call. vpcd listens on two ports of all
interfaces: it belongs on a machine of which nobody else can reach them.
"""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

SOCKET_VARIABLE: Final = "PCSCLITE_CSOCK_NAME"
READER_NAME: Final = "Heitje virtual reader"

_DRIVER: Final = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_RUN: Final = Path("/run/pcscd")
# The daemon takes its socket as descriptor 3 from whoever has its process id, so its id is found out after the fork.
_START: Final = """
import os, sys
listener, program, configuration = sys.argv[1:]
os.dup2(int(listener), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(program, [program, "--foreground", "--config", configuration])
"""
_STOP_TIMEOUT_S: Final = 5.0
_PORT_TRIES: Final = 32


class PcscdMissing(RuntimeError):
    """pcscd cannot run here; the text says what to install or do."""


def daemon() -> Path:
    """The pcscd program. Raises `PcscdMissing` for whatever keeps it from running here."""
    program = shutil.which("pcscd", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))
    missing = [
        package
        for package, there in (("pcscd", program is not None), ("vsmartcard-vpcd", _DRIVER.exists()))
        if not there
    ]
    if program is None or missing:
        raise PcscdMissing(f"Debian packages are missing: apt-get install {' '.join(missing)}")
    if not _RUN.is_dir() and os.geteuid() != 0:
        raise PcscdMissing(f"pcscd needs the folder {_RUN}, which root has to make")
    return Path(program)


class PrivatePcscd:
    """pcscd in a folder of its own. `start` and `stop` may follow each other: socket and port stay the same."""

    def __init__(self, folder: Path) -> None:
        self._program = daemon()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.socket_path = folder / "pcscd.comm"
        self.port = _two_free_ports()

    @property
    def environment(self) -> dict[str, str]:
        """What a client needs in its environment."""
        return {SOCKET_VARIABLE: str(self.socket_path)}

    def start(self) -> Self:
        """Start the daemon. A client may connect at once: the socket waits for it."""
        configuration = self._folder / "reader.conf.d"
        configuration.mkdir(parents=True, exist_ok=True)
        (configuration / "vpcd").write_text(
            f'FRIENDLYNAME "{READER_NAME}"\n'
            f"DEVICENAME /dev/null:{self.port}\n"
            f"LIBPATH {_DRIVER}\n"
            f"CHANNELID {self.port}\n"
        )
        self.socket_path.unlink(missing_ok=True)
        with ExitStack() as closing, (self._folder / "pcscd.log").open("ab") as log:
            listener = closing.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(self.socket_path))
            listener.listen(16)
            number = listener.fileno()
            arguments = (str(number), str(self._program), str(configuration))
            command = (sys.executable, "-I", "-S", "-c", _START, *arguments)
            self._process = subprocess.Popen(command, pass_fds=(number,), stdout=log, stderr=log)
        # Our listener is closed again: else a client would hang in its backlog once the daemon is gone.
        return self

    def stop(self) -> None:
        """Stop the daemon; clients get an error, not silence."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self.socket_path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _two_free_ports() -> int:
    """The first of two neighbouring free TCP ports: each virtual reader has two slots."""
    for _ in range(_PORT_TRIES):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise PcscdMissing("no two neighbouring TCP ports are free")
