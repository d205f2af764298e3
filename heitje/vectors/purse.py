# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Known answers in the form of card-purse.json: payments on a card, APDU by APDU (CARD.md sections 2 to 9)."""

from collections.abc import Iterator
from typing import Final

from heitje.card import certificate, messaging, record, sale, session, transaction
from heitje.card.record import RecordKind
from heitje.card.session import Transmit
from heitje.vectors.report import Document, Report, unhex
from heitje.vectors.transcript import Transcript

_SELECT_HEAD: Final = 5


class _CardLeft(Exception):
    """The recording ends without an answer."""


def check_purse(document: Document, report: Report) -> None:
    """Each payment: the recording read with the card's keys, and, for a sale, this reader's own APDUs against it."""
    for at, payment in enumerate(document["sales"]):
        where = f"sale {at} ({payment.get('name', 'no name')})"
        with report.vector(where):
            transcript = Transcript({int(number): unhex(key) for number, key in payment["card_keys"].items()})
            for apdu in payment["apdus"]:
                transcript.follow(unhex(apdu["sent"]), None if apdu["received"] is None else unhex(apdu["received"]))
            _check_evidence(where, payment, transcript, report)
            _check_transaction_mac(where, payment, transcript, report)
            _check_afterwards(where, payment, transcript, report)
            if payment.get("kind", "sale") == "sale":
                _check_reader(where, payment, report)


def _check_evidence(where: str, payment: Document, transcript: Transcript, report: Report) -> None:
    evidence, auth = payment["evidence"], payment["auth"]
    keys = messaging.derive(unhex(auth["key"]), unhex(auth["rnda"]), unhex(auth["rndb"]))
    report.equal(f"{where} ses_enc", keys.enc.hex(), auth["ses_enc"].lower())
    report.equal(f"{where} ses_mac", keys.mac.hex(), auth["ses_mac"].lower())
    report.equal(f"{where} ti", transcript.ti.hex(), auth["ti"].lower())
    report.equal(f"{where} amount", transcript.amount, payment["amount"])
    report.equal(f"{where} amount in evidence", evidence["amount"], payment["amount"])
    report.equal(f"{where} uid", evidence["uid"].lower(), payment["uid"].lower())
    report.equal(f"{where} tmc_before", transcript.tmc_before, evidence["tmc_before"])
    report.equal(f"{where} balance_before", transcript.balance_before, evidence["balance_before"])
    for name, ours in (("tmri", transcript.tmri), ("enc_tmri", transcript.enc_tmri), ("record", transcript.record)):
        report.equal(f"{where} {name}", None if ours is None else ours.hex(), evidence[name].lower())
    report.equal(f"{where} result", "unresolved" if transcript.committed is None else "paid", evidence["result"])
    if transcript.committed is not None:
        tmc, tmv = transcript.committed
        report.equal(f"{where} tmc", tmc, evidence["tmc"])
        report.equal(f"{where} tmv", tmv.hex(), evidence["tmv"].lower())
    written = record.unpack(unhex(evidence["record"]))
    kind = RecordKind.LOAD if payment.get("kind") == "load" else RecordKind.SALE
    report.equal(f"{where} record's kind", written.kind, kind)
    report.equal(f"{where} record's amount", written.amount, payment["amount"])
    report.equal(f"{where} record's reference", written.reference, record.reference_of(unhex(evidence["tmri"])))
    signed = certificate.decode(unhex(payment["certificate"]))
    report.equal(f"{where} certificate's uid", signed.certificate.uid.hex(), payment["uid"].lower())


