# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Proofs of receipts, and what is left of them when a person is erased."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from backend.assembly import programme_of, public_log_of
from backend.commands import proof as commands
from backend.commands.answer import Refused
from backend.ledger.models import Transfer
from backend.proof import erasure, nightly, publishing
from backend.proof.models import Salt
from backend.proof.receipts import Erased, NoProof, proof_of
from backend.proof_command_line import add_proof
from heitje.journal import entry_hash
from heitje.proof.note import NoteKey
from heitje.proof.receipt import ReceiptProof

if TYPE_CHECKING:
    from tests.backend.conftest import City, Till

NOW = 1_795_500_000
DAY_S = 86_400


def night(city: City, now: int = NOW) -> NoteKey:
    """The log's night; its key."""
    done = nightly.write(
        "nl.testburg", programme_of(city.configuration).key_store, public_log_of(city.configuration), now
    )
    return done.published.key


def receipt(till: Till, entry: int) -> str:
    """The hash that the small QR of a receipt has."""
    return entry_hash(till.entries[entry - 1]).hex()


def kinds(city: City, entry: str, key: NoteKey) -> list[tuple[str, int]]:
    """What a proof proves, after a way over JSON."""
    document = proof_of(entry, public_log_of(city.configuration)).to_document()
    proof = ReceiptProof.decode(json.dumps(document).encode())
    return [(posting.kind, posting.amount) for posting in proof.verify(key)]


def test_each_receipt_has_its_proof(city: City) -> None:
    till = city.till
    till.anchor()
    card = till.pay_card(city.cards[0], 320)
    phone = till.pay_phone(city.phone("ria", 1000), 410)
    refund = till.refund(phone + 1, 60)
    voided = till.card_intent(city.cards[1], 15)
    void = till.complete(voided, kind=3)  # type: ignore[arg-type]
    assert till.told() == "accepted"
    with pytest.raises(NoProof, match="nothing is in the log"):
        proof_of(receipt(till, card + 1), public_log_of(city.configuration))
    key = night(city)
    assert kinds(city, receipt(till, card + 1), key) == [("redeemed", 320)]
    assert kinds(city, receipt(till, phone + 1), key) == [("redeemed", 410)]
    assert kinds(city, receipt(till, refund), key) == [("refunded", 60)]
    for unknown in (receipt(till, card), receipt(till, void), "0" * 64):  # an intent, a void, nothing
        with pytest.raises(NoProof, match="no entry"):
            proof_of(unknown, public_log_of(city.configuration))
    later = till.pay_card(city.cards[0], 5)
    assert till.told() == "accepted"
    with pytest.raises(NoProof, match="no entry"):
        proof_of(receipt(till, later + 1), public_log_of(city.configuration))
    night(city)
    assert kinds(city, receipt(till, later + 1), key) == [("redeemed", 5)]


def test_one_proof_opens_no_other(city: City) -> None:
    till = city.till
    till.anchor()
    first, second = till.pay_card(city.cards[0], 100), till.pay_card(city.cards[0], 100)
    assert till.told() == "accepted"
    night(city)
    one, other = (
        proof_of(receipt(till, intent + 1), public_log_of(city.configuration)).postings[0] for intent in (first, second)
    )
    assert one.opening.debit == other.opening.debit
    assert one.salt != other.salt


def test_erasing_a_person_keeps_every_proof_and_every_file(city: City) -> None:
    till = city.till
    till.anchor()
    phone = till.pay_phone(city.phone("ria", 1000), 410)
    card = till.pay_card(city.cards[0], 320)
    assert till.told() == "accepted"
    key, log = night(city), public_log_of(city.configuration)
    ria, other = receipt(till, phone + 1), receipt(till, card + 1)
    given = proof_of(ria, log)
    before = {path: path.read_bytes() for path in log.directory.rglob("*") if path.is_file()}
    done = erasure.erase("ria", NOW)
    assert (done.accounts, done.salts) == (2, 2)  # an account and an allowance
    assert {path: path.read_bytes() for path in log.directory.rglob("*") if path.is_file()} == before
    given.verify(key)
    with pytest.raises(Erased):
        proof_of(ria, log)
    assert kinds(city, other, key) == [("redeemed", 320)]
    publishing.publish("nl.testburg", programme_of(city.configuration).key_store, log, NOW, anew=True)
    assert {path: path.read_bytes() for path in before} == before
    assert erasure.erase("citizen-1", NOW).accounts == 3  # account, purse, load in flight
    with pytest.raises(Erased):
        proof_of(other, log)
    assert not Salt.objects.filter(account__owner__in=("ria", "citizen-1")).exists()


