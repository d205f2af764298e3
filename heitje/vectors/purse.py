# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Known answers in the form of card-purse.json: payments on a card, APDU by APDU (CARD.md sections 2 to 9)."""

from collections.abc import Iterator
from itertools import takewhile
from typing import Final

from heitje.card import certificate, record, sale, session, transaction
from heitje.card.layout import DF_NAME_PREFIX, KEY_TERMINAL
from heitje.card.record import RecordKind
from heitje.card.session import CardFault, Transmit
from heitje.card.transaction import TransactionKeys
from heitje.vectors.report import Document, Report, unhex
from heitje.vectors.transcript import Payment, Transcript

_SELECT: Final = "00a4"
_SELECT_HEAD: Final = 5
_RECORD_KINDS: Final = {"sale": RecordKind.SALE, "load": RecordKind.LOAD}
_SIGN: Final = {"sale": -1, "load": 1}


class _CardLeft(Exception):
    """The recording ends without an answer."""


def check_purse(document: Document, report: Report) -> None:
    """Each payment: the recording read with the card's keys, and, for a sale, this reader's own APDUs against it."""
    for at, vector in enumerate(document["sales"]):
        where = f"sale {at} ({vector.get('name', 'no name')})"
        with report.vector(where):
            kind = vector.get("kind", "sale")
            if kind not in _RECORD_KINDS:
                raise ValueError(f"a payment of no known kind: {kind!r}")
            transcript = Transcript({int(number): unhex(key) for number, key in vector["card_keys"].items()})
            for apdu in vector["apdus"]:
                transcript.follow(unhex(apdu["sent"]), None if apdu["received"] is None else unhex(apdu["received"]))
            payment = transcript.payment()
            uid = certificate.decode(payment.certificate).certificate.uid
            keys = transaction.transaction_keys(unhex(vector["ktm"]), payment.tmc_before, uid)
            _check_authentications(where, vector, transcript, report)
            _check_evidence(where, vector, payment, uid, report)
            _check_record(where, payment, _RECORD_KINDS[kind], report)
            _check_transaction_mac(where, vector, payment, keys, report)
            _check_afterwards(where, vector, payment, _SIGN[kind], keys, report)
            if kind == "sale":
                _check_reader(where, vector, transcript, payment, report)


def _check_authentications(where: str, vector: Document, transcript: Transcript, report: Report) -> None:
    """Each member `auth…` against the authentication with its key: a load has two."""
    by_key = {authentication.key_number: authentication for authentication in transcript.authentications}
    for name, auth in vector.items():
        if not name.startswith("auth"):
            continue
        ours = by_key.get(auth["key_number"])
        if ours is None:
            report.equal(f"{where} {name} key_number", sorted(by_key), auth["key_number"])
            continue
        values = {
            "key": transcript.card_keys[ours.key_number],
            "rnda": ours.rnda,
            "rndb": ours.rndb,
            "ti": ours.ti,
            "ses_enc": ours.keys.enc,
            "ses_mac": ours.keys.mac,
        }
        for member, value in values.items():
            report.equal(f"{where} {name} {member}", value.hex(), auth[member].lower())


def _check_evidence(where: str, vector: Document, payment: Payment, uid: bytes, report: Report) -> None:
    evidence, before = vector["evidence"], vector["card_before"]
    report.equal(f"{where} certificate", payment.certificate.hex(), vector["certificate"].lower())
    report.equal(f"{where} uid", uid.hex(), vector["uid"].lower())
    report.equal(f"{where} uid in evidence", uid.hex(), evidence["uid"].lower())
    report.equal(f"{where} amount", payment.amount, vector["amount"])
    report.equal(f"{where} amount in evidence", payment.amount, evidence["amount"])
    report.equal(f"{where} tmri", payment.tmri.hex(), evidence["tmri"].lower())
    report.equal(f"{where} enc_tmri", payment.enc_tmri.hex(), evidence["enc_tmri"].lower())
    report.equal(f"{where} record", payment.record.hex(), evidence["record"].lower())
    report.equal(f"{where} balance_before", payment.balance_before, evidence["balance_before"])
    report.equal(f"{where} tmc_before", payment.tmc_before, evidence["tmc_before"])
    report.equal(f"{where} balance on the card", payment.balance_before, before["balance"])
    report.equal(f"{where} tmc on the card", payment.tmc_before, before["tmc"])
    report.equal(f"{where} tmv on the card", payment.tmv_before.hex(), before["tmv"].lower())
    report.equal(f"{where} result", "unresolved" if payment.committed is None else "paid", evidence["result"])
    if payment.committed is not None:
        tmc, tmv = payment.committed
        report.equal(f"{where} tmc", tmc, evidence["tmc"])
        report.equal(f"{where} tmv", tmv.hex(), evidence["tmv"].lower())


