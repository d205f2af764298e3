# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Other files in the form of card-purse.json: other cards and keys, loads, long certificates, every kind of tear."""

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import Application, CardImage, Key, MemoryStore
from heitje.card import certificate, messaging, record, sale
from heitje.card import session as sessions
from heitje.card.apdu import select, unwrap
from heitje.card.certificate import CardCertificate
from heitje.card.layout import DF_NAME_PREFIX, NO_READER, Command
from heitje.card.record import Record, RecordKind
from heitje.card.session import CardFault, Exchange, Session, run
from heitje.keys import SigningKey
from heitje.vectors.purse import check_purse
from heitje.vectors.report import Report

NOW = 1_790_000_000
MINT = SigningKey.from_seed(bytes(range(32)))
NAMES = {
    0x71: "AuthenticateEV2First",
    0x77: "AuthenticateEV2NonFirst",
    0xAF: "second part",
    **{int(command): command.name for command in Command if command not in (0x71, 0x77, 0xAF)},
}

Tear = Callable[[Card, bytes], bytes | None]
"""What comes back of the commit; None: nothing."""


def mint_card(chance: random.Random, scope: tuple[str, ...] | None = None, balance: int = 2500) -> CardImage:
    """A card with keys, UID and programme of its own, that no master made."""
    uid = b"\x04" + chance.randbytes(6)
    token = certificate.issue(CardCertificate("nl.elders", NOW, NOW, uid, scope=scope), MINT)
    keys = tuple(Key(chance.randbytes(16)) for _ in range(5))
    file = certificate.to_file(token).ljust(256, b"\x00")
    df_name = DF_NAME_PREFIX + chance.randbytes(2)
    return CardImage(uid, Application(df_name, keys, Key(chance.randbytes(16)), file, balance))


class Recorder:
    """Pays on a simulated card and writes down what happened, in the file's form."""

    def __init__(self, image: CardImage, seed: int = 0) -> None:
        self.chance = random.Random(seed)
        self.store = MemoryStore(image)
        self.card = Card(self.store, self.chance.randbytes)
        self.apdus: list[dict[str, Any]] = []
        self.tear: Tear | None = None

    @property
    def application(self) -> Application:
        return self.store.image.application

    def transmit(self, sent: bytes) -> bytes:
        received: bytes | None
        if sent[1] == Command.COMMIT_TRANSACTION and self.tear is not None:
            received = self.tear(self.card, sent)
        else:
            received = self.card.transmit(sent)
        name = "ISOSelectFile" if sent[0] == 0 else NAMES[sent[1]]
        self.apdus.append({"name": name, "sent": sent.hex(), "received": received and received.hex()})
        if received is None:
            raise TimeoutError
        return received

    def card_now(self) -> dict[str, Any]:
        application = self.application
        return {
            "balance": application.balance,
            "tmc": application.tmc,
            "tmv": application.tmv.hex(),
            "tmri_prev": application.tmri_prev.hex(),
        }

    def pay(
        self, amount: int, kind: str = "sale", tear: Tear | None = None, number: int = 1, curious: bool = False
    ) -> dict[str, Any]:
        self.apdus, self.tear = [], tear
        before, application, rnda = self.card_now(), self.application, self.chance.randbytes(16)
        keys = [key.value for key in application.keys]
        greeting = sale.greet([sale.Programme(application.df_name, [keys[1]])], [rnda])
        contact = run(greeting, self.transmit)
        auths = {"auth": self._auth(1, keys[1], rnda, contact.session)}
        tmri = (bytes(8) if kind == "load" else self.chance.randbytes(8)) + number.to_bytes(8, "big")
        if kind == "sale":
            debited = run(sale.prepare(contact.session, tmri, amount, NOW), self.transmit)
            assert isinstance(debited, sale.Debited)
        else:
            loader_rnda = self.chance.randbytes(16)
            debited = run(load(contact.session, keys[2], loader_rnda, tmri, amount, curious), self.transmit)
            auths["auth_loader"] = self._auth(2, keys[2], loader_rnda, contact.session)
        try:
            committed = run(sale.commit(contact.session), self.transmit)
            outcome: dict[str, Any] = {"tmc": committed.tmc, "tmv": committed.tmv.hex(), "result": "paid"}
            outcome |= {"tmv_verifies": True, "previous_reader": before["tmri_prev"]}
        except (TimeoutError, CardFault) as error:
            outcome = {"result": "unresolved", "why": type(error).__name__}
        after = self.card_now()
        payment = {
            "name": f"{kind} of {amount}",
            "kind": kind,
            "amount": amount,
            "uid": self.store.image.uid.hex(),
            "card_keys": {str(place): key.hex() for place, key in enumerate(keys[:3])},
            "ktm": application.transaction_mac_key.value.hex(),
            "certificate": contact.certificate.hex(),
            "card_before": before,
            **auths,
            "apdus": self.apdus,
            "evidence": {
                "uid": self.store.image.uid.hex(),
                "tmri": tmri.hex(),
                "tmc_before": before["tmc"],
                "enc_tmri": debited.enc_tmri.hex(),
                "balance_before": debited.balance_before,
                "amount": amount,
                "record": debited.record.hex(),
                **outcome,
            },
            "card_after": after,
        }
        if "why" in outcome:
            payment["settled"] = "paid" if after["tmc"] != before["tmc"] else "void"
        self.card.power_off()
        return payment

    def _auth(self, number: int, key: bytes, rnda: bytes, session: Session) -> dict[str, Any]:
        """What a file says of an authentication; RndB is in the card's challenge."""
        command = 0x71 if number == 1 else 0x77
        place = next(at for at, apdu in enumerate(self.apdus) if apdu["sent"].startswith(f"90{command:02x}"))
        data, _ = unwrap(bytes.fromhex(self.apdus[place]["received"]))
        return {
            "key_number": number,
            "key": key.hex(),
            "rnda": rnda.hex(),
            "rndb": messaging.cbc_decrypt(key, data).hex(),
            "ti": session.ti.hex(),
            "ses_enc": session.keys.enc.hex(),
            "ses_mac": session.keys.mac.hex(),
        }


