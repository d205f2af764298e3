# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Other files in the form of vouchers.json and requests.json: every member of a context replaced, other programmes."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from heitje import cose, qr
from heitje.codes import PaymentCode, PaymentRequest
from heitje.deterministic import encode
from heitje.keys import SigningKey
from heitje.money import Cents
from heitje.vouchers import Voucher

RunVectors = Callable[[Any], tuple[int, list[str]]]

NOW = 1_999_999_999
CTI = bytes(range(100, 116))
MINT = SigningKey.from_seed(b"another mint's seed, of 32 bytes"[:32])
PHONE = SigningKey.from_p256(bytes(31) + b"\x63")
NOTE = Voucher("nl.elders", NOW, 0, CTI, Cents(1000), home="café-9")
ALLOWANCE = replace(NOTE, amount=Cents(1200), home=None, cnf=PHONE.public)
DEFAULT: dict[str, Any] = {
    "now": NOW,
    "shop": {"id": "café-9", "category": "cafe", "area": "noord"},
    "terminal": "00000000000000ff",
    "paper_till": True,
    "amount": 1000,
    "programmes": ["nl.elders"],
    "keys": [{"public": MINT.public.raw.hex(), "valid_from": NOW, "valid_until": NOW}],
    "deny": [],
    "spent": [],
    "allowances": {},
    "bundle_age_s": 0,
    "clock_floor": NOW,
    "server_time": NOW,
    "unsent": {"phone_cents": 0, "paper_cents": 0, "entries": 0, "age_s": 0},
    "limits": {
        "phone_payment_cents": 1000,
        "phone_payment_no_aud_cents": 500,
        "phone_allowance_cents": 1200,
        "terminal_phone_cents": 1000,
        "terminal_paper_cents": 1000,
        "terminal_entries": 2,
        "unsent_age_s": 0,
        "server_time_age_s": 0,
        "bundle_half_age_s": 10,
        "bundle_age_s": 20,
    },
}


def note_text(**changes: Any) -> str:
    claims = replace(NOTE, **changes).to_claims()
    return qr.encode_voucher(cose.sign(encode(claims), MINT, cose.AAD_VOUCHER))


def code_text(**changes: Any) -> str:
    voucher = cose.sign(encode(ALLOWANCE.to_claims()), MINT, cose.AAD_VOUCHER)
    code = replace(PaymentCode(NOW, 1, Cents(1000), voucher, "00000000000000ff"), **changes)
    return qr.encode_code(cose.sign(encode(code.to_claims()), PHONE, cose.AAD_CODE))


def vector(text: str, expect: str | int, **context: Any) -> dict[str, Any]:
    answer = {"expect": "accept", "accepts_cents": expect} if isinstance(expect, int) else {"expect": expect}
    return {"name": f"{expect} {sorted(context)}", "text": text, **answer, "context": context}


def limits(**changes: int) -> dict[str, int]:
    return {**DEFAULT["limits"], **changes}


def unsent(**changes: int) -> dict[str, int]:
    return {**DEFAULT["unsent"], **changes}


