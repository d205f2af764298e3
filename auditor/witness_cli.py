# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje witness`: co-sign a town's log, as an audit office or a neighbouring town does (docs/proof.md)."""

import argparse
import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any, Final

from auditor.arguments import add_form, add_log, source
from auditor.findings import Found, Refused
from auditor.kept import KeptCheckpoint
from auditor.report import finding_document, tell
from auditor.witness import cosign
from auditor.words import SAYINGS, put
from heitje.keys import PublicKey
from heitje.proof.note import MalformedNote, NoteKey, NoteSigner, SignatureType, private_key

_OWNER_ONLY: Final = 0o600
_NOT_THE_OWNER: Final = 0o077
_SEED_LENGTH: Final = 32


def main(argv: list[str]) -> int:
    """Run it: 0 signed, 1 refused, 2 not understood."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed its help or what is wrong
        return stop.code if isinstance(stop.code, int) else 2
    try:
        code: int = arguments.act(arguments)
    except (MalformedNote, OSError) as error:
        print(f"heitje witness: {error}", file=sys.stderr)
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="heitje witness", description=__doc__, epilog="Exit codes: 0 signed, 1 refused, 2 not understood."
    )
    group = parser.add_subparsers(required=True, metavar="COMMAND")
    new = group.add_parser("new-key", help="make the witness's key; prints what auditors need of it")
    new.add_argument("--name", required=True, type=_name, help="whose it is, as rekenkamer.example/testburg")
    new.add_argument("--key", required=True, type=Path, metavar="FILE", help="where to put the key")
    new.set_defaults(act=_new_key)
    sign = group.add_parser("sign", help="sign the log's checkpoint, if the log only grew since the last time")
    sign.add_argument("log", type=source, metavar="LOG", help="the log's folder, or its address (http…)")
    add_log(sign)
    sign.add_argument("--key", required=True, type=Path, metavar="FILE", help="the witness's key")
    sign.add_argument("--state", required=True, type=Path, metavar="FILE", help="the last checkpoint that was signed")
    sign.add_argument("--out", type=Path, metavar="FILE", help="where to put the signature line (default: output)")
    add_form(sign)
    sign.set_defaults(act=_sign)
    return parser


def _new_key(arguments: argparse.Namespace) -> int:
    text = private_key(arguments.name, SignatureType.COSIGNATURE, secrets.token_bytes(_SEED_LENGTH))
    arguments.key.touch(mode=_OWNER_ONLY, exist_ok=False)
    arguments.key.write_text(f"{text}\n", encoding="utf-8")
    print(NoteSigner.parse(text).key)
    return 0


def _sign(arguments: argparse.Namespace) -> int:
    signer = _signer(arguments.key)
    say, language = SAYINGS[arguments.lang], arguments.lang
    try:
        head, signature = cosign(
            arguments.log, arguments.log_key, signer, KeptCheckpoint(arguments.state), int(time.time())
        )
    except Refused as refused:
        finding = refused.finding
        text = tell(finding, language)
        if finding.what in (Found.FORKED, Found.SHRUNK):
            text += f"\n{say['evidence']}"
        _print(arguments, text, {"ok": False, **finding_document(finding)})
        return 1
    if arguments.out is not None:
        arguments.out.write_text(f"{signature}\n", encoding="utf-8")
    facts: dict[str, str | int] = {"origin": head.checkpoint.origin, "size": head.checkpoint.size}
    text = str(signature) if arguments.out is None else put(say["cosigned"], language, facts)
    _print(arguments, text, {"ok": True, **facts, "signature": str(signature)})
    return 0


def _print(arguments: argparse.Namespace, text: str, document: dict[str, Any]) -> None:
    print(json.dumps(document) if arguments.json else text)


def _signer(path: Path) -> NoteSigner:
    if path.stat().st_mode & _NOT_THE_OWNER:
        raise MalformedNote(f"{path} can be read by others; only its owner may (mode 600)")
    signer = NoteSigner.parse(path.read_text(encoding="utf-8").strip())
    if signer.key.type is not SignatureType.COSIGNATURE:
        raise MalformedNote(f"{path} is no witness's key")
    return signer


def _name(text: str) -> str:
    try:
        NoteKey(text, SignatureType.COSIGNATURE, PublicKey(bytes(_SEED_LENGTH)))
    except MalformedNote as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text
