# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Known answers in the form of card.json: published worked examples of EV2, key diversification, transaction keys."""

from collections.abc import Callable
from typing import Final

from heitje.card import keys, messaging, session, transaction
from heitje.card.layout import Status
from heitje.card.messaging import SessionKeys
from heitje.card.session import Session
from heitje.vectors.report import Document, Report, unhex

_OK: Final = Status.OK.to_bytes(2, "big")
_MORE: Final = Status.MORE_FRAMES.to_bytes(2, "big")


def check_card(document: Document, report: Report) -> None:
    """Every section that this file has."""
    for section, vectors in document.items():
        if section.startswith("_"):
            continue
        check = _SECTIONS.get(section)
        for at, vector in enumerate(vectors):
            where = f"{section} {at} ({vector.get('note', 'no name')})"
            with report.vector(where):
                if check is None:
                    raise ValueError("no such section is known")
                check(where, vector, report)


def _check_authentication(where: str, vector: Document, report: Report) -> None:
    exchange = session.authenticate_first(0, unhex(vector["key"]), unhex(vector["rnda"]))
    next(exchange)
    sent = exchange.send(unhex(vector["card_answer_1"]) + _MORE)
    report.equal(f"{where} reader sends", sent[5:-1].hex(), vector["reader_sends"].lower())
    try:
        exchange.send(unhex(vector["card_answer_2"]) + _OK)
    except StopIteration as stop:
        opened: Session = stop.value
        report.equal(f"{where} ti", opened.ti.hex(), vector["ti"].lower())
        _compare_keys(where, opened.keys, vector, report)


def _check_session_keys(where: str, vector: Document, report: Report) -> None:
    derived = messaging.derive(unhex(vector["key"]), unhex(vector["rnda"]), unhex(vector["rndb"]))
    _compare_keys(where, derived, vector, report)


def _compare_keys(where: str, ours: SessionKeys, vector: Document, report: Report) -> None:
    report.equal(f"{where} ses_enc", ours.enc.hex(), vector["ses_enc"].lower())
    report.equal(f"{where} ses_mac", ours.mac.hex(), vector["ses_mac"].lower())


def _check_command_iv(where: str, vector: Document, report: Report) -> None:
    iv = messaging.command_iv(unhex(vector["ses_enc"]), vector["cmd_ctr"], unhex(vector["ti"]))
    report.equal(where, iv.hex(), vector["iv"].lower())


def _check_mac(where: str, vector: Document, report: Report) -> None:
    key, ti, counter = unhex(vector["ses_mac"]), unhex(vector["ti"]), vector["cmd_ctr"]
    mac = messaging.command_mac(key, int(vector["cmd"], 16), counter, ti, unhex(vector["header_and_data"]))
    report.equal(f"{where} command", mac.hex(), vector["mac"].lower())
    if "answer_mac_ctr_1_empty" in vector:
        mac = messaging.answer_mac(key, 1, ti, b"")
        report.equal(f"{where} answer", mac.hex(), vector["answer_mac_ctr_1_empty"].lower())


def _check_full(where: str, vector: Document, report: Report) -> None:
    keys_of_session = SessionKeys(unhex(vector["ses_enc"]), unhex(vector["ses_mac"]))
    opened = Session(keys_of_session, unhex(vector["ti"]), vector["cmd_ctr"])
    exchange = opened.command(int(vector["cmd"], 16), unhex(vector["header"]), unhex(vector["data"]))
    report.equal(f"{where} apdu", next(exchange).hex(), vector["apdu"].lower())
    try:
        exchange.send(unhex(vector["answer"]))
    except StopIteration:
        report.equal(f"{where} answer", opened.counter, vector["cmd_ctr"] + 1)


def _check_diversification(where: str, vector: Document, report: Report) -> None:
    key = keys.an10922(unhex(vector["master"]), unhex(vector["m_without_01"]))
    report.equal(where, key.hex(), vector["key"].lower())


def _check_transaction_keys(where: str, vector: Document, report: Report) -> None:
    ours = transaction.transaction_keys(unhex(vector["ktm"]), vector["tmc"], unhex(vector["uid"]))
    report.equal(f"{where} ses_tm_mac", ours.mac.hex(), vector["ses_tm_mac"].lower())
    report.equal(f"{where} ses_tm_enc", ours.enc.hex(), vector["ses_tm_enc"].lower())


_SECTIONS: Final[dict[str, Callable[[str, Document, Report], None]]] = {
    "ev2_auth": _check_authentication,
    "session_keys": _check_session_keys,
    "command_iv": _check_command_iv,
    "mac": _check_mac,
    "full": _check_full,
    "an10922_aes128": _check_diversification,
    "transaction_session_keys": _check_transaction_keys,
}
SECTIONS: Final = frozenset(_SECTIONS)
