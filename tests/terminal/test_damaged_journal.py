# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A disk that damages the journal: it is found out, it is said, and what is whole is sent all the same."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from heitje import qr
from heitje.journal import Instrument, Kind, PaperEvidence
from heitje.vouchers import SignedVoucher
from terminal import cli
from terminal.configuration import TerminalConfiguration
from terminal.journal_file import find_damage
from terminal.journal_store import Draft, JournalStore, redemption_of

NOW = 1_795_000_000
PAGE = 1024


@pytest.fixture
def used(configuration: TerminalConfiguration, journal: JournalStore, new_note: Callable[..., str]) -> Path:
    """A journal with forty sales in it."""
    for number in range(1, 41):
        signed = qr.read(new_note(number=number))
        assert isinstance(signed, SignedVoucher)
        evidence, sale = PaperEvidence(signed.token), number.to_bytes(16, "big")
        [intent] = journal.append(
            [Draft(Kind.INTENT, NOW, sale, 500, Instrument.PAPER, evidence, None, True, 1, "till")]
        )
        journal.append([redemption_of(intent, NOW)])
    journal.close()
    return configuration.journal_path


def test_a_whole_journal_has_no_damage(used: Path) -> None:
    assert find_damage(used) is None


def test_a_page_of_rubbish_is_found_whichever_it_is(used: Path, tmp_path: Path) -> None:
    pages = used.stat().st_size // PAGE
    assert pages > 30
    for page in range(pages):
        broken = tmp_path / "broken.sqlite"
        shutil.copyfile(used, broken)
        with broken.open("r+b") as file:
            file.seek(page * PAGE)
            file.write(b"\xa5" * PAGE)
        assert find_damage(broken), f"page {page} of {pages}"


def test_a_file_that_is_cut_short_is_found(used: Path, tmp_path: Path) -> None:
    data = used.read_bytes()
    for length in (0, 10, PAGE, 5 * PAGE, len(data) - PAGE):
        broken = tmp_path / "broken.sqlite"
        broken.write_bytes(data[:length])
        assert find_damage(broken), length


@pytest.mark.parametrize("part", ["first", "middle", "last", "all"])
def test_no_command_breaks_on_it_and_each_says_what_it_is(
    used: Path, configuration: TerminalConfiguration, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = used.stat().st_size // PAGE
    spoilt = {"first": [0], "middle": [pages // 2], "last": [pages - 1], "all": list(range(pages))}[part]
    with used.open("r+b") as file:
        for page in spoilt:
            file.seek(page * PAGE)
            file.write(b"\xa5" * PAGE)
    directory = str(configuration.directory)
    for words in (["sell", "1.00", "--timeout-s", "1"], ["status"], ["journal"], ["close", "1", "--given"]):
        code = cli.main([*words, "--dir", directory, "--json"])
        told = capsys.readouterr()
        assert code in (0, 1, 2)
        if code == 2 or (code == 1 and told.err):
            assert "journal" in told.err or "entry 1 is not open" in told.err, told.err
        assert "Traceback" not in told.err
        for line in told.out.splitlines():
            json.loads(line)
