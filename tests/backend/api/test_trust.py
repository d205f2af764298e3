# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trust repository over a real socket, read by the framework's own client; and nothing else is handed out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from tuf.ngclient import Updater

from heitje.bundle import open_bundle
from heitje.deny_list import DenyList
from heitje.programme import TestProgramme
from heitje.trust_root import TargetNames

if TYPE_CHECKING:
    from tests.backend.api.conftest import Served

VECTOR = Path(__file__).parents[2] / "vectors" / "test-programme.json"


def heitje(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line, as typed."""
    command = [sys.executable, "-m", "heitje", "backend", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def fetch(backend: Served, programme: TestProgramme, directory: Path, name: str) -> bytes:
    """A file of the trust, as a terminal gets it that knows only the root."""
    for folder in ("metadata", "targets"):
        (directory / folder).mkdir(parents=True)
    updater = Updater(
        str(directory / "metadata"),
        f"{backend.url}/v1/trust/metadata/",
        str(directory / "targets"),
        f"{backend.url}/v1/trust/targets/",
        bootstrap=programme.trust_root,
    )
    target = updater.get_targetinfo(name)
    assert target is not None
    return Path(updater.download_target(target)).read_bytes()


def test_a_terminal_fetches_its_bundle(backend: Served, programme: TestProgramme, tmp_path: Path) -> None:
    token = fetch(backend, programme, tmp_path, TargetNames(programme.iss).bundle(programme.terminal))
    bundle = open_bundle(token, (programme.mint.public,), programme.terminal)
    assert (bundle.version, bundle.shop.id) == (1, "bakker-1")


def test_a_terminal_fetches_the_deny_list(backend: Served, programme: TestProgramme, tmp_path: Path) -> None:
    assert len(DenyList(fetch(backend, programme, tmp_path, TargetNames(programme.iss).deny))) == 0


def test_caches_may_keep_what_never_changes(backend: Served) -> None:
    def caching(name: str) -> tuple[int, str]:
        answer = requests.get(f"{backend.url}/v1/trust/{name}", timeout=30)
        return answer.status_code, answer.headers["Cache-Control"]

    assert caching("metadata/timestamp.json") == (200, "public, max-age=60")
    assert caching("metadata/1.root.json") == (200, "public, max-age=31536000, immutable")
    assert caching("metadata/2.root.json") == (404, "public, max-age=60")


@pytest.mark.parametrize(
    "path",
    [
        "metadata/root.json",
        "metadata/..%2f..%2fkeys.json",
        "metadata/.timestamp.json.new",
        "metadata/1.root.json%00",
        "targets/../metadata/timestamp.json",
        "targets/%2e%2e/%2e%2e/keys.json",
        "targets/..%2f..%2fkeys.json",
        "targets//etc/passwd",
        "targets/nl.testburg",
        "targets/nl.testburg/",
        "targets/nl.testburg/deny.bin",
        "targets/" + "a" * 5000,
    ],
)
def test_nothing_else_is_handed_out(backend: Served, path: str) -> None:
    session = requests.Session()
    request = session.prepare_request(requests.Request("GET", backend.url))
    request.url = f"{backend.url}/v1/trust/{path}"  # as it stands: nothing is put in order on the way
    answer = session.send(request, timeout=30)
    assert answer.status_code in (400, 404, 414)


def test_publish_and_renew_and_release_by_command(backend: Served, programme: TestProgramme, tmp_path: Path) -> None:
    def command(*words: str | Path) -> dict[str, object]:
        done = heitje(*words, "--dir", backend.directory, "--json")
        assert done.returncode == 0, done.stderr
        document: dict[str, object] = json.loads(done.stdout)
        return document

    first = command("publish")
    assert command("publish", "--timestamp-only")["publication"] == first["publication"]
    offline = ("--offline-keys", backend.directory / "offline-keys.json")
    renewed = command("trust", "renew", *offline)
    assert (renewed["root"], renewed["fresh"]) == (2, True)
    release = tmp_path / "heitje-9.whl"
    release.write_bytes(b"a release")
    too_soon = heitje("trust", "release", *offline, release, "--dir", backend.directory)
    assert (too_soon.returncode, "nobody asked" in too_soon.stderr) == (1, True)
    asked = [command("trust", "request-release", release, "--by", keeper) for keeper in ("keeper-1", "keeper-2")]
    assert [one["approved"] for one in asked] == [False, True]
    assert command("trust", "release", *offline, release)["software"] == ["heitje-9.whl"]
    assert fetch(backend, programme, tmp_path / "till", "software/heitje-9.whl") == b"a release"
    refused = heitje("trust", "renew", "--offline-keys", tmp_path / "none.json", "--dir", backend.directory)
    assert (refused.returncode, "none.json" in refused.stderr) == (1, True)


def test_what_changes_is_published_by_the_server_itself(programme: TestProgramme, tmp_path: Path) -> None:
    directory = tmp_path / "backend"
    assert heitje("init", "--test-programme", VECTOR, "--dir", directory).returncode == 0
    command = [
        sys.executable,
        "-m",
        "heitje",
        "backend",
        "publish",
        "--dir",
        str(directory),
        "--every-s",
        "1",
        "--json",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as publisher:
        assert publisher.stdin is not None
        assert publisher.stdout is not None
        first, second = (json.loads(publisher.stdout.readline()) for _ in range(2))
        assert (first["publication"], second["at"] > first["at"]) == (1, True)
        publisher.stdin.close()
        assert publisher.wait(30) == 0
