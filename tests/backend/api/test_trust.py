# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trust repository over a real socket, read by the framework's own client; and nothing else is handed out."""

from __future__ import annotations

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
