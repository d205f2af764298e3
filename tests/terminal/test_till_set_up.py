# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A till's configuration, keys and set-up: what is wrong stops the start, and nothing that matters is overwritten."""

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from heitje.introduction import Asked, Introduction, MalformedIntroduction
from heitje.journal import Kind
from heitje.keys import SigningKey
from heitje.programme import TestProgramme
from terminal import cli, enrolment
from terminal.configuration import ConfigurationError, TerminalConfiguration
from terminal.journal_store import Draft, JournalStore
from terminal.key_store import TerminalKeys
from terminal.opening import load_till
from terminal.provisioning import bundle_of, initialise

GOOD = """\
[terminal]
id = "80c566212392d06a"
"""


def load(directory: Path, text: str) -> TerminalConfiguration:
    (directory / "terminal.toml").write_text(text, "utf-8")
    return TerminalConfiguration.load(directory)


def test_what_is_not_said_is_usual(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD) == TerminalConfiguration(tmp_path, bytes.fromhex("80c566212392d06a"))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    configuration = TerminalConfiguration(
        tmp_path,
        bytes(8),
        reader="pn532:/dev/ttyUSB0",
        scanner="serial:/dev/ttyACM0@9600",
        printer="usb:04b8:0202",
        paper_mm=58,
        language="de",
        operator='Zoë "de baas" \\ €',
        production=True,
        backend_url="https://example.org/heitje",
    )
    configuration.write()
    assert TerminalConfiguration.load(tmp_path) == configuration


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "16 hex digits"),
        ("[terminal", "terminal.toml"),
        ('[terminal]\nid = "80c566212392d06a00"', "16 hex digits"),
        ('[terminal]\nid = "xx"', "terminal.toml"),
        ("[terminal]\nid = 7", "id is a text"),
        ("terminal = 7", "no section terminal"),
        (GOOD + 'languge = "nl"', "no setting terminal.languge"),
        (GOOD + 'language = "fr"', "nl, en, de"),
        (GOOD + "language = 1", "language is a text"),
        (GOOD + "production = 1", "true or false"),
        (GOOD + 'production = "yes"', "true or false"),
        (GOOD + "operator = []", "operator is a text"),
        (GOOD + "[printers]\n", "no section printers"),
        (GOOD + '[devices]\nreadr = "pcsc:*"', "no setting devices.readr"),
        (GOOD + "[devices]\npaper_mm = 57", "58 or 80"),
        (GOOD + '[devices]\npaper_mm = "58"', "58 or 80"),
        (GOOD + '[devices]\nreader = "/dev/ttyUSB0"', "no device address"),
        (GOOD + '[devices]\nreader = "serial:/dev/ttyUSB0"', "no address of a reader"),
        (GOOD + '[devices]\nscanner = "tcp:192.0.2.7:9100"', "no address of a scanner"),
        (GOOD + '[devices]\nprinter = "pcsc:*"', "no address of a printer"),
        (GOOD + '[devices]\nprinter = "tcp:192.0.2.7"', "expected tcp:HOST:PORT"),
        (GOOD + "[backend]\nurl = 1", "url is a text"),
    ],
)
def test_a_configuration_that_stops_the_start(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as stop:
        load(tmp_path, text)
    assert words in str(stop.value)
    assert str(tmp_path) in str(stop.value)


def test_a_configuration_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "terminal.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError):
        TerminalConfiguration.load(tmp_path)
    with pytest.raises(ConfigurationError, match="heitje terminal init"):
        TerminalConfiguration.load(tmp_path / "nowhere")


def test_only_the_owner_reads_the_keys(configuration: TerminalConfiguration, keys: TerminalKeys) -> None:
    assert stat.S_IMODE(configuration.keys_path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        keys.write(configuration.keys_path)
    assert keys.seed.hex() not in repr(keys)
    assert next(iter(keys.masters.values()))[0].hex() not in repr(keys)


def test_production_refuses_the_published_keys(
    configuration: TerminalConfiguration, keys: TerminalKeys, tmp_path: Path
) -> None:
    path = configuration.keys_path
    with pytest.raises(ConfigurationError, match="published test keys"):
        TerminalKeys.load(path, production=True)
    own_seed = replace(keys, seed=bytes(range(32)))
    own_seed.write(tmp_path / "half")
    with pytest.raises(ConfigurationError, match="published test keys"):  # its master is the published one still
        TerminalKeys.load(tmp_path / "half", production=True)
    own_master = replace(own_seed, masters={name: (bytes(16),) for name in keys.masters})
    own_master.write(tmp_path / "most")
    with pytest.raises(ConfigurationError, match="published test keys"):  # and so is the mint that it believes
        TerminalKeys.load(tmp_path / "most", production=True)
    own = replace(own_master, roots=(SigningKey.from_seed(bytes(32)).public,))
    own.write(tmp_path / "own")
    assert TerminalKeys.load(tmp_path / "own", production=True) == own


def test_a_till_set_to_production_does_not_sell_with_them(
    configuration: TerminalConfiguration, capsys: pytest.CaptureFixture[str]
) -> None:
    replace(configuration, production=True).write()
    assert cli.main(["sell", "1", "--dir", str(configuration.directory)]) == 2
    assert "published test keys" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"seed": 1, "masters": {}, "roots": []}',
        '{"seed": "", "masters": [], "roots": []}',
        '{"seed": "xx", "masters": {}, "roots": []}',
        '{"seed": "00", "masters": {"f0": 5}, "roots": []}',
    ],
)
def test_a_file_that_holds_no_keys(configuration: TerminalConfiguration, text: str) -> None:
    configuration.keys_path.write_text(text)
    with pytest.raises(ConfigurationError) as stop:
        TerminalKeys.load(configuration.keys_path, production=False)
    assert "not a file of this till's keys" in str(stop.value)