NOTES = [
    vector(note_text(), 1000),
    vector(note_text(), "bad signature", now=NOW + 1),
    vector(note_text(), "expired", now=NOW + 1, keys=[{**DEFAULT["keys"][0], "valid_until": NOW + 1}]),
    vector(note_text(), "bad signature", now=NOW - 1),
    vector(note_text(nbf=NOW), 1000),
    vector(note_text(nbf=NOW + 1), "not yet valid"),
    vector(note_text(scope=("category:cafe",)), 1000),
    vector(note_text(scope=("category:cafe",)), "not valid here", shop={"id": "café-9", "category": "x", "area": ""}),
    vector(note_text(), "needs a connection", shop={"id": "cafe-9", "category": "cafe", "area": "noord"}),
    vector(note_text(), "needs a connection", paper_till=False),
    vector(note_text(), "more than the sale", amount=999),
    vector(note_text(), 1000, amount=1_000_000),
    vector(note_text(), 1000, programmes=["a", "nl.elders", "b"]),
    vector(note_text(), "unknown programme", programmes=[]),
    vector(note_text(), "bad signature", keys=[]),
    vector(note_text(), "bad signature", keys=[{**DEFAULT["keys"][0], "valid_from": NOW + 1, "valid_until": 2 * NOW}]),
    vector(note_text(), "bad signature", keys=[{**DEFAULT["keys"][0], "valid_from": 0, "valid_until": NOW - 1}]),
    vector(note_text(), "bad signature", keys=[{**DEFAULT["keys"][0], "public": PHONE.public.raw.hex()}]),
    vector(note_text(), "blocked", deny=["00" * 16, CTI.hex().upper()]),
    vector(note_text(), "already used", spent=[CTI.hex()]),
    vector(note_text(), 1000, allowances={CTI.hex(): {"seq": 9, "taken": 1200}}),
    vector(note_text(), "needs a connection", bundle_age_s=21),
    vector(note_text(), "needs a connection", bundle_age_s=11),
    vector(note_text(), 1000, bundle_age_s=11, limits=limits(terminal_paper_cents=2000, terminal_entries=4)),
    vector(note_text(), "needs a connection", bundle_age_s=11, limits=limits(terminal_paper_cents=2000)),
    vector(note_text(), "needs a connection", clock_floor=NOW + 1),
    vector(note_text(), "needs a connection", server_time=None),
    vector(note_text(), "needs a connection", server_time=NOW - 1),
    vector(note_text(), 1000, server_time=NOW + 10**6),
    vector(note_text(), "needs a connection", unsent=unsent(paper_cents=1)),
    vector(note_text(), 1000, unsent=unsent(phone_cents=10**9)),
    vector(note_text(), "needs a connection", unsent=unsent(entries=1)),
    vector(note_text(), "needs a connection", unsent=unsent(age_s=1)),
    vector(note_text(), "needs a connection", limits=limits(terminal_paper_cents=999)),
    vector(note_text(amount=1), 1),
    vector(" " + note_text() + "\r\n ", 1000),
    vector(note_text() + "\t", "malformed"),
    vector("", "malformed"),
    vector("HV1:", "malformed"),
    vector("\ud800", "malformed"),
    vector("A" * 10_000, "malformed"),
]
CODES = [
    vector(code_text(), 1000),
    vector(code_text(iat=NOW - 120), 1000),
    vector(code_text(iat=NOW + 121), "code too old"),
    vector(code_text(aud=None, max=Cents(500)), 500, amount=500),
    vector(code_text(aud=None, max=Cents(500)), "too little left", amount=501),
    vector(code_text(aud=None, max=Cents(500), iat=NOW - 61), "code too old", amount=500),
    vector(code_text(), "not valid here", terminal="00000000000000FF"),
    vector(code_text(), "more than the sale", amount=999),
    vector(code_text(), "already used", allowances={CTI.hex(): {"seq": 1, "taken": 0}}),
    vector(code_text(seq=2), 1000, allowances={CTI.hex().upper(): {"seq": 1, "taken": 200}}),
    vector(code_text(seq=2), "too little left", allowances={CTI.hex(): {"seq": 1, "taken": 201}}),
    vector(code_text(), "already used", spent=[CTI.hex()]),
    vector(code_text(), "blocked", deny=[CTI.hex()]),
    vector(code_text(), 1000, paper_till=False),
    vector(code_text(), "needs a connection", limits=limits(phone_payment_cents=999)),
    vector(code_text(), "needs a connection", limits=limits(phone_allowance_cents=999)),
    vector(code_text(), "needs a connection", unsent=unsent(phone_cents=1)),
    vector(code_text(aud=None, max=Cents(500)), "needs a connection", amount=251, bundle_age_s=11),
]