def _check_record(where: str, payment: Payment, kind: RecordKind, report: Report) -> None:
    written = record.unpack(payment.record)
    report.equal(f"{where} record's kind", kind, written.kind)
    report.equal(f"{where} record's amount", payment.amount, written.amount)
    report.equal(f"{where} record's reference", record.reference_of(payment.tmri).hex(), written.reference.hex())


def _check_transaction_mac(
    where: str, vector: Document, payment: Payment, keys: TransactionKeys, report: Report
) -> None:
    evidence, tmi = vector["evidence"], b"".join(payment.tmi_parts)
    value = transaction.tmv(keys.mac, tmi)
    previous = transaction.decrypt_reader_id(keys.enc, payment.enc_tmri).hex()
    report.equal(f"{where} previous reader", previous, vector["card_before"]["tmri_prev"].lower())
    if "previous_reader" in evidence:
        report.equal(f"{where} previous reader in evidence", previous, evidence["previous_reader"].lower())
    if "tmv_verifies" in evidence:
        verifies = payment.committed is not None and payment.committed[1] == value
        report.equal(f"{where} tmv verifies", verifies, evidence["tmv_verifies"])
    if "tmi_parts" in vector:
        theirs = [part.lower() for part in vector["tmi_parts"]]
        report.equal(f"{where} tmi parts", [part.hex() for part in payment.tmi_parts], theirs)
    worked = vector.get("transaction_mac")
    if worked is not None:
        report.equal(f"{where} ktm", vector["ktm"].lower(), worked["ktm"].lower())
        report.equal(f"{where} tmc of the MAC", payment.tmc_before + 1, worked["tmc"])
        report.equal(f"{where} ses_tm_mac", keys.mac.hex(), worked["ses_tm_mac"].lower())
        report.equal(f"{where} ses_tm_enc", keys.enc.hex(), worked["ses_tm_enc"].lower())
        report.equal(f"{where} tmri_prev", previous, worked["tmri_prev"].lower())
        report.equal(f"{where} tmi", tmi.hex(), worked["tmi"].lower())
        report.equal(f"{where} tmv of the MAC", value.hex(), worked["tmv"].lower())


def _check_afterwards(
    where: str, vector: Document, payment: Payment, sign: int, keys: TransactionKeys, report: Report
) -> None:
    after = vector["card_after"]
    happened = after["tmc"] != payment.tmc_before
    if payment.committed is not None:
        report.equal(f"{where} committed", True, happened)
    if happened:
        value = transaction.tmv(keys.mac, b"".join(payment.tmi_parts))
        report.equal(f"{where} balance after", payment.balance_before + sign * payment.amount, after["balance"])
        report.equal(f"{where} tmc after", payment.tmc_before + 1, after["tmc"])
        report.equal(f"{where} tmv after", value.hex(), after["tmv"].lower())
        report.equal(f"{where} tmri_prev after", payment.tmri.hex(), after["tmri_prev"].lower())
    else:
        report.equal(f"{where} card unchanged", vector["card_before"], after)
    if "settled" in vector:
        written = [record.unpack(payment.record)] if happened else []
        fate = sale.fate_by_counter(payment.tmc_before, after["tmc"])
        fate = fate or sale.fate_by_records(payment.tmc_before, after["tmc"], payment.record, written)
        settled = {sale.Fate.PAID: "paid", sale.Fate.NEVER_HAPPENED: "void"}.get(fate, "unresolved")
        report.equal(f"{where} settled", settled, vector["settled"])


def _check_reader(where: str, vector: Document, transcript: Transcript, payment: Payment, report: Report) -> None:
    apdus = vector["apdus"]
    selects = takewhile(lambda apdu: apdu["sent"].lower().startswith(_SELECT), apdus)
    df_names = [unhex(apdu["sent"])[_SELECT_HEAD:-1] for apdu in selects]
    for df_name in df_names:
        report.equal(f"{where} DF name", DF_NAME_PREFIX.hex(), df_name[: len(DF_NAME_PREFIX)].hex())
    programmes = [sale.Programme(df_name, [transcript.card_keys[KEY_TERMINAL]]) for df_name in df_names]
    recording = iter(apdus)
    transmit = _recorded(where, recording, report)
    contact = session.run(sale.greet(programmes, [transcript.authentications[0].rnda]), transmit)
    report.equal(f"{where} certificate read", contact.certificate.hex(), payment.certificate.hex())
    report.equal(f"{where} counter read", contact.last, (payment.tmc_before, payment.tmv_before))
    time = record.unpack(payment.record).time
    debited = session.run(sale.prepare(contact.session, payment.tmri, payment.amount, time), transmit)
    expected = sale.Debited(payment.enc_tmri, payment.balance_before, payment.record)
    report.equal(f"{where} debited", debited, expected)
    try:
        committed: tuple[int, bytes] | None = session.run(sale.commit(contact.session), transmit)
    except (_CardLeft, CardFault):
        committed = None
    report.equal(f"{where} committed answer", committed, payment.committed)
    report.equal(f"{where} APDUs beyond the sale", 0, len(list(recording)))


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