def load(session: Session, key: bytes, rnda: bytes, tmri: bytes, amount: int, curious: bool) -> Exchange[sale.Debited]:
    """CARD.md section 7's load, command by command."""
    yield from sale.abort(session)
    yield from sessions.authenticate_non_first(session, 2, key, rnda)
    enc_tmri = yield from session.command(Command.COMMIT_READER_ID, tmri)
    value = yield from session.command(Command.GET_VALUE, b"\x03", answer_full=True)
    if curious:
        yield from session.command(Command.GET_FILE_SETTINGS, b"\x03")
        yield from session.command(Command.READ_RECORDS, b"\x01" + bytes(6), answer_full=True)
    yield from session.command(Command.CREDIT, b"\x03", amount.to_bytes(4, "little"))
    written = Record(RecordKind.LOAD, NOW, record.reference_of(tmri), amount).pack()
    yield from session.command(Command.WRITE_RECORD, b"\x01\x00\x00\x00\x10\x00\x00", written)
    return sale.Debited(enc_tmri, int.from_bytes(value, "little"), written)


def never_reached(card: Card, sent: bytes) -> bytes | None:
    """The card left before it got the commit."""
    return None


def lost_answer(card: Card, sent: bytes) -> bytes | None:
    """The card committed, and its answer was lost."""
    card.transmit(sent)
    return None


def garbled_answer(card: Card, sent: bytes) -> bytes | None:
    """The card committed, and its answer came with a wrong MAC."""
    answer = card.transmit(sent)
    return answer[:-3] + bytes((answer[-3] ^ 1,)) + answer[-2:]


def error_after_it(card: Card, sent: bytes) -> bytes | None:
    """The card committed, and an error status came instead."""
    card.transmit(sent)
    return bytes.fromhex("911e")


def error_before_it(card: Card, sent: bytes) -> bytes | None:
    """The commit came garbled to the card, which said so."""
    return card.transmit(sent[:-2] + bytes((sent[-2] ^ 1,)) + sent[-1:])


TEARS = [never_reached, lost_answer, garbled_answer, error_after_it, error_before_it]


def mismatches(*payments: dict[str, Any]) -> list[str]:
    report = Report()
    check_purse({"sales": list(payments)}, report)
    return report.mismatches


def cards() -> Iterator[Recorder]:
    for seed in range(5):
        yield Recorder(mint_card(random.Random(seed)), seed)


def test_other_cards_keys_and_programmes(run_vectors: Callable[[Any], tuple[int, list[str]]]) -> None:
    payments = [recorder.pay(amount) for recorder in cards() for amount in (1, 350, 2149)]
    assert len({payment["uid"] for payment in payments}) == 5
    assert run_vectors({"_note": "other cards", "sales": payments}) == (0, [])


@pytest.mark.parametrize("tear", TEARS)
def test_tears(tear: Tear) -> None:
    for recorder in cards():
        first, torn, after = recorder.pay(350), recorder.pay(200, tear=tear), recorder.pay(100)
        assert torn["settled"] == ("void" if tear in (never_reached, error_before_it) else "paid")
        assert mismatches(first, torn, after) == []
        other = {"paid": "void", "void": "paid"}[torn["settled"]]
        assert len(mismatches({**torn, "settled": other})) == 1
        assert len(mismatches({**torn, "evidence": {**torn["evidence"], "result": "paid"}})) >= 1


def test_loads() -> None:
    for recorder in cards():
        payments = [recorder.pay(500, "load", number=7), recorder.pay(100), recorder.pay(1, "load", number=2**40)]
        assert mismatches(*payments) == []
        assert recorder.application.balance == 2500 + 500 - 100 + 1
        assert record.unpack(recorder.application.records[0]).kind == RecordKind.LOAD
        assert payments[1]["evidence"]["previous_reader"] == "00" * 15 + "07"