def _check_transaction_mac(where: str, payment: Document, transcript: Transcript, report: Report) -> None:
    before, evidence = payment["card_before"], payment["evidence"]
    keys = transaction.transaction_keys(unhex(payment["ktm"]), before["tmc"], unhex(payment["uid"]))
    tmi = b"".join(transcript.tmi_parts)
    value = transaction.tmv(keys.mac, tmi).hex()
    previous = transaction.decrypt_reader_id(keys.enc, unhex(evidence["enc_tmri"])).hex()
    report.equal(f"{where} previous reader", previous, before["tmri_prev"].lower())
    if "previous_reader" in evidence:
        report.equal(f"{where} previous reader in evidence", previous, evidence["previous_reader"].lower())
    if "tmv_verifies" in evidence:
        report.equal(f"{where} tmv verifies", value == evidence["tmv"].lower(), evidence["tmv_verifies"])
    if "tmi_parts" in payment:
        report.equal(f"{where} tmi parts", [part.hex() for part in transcript.tmi_parts], _lower(payment["tmi_parts"]))
    worked = payment.get("transaction_mac")
    if worked is not None:
        report.equal(f"{where} ktm", worked["ktm"].lower(), payment["ktm"].lower())
        report.equal(f"{where} tmc of the MAC", before["tmc"] + 1, worked["tmc"])
        report.equal(f"{where} ses_tm_mac", keys.mac.hex(), worked["ses_tm_mac"].lower())
        report.equal(f"{where} ses_tm_enc", keys.enc.hex(), worked["ses_tm_enc"].lower())
        report.equal(f"{where} tmri_prev", previous, worked["tmri_prev"].lower())
        report.equal(f"{where} tmi", tmi.hex(), worked["tmi"].lower())
        report.equal(f"{where} tmv of the MAC", value, worked["tmv"].lower())


def _check_afterwards(where: str, payment: Document, transcript: Transcript, report: Report) -> None:
    before, after, evidence = payment["card_before"], payment["card_after"], payment["evidence"]
    happened = after["tmc"] != before["tmc"]
    if transcript.committed is not None:
        report.equal(f"{where} committed", happened, True)
    if happened:
        sign = 1 if payment.get("kind") == "load" else -1
        keys = transaction.transaction_keys(unhex(payment["ktm"]), before["tmc"], unhex(payment["uid"]))
        value = transaction.tmv(keys.mac, b"".join(transcript.tmi_parts))
        report.equal(f"{where} balance after", before["balance"] + sign * payment["amount"], after["balance"])
        report.equal(f"{where} tmc after", before["tmc"] + 1, after["tmc"])
        report.equal(f"{where} tmv after", value.hex(), after["tmv"].lower())
        report.equal(f"{where} tmri_prev after", evidence["tmri"].lower(), after["tmri_prev"].lower())
    else:
        report.equal(f"{where} card unchanged", before, after)
    if "settled" in payment:
        written = [record.unpack(unhex(evidence["record"]))] if happened else []
        fate = sale.fate_by_counter(before["tmc"], after["tmc"])
        fate = fate or sale.fate_by_records(before["tmc"], after["tmc"], unhex(evidence["record"]), written)
        settled = {sale.Fate.PAID: "paid", sale.Fate.NEVER_HAPPENED: "void"}.get(fate, "unresolved")
        report.equal(f"{where} settled", settled, payment["settled"])


def _check_reader(where: str, payment: Document, report: Report) -> None:
    evidence, selected = payment["evidence"], unhex(payment["apdus"][0]["sent"])
    programme = sale.Programme(selected[_SELECT_HEAD:-1], [unhex(payment["auth"]["key"])])
    transmit = _recorded(where, iter(payment["apdus"]), report)
    contact = session.run(sale.greet([programme], [unhex(payment["auth"]["rnda"])]), transmit)
    report.equal(f"{where} certificate", contact.certificate.hex(), payment["certificate"].lower())
    time = record.unpack(unhex(evidence["record"])).time
    debited = session.run(sale.prepare(contact.session, unhex(evidence["tmri"]), payment["amount"], time), transmit)
    expected = sale.Debited(unhex(evidence["enc_tmri"]), evidence["balance_before"], unhex(evidence["record"]))
    report.equal(f"{where} debited", debited, expected)
    try:
        committed = session.run(sale.commit(contact.session), transmit)
    except _CardLeft:
        report.equal(f"{where} torn", "unresolved", evidence["result"])
    else:
        report.equal(f"{where} committed answer", committed, (evidence["tmc"], unhex(evidence["tmv"])))


def _recorded(where: str, apdus: Iterator[Document], report: Report) -> Transmit:
    """Answers from the recording; what this reader sends is compared with what was sent."""

    def transmit(sent: bytes) -> bytes:
        apdu = next(apdus, None)
        if apdu is None:
            raise ValueError("the recording has fewer APDUs than this reader sends")
        report.equal(f"{where} {apdu.get('name', 'APDU')}", sent.hex(), apdu["sent"].lower())
        if apdu["received"] is None:
            raise _CardLeft
        return unhex(apdu["received"])

    return transmit


def _lower(texts: list[str]) -> list[str]:
    return [text.lower() for text in texts]
