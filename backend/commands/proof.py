# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The public log: written every night after the settlement; a witness's signature; proofs; erasure (docs/proof.md)."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from django.db import OperationalError

from backend.assembly import configuration_in_use, programme_of, public_log_of
from backend.commands.answer import Answer, Refused
from backend.proof import acts_log, erasure, nightly
from backend.proof.publishing import LogDiffers, add_cosignature
from backend.proof.receipts import Erased, NoProof, proof_of
from heitje.money import format_euros
from heitje.proof.note import BadNoteSignature, MalformedNote, NoteKey, NoteSignature


def write_log(arguments: argparse.Namespace) -> Answer:
    """`log`; safe to run twice, or to be killed anywhere and run again."""
    configuration = configuration_in_use()
    programme, log = programme_of(configuration), public_log_of(configuration)
    try:
        done = nightly.write(programme.iss, programme.key_store, log, int(time.time()), arguments.anew)
    except (LogDiffers, MalformedNote, OSError) as error:
        raise Refused(str(error)) from error
    except OperationalError as error:
        raise Refused(f"the database is busy; run it again: {error}") from error
    statement = done.appended.statement
    document: dict[str, Any] = {
        "size": done.published.checkpoint.size,
        "new": done.appended.postings,
        "root": done.published.checkpoint.root.hex(),
        "key": str(done.published.key),
        "acts_key": str(done.acts.key),
        "directory": str(log.directory),
        "statement": None if statement is None else statement.day.isoformat(),
    }
    lines = [f"{document['new']} postings added, {document['size']} entries in {log.directory}"]
    if statement is not None:
        figures = statement.figures
        lines.append(
            f"reserve statement of {statement.day}: {format_euros(figures.reserve)} in the reserve, "
            f"{format_euros(figures.outstanding)} outstanding, {format_euros(figures.owed)} owed to shops"
        )
    lines += [f"the log's key: {document['key']}", f"the key of its anchors of acts: {document['acts_key']}"]
    return Answer("\n".join(lines), document)


def cosign(arguments: argparse.Namespace) -> Answer:
    """`cosign`."""
    try:
        text = sys.stdin.read() if arguments.signature == "-" else Path(arguments.signature).read_text("utf-8")
        witness = NoteKey.parse(arguments.witness_key)
        postings = public_log_of(configuration_in_use())
        log = acts_log.beside(postings) if arguments.acts else postings
        note = add_cosignature(log, witness, NoteSignature.parse(text.strip("\n")))
    except (OSError, UnicodeDecodeError, MalformedNote, BadNoteSignature, LogDiffers) as error:
        raise Refused(str(error)) from error
    return Answer(
        f"{witness.name} has signed the checkpoint", {"witness": witness.name, "signatures": len(note.signatures)}
    )


def show_proof(arguments: argparse.Namespace) -> Answer:
    """`proof`."""
    try:
        document = proof_of(arguments.entry, public_log_of(configuration_in_use())).to_document()
    except (NoProof, OSError) as error:
        raise Refused(str(error)) from error
    except Erased as error:
        raise Refused("what would open these postings was erased at its person's request") from error
    return Answer(json.dumps(document, indent=1), document)


def erase_person(arguments: argparse.Namespace) -> Answer:
    """`erase`."""
    done = erasure.erase(arguments.citizen, int(time.time()))
    text = f"{done.salts} salts of {done.accounts} accounts are erased; every proof that was given stays valid"
    return Answer(text, {"accounts": done.accounts, "salts": done.salts})
