# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What newly installed software tries by itself, with no till, device or network: whether a till could run on it."""

import importlib
import os
import pkgutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import drivers
import heitje
import terminal
from heitje.journal import Kind
from heitje.keys import SigningKey

_OF_ONE_KIND_OF_READER: Final = "smartcard"
"""pyscard is there where a PC/SC reader is."""
_TERMINAL: Final = bytes(8)


def software_test() -> Iterator[tuple[str, str | None]]:
    """One check after the other: its name, and what went wrong with it."""
    checks: dict[str, Callable[[], None]] = {
        "modules": _load_everything,
        "signatures": _sign,
        "journal": _write_a_journal,
        "screens": _paint_every_screen,
    }
    for name, check in checks.items():
        try:
            check()
        except Exception as error:  # noqa: BLE001  # whatever it is, this software does not do
            yield name, f"{type(error).__name__}: {error}"
        else:
            yield name, None


def _load_everything() -> None:
    for package in (heitje, drivers, terminal):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.rpartition(".")[2] == "__main__":
                continue
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                if error.name is None or error.name.partition(".")[0] != _OF_ONE_KIND_OF_READER:
                    raise


def _sign() -> None:
    key = SigningKey.from_seed(bytes(32))
    signature, holds = key.sign(b"heitje"), key.public.verify
    if not holds(key.public.algorithm, signature, b"heitje") or holds(key.public.algorithm, signature, b"heitjes"):
        raise ValueError("a signature does not hold, or holds for something else")


def _write_a_journal() -> None:
    from terminal.journal_store import Draft, JournalStore

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "journal.sqlite")
        store = JournalStore.create(path, _TERMINAL)
        [entry] = store.append([Draft(Kind.NOTE, 1)])
        store.close()
        store = JournalStore.open(path, _TERMINAL)
        try:
            if store.entry(entry.seq) != entry:
                raise ValueError("an entry is not read as it was written")
        finally:
            store.close()


def _paint_every_screen() -> None:
    os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"
    from terminal.catalogues import LANGUAGES
    from terminal.screens import gallery, window
    from terminal.screens.layout import lay_out
    from terminal.screens.page import Size
    from terminal.screens.views import view

    for language in LANGUAGES:
        for exhibit in gallery.exhibits(language):
            page = lay_out(view(exhibit.scene, exhibit.status), Size(800, 480), window.measure)
            if not window.pixels(page):
                raise ValueError(f"{exhibit.name} shows nothing")
