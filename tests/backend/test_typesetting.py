# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Paper: the same words give the same bytes, what cannot be read aloud is refused, and nothing is fetched."""

import os
from pathlib import Path

import pytest

from backend.typesetting import typeset

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "backend").rglob("*.typ"))
AT = 1_795_500_000
TITLE = '#set document(title: "x")'
PAGE = f'{TITLE}\n#set text(lang: "nl", font: "Atkinson Hyperlegible")\n#json(bytes(sys.inputs.data)).word'
DRAWN = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><path d='M0 0H1V1Z'/></svg>"


def test_the_same_words_give_the_same_bytes() -> None:
    page = typeset(PAGE, {"word": "één € #let"}, AT)
    assert page == typeset(PAGE, {"word": "één € #let"}, AT)
    assert page != typeset(PAGE, {"word": "één € #let"}, AT + 1)
    assert b"D:20261124" in page


def test_a_forked_child_sets_the_same_page(tmp_path: Path) -> None:
    page, written = typeset(PAGE, {"word": "één"}, AT), tmp_path / "page.pdf"
    child = os.fork()
    if child == 0:
        try:
            written.write_bytes(typeset(PAGE, {"word": "één"}, AT))
            with pytest.raises(ValueError, match="makes no page"):
                typeset("#import", {}, AT)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert written.read_bytes() == page


@pytest.mark.parametrize(
    "template",
    [
        PAGE.replace(TITLE, ""),
        f'{PAGE}\n#image(bytes("{DRAWN}"), format: "svg")',
        "#import",
        '#import "@preview/tiaoma:0.3.0"',
        '#read("/etc/passwd")',
    ],
    ids=["no title", "a picture without a text", "nonsense", "a package", "a file"],
)
def test_what_is_refused(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with pytest.raises(ValueError, match="makes no page"):
        typeset(template, {"word": "x"}, AT)


def test_templates_import_nothing() -> None:
    assert {path.name for path in TEMPLATES} >= {"note_sheets.typ"}
    for path in TEMPLATES:
        assert "import" not in path.read_text("utf-8"), path
