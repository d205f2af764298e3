# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje audit receipt`: is what this receipt says in the log? Needs the proof, the log's key, and no network."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from auditor.arguments import add_form, add_log, witness_key
from auditor.head import Head, missing_witness
from auditor.report import tell
from auditor.words import SAYINGS, put
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.leaf import Posting
from heitje.proof.receipt import MalformedProof, ProofFails, ProvenPosting, ReceiptProof

QR_PREFIX: Final = "HEITJE:"
"""A receipt's small QR: this and the entry's hash in hex."""
_LATEST: Final = 2**62
"""No clock is asked: whether a witness signed is the question, not when."""


def main(argv: list[str]) -> int:
    """Run it: 0 the proof holds, 1 it does not, 2 not understood."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed its help or what is wrong
        return stop.code if isinstance(stop.code, int) else 2
    try:
        proof = ReceiptProof.decode(arguments.proof.read_bytes())
    except (OSError, MalformedProof) as error:
        print(f"heitje audit receipt: {error}", file=sys.stderr)
        return 2
    text, document = _check(proof, arguments)
    print(json.dumps(document) if arguments.json else text)
    return 0 if document["ok"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heitje audit receipt", description=__doc__)
    parser.add_argument("proof", type=Path, metavar="FILE", help="the proof, as /v1/proofs/HASH gave it")
    add_log(parser)
    parser.add_argument("--witness-key", type=witness_key, metavar="KEY", help="a witness who must have signed")
    parser.add_argument(
        "--entry", type=_entry, metavar="HASH", help="the receipt's hash, or the text of its small QR: must be this one"
    )
    add_form(parser)
    return parser


def _check(proof: ReceiptProof, arguments: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    say, language = SAYINGS[arguments.lang], arguments.lang
    if arguments.entry not in (None, proof.entry):
        return say["receipt_other"], {"ok": False, "why": SAYINGS["en"]["receipt_other"]}
    try:
        postings = proof.verify(arguments.log_key)
    except ProofFails as error:
        return put(say["receipt_bad"], language, {"why": str(error)}), {"ok": False, "why": str(error)}
    checkpoint = Checkpoint.parse(proof.checkpoint.text)
    if arguments.witness_key is not None:
        finding = missing_witness(Head(proof.checkpoint, checkpoint), arguments.witness_key, _LATEST)
        if finding is not None:
            return tell(finding, language), {"ok": False, "why": tell(finding, "en")}
    head: dict[str, str | int] = {"entry": proof.entry, "origin": checkpoint.origin, "size": checkpoint.size}
    rows = [_facts(proven, posting) for proven, posting in zip(proof.postings, postings, strict=True)]
    lines = [put(say["receipt"], language, head), *(put(say["posting"], language, row) for row in rows)]
    return "\n".join(lines), {"ok": True, **head, "postings": rows}


def _facts(proven: ProvenPosting, posting: Posting) -> dict[str, str | int]:
    return {
        "index": proven.index,
        "day": posting.day.isoformat(),
        "cents": int(posting.amount),
        "kind": posting.kind,
        "debit": str(posting.debit),
        "credit": str(posting.credit),
        "event": proven.opening.event,
    }


def _entry(text: str) -> str:
    found = text.strip().upper().removeprefix(QR_PREFIX).lower()
    if len(found) != 64 or not all(char in "0123456789abcdef" for char in found):
        raise argparse.ArgumentTypeError("a receipt's hash is 64 hexadecimal digits")
    return found
