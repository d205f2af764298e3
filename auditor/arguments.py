# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the auditor's and the witness's command lines have in common: keys, the log's place, the language."""

import argparse
import locale
from pathlib import Path
from typing import Final

from auditor.source import Source, open_source
from auditor.words import LANGUAGES
from heitje.proof.note import MalformedNote, NoteKey, SignatureType

_OTHERWISE: Final = "en"


def add_log(parser: argparse.ArgumentParser) -> None:
    """The log's key."""
    parser.add_argument(
        "--log-key", required=True, type=log_key, metavar="KEY", help="the log's verifier key, or a file that holds it"
    )


def add_witnesses(parser: argparse.ArgumentParser) -> None:
    """The keys of witnesses, any number of them."""
    parser.add_argument(
        "--witness-key",
        type=witness_key,
        action="append",
        default=[],
        metavar="KEY",
        help="a witness who must have signed; may be given again",
    )


def add_form(parser: argparse.ArgumentParser) -> None:
    """Language, or JSON."""
    parser.add_argument("--lang", choices=LANGUAGES, default=_language(), help="language (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")


def log_key(text: str) -> NoteKey:
    """A key of type 1."""
    return _key(text, SignatureType.TEXT)


def witness_key(text: str) -> NoteKey:
    """A key of type 4."""
    return _key(text, SignatureType.COSIGNATURE)


def source(text: str) -> Source:
    """A folder or an address."""
    try:
        return open_source(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _key(text: str, kind: SignatureType) -> NoteKey:
    try:
        key = NoteKey.parse(text if "+" in text else Path(text).read_text(encoding="utf-8").strip())
    except (MalformedNote, OSError, UnicodeDecodeError) as error:
        raise argparse.ArgumentTypeError(f"no verifier key (name+id+base64), nor a file with one: {error}") from error
    if key.type is not kind:
        raise argparse.ArgumentTypeError(f"{key.name} is a key of type {key.type}, not {kind}")
    return key


def _language() -> str:
    spoken = (locale.getlocale()[0] or "")[:2]
    return spoken if spoken in LANGUAGES else _OTHERWISE