@pytest.mark.parametrize("tear", TEARS)
def test_torn_loads(tear: Tear) -> None:
    recorder = Recorder(mint_card(random.Random(9)))
    assert mismatches(recorder.pay(500, "load", tear), recorder.pay(100)) == []


@pytest.mark.parametrize("wrong", ["sale", "load"])
def test_a_payment_of_the_other_kind(wrong: str) -> None:
    right = "load" if wrong == "sale" else "sale"
    payment = Recorder(mint_card(random.Random(3))).pay(500, right)
    assert any("record's kind" in line for line in mismatches({**payment, "kind": wrong}))


def test_every_member_of_a_load() -> None:
    payment = Recorder(mint_card(random.Random(4))).pay(500, "load")
    for name, value in (
        *((("auth_loader", member), "00" * 16) for member in ("key", "rnda", "rndb", "ses_enc", "ses_mac")),
        (("auth_loader", "ti"), "00000000"),
        (("auth", "ses_mac"), "00" * 16),
        (("card_after", "balance"), 2000),
        (("evidence", "tmri"), "00" * 16),
        (("evidence", "balance_before"), 1),
    ):
        changed = copy.deepcopy(payment)
        changed[name[0]][name[1]] = value
        assert len(mismatches(changed)) == 1, name
    changed = copy.deepcopy(payment)
    changed["auth_loader"]["key_number"] = 3
    (line,) = mismatches(changed)
    assert line.endswith("auth_loader key_number: here [1, 2], in the file 3")


@pytest.mark.parametrize("length", [0, 20, 30, 31, 32, 60, 85, 86])
def test_certificates_that_need_one_read_or_two(length: int) -> None:
    recorder = Recorder(mint_card(random.Random(5), scope=("category:" + "x" * length,)))
    payments = [recorder.pay(500, "load"), recorder.pay(350)]
    token = bytes.fromhex(payments[0]["certificate"])
    reads = sum(apdu["sent"].startswith("90ad00000f00") for apdu in payments[1]["apdus"])
    assert reads == (2 if len(token) > 158 else 1)
    assert mismatches(*payments) == []
    assert any("certificate" in line for line in mismatches({**payments[1], "certificate": token[:-1].hex() + "00"}))


def test_a_load_that_looks_around() -> None:
    """Records and settings are read within the transaction: records count for its MAC, settings do not."""
    recorder = Recorder(mint_card(random.Random(10)))
    recorder.pay(350)
    plain_load = recorder.pay(500, "load")
    curious = recorder.pay(500, "load", curious=True)
    assert len(curious["apdus"]) == len(plain_load["apdus"]) + 2
    assert mismatches(plain_load, curious) == []


def test_a_command_before_any_authentication() -> None:
    payment = Recorder(mint_card(random.Random(11))).pay(350)
    assert any("before any authentication" in line for line in mismatches({**payment, "apdus": payment["apdus"][3:]}))


def test_another_application_is_asked_for_first() -> None:
    recorder = Recorder(mint_card(random.Random(6)))
    payment = recorder.pay(350)
    elsewhere = select(DF_NAME_PREFIX + b"\x00\x00").hex()
    missing = {"name": "ISOSelectFile", "sent": elsewhere, "received": "6a82"}
    assert mismatches({**payment, "apdus": [missing, *payment["apdus"]]}) == []


def test_upper_case_hex_is_the_same(run_vectors: Callable[[Any], tuple[int, list[str]]]) -> None:
    def upper(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: upper(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [upper(item, key) for item in value]
        return value.upper() if isinstance(value, str) and key not in ("kind", "settled", "result") else value

    recorder = Recorder(mint_card(random.Random(7)))
    payments = [recorder.pay(350), recorder.pay(20, tear=lost_answer), recorder.pay(500, "load")]
    assert run_vectors({"sales": upper(payments)}) == (0, [])


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.lists(st.tuples(st.sampled_from(["sale", "load"]), st.integers(1, 300)), max_size=6))
def test_any_history(seed: int, history: list[tuple[str, int]]) -> None:
    recorder = Recorder(mint_card(random.Random(seed)), seed)
    payments = [
        recorder.pay(amount, kind, recorder.chance.choice([None, *TEARS]), number)
        for number, (kind, amount) in enumerate(history, start=1)
    ]
    assert mismatches(*payments) == []


def test_a_card_that_has_a_past() -> None:
    """Counter, TMV and reader of before come from the card, whatever they are."""
    image = mint_card(random.Random(8))
    past = replace(image.application, tmc=2**32 - 3, tmv=b"8 bytes.", tmri_prev=b"another terminal", balance=15_000)
    recorder = Recorder(replace(image, application=past))
    payments = [recorder.pay(15_000)]
    assert payments[0]["card_before"]["tmri_prev"] != NO_READER.hex()
    assert mismatches(*payments) == []