def test_over_http(city: City) -> None:
    till, web = city.till, Client(headers={"host": "testburg.example"})
    assert web.get("/log/checkpoint").status_code == 404
    till.anchor()
    phone = till.pay_phone(city.phone("ria", 1000), 410)
    assert till.told() == "accepted"
    entry = receipt(till, phone + 1)
    assert web.get(f"/v1/proofs/{entry}").json()["code"] == "no-proof"
    key = night(city)
    answer = web.get(f"/v1/proofs/{entry}")
    assert answer.status_code == 200
    assert ReceiptProof.decode(answer.content).verify(key)
    for wrong in ("0" * 64, entry.upper(), "x"):
        answer = web.get(f"/v1/proofs/{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no-proof")
    erasure.erase("ria", NOW)
    answer = web.get(f"/v1/proofs/{entry}")
    assert (answer.status_code, answer.json()["code"]) == (410, "proof-erased")

    log = public_log_of(city.configuration)
    size = Transfer.objects.count() + 1
    for path, kind in (
        ("checkpoint", "text/plain; charset=utf-8"),
        (f"tile/0/000.p/{size}", "application/octet-stream"),
        (f"tile/entries/000.p/{size}", "application/octet-stream"),
        ("acts/checkpoint", "text/plain; charset=utf-8"),
        ("acts/tile/entries/000.p/1", "application/octet-stream"),
        ("", "text/html; charset=utf-8"),
        ("de.html", "text/html; charset=utf-8"),
    ):
        answer = web.get(f"/log/{path}")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
        assert ("immutable" in answer.headers["Cache-Control"]) == ("tile" in path)
        assert b"".join(answer.streaming_content) == log.read(path or "index.html")  # type: ignore[attr-defined]
    for path in (
        "../backend.toml",
        "tile/0/../../../keys.json",
        "tile/0/001",
        "checkpoint.part",
        "tile/0",
        "acts",
        "acts.lock",
    ):
        assert web.get(f"/log/{path}").status_code == 404
    assert web.post("/log/checkpoint").status_code == 405


@pytest.mark.parametrize(
    ("language", "file", "words"),
    [
        ("nl", "index.html", "Ja: in de reserve zit genoeg"),
        ("en", "en.html", "Yes: the reserve holds enough"),
        ("de", "de.html", "Ja: die Reserve reicht"),
    ],
)
def test_the_page_for_everyone(city: City, language: str, file: str, words: str) -> None:
    key = night(city)
    page = public_log_of(city.configuration).read(file).decode()
    assert f'<html lang="{language}">' in page
    assert words in page
    assert page.count('<th scope="row">') == 9
    assert ("10,000.00" if language == "en" else "10.000,00") in page
    assert str(key) in page
    assert "<script" not in page
    assert "$" not in page
    assert page.count('aria-current="page"') == 1


def test_the_commands(city: City, tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    add_proof(parser.add_subparsers())
    place = ["--dir", str(city.configuration.directory)]

    def run(command: str, *words: str) -> dict[str, object]:
        arguments = parser.parse_args([command, *place, *words])
        answer = getattr(commands, arguments.command.split(".")[1])(arguments)
        assert answer.text
        document: dict[str, object] = answer.document
        return document

    till = city.till
    till.anchor()
    card = till.pay_card(city.cards[0], 320)
    assert till.told() == "accepted"
    written = run("log")
    assert written["size"] == Transfer.objects.count() + 1
    assert run("log", "--anew")["new"] == 0
    document = run("proof", f"HEITJE:{receipt(till, card + 1).upper()}")
    ReceiptProof.decode(json.dumps(document).encode()).verify(NoteKey.parse(str(written["key"])))
    with pytest.raises(Refused, match="no entry"):
        run("proof", "0" * 64)
    assert run("erase", "--citizen", "citizen-1") == {"accounts": 3, "salts": 2}
    with pytest.raises(Refused, match="erased"):
        run("proof", receipt(till, card + 1))
    with pytest.raises(Refused):
        run("cosign", str(tmp_path / "nothing"), "--witness-key", "x")
