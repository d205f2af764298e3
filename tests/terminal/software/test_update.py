# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""An update over HTTP by the command itself: fetched, installed by pip in an environment of its own, tested, on trial.

The releases are true wheels of a small program that is called as the till's is; one of them does not do.
"""

import base64
import ensurepip
import hashlib
import json
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from backend.minting import key_file
from backend.minting.file_keystore import FileKeyStore
from backend.minting.trust_repository import TrustRepository
from heitje.programme import TEST_ROOT_EXPIRES, TestProgramme
from heitje.trust_root import TargetNames
from terminal import cli
from terminal.provisioning import TEST_KEYS_FROM, TEST_KEYS_UNTIL
from terminal.software.slots import Slots

Run = Callable[..., tuple[int, dict[str, Any]]]
DAY_S = 86_400
PROGRAM = """
import sys
def main():
    if sys.argv[1:] == ["terminal", "software-test"]:
        sys.exit({exit_code})
    print("{version}")
"""


def wheel(folder: Path, version: str, exit_code: int = 0) -> Path:
    """A wheel of a program named heitje that says its version, and whose test ends as told."""
    path, info = folder / f"heitje-{version}-py3-none-any.whl", f"heitje-{version}.dist-info"
    files = {
        "small_heitje.py": PROGRAM.format(version=version, exit_code=exit_code),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: heitje\nVersion: {version}\nProvides-Extra: terminal\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nheitje = small_heitje:main\n",
    }
    lines = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(text.encode())}")
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*lines, f"{info}/RECORD,,"]))
    return path


def pip_wheel() -> Path:
    """The wheel that Python itself brings."""
    folders = (Path(ensurepip.__file__).parent / "_bundled", Path("/usr/share/python-wheels"))
    return next(wheel for folder in folders for wheel in folder.glob("pip-*.whl"))


class Quiet(SimpleHTTPRequestHandler):
    """Hands out files, and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's own name
        return


class Publisher:
    """Who makes releases, and where they are published."""

    def __init__(self, programme: TestProgramme, folder: Path, now: int) -> None:
        keys, offline = folder / "keys.json", folder / "offline.json"
        key_file.write(keys, programme, TEST_KEYS_FROM, TEST_KEYS_UNTIL)
        key_file.write_offline(offline, programme)
        self.store = FileKeyStore.open(keys, production=False, offline=offline)
        self.repository = TrustRepository(folder / "trust")
        self.names, self.folder, self.now, self.number = TargetNames(programme.iss), folder, now, 0
        with self.repository.locked():
            self.repository.appoint(self.names, self.store, TEST_ROOT_EXPIRES, TEST_ROOT_EXPIRES)

    def publish(self, version: str | None = None, exit_code: int = 0, *, by_online_keys: bool = False) -> None:
        """Publish; a `version`: with this release from now on."""
        files = {self.names.deny: b"HDL1"}
        with self.repository.locked():
            if version is not None:
                made = wheel(self.folder, version, exit_code)
                words = ["pack-release", str(made), str(pip_wheel()), "--version", version, "--extras", "terminal"]
                assert cli.main([*words, "--out", str(self.folder / "out")]) == 0
                new = {path.name: path.read_bytes() for path in (self.folder / "out").iterdir() if version in path.name}
                new["till.json"] = (self.folder / "out/till.json").read_bytes()
                if by_online_keys:
                    files |= {f"software/{name}": data for name, data in new.items()}
                else:
                    self.repository.release(new, self.store, self.now + DAY_S)
            self.number += 1
            self.repository.write(self.number, files, self.store, self.now)
            self.repository.stamp(self.number, self.store, self.now)


@pytest.fixture
def publisher(programme: TestProgramme, tmp_path: Path) -> Publisher:
    return Publisher(programme, tmp_path, int(time.time()))


@pytest.fixture
def run(
    publisher: Publisher, programme: TestProgramme, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """`heitje terminal update …` on a machine that was given the programme's root."""
    machine, slots = tmp_path / "machine", tmp_path / "slots"
    for folder in (machine, slots):
        folder.mkdir()
    (machine / "root.json").write_bytes(programme.trust_root)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(publisher.folder))) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/trust"

        def update(action: str) -> tuple[int, dict[str, Any]]:
            capsys.readouterr()
            words = ["update", action, "--slots", str(slots), "--json"]
            if action in ("check", "install"):
                words += ["--dir", str(machine), "--url", url]
            code = cli.main(words)
            said = capsys.readouterr()
            return code, json.loads(said.out) if said.out else {"error": said.err}

        yield update
        server.shutdown()


def says(tmp_path: Path) -> str:
    """What the program says that the link leads to, as systemd would start it."""
    program = tmp_path / "slots/current/bin/heitje"
    return subprocess.run([str(program)], capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_installed_tried_confirmed_and_taken_back(publisher: Publisher, run: Run, tmp_path: Path) -> None:
    publisher.publish()
    assert run("check") == (1, {"newer": False, "version": None, "says": "there is no release"})
    publisher.publish("0.1.0")
    assert run("check")[0] == 0
    assert run("install")[1]["newer"]
    assert run("confirm") == (0, {"runs": "a", "version": "0.1.0", "trying": False})
    assert says(tmp_path) == "0.1.0"
    assert run("check") == (1, {"newer": False, "version": "0.1.0", "says": "the newest release runs already"})

    publisher.publish("0.2.0", exit_code=1)
    code, said = run("install")
    assert code == 255
    assert "software-test ended with 1" in said["error"]
    assert says(tmp_path) == "0.1.0", "what fails its own test never runs"
    assert not Slots(tmp_path / "slots").trying

    publisher.publish("0.3.0")
    assert run("install")[0] == 0
    assert says(tmp_path) == "0.3.0"
    assert run("take-back") == (0, {"runs": "a", "version": "0.1.0", "trying": False})
    assert says(tmp_path) == "0.1.0"
    assert run("check")[0] == 1, "what did not do is not tried again"
    assert run("install")[1]["says"] == "the newest release was tried, and did not do"
    assert run("settle") == (0, {"runs": "a", "version": "0.1.0", "trying": False})


def test_what_the_release_keys_did_not_sign_is_no_release(publisher: Publisher, run: Run, tmp_path: Path) -> None:
    publisher.publish("0.9.0", by_online_keys=True)
    assert run("check") == (1, {"newer": False, "version": None, "says": "there is no release"})
    publisher.publish("0.1.0")
    [archive] = (publisher.folder / "trust/targets/software").glob("*.heitje-till-0.1.0.tar")
    data = archive.read_bytes()
    archive.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert run("install")[0] == 255
    assert not (tmp_path / "slots/current").exists()
    archive.write_bytes(data)
    (tmp_path / "machine/root.json").write_bytes(b"{}")
    assert run("check")[0] == 255
