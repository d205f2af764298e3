# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje terminal self-test`: what is well and what is not, on the screen, for a program and on paper."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.pn532 import Pn532
from firmware_sim.printer.condition import Body
from firmware_sim.printer.ports import TcpPrinter
from firmware_sim.printer.receipt_printer import ReceiptPrinter
from firmware_sim.scanner import Scanner
from heitje.programme import TestProgramme
from terminal import cli
from terminal.configuration import TerminalConfiguration
from terminal.provisioning import initialise

SelfTest = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def directory(tmp_path: Path, programme: TestProgramme, reader: Pn532, scanner: Scanner, printer: TcpPrinter) -> Path:
    """A till with reader, scanner and printer."""
    configuration = TerminalConfiguration(
        tmp_path / "tested",
        b"",
        reader=f"pn532:{reader.path}",
        scanner=f"serial:{scanner.path}",
        printer=f"tcp:{printer.host}:{printer.port}",
        language="en",
    )
    initialise(programme, configuration, int(time.time()))
    return tmp_path / "tested"


@pytest.fixture
def self_test(directory: Path, capsys: pytest.CaptureFixture[str]) -> SelfTest:
    """Runs it; its exit code and what it says to a program."""

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        code = cli.main(["self-test", "--dir", str(directory), "--json", *words])
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return code, document

    return run


def well(document: dict[str, Any]) -> dict[str, bool]:
    """Each check by its name."""
    return {check["check"]: check["well"] for check in document["checks"]}


def test_all_is_well_and_on_paper(self_test: SelfTest, paper: ReceiptPrinter) -> None:
    code, document = self_test()
    assert (code, document["well"], document["printed"]) == (0, True, "printed")
    assert set(well(document)) >= {"device.reader", "device.printer", "check.journal", "check.disk", "check.trust"}
    [slip] = paper.receipts
    assert "80c566212392d06a" in slip.text


def test_what_is_not_well_is_named(self_test: SelfTest, paper: ReceiptPrinter) -> None:
    paper.change(Body(cover_open=True))
    code, document = self_test()
    assert (code, document["well"], document["printed"]) == (1, False, "not printed")
    found = well(document)
    assert [name for name in found if not found[name]] == ["device.printer"]


def test_it_need_not_be_printed(self_test: SelfTest, paper: ReceiptPrinter) -> None:
    code, document = self_test("--no-paper")
    assert (code, document["printed"], paper.receipts) == (0, None, [])


def test_a_reader_that_is_away_and_a_backend_that_is_silent(
    self_test: SelfTest, directory: Path, reader: Pn532
) -> None:
    path = directory / "terminal.toml"
    text = path.read_text("utf-8").replace(str(reader.path), str(directory / "nothing"))
    path.write_text(text + '\n[backend]\nurl = "http://127.0.0.1:9"\n', "utf-8")
    code, document = self_test()
    found = well(document)
    assert code == 1
    assert {name for name in found if not found[name]} == {"device.reader", "check.connection"}


def test_for_a_person(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["self-test", "--dir", str(directory), "--no-paper"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) >= 8
    assert all("check." not in line for line in told)
