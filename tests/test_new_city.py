# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""docs/new-city.md, word for word: from an empty folder to an audited sale, by its commands alone.

What a reader of the page fills in is filled in here: what an answer said, this machine's places, and what no command
does: the bank's statement, a note held to a scanner, a blank card on a reader.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from firmware_sim.card.blank import blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.field import Field
from firmware_sim.pn532 import Pn532
from firmware_sim.scanner import Scanner

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "new-city.md"
HEITJE = (sys.executable, "-m", "heitje")
UID = bytes.fromhex("04A1B2C3D4E580")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Reader:
    """Who follows the page: `fills` says what stands for what."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.fills = {name: str(directory / name) for name in ("stad", "till", "balie")}
        passphrase = directory / "passphrase"
        passphrase.touch(mode=0o600)
        passphrase.write_text("a passphrase of nobody\n", "ascii")
        self.environment = os.environ | {"HEITJE_KEYS_PASSPHRASE_FILE": str(passphrase), "PYTHONPATH": str(ROOT)}
        self.office = self.start((sys.executable, str(ROOT / "tests" / "one_process.py")), errors=None)

    def start(self, command: tuple[str, ...], errors: int | None) -> subprocess.Popen[str]:
        """A process in the reader's folder."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, cwd=self.directory, env=self.environment, stdin=pipe, stdout=pipe, stderr=errors, text=True
        )

    def words(self, line: str) -> list[str]:
        """A command of the page with what the reader fills in."""
        first, *words = shlex.split(line, comments=True)
        assert first == "heitje"
        for placeholder, value in self.fills.items():
            words = [re.sub(rf"^{re.escape(placeholder)}(?=/|$)", value, word) for word in words]
        assert not [word for word in words if re.fullmatch("[A-Z]+", word)], "all that is asked for was said before"
        return words

    def do(self, words: list[str]) -> str:
        """A command that must succeed; what it says."""
        assert self.office.stdin is not None
        assert self.office.stdout is not None
        self.office.stdin.write(json.dumps(words) + "\n")
        self.office.stdin.flush()
        answer = json.loads(self.office.stdout.readline())
        assert answer["code"] == 0, (words, answer)
        return str(answer["output"])

    @contextmanager
    def serving(self, words: list[str]) -> Iterator[str]:
        """The backend at work; its address."""
        quickly = ("--port", "0", "--workers", "1", "--publish-every-s", "0")
        server = self.start((*HEITJE, *words, *quickly), errors=None)
        assert server.stdout is not None
        try:
            yield server.stdout.readline().removeprefix("ready ").strip()
        finally:
            server.terminate()
            server.communicate(timeout=20)

    def sell(self, words: list[str], hold: Callable[[], None]) -> str:
        """A sale, with what the customer does as soon as the till waits for it; what the till says."""
        till = self.start((*HEITJE, *words), errors=subprocess.PIPE)
        assert till.stderr is not None
        while "waiting" not in (said := till.stderr.readline()):
            assert said, till.communicate()
        hold()
        output, errors = till.communicate(timeout=60)
        assert till.returncode == 0, errors
        return output

    def remember(self, words: list[str], said: str) -> None:
        """What an answer says that a later command asks for."""
        match words[:3]:
            case ["terminal", "enrol", *_] if "to compare" in said:
                names = {"terminal": "TERMINAL", "key": "KEY", "to compare": "DIGITS"}
                found = re.findall(rf"^({'|'.join(names)}) +(\w+)$", said, re.MULTILINE)
                self.fills |= {names[name]: value for name, value in found}
            case ["backend", "enrol" | "masters", *_]:
                self.fills["REQUEST"] = said.split()[1].rstrip(":")
            case ["backend", "notes", "print"]:
                codes = json.loads(self.do([*words, "--json"]))["codes"]
                self.fills["the note"] = codes[0]["text"]
            case ["backend", "log", *_]:
                self.fills["LOGKEY"] = re.findall(r"\S+/log\+\S+", said)[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.office.communicate(timeout=20)


def statement(cents: int) -> str:
    """The bank's first: the municipality paid in, and nothing else happened."""
    day, amount = datetime.now(UTC).date(), f'<Amt Ccy="EUR">{cents // 100}.{cents % 100:02d}</Amt>'

    def balance(code: str, amount: str) -> str:
        kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        return f"<Bal>{kind}{amount}<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"

    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>S1</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>1</Id><CreDtTm>{day}T20:00:00</CreDtTm><Acct><Id><IBAN>NL02ABNA0123456789</IBAN></Id></Acct>"
        + balance("OPBD", '<Amt Ccy="EUR">0.00</Amt>')
        + balance("CLBD", amount)
        + f"<Ntry>{amount}<CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>{day}</Dt></BookgDt>"
        "<BkTxCd><Prtry><Cd>N</Cd></Prtry></BkTxCd>"
        f"<NtryDtls><TxDtls><AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls><RltdPties><Dbtr><Nm>Gemeente Heerlen</Nm></Dbtr>"
        "<DbtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></DbtrAcct></RltdPties></TxDtls></NtryDtls></Ntry>"
        "</Stmt></BkToCstmrStmt></Document>"
    )


def test_the_page_leads_from_nothing_to_the_first_sale(tmp_path: Path) -> None:
    """Each command succeeds; note and card are paid, the coin is backed, and the acts hold."""
    (tmp_path / "statement.xml").write_text(statement(500_000), "ascii")
    blocks = "".join(BLOCK.findall(PAGE.read_text("utf-8"))).replace("\\\n", " ")
    lines = [line for line in blocks.splitlines() if line]
    begin = next(number for number, line in enumerate(lines) if " serve " in line)
    card, field, said = Card(MemoryStore(blank_light(UID))), Field(), ""
    with Reader(tmp_path) as reader, ExitStack() as running:
        for line in lines[:begin]:
            reader.do(reader.words(line))
        url = running.enter_context(reader.serving(reader.words(lines[begin])))
        scanner = running.enter_context(Scanner(tmp_path / "scanner"))
        pn532 = running.enter_context(Pn532(field, tmp_path / "reader"))
        reader.fills |= {
            "https://heitje.example": url,
            "serial:/dev/ttyACM0": f"serial:{scanner.path}",
            "pn532:/dev/ttyUSB0": f"pn532:{pn532.path}",
        }
        customers = iter((lambda: scanner.scan(reader.fills["the note"].encode()), lambda: field.put(card)))
        for line in lines[begin + 1 :]:
            words = reader.words(line)
            if words[0] == "card":
                field.put(card)
            if words[:2] == ["terminal", "sell"]:
                assert "accepted: € " in reader.sell(words, next(customers))
            else:
                said = reader.do(words)
            field.lift()
            reader.remember(words, said)
            if words[:2] == ["backend", "log"]:
                assert "8,20 owed to shops" in said
    assert list(customers) == []
    assert (tmp_path / "pain.001.xml").read_text("utf-8").count("NL39RABO0300065264") == 1
    assert "production = true" in (tmp_path / "stad" / "backend.toml").read_text("utf-8")