def test_other_contexts(run_vectors: RunVectors) -> None:
    assert run_vectors({"default": DEFAULT, "vectors": [*NOTES, *CODES]}) == (0, [])


def test_a_context_of_its_own_for_each(run_vectors: RunVectors) -> None:
    """Members replaced whole in every vector, over a default that would refuse all."""
    useless = {**DEFAULT, "now": 0, "programmes": [], "limits": limits(terminal_entries=0)}
    vectors = [{**one, "context": {**DEFAULT, **one["context"]}} for one in (*NOTES, *CODES)]
    assert run_vectors({"default": useless, "vectors": vectors}) == (0, [])


def test_each_of_them_changed(run_vectors: RunVectors) -> None:
    vectors = [{**one, "expect": "blocked" if one["expect"] != "blocked" else "accept"} for one in (*NOTES, *CODES)]
    code, mismatches = run_vectors({"default": DEFAULT, "vectors": vectors})
    assert code == 1
    assert len(mismatches) == len(vectors)
    vectors = [{**one, "accepts_cents": one.get("accepts_cents", 0) + 1} for one in (*NOTES, *CODES)]
    code, mismatches = run_vectors({"default": DEFAULT, "vectors": vectors})
    assert code == 1
    assert len(mismatches) == len(vectors)


def test_without_cents_or_context(run_vectors: RunVectors) -> None:
    bare = [{"text": one["text"], "expect": one["expect"]} for one in NOTES if not one["context"]]
    assert run_vectors({"default": DEFAULT, "vectors": bare}) == (0, [])
    assert run_vectors({"default": DEFAULT, "vectors": []}) == (0, [])


@pytest.mark.parametrize("member", DEFAULT)
def test_a_missing_member_is_named(run_vectors: RunVectors, member: str) -> None:
    default = {name: value for name, value in DEFAULT.items() if name != member}
    code, mismatches = run_vectors({"default": default, "vectors": NOTES[:1]})
    assert code == 1
    assert f"the member '{member}' is missing" in mismatches[0]


def test_the_recorded_texts_in_other_contexts(vectors: Path, run_vectors: RunVectors) -> None:
    """What is refused at the last step is accepted where the limits are wide, and the other way round."""
    document = json.loads((vectors / "vouchers.json").read_text())
    limited = [
        one for one in document["vectors"] if one["expect"] == "needs a connection" and "home" not in one["name"]
    ]
    wide = {
        "limits": dict.fromkeys(document["default"]["limits"], 10**9),
        "unsent": document["default"]["unsent"],
    }
    for one in limited:
        one["context"] |= wide
        one["expect"] = "accept"
    assert len(limited) >= 2
    assert run_vectors({**document, "vectors": limited}) == (0, [])
    narrow = {"limits": dict.fromkeys(document["default"]["limits"], 0)}
    accepted = [one for one in document["vectors"] if one["expect"] == "accept" and one not in limited]
    for one in accepted:
        one["context"] |= narrow
        one["expect"] = "needs a connection"
        del one["accepts_cents"]
    assert run_vectors({**document, "vectors": accepted}) == (0, [])


def test_other_requests(run_vectors: RunVectors) -> None:
    requests = []
    for number, iss in enumerate(("nl.elders", "", "ü" * 20), start=1):
        request = PaymentRequest(bytes([number]) * 8, Cents(number), iss, bytes([number]) * 16)
        requests.append(
            {
                "name": iss,
                "text": qr.encode_request(request),
                "bytes": request.encode().hex().upper(),
                "request": {
                    "terminal": request.terminal.hex().upper(),
                    "amount": number,
                    "iss": iss,
                    "sale": request.sale.hex(),
                },
            }
        )
    assert run_vectors({"requests": requests}) == (0, [])
    requests[1]["request"]["amount"] = 0  # type: ignore[index]
    code, mismatches = run_vectors({"requests": requests})
    assert code == 1
    assert len(mismatches) == 1