def test_a_till_without_a_master_for_its_programme(
    configuration: TerminalConfiguration, keys: TerminalKeys, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration.keys_path.unlink()
    replace(keys, masters={bytes(8): (bytes(16),)}).write(configuration.keys_path)
    assert cli.main(["sell", "1", "--dir", str(configuration.directory)]) == 2
    assert "no master for the cards of nl.testburg" in capsys.readouterr().err


def test_a_till_whose_trust_is_of_somebody_else(
    configuration: TerminalConfiguration, keys: TerminalKeys, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration.keys_path.unlink()
    stranger = SigningKey.from_seed(bytes(32)).public
    replace(keys, roots=(stranger,)).write(configuration.keys_path)
    assert cli.main(["status", "--dir", str(configuration.directory)]) == 2
    assert "not signed by a root key" in capsys.readouterr().err


def test_a_set_up_that_was_interrupted_is_begun_again(tmp_path: Path, programme: TestProgramme, now: int) -> None:
    """After each file that it writes, as a power cut would leave it."""
    directory = tmp_path / "till"
    configuration = TerminalConfiguration(directory, b"")
    initialise(programme, configuration, now)
    (directory / "terminal.toml").unlink()
    leftovers = sorted(path for path in directory.rglob("*") if path.is_file())
    for kept in range(len(leftovers) + 1):
        for path in leftovers[kept:]:
            path.unlink(missing_ok=True)
        initialise(programme, configuration, now)
        assert TerminalConfiguration.load(directory).terminal == programme.terminal
        (directory / "terminal.toml").unlink()
    for path in leftovers:  # cut off in the middle of a file
        if path.name != "journal.sqlite":
            path.write_bytes(b"half")
    initialise(programme, configuration, now)
    assert cli.main(["status", "--dir", str(directory), "--json"]) == 0


def test_a_set_up_never_wipes_a_journal_with_entries(tmp_path: Path, programme: TestProgramme, now: int) -> None:
    """The configuration was lost, the sales were not."""
    directory = tmp_path / "till"
    configuration = TerminalConfiguration(directory, b"")
    initialise(programme, configuration, now)
    store = JournalStore.open(directory / "journal.sqlite", programme.terminal)
    store.append([Draft(Kind.NOTE, now)])
    store.close()
    (directory / "terminal.toml").unlink()
    before = (directory / "journal.sqlite").read_bytes()
    with pytest.raises(FileExistsError, match="may hold entries"):
        initialise(programme, configuration, now)
    assert (directory / "journal.sqlite").read_bytes() == before
    (directory / "journal.sqlite").write_bytes(b"damaged" * 1000)
    with pytest.raises(FileExistsError, match="may hold entries"):
        initialise(programme, configuration, now)


def test_a_set_up_with_an_address_that_is_none(
    tmp_path: Path, vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    programme = str(vectors / "test-programme.json")
    words = ["init", "--test-programme", programme, "--dir", str(tmp_path / "till"), "--reader", "ttyUSB0"]
    assert cli.main(words) == 1
    assert "no device address" in capsys.readouterr().err
    assert not (tmp_path / "till").exists()


@pytest.mark.parametrize("change", [lambda d: d.pop("shop"), lambda d: d.update(terminal_id="12"), lambda d: d.clear()])
def test_a_test_programme_that_is_none(
    tmp_path: Path, vectors: Path, change: Callable[[dict[str, object]], object], capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads((vectors / "test-programme.json").read_text("utf-8"))
    change(document)
    path = tmp_path / "programme.json"
    path.write_text(json.dumps(document))
    assert cli.main(["init", "--test-programme", str(path), "--dir", str(tmp_path / "till")]) == 1
    assert "heitje terminal init:" in capsys.readouterr().err
    assert not (tmp_path / "till").exists()
    assert cli.main(["init", "--test-programme", str(tmp_path / "none"), "--dir", str(tmp_path / "till")]) == 1


def test_an_enrolment_is_begun_again_and_finished_once(tmp_path: Path, programme: TestProgramme) -> None:
    (tmp_path / "keys.json").write_text("{}", "utf-8")
    asked = enrolment.begin(tmp_path)
    assert Asked.decode(asked.encode()) == asked == enrolment.begin(tmp_path)
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    bundle = replace(bundle_of(programme, 1_795_500_000, 1), terminal=asked.terminal).sign(programme.mint)
    good = Introduction(programme.trust_root, (programme.mint.public,), bundle)
    assert Introduction.decode(good.encode()) == good
    configuration = TerminalConfiguration(tmp_path, b"", backend_url="https://example.org")
    another = bundle_of(programme, 1_795_500_000, 1).sign(programme.mint)
    for wrong in (
        replace(good, bundle=another),
        replace(good, bundle=b""),
        replace(good, root=b"{}"),
        replace(good, mint=(programme.mint_next.public,)),
    ):
        with pytest.raises(MalformedIntroduction):
            enrolment.finish(configuration, wrong)
        assert not (tmp_path / "terminal.toml").exists()
    enrolment.finish(configuration, good)
    loaded, keys, trust = load_till(tmp_path)
    assert (loaded.terminal, keys.signing.public, trust.bundle.shop.id) == (asked.terminal, asked.key, "bakker-1")
    with pytest.raises(FileExistsError):
        enrolment.finish(configuration, good)
    replace(configuration, production=True, terminal=asked.terminal).write()
    with pytest.raises(ConfigurationError, match="published"):
        load_till(tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"terminal": "00", "key": "00"}',
        b'{"terminal": "' + b"00" * 8 + b'", "key": 5}',
        b'{"root": 1, "mint": ["00"], "bundle": ""}',
        b'{"root": "", "mint": [], "bundle": ""}',
        b'{"root": "", "mint": ["00"], "bundle": ""}',
    ],
)
def test_what_passes_between_till_and_office_is_read_strictly(data: bytes) -> None:
    for read in (Asked.decode, Introduction.decode):
        with pytest.raises(MalformedIntroduction):
            read(data)
