# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Known answers in the form of vouchers.json and requests.json (VOUCHERS.md sections 3 and 4)."""

from heitje import acceptance, qr
from heitje.acceptance import Accepted, Context, ListedKey, Shop, Taken, Unsent
from heitje.codes import PaymentRequest
from heitje.keys import PublicKey
from heitje.limits import Limits
from heitje.money import Cents
from heitje.vectors.report import Document, Report, unhex


def check_vouchers(document: Document, report: Report) -> None:
    """What the till answers to each text, offline, in its context."""
    for at, vector in enumerate(document["vectors"]):
        where = f"vector {at} ({vector.get('name', 'no name')})"
        with report.vector(where):
            context = read_context({**document["default"], **vector.get("context", {})})
            answer = acceptance.check(vector["text"], context)
            word, cents = ("accept", answer.amount) if isinstance(answer, Accepted) else (str(answer.reason), None)
            report.equal(where, word, vector["expect"])
            if "accepts_cents" in vector and word == vector["expect"]:
                report.equal(f"{where} cents", cents, vector["accepts_cents"])


def read_context(members: Document) -> Context:
    """A decision's context out of its JSON members. Raises `KeyError`, `ValueError`, `TypeError`."""
    return Context(
        now=members["now"],
        shop=Shop(**members["shop"]),
        terminal=members["terminal"],
        paper_till=members["paper_till"],
        amount=members["amount"],
        programmes=frozenset(members["programmes"]),
        keys=tuple(
            ListedKey(PublicKey(unhex(key["public"])), key["valid_from"], key["valid_until"]) for key in members["keys"]
        ),
        deny=frozenset(map(unhex, members["deny"])),
        spent=frozenset(map(unhex, members["spent"])),
        allowances={unhex(cti): Taken(**taken) for cti, taken in members["allowances"].items()},
        bundle_age_s=members["bundle_age_s"],
        clock_floor=members["clock_floor"],
        server_time=members["server_time"],
        unsent=Unsent(**members["unsent"]),
        limits=Limits(**members["limits"]),
    )


def check_requests(document: Document, report: Report) -> None:
    """A till's request, both ways."""
    for at, vector in enumerate(document["requests"]):
        where = f"request {at} ({vector.get('name', 'no name')})"
        with report.vector(where):
            members = vector["request"]
            request = PaymentRequest(
                unhex(members["terminal"]), Cents(members["amount"]), members["iss"], unhex(members["sale"])
            )
            report.equal(f"{where} bytes", request.encode().hex(), vector["bytes"].lower())
            report.equal(f"{where} text", qr.encode_request(request), vector["text"])
            report.equal(f"{where} read", qr.decode_request(vector["text"]), request)
