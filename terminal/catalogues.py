# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Message catalogues: `locale/LANGUAGE/LC_MESSAGES/heitje.po` is the source; gettext reads the compiled form.

The compiled form is made when a catalogue is first used and kept in the user's cache under its source's hash, so that
it can never be another text's. Babel is loaded only for that (docs/adr/0014-texts.md).
"""

import gettext
import hashlib
import io
import logging
import os
import struct
from importlib.resources import files
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("nl", "en", "de")
DOMAIN: Final = "heitje"
_HASH_LETTERS: Final = 16

_log = logging.getLogger(__name__)


def read_source(language: str) -> bytes:
    """The PO file of a language."""
    return (files("terminal") / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po").read_bytes()


def load_catalogue(language: str) -> gettext.GNUTranslations:
    """The messages of a language, from the cache or compiled now."""
    source = read_source(language)
    cached = _cache() / f"{language}-{hashlib.sha256(source).hexdigest()[:_HASH_LETTERS]}.mo"
    try:
        return gettext.GNUTranslations(io.BytesIO(cached.read_bytes()))
    except (OSError, ValueError, struct.error):  # not there yet, or half a file
        compiled = compile_catalogue(source)
    _keep(cached, compiled)
    return gettext.GNUTranslations(io.BytesIO(compiled))


def compile_catalogue(source: bytes) -> bytes:
    """A PO file in the form that gettext reads. Raises `ValueError` where it is none."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), abort_invalid=True))
    return compiled.getvalue()


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heitje" / "locale"


def _keep(path: Path, compiled: bytes) -> None:
    """Put it in place whole, for the next start."""
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.write_bytes(compiled)
        fresh.replace(path)
    except OSError as error:  # slower at the next start, and nothing else
        _log.info("compiled messages cannot be kept: %s", error)
