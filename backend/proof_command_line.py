# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje backend log`, `cosign`, `proof`, `erase`: the public log (docs/proof.md)."""

import argparse

from backend.arguments import Group, declare, hexadecimal


def add_proof(group: Group) -> None:
    """Declare them."""
    parser = declare(
        group, "log", "proof.write_log", "write the public log up to the books: entries, statement, signed checkpoint"
    )
    parser.add_argument("--anew", action="store_true", help="write every file anew, where some are lost or damaged")
    parser = declare(group, "cosign", "proof.cosign", "put a witness's signature under the public log's checkpoint")
    parser.add_argument("signature", metavar="FILE", help="the signature line that the witness gave; -: standard input")
    parser.add_argument("--witness-key", required=True, metavar="KEY", help="the witness's verifier key")
    parser.add_argument("--acts", action="store_true", help="under that of the anchors of acts, not of the postings")
    parser = declare(group, "proof", "proof.show_proof", "the proof of a receipt: a document that anybody can check")
    parser.add_argument("entry", type=_entry_hash, metavar="HASH", help="the hash of the entry, as on the small QR")
    parser = declare(
        group, "erase", "proof.erase_person", "erase what links a citizen to the public log; proofs stay valid"
    )
    parser.add_argument("--citizen", required=True, metavar="NUMBER")


def _entry_hash(text: str) -> str:
    """As hex, or as the QR has it."""
    data = hexadecimal(text.upper().removeprefix("HEITJE:"))
    if len(data) != 32:
        raise argparse.ArgumentTypeError("64 hexadecimal digits")
    return data.hex()
