# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A backend whose keys are in a PKCS#11 token (SoftHSM2), as it is run: by the commands of docs/keys.md, and served.

The ceremony, a publication, a card made and loaded, a sale checked; and the token pulled out and put back meanwhile.
"""

from __future__ import annotations

import json
import os
import pty
import re
import secrets
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from firmware_sim.card.blank import blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from heitje.journal import Kind
from heitje.messages import Batch, BatchAnswer
from heitje.programme import TestProgramme
from heitje.relay import CardAnswer, End, Opening, Reply, Work

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import requests

    from tests.backend.api.conftest import Served
    from tests.backend.conftest import Plastic, Till

ROOT = Path(__file__).parents[3]
VECTOR = ROOT / "tests" / "vectors" / "test-programme.json"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN, SO_PIN = "271828", "31415926"
UID = bytes.fromhex("04A1B2C3D4E5F7")
WAIT_S = 20


@dataclass
class Office:
    """The municipality's machine: a backend directory, and a token of its own."""

    directory: Path
    module: str

    @property
    def tokens(self) -> Path:
        """Where SoftHSM2 keeps its tokens."""
        return self.directory / "tokens"

    @property
    def town(self) -> Path:
        """The backend's directory."""
        return self.directory / "stad"

    @property
    def environment(self) -> dict[str, str]:
        """With which SoftHSM2 finds its tokens."""
        return {**os.environ, "SOFTHSM2_CONF": str(self.directory / "softhsm2.conf")}

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the backend's."""
        command = [sys.executable, "-m", "heitje", "backend", *words, "--dir", str(self.town), "--json"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=self.environment, cwd=ROOT)

    def do(self, *words: str) -> dict[str, Any]:
        """One that succeeds, and its answer."""
        done = self.call(*words)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def initialise(self, label: str) -> Path:
        """An empty token; the file with its PIN."""
        words = ["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", SO_PIN]
        subprocess.run(["softhsm2-util", *words], check=True, capture_output=True, env=self.environment)
        file = self.directory / f"{label}.pin"
        file.touch(mode=0o600)
        file.write_text(PIN, "ascii")
        return file

    def use_token(self) -> None:
        """What the ceremony says to do at its end; the file with the keys goes."""
        configuration = self.town / "backend.toml"
        text = configuration.read_text("utf-8")
        assert 'key_store = "keys.json"' in text
        configuration.write_text(text.replace('key_store = "keys.json"', 'key_store = "token.toml"'), "utf-8")
        for file in ("keys.json", "offline-keys.json"):
            (self.town / file).unlink()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A machine with SoftHSM2 and a test programme's backend."""
    module = next((path for path in MODULES if Path(path).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM2 is not installed (Debian: softhsm2)")
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    office = Office(tmp_path, module)
    office.tokens.mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {office.tokens}\nlog.level = ERROR\n", "ascii")
    office.do("init", "--test-programme", str(VECTOR))
    return office


@pytest.fixture
def running(office: Office, serve: Callable[..., AbstractContextManager[Served]]) -> Iterator[Served]:
    """The backend with the test programme's keys in its token, and nowhere else, served."""
    for label, more in (("heitje-stad", ()), ("heitje-stad-offline", ("--offline",))):
        pin = str(office.initialise(label))
        words = ("--module", office.module, "--token", label, "--pin-file", pin, "--test-programme", str(VECTOR))
        made = office.do("keys", "init-token", *words, *more)
        assert len(made["new"]) > 2
        assert "is there already" in office.call("keys", "init-token", *words, *more).stderr
    office.use_token()
    assert office.do("keys", "add-terminal-master")["version"] == 2
    with serve(office.town, office.environment) as backend:
        yield backend


class Desk:
    """The pick-up point: its signed requests, and a card on its reader."""

    def __init__(self, backend: Served, programme: TestProgramme) -> None:
        self.backend = backend
        self.path = f"/v1/terminals/{programme.terminal.hex()}"

    def ask(self, path: str, body: bytes) -> requests.Response:
        """One request."""
        return self.backend.send("POST", f"{self.path}/{path}", body)

    def answered(self, path: str, body: bytes) -> Reply:
        """The same request until it is answered; meanwhile it is told why it is not."""
        deadline = time.monotonic() + WAIT_S
        while (answer := self.ask(path, body)).status_code != 200:
            assert code_of(answer) == "keys-unavailable"
            assert time.monotonic() < deadline
            select.select([], [], [], 0.2)
        return Reply.from_document(answer.json())

    def session(
        self, card: Card, what: Work, at: int = 0, meanwhile: Callable[[str, bytes], None] | None = None
    ) -> Reply:
        """A whole session; before the answer of APDU `at` is brought, something else happens."""
        card.power_off()
        opening, apdus = Opening(secrets.token_bytes(16), card.uid, what), 0
        path = f"card-sessions/{opening.session.hex()}/answers"
        reply = self.answered("card-sessions", opening.encode())
        while reply.apdu is not None:
            apdus += 1
            body = CardAnswer(reply.step, card.transmit(reply.apdu)).encode()
            if apdus == at and meanwhile is not None:
                meanwhile(path, body)
            reply = self.answered(path, body)
        return reply


def code_of(answer: requests.Response) -> str:
    """A problem's code."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json"), answer.text
    return str(answer.json()["code"])


@pytest.fixture
def desk(running: Served, programme: TestProgramme) -> Desk:
    """The test programme's terminal, where cards are made."""
    return Desk(running, programme)


def test_from_ceremony_to_a_claim_and_the_token_pulled_out_on_the_way(
    office: Office, running: Served, desk: Desk, new_till: type[Till], new_card: type[Plastic], programme: TestProgramme
) -> None:
    shown = office.do("keys", "show")
    mint = [programme.mint.public.raw.hex(), programme.mint_next.public.raw.hex()]
    assert ([key["public"] for key in shown["mint"]], shown["terminal_versions"]) == (mint, [2, 1])
    assert office.do("trust", "renew", "--offline-keys", str(office.town / "offline-token.toml"))["root"] == 2

    # a card is made and loaded; in the middle of its session the token is pulled out
    office.do("card", "order")
    card = Card(MemoryStore(blank_light(UID)))
    assert desk.session(card, Work.PERSONALISE).end is End.MADE
    lost, pocket = programme.cards[0].uid, office.directory / "in a pocket"
    office.do("card", "replace", "--uid", lost.hex(), "--by", UID.hex())

    def pull_out(path: str, body: bytes) -> None:
        office.tokens.rename(pocket)
        for _ in range(2):
            assert code_of(desk.ask(path, body)) == "keys-unavailable"
        pocket.rename(office.tokens)

    loaded = desk.session(card, Work.LOAD, 2, pull_out)
    assert (loaded.end, loaded.balance, card.image.application.balance) == (End.LOADED, 2000, 2000)
    assert desk.session(card, Work.RENEW).end is End.RENEWED
    shown = office.do("card", "show", "--uid", UID.hex())
    assert (shown["purse"], shown["key_version"]) == (2000, 2)

    # a till uploads what it took: without the keys nothing is said of it, and then it is taken in as ever
    till = new_till(programme.terminal.hex(), clock=int(time.time()))
    till.anchor()
    sold = new_card(programme.cards[1].uid, programme.cards[1].balance)
    torn = till.card_intent(sold, 3)
    till.commit(sold, torn)
    till.complete(torn, Kind.UNRESOLVED, given=True)
    till.pay_card(sold, 4)  # its EncTMRI proves the one before
    office.tokens.rename(pocket)
    batch = Batch(0, tuple(till.entries)).encode()
    assert code_of(desk.ask("journal", batch)) == "keys-unavailable"
    pocket.rename(office.tokens)
    deadline = time.monotonic() + WAIT_S
    while (answer := desk.ask("journal", batch)).status_code != 200:
        assert code_of(answer) == "keys-unavailable"
        assert time.monotonic() < deadline
        select.select([], [], [], 0.2)
    assert {str(told.outcome) for told in BatchAnswer.from_document(answer.json()).outcomes} == {"accepted"}
    assert office.do("status")["accounts"]["payable"] == 7
    assert office.do("check")["holds"]
    publishes_again(office, pocket)
    log = (office.town / "backend.log").read_text("utf-8")
    assert "the token is not there" in log
    assert "the token was opened again" in log
    assert PIN not in log
    masters = (programme.master_issuer, programme.master_loader, programme.master_transaction_mac)
    on_disk = b"".join(path.read_bytes() for path in office.town.rglob("*") if path.is_file())
    assert not any(master in on_disk or master.hex().encode() in on_disk for master in masters)


def publishes_again(office: Office, pocket: Path) -> None:
    """What publishes the trust beside the server outlives the token's absence."""
    command = [sys.executable, "-m", "heitje", "backend", "publish", "--every-s", "1", "--json"]
    command += ["--dir", str(office.town)]
    log = office.town / "backend.log"
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=office.environment, cwd=ROOT
    ) as publisher:
        assert publisher.stdout is not None
        assert publisher.stdin is not None
        assert json.loads(publisher.stdout.readline())["publication"]
        office.tokens.rename(pocket)
        deadline = time.monotonic() + WAIT_S
        while "nothing is published" not in log.read_text("utf-8"):
            assert time.monotonic() < deadline
            select.select([], [], [], 0.1)
        back = int(time.time())
        pocket.rename(office.tokens)
        while json.loads(publisher.stdout.readline())["at"] < back:
            assert time.monotonic() < deadline
        publisher.stdin.close()


def test_the_page_of_the_ceremony_can_be_followed_word_by_word(office: Office) -> None:
    """The block of docs/keys.md, typed into a shell: only module and safe are at another place here."""
    page = (ROOT / "docs" / "keys.md").read_text("utf-8")
    [script] = re.findall(r"```sh\n(softhsm2-util.*?)```", page, re.DOTALL)
    safe = office.directory / "safe"
    safe.mkdir()
    script = script.replace("/usr/lib/softhsm/libsofthsm2.so", office.module).replace("/media/safe", str(safe))
    editor = office.directory / "editor"
    editor.write_text(f'#!/bin/sh\nprintf {PIN} > "$1"\n', "ascii")
    editor.chmod(0o755)
    command = f'set -e\nheitje() {{ {sys.executable} -m heitje "$@"; }}\n{script}'
    environment = {**office.environment, "EDITOR": str(editor), "PYTHONPATH": str(ROOT)}
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(office.directory)
        os.execve("/bin/sh", ["sh", "-c", command], environment)  # noqa: S606  # the page is a shell's
    said = typed(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, said
    assert (said.count("keys made in the token"), said.count("has been initialized")) == (2, 2)
    office.use_token()
    configuration = office.town / "backend.toml"
    configuration.write_text(
        configuration.read_text("utf-8").replace("production = false", "production = true"), "utf-8"
    )
    assert office.do("keys", "show")["terminal_versions"] == [1], "production takes keys that were made in the token"


def typed(terminal: int) -> str:
    """Whatever asks for a PIN gets one; what was said."""
    said, answered = b"", 0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            said += os.read(terminal, 4096)
        except OSError:  # everything at the other end has gone
            break
        if asked := re.search(rb"enter (SO|user) PIN: ", said[answered:]):
            answered = len(said)
            os.write(terminal, (SO_PIN if asked[1] == b"SO" else PIN).encode() + b"\n")
    os.close(terminal)
    return said.decode("utf-8", "replace")
