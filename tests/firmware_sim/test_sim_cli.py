# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The simulators as other programs meet them: a command that says `ready`, lines in, events out, a clean end."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.devices import open_printer, open_reader, open_scanner
from drivers.errors import CardGone
from drivers.printer import Printed
from drivers.printer.paper import Line, Paper
from firmware_sim.bench import read_configuration
from firmware_sim.card.image import FileStore
from firmware_sim.pcscd import PcscdMissing, PrivatePcscd

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMME = ROOT / "tests" / "vectors" / "test-programme.json"
UID = "04A1B2C3D4E580"
SELECT = bytes.fromhex("00A4040008F0484549544A450100")
WAIT_S = 20.0


class Running:
    """A simulator in its own process, told to write JSON."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def event(self, name: str) -> dict[str, Any]:
        """The next event of that name."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found: dict[str, Any] = json.loads(line)
            if found["event"] == name:
                return found
        raise AssertionError(f"it ended without saying {name}")

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


@contextmanager
def running(*words: str, stdin: int = subprocess.PIPE, **environment: str) -> Iterator[Running]:
    """Start `heitje sim`, and end it as a service manager does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "heitje", "sim", *words, "--json"],
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    try:
        yield Running(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def sim(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `heitje sim` to its end, with nothing on standard input."""
    return subprocess.run(
        [sys.executable, "-m", "heitje", "sim", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def card_words(folder: Path) -> list[str]:
    return ["card", "--test-programme", str(PROGRAMME), "--uid", UID, "--image", str(folder / "card.json")]


def test_a_card_on_a_pn532_is_torn_once_and_comes_back(tmp_path: Path) -> None:
    link = tmp_path / "reader"
    words = [*card_words(tmp_path), "--balance", "700", "--pn532", str(link), "--tear-after", "2"]
    with running(*words, "--return-after-s", "0.1") as card:
        ready = card.event("ready")
        assert ready == {"event": "ready", "reader": f"pn532:{link}", "card": UID, "cents": 700, "tmc": 0}
        reader = open_reader(f"pn532:{link}")
        held = reader.wait_for_card(WAIT_S)
        assert held is not None
        assert held.transmit(SELECT) == b"\x90\x00"
        with pytest.raises(CardGone):
            held.transmit(SELECT)
        assert card.event("torn") == {"event": "torn", "moment": "after", "apdu": 2}
        assert card.event("card")["where"] == "in the field"
        held = reader.wait_for_card(WAIT_S)
        assert held is not None
        assert [held.transmit(SELECT) for _ in range(3)] == [b"\x90\x00"] * 3
        card.tell("lift")
        assert card.event("card")["where"] == "away"
        assert held.wait_removed(WAIT_S)
        card.tell("tear-before 1")
        card.tell("tap")
        held = reader.wait_for_card(WAIT_S)
        assert held is not None
        with pytest.raises(CardGone):
            held.transmit(SELECT)
        card.tell("balance")
        assert card.event("balance")["cents"] == 700
        reader.close()
    assert not link.is_symlink()
    assert FileStore(tmp_path / "card.json").image.application.balance == 700


def test_a_card_in_the_background_has_no_standard_input(tmp_path: Path) -> None:
    words = [*card_words(tmp_path), "--pn532", str(tmp_path / "reader")]
    with running(*words, stdin=subprocess.DEVNULL) as card:
        assert card.event("ready")["cents"] == 2500  # as the test programme lists it
        reader = open_reader(f"pn532:{tmp_path / 'reader'}")
        assert reader.wait_for_card(WAIT_S) is not None
        reader.close()


def test_a_card_on_a_pcsc_reader_answers_other_peoples_programs(tmp_path: Path) -> None:
    if shutil.which("opensc-tool") is None:
        pytest.skip("opensc-tool is not installed (Debian: opensc)")
    try:
        daemon = PrivatePcscd(tmp_path)
    except PcscdMissing as missing:
        pytest.skip(str(missing))

    def tool(*words: str) -> str:
        return subprocess.run(
            ["opensc-tool", *words],
            env={**os.environ, **daemon.environment},
            capture_output=True,
            text=True,
            check=True,
            timeout=WAIT_S,
        ).stdout

    with daemon, running(*card_words(tmp_path), "--vpcd", f"127.0.0.1:{daemon.port}") as card:
        assert card.event("ready")["reader"] == f"vpcd:127.0.0.1:{daemon.port}"
        assert tool("--atr").strip() == "3b:81:80:01:80:80"
        answers = tool("-s", SELECT.hex(), "-s", "9060000000", "-s", "FFCA000000")
        assert "SW1=0x90, SW2=0x00" in answers
        assert "SW1=0x91, SW2=0xAF" in answers
        assert "04 A1 B2 C3 D4 E5 80" in answers


def test_a_card_waits_for_a_vpcd_that_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with running(*card_words(tmp_path), "--vpcd", f"127.0.0.1:{port}") as card:
        card.event("waiting")  # and then it ends when it is told to, though it never was ready


def test_a_printer_on_tcp_and_on_a_pty(tmp_path: Path) -> None:
    link = tmp_path / "printer"
    for words in (["--tcp", "127.0.0.1:0"], ["--pty", str(link), "--width", "58"]):
        with running("printer", *words, "--out", str(tmp_path / "out")) as printer:
            driver = open_printer(printer.event("ready")["printer"])
            assert driver.print_receipt(Paper((Line("dag"),))).printed is Printed.PRINTED
            path = Path(printer.event("printed")["file"])
            assert path.with_suffix(".txt").read_text() == "dag\n"
            printer.tell("paper out")
            printer.tell("nonsense")
            printer.tell("cover ajar")
            printer.tell("paper ok")
            assert printer.event("printer")["paper"] == "out"
            assert printer.event("printer")["paper"] == "ok"
            assert driver.print_receipt(Paper((Line("dag"),))).printed is Printed.PRINTED
            driver.close()
    assert len(list((tmp_path / "out").glob("*.png"))) == 4


def test_a_scanner_sends_its_lines_and_ends_with_them(tmp_path: Path) -> None:
    link = tmp_path / "scanner"
    process = subprocess.Popen(
        [sys.executable, "-m", "heitje", "sim", "scanner", "--pty", str(link)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == f"ready serial:{link}@115200\n"
        process.stdin.write("HV1:ONE\n\nHV1:TWO")
        process.stdin.close()
        driver = open_scanner(f"serial:{link}")
        scans = [driver.wait_for_scan(WAIT_S) for _ in range(2)]
        assert [scan.data for scan in scans if scan] == [b"HV1:ONE", b"HV1:TWO"]
        assert process.wait(WAIT_S) == 0
        driver.close()


def test_a_whole_counter(tmp_path: Path) -> None:
    configuration = (ROOT / "config" / "bench.toml").read_text()
    path = tmp_path / "bench.toml"
    path.write_text(
        configuration.replace("../tests/vectors/test-programme.json", str(PROGRAMME)).replace(
            'folder = "bench"', f'folder = "{tmp_path / "bench"}"'
        )
    )
    with running("bench", "--config", str(path)) as bench:
        ready = bench.event("ready")
        reader, scanner = open_reader(ready["reader"]), open_scanner(ready["scanner"])
        assert scanner.wait_for_scan(0.0) is None
        bench.tell("tap 0411223344556A")
        held = reader.wait_for_card(WAIT_S)
        assert held is not None
        assert held.uid.hex().upper() == "0411223344556A"
        bench.tell("scan HV1:ABC DEF")
        scan = scanner.wait_for_scan(WAIT_S)
        assert scan is not None
        assert scan.data == b"HV1:ABC DEF"
        printer = open_printer(ready["printer"])
        assert printer.print_receipt(Paper((Line("dag"),))).printed is Printed.PRINTED
        bench.event("printed")
        reader.close()
        scanner.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('kind = "pn532"', 'kind = "usb"'), "reader.kind"),
        (("baud = 115200", "baud = 300"), "scanner.baud"),
        (("width_mm = 80", "width_mm = 70"), "printer.width_mm"),
        (("port = 0", "prot = 0"), "unknown key printer.prot"),
        (("port = 0", ""), "printer.port is missing"),
        (("port = 0", "port = true"), "printer.port has a wrong type"),
        (("port = 0", "port = 70000"), "printer.port"),
        (("[scanner]", "[skanner]"), "unknown key skanner"),
        (('folder = "bench"', "folder = 3"), "folder has a wrong type"),
        (("[printer]", "[printer"), "line"),
    ],
)
def test_a_counter_that_is_not_understood_does_not_start(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    text = (ROOT / "config" / "bench.toml").read_text()
    assert change[0] in text
    path = tmp_path / "bench.toml"
    path.write_text(text.replace(*change))
    with pytest.raises((ValueError, tomllib.TOMLDecodeError), match=says):
        read_configuration(path)


def test_exit_codes(tmp_path: Path) -> None:
    image = ["--image", str(tmp_path / "card.json")]
    whose = ["--test-programme", str(PROGRAMME)]
    reader = ["--pn532", str(tmp_path / "reader")]
    (tmp_path / "file").write_text("here")
    for words, code, says in (
        (["card", *whose, *image, *reader], 2, "--uid"),
        (["card", *whose, "--uid", "zz", *image, *reader], 2, "--uid"),
        (["card", *whose, "--uid", UID, *image], 2, "--vpcd"),
        (["card", *whose, "--uid", "04" * 7, *image, *reader], 2, "say its balance"),
        (["card", *whose, "--uid", UID, "--balance", "15001", *image, *reader], 2, "15000"),
        (["card", *whose, "--uid", UID, *image, "--pn532", str(tmp_path / "file")], 2, "no link"),
        (["card", *whose, "--uid", UID, *image, *reader, "--tear-before", "0"], 2, "--tear-before"),
        (["card", "--test-programme", str(tmp_path / "none"), "--uid", UID, *image, *reader], 1, "No such file"),
        (["printer", "--tcp", "127.0.0.1", "--out", str(tmp_path)], 2, "--tcp"),
        (["bench", "--config", str(tmp_path / "file")], 2, "key/value"),
    ):
        done = sim(*words)
        assert (done.returncode, done.stdout) == (code, ""), words
        assert says in done.stderr, words


def test_help_says_what_an_outsider_has_to_know() -> None:
    text = sim("card", "--help").stdout
    for word in ("--tear-after", "--return-after-s", "counted from 1", "default 1.0"):
        assert word in text
