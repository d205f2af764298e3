# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The catalogues are whole: every text in every language, every id in the program, every id of the program in them."""

import ast
import io
import re
import string
from datetime import datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from drivers.printer.letters import printable
from heitje.journal import Instrument
from heitje.refusals import Refusal
from terminal import catalogues
from terminal.catalogues import LANGUAGES, load_catalogue, read_source
from terminal.words import LANGUAGE_NAMES, words_in

TERMINAL = Path(catalogues.__file__).parent
PLAIN_WORDS_MAX = 16
"""A sentence of B1 is short."""


def catalogue(language: str) -> Catalog:
    return read_po(io.BytesIO(read_source(language)), abort_invalid=True)


CATALOGUES = {language: catalogue(language) for language in LANGUAGES}


def texts(catalogue: Catalog) -> dict[str, tuple[str, ...]]:
    """Each id's text, or its singular and plural."""
    found = {}
    for message in catalogue:
        if message.id:
            name = message.id if isinstance(message.id, str) else message.id[0]
            found[name] = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return found


TEXTS = {language: texts(found) for language, found in CATALOGUES.items()}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def ids_in_program() -> tuple[set[str], set[str]]:
    """Ids that are written out, and patterns of those that are put together."""
    literal, patterns = set(), set()
    shape = re.compile(r"[a-z_]+(\.[a-z_]*[a-z])+")
    for path in TERMINAL.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Constant(value=str(text)) if shape.fullmatch(text):
                    literal.add(text)
                case ast.JoinedStr(values=parts):
                    pattern = "".join(
                        re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z_]+" for part in parts
                    )
                    if re.match(r"[a-z_]+\\\.", pattern):
                        patterns.add(pattern)
    return literal, patterns


def test_each_language_has_the_same_messages() -> None:
    names = {language: set(found) for language, found in TEXTS.items()}
    assert names["nl"] == names["en"] == names["de"]
    assert len(names["nl"]) > 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_empty_fuzzy_or_wrong_in_its_plural(language: str) -> None:
    for message in CATALOGUES[language]:
        if message.id:
            assert not message.fuzzy
            assert list(message.check(CATALOGUES[language])) == []
    for name, forms in TEXTS[language].items():
        assert all(form.strip() == form != "" for form in forms), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_says_the_same_values(language: str) -> None:
    for name, forms in TEXTS[language].items():
        dutch = set.union(*(placeholders(form) for form in TEXTS["nl"][name]))
        mine = set.union(*(placeholders(form) for form in forms))
        assert mine == dutch, name
        if len(forms) > 1:
            assert "count" in placeholders(forms[1]), name


def test_every_id_of_the_program_has_a_message() -> None:
    literal, _ = ids_in_program()
    families = {name.split(".")[0] for name in TEXTS["nl"]}
    modules = {"terminal", "drivers", "heitje"}
    missing = {name for name in literal if name.split(".")[0] in families - modules} - set(TEXTS["nl"])
    files = {"till.on", "till.lock", "terminal.toml"}
    assert missing - files == set()


def test_every_message_is_used() -> None:
    literal, patterns = ids_in_program()
    unused = {
        name for name in set(TEXTS["nl"]) - literal if not any(re.fullmatch(pattern, name) for pattern in patterns)
    }
    assert unused == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_and_instrument_is_said(language: str) -> None:
    say = words_in(language)
    for refusal in Refusal:
        assert "." not in say.why(refusal)[:-1]
        assert say.remedy(refusal) != f"refusal.{refusal.name.lower()}.do"
        assert say.refusal(refusal) == f"{say.why(refusal)} {say.remedy(refusal)}"
    assert len({say.instrument(instrument) for instrument in Instrument}) == len(Instrument)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_short_and_plain(language: str) -> None:
    for name, forms in TEXTS[language].items():
        for form in forms:
            for sentence in re.split(r"[.:?!] ", form):
                assert len(sentence.split()) <= PLAIN_WORDS_MAX, (name, sentence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_printer_has_every_letter(language: str) -> None:
    for forms in TEXTS[language].values():
        for form in forms:
            assert "?" not in printable(form).replace("?", "", form.count("?")), form


def test_amounts_shares_dates_and_counts() -> None:
    dutch, english = words_in("nl"), words_in("en")
    assert dutch.euros(123_456) == "€ 1234,56"
    assert english.euros(5) == "€ 0.05"
    assert (dutch.percent(90), dutch.percent(55), english.percent(55)) == ("9", "5,5", "5.5")
    assert dutch.date(datetime(2026, 11, 24)) == "24-11-2026"  # noqa: DTZ001  # only its numbers are shown
    assert english.date(datetime(2026, 11, 24)) == "24/11/2026"  # noqa: DTZ001
    assert dutch.count("time.days", 1) == "1 dag"
    assert dutch.count("time.days", 2) == "2 dagen"
    assert set(LANGUAGE_NAMES) == set(LANGUAGES)


def test_a_compiled_catalogue_is_kept_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = load_catalogue("nl")
    [kept] = (tmp_path / "heitje" / "locale").iterdir()
    assert kept.stat().st_mode & 0o077 == 0 or kept.parent.stat().st_mode & 0o077 == 0
    written = kept.stat().st_mtime_ns
    assert load_catalogue("nl").gettext("receipt.coin") == first.gettext("receipt.coin")
    assert kept.stat().st_mtime_ns == written


def test_half_a_file_in_the_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    whole = load_catalogue("de").gettext("receipt.coin")
    [kept] = (tmp_path / "heitje" / "locale").iterdir()
    data = kept.read_bytes()
    for length in (0, 3, 20, len(data) // 2):
        kept.write_bytes(data[:length])
        assert load_catalogue("de").gettext("receipt.coin") == whole
        assert kept.read_bytes() == data


def test_a_till_that_cannot_write_its_cache_speaks_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_catalogue("en").gettext("button.pay") == "Charge"
