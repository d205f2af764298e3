# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signed notes, checkpoints and a witness's signatures, with the specifications' own examples as known answers."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.proof.checkpoint import Checkpoint
from heitje.proof.note import (
    BadNoteSignature,
    MalformedNote,
    Note,
    NoteKey,
    NoteSigner,
    SignatureType,
    cosigned,
    private_key,
)

NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
SAYING = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NEUMANN_NOTE = (
    SAYING
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The example that the implementations of signed-note share."""
SOFA = "example.com/behind-the-sofa"
SOFA_NOTE = (
    f"{SOFA}\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    f"— {SOFA} Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+"
    "mbIUBkBIfZ+qnA==\n"
)
"""The example of tlog-checkpoint and tlog-cosignature."""
LOG = NoteSigner.from_seed("nl.testburg/log", SignatureType.TEXT, bytes(range(32)))
WITNESS = NoteSigner.from_seed("witness.example/w1", SignatureType.COSIGNATURE, bytes(range(1, 33)))
TEXT = Checkpoint("nl.testburg/log", 3, bytes(32)).text


def test_known_note() -> None:
    key, signer = NoteKey.parse(NEUMANN), NoteSigner.parse(NEUMANN_PRIVATE)
    assert str(key) == NEUMANN == str(signer.key)
    assert private_key(key.name, key.type, signer.signer.ed25519.private_bytes_raw()) == NEUMANN_PRIVATE  # type: ignore[attr-defined]
    assert Note.decode(NEUMANN_NOTE.encode()).signed_by(key) == 0
    assert Note(SAYING, (signer.sign(SAYING, 0),)).encode() == NEUMANN_NOTE.encode()


def test_known_checkpoint_and_cosignature() -> None:
    note = Note.decode(SOFA_NOTE.encode())
    assert note.encode() == SOFA_NOTE.encode()
    checkpoint = Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.size) == (SOFA, 20852163)
    assert base64.b64encode(checkpoint.root) == b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    log, witness = note.signatures
    assert (log.name, len(log.blob), witness.name, len(witness.blob)) == (SOFA, 64, "witness.example.com/w1", 72)
    assert int.from_bytes(witness.blob[:8], "big") == 1679315147
    assert cosigned(note.text, 1679315147).decode() == (
        f"cosignature/v1\ntime 1679315147\n{SOFA}\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_a_witness_says_when() -> None:
    note = Note(TEXT, (LOG.sign(TEXT, 0), WITNESS.sign(TEXT, 1_795_500_000)))
    again = Note.decode(note.encode())
    assert again == note
    assert (again.signed_by(LOG.key), again.signed_by(WITNESS.key)) == (0, 1_795_500_000)
    later = again.with_signatures([WITNESS.sign(TEXT, 1_795_600_000)])
    assert later.signed_by(WITNESS.key) == 1_795_600_000
    assert len(later.signatures) == 2


def test_a_known_key_that_did_not_sign_this() -> None:
    other = Checkpoint("nl.testburg/log", 4, bytes(32)).text
    with pytest.raises(BadNoteSignature):
        Note(other, (WITNESS.sign(TEXT, 5),)).signed_by(WITNESS.key)
    stated = WITNESS.key.line(bytes(8) + WITNESS.sign(TEXT, 5).blob[8:])  # another time than was signed
    with pytest.raises(BadNoteSignature):
        Note(TEXT, (stated,)).signed_by(WITNESS.key)
    assert Note(TEXT, (LOG.sign(TEXT, 0),)).signed_by(WITNESS.key) is None


def test_one_private_key_of_two_types_is_two_keys() -> None:
    text_key = NoteSigner.from_seed("w", SignatureType.TEXT, bytes(32)).key
    witness_key = NoteSigner.from_seed("w", SignatureType.COSIGNATURE, bytes(32)).key
    assert text_key.id != witness_key.id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        NEUMANN.replace("c74f20a3", "c74f20a4"),
        NEUMANN.replace("+A", "+B", 1),
        NEUMANN[:-1],
        NEUMANN.replace("PeterNeumann", "Peter Neumann"),
        "PeterNeumann+c74f20a3+Ag==",
    ],
)
def test_no_verifier_key(text: str) -> None:
    with pytest.raises(MalformedNote):
        NoteKey.parse(text)


@pytest.mark.parametrize("text", ["", NEUMANN, NEUMANN_PRIVATE[:-4], NEUMANN_PRIVATE.replace("c74", "c75")])
def test_no_private_key(text: str) -> None:
    with pytest.raises(MalformedNote):
        NoteSigner.parse(text)


@given(st.integers(0, len(NEUMANN_NOTE.encode())))
def test_a_note_that_was_cut(end: int) -> None:
    data = NEUMANN_NOTE.encode()[:end]
    if end < len(NEUMANN_NOTE.encode()):
        with pytest.raises(MalformedNote):
            Note.decode(data)


@pytest.mark.parametrize(
    "data",
    [
        NEUMANN_NOTE.encode() + b"x",
        NEUMANN_NOTE.replace("— ", "- ").encode(),
        NEUMANN_NOTE.replace("your", "your\t").encode(),
        NEUMANN_NOTE.replace("JnAM=", "JnAN=").encode(),
        b"\xff" + NEUMANN_NOTE.encode(),
        SAYING.encode(),
        b"x" * 70_000,
        (SAYING + "\n" + NEUMANN_NOTE.rpartition("\n\n")[2] * 101).encode(),
    ],
)
def test_no_note(data: bytes) -> None:
    with pytest.raises(MalformedNote):
        Note.decode(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        TEXT + "extension\n",
        TEXT.replace("\n3\n", "\n03\n"),
        TEXT.replace("\n3\n", "\n-3\n"),
        TEXT[:-3],
        "\n" + TEXT,
        re.sub("A=\n", "B=\n", TEXT),
        TEXT.replace("\n3\n", f"\n{2**63}\n"),
    ],
)
def test_no_checkpoint(text: str) -> None:
    with pytest.raises(MalformedNote):
        Checkpoint.parse(text)
