# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A tender that is read at one glance says what its two entries say when each is read and examined by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.minting.file_keystore import FileKeyStore
from backend.redemption.evidence import Facts, Place, examine
from backend.redemption.recognition import read_entry
from backend.redemption.tenders import Tenders
from heitje import codes, vouchers
from heitje.acceptance import ListedKey, Shop
from heitje.card.keys import Masters
from heitje.codes import PaymentCode
from heitje.journal import CardEvidence, Entry, Instrument, Kind, MalformedEntry, PhoneEvidence, entry_hash
from heitje.messages import SEQ_MAX
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.vouchers import Voucher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.backend.conftest import Plastic

TESTBURG = TestProgramme.parse((Path(__file__).parents[2] / "vectors/test-programme.json").read_text(encoding="utf-8"))
NOW = 1_795_500_000
SHOP = Shop("bakker-1", "bakker", "centrum")
PLACE = Place(
    TESTBURG.iss, TESTBURG.terminal, SHOP, False, (ListedKey(TESTBURG.mint.public, NOW - 1000, NOW + 1000),), ()
)
PREV = bytes(range(32))
COMPARED = [name for name in Facts.__slots__ if name not in ("_entry", "tender")]
UINT = st.sampled_from([1, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, SEQ_MAX - 1, SEQ_MAX, 2**64 - 1])
TIME = st.sampled_from([NOW, NOW, NOW + 1, NOW - 999, NOW - 1001, NOW + 1001, 0, 2**63])
AMOUNT = st.sampled_from([1, 23, 24, 255, 256, 500, 501, 1000, 65536, 1_000_000])


@pytest.fixture(scope="module")
def key_store() -> FileKeyStore:
    """The cards' masters; nothing is signed here."""
    masters = Masters(
        issuer=TESTBURG.master_issuer,
        terminal=TESTBURG.master_terminal,
        loader=TESTBURG.master_loader,
        transaction_mac=TESTBURG.master_transaction_mac,
    )
    return FileKeyStore(TESTBURG.df_name, (), masters, {}, {})


def allowance(amount: int = 2500, **values: object) -> bytes:
    """An allowance's token."""
    voucher = Voucher(TESTBURG.iss, NOW + 500, NOW - 500, bytes(16), Cents(amount), cnf=TESTBURG.phone_ed25519.public)
    return vouchers.issue(replace(voucher, **values), TESTBURG.mint)  # type: ignore[arg-type]


ALLOWANCES = (
    allowance(),
    allowance(100),
    allowance(nbf=NOW),
    allowance(iss="nl.elders"),
    allowance(scope=("shop:kapper-1",)),
    allowance(cnf=TESTBURG.phone_p256.public),
)


@st.composite
def phones(draw: st.DrawFn) -> tuple[bytes, bytes, int]:
    """Intent and redemption of a code, and the intent's number; most are in order."""
    aud = draw(st.sampled_from([TESTBURG.terminal.hex(), TESTBURG.terminal.hex(), None, "00112233445566ff"]))
    most = draw(AMOUNT.filter(lambda cents: aud is not None or cents <= 500))
    token = draw(st.sampled_from([ALLOWANCES[0], *ALLOWANCES]))
    key = TESTBURG.phone_p256 if token is ALLOWANCES[-1] else TESTBURG.phone_ed25519
    code = PaymentCode(draw(TIME.filter(bool)), draw(UINT), Cents(most), token, aud)
    evidence = PhoneEvidence(codes.sign(code, key))
    return draw(written(Instrument.PHONE, draw(st.sampled_from([most, most, 1])), evidence, evidence))


@st.composite
def cards(draw: st.DrawFn, new_card: type[Plastic]) -> tuple[bytes, bytes, int]:
    """The same of a card."""
    seq, amount, time = (
        draw(UINT.filter(lambda seq: seq < 2**64 - 1)),
        draw(AMOUNT),
        draw(TIME.filter(lambda time: time < 2**32)),
    )
    card = new_card(TESTBURG.cards[0].uid, draw(st.sampled_from([amount, 1_000_000, 2**32 - 1])))
    card.tmc = draw(st.sampled_from([0, 22, 23, 255, 2**32 - 3]))
    named = draw(st.sampled_from([amount, amount, 1]))
    intent = card.prepare(TESTBURG.terminal + seq.to_bytes(8, "big"), named, time)
    proof = replace(card).commit(intent, named)
    if draw(st.booleans()) and draw(st.booleans()):
        proof = replace(proof, tmv=bytes(8))
    return draw(written(Instrument.CARD, amount, intent, proof, st.just(seq), st.just(time)))


@st.composite
def written(
    draw: st.DrawFn,
    instrument: Instrument,
    amount: int,
    first: object,
    second: object,
    seqs: st.SearchStrategy[int] = UINT,
    times: st.SearchStrategy[int] = TIME,
) -> tuple[bytes, bytes, int]:
    """Both entries as a till writes them, or nearly so."""
    seq = draw(seqs.filter(lambda seq: seq < 2**64 - 1))
    tender = {
        "terminal": TESTBURG.terminal,
        "sale": draw(st.binary(min_size=16, max_size=16)),
        "amount": amount,
        "instrument": instrument,
        "offline": draw(st.booleans()),
        "bundle": draw(UINT),
        "operator": draw(st.sampled_from(["", "jan", "é" * 20, "x" * 255, "x" * 300])),
    }
    intent = Entry(seq=seq, prev=PREV, time=draw(times), kind=Kind.INTENT, evidence=first, **tender).encode()  # type: ignore[arg-type]
    changed: dict[str, object] = draw(
        st.sampled_from([{}, {}, {}, {"of": 9}, {"bundle": 9}, {"amount": 9}, {"terminal": bytes(8)}])
    )
    proof = Entry(
        **{
            "seq": seq + 1,
            "prev": entry_hash(intent),
            "time": draw(times),
            "kind": Kind.REDEMPTION,
            "evidence": second,
            "of": seq,
            **tender,
            **changed,
        }  # type: ignore[arg-type]
    ).encode()
    return intent, proof, seq


def damaged(data: bytes, at: int, bit: int) -> bytes:
    """One bit is another."""
    at %= len(data)
    return data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :]


def hold_together(pair: tuple[bytes, bytes, int], key_store: FileKeyStore) -> bool:
    """Whether it was read at one glance; then it must be what it is by itself, and good."""
    intent, proof, seq = pair
    tenders = Tenders(PLACE, key_store)
    read = tenders.read(seq, PREV, intent, proof)
    if read is None:
        return False
    if unproven := tenders.unproven():
        assert unproven == [read]
        return False
    for facts, data in zip(read, (intent, proof), strict=True):
        entry = read_entry(data)
        alone = examine(data, entry_hash(data).hex(), entry, PLACE, key_store)
        assert {name: getattr(facts, name) for name in COMPARED} == {name: getattr(alone, name) for name in COMPARED}
        assert facts.entry == entry
        assert alone.refusal is None
    tender, entry = read[0].tender, read[0].entry
    assert tender is not None
    assert (tender.redemption, tender.sale, tender.amount) == (read[1], (entry.sale or b"").hex(), entry.amount)
    assert tender.instrument is entry.instrument
    assert (read[1].entry.prev, read[1].entry.seq, read[1].entry.of) == (entry_hash(intent), seq + 1, seq)
    return True


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whole_tenders(data: st.DataObject, new_card: type[Plastic], key_store: FileKeyStore) -> None:
    hold_together(data.draw(phones() | cards(new_card)), key_store)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), which=st.integers(0, 1), at=st.integers(0, 1000), bit=st.integers(0, 7))
def test_damaged_tenders(
    data: st.DataObject, which: int, at: int, bit: int, new_card: type[Plastic], key_store: FileKeyStore
) -> None:
    intent, proof, seq = data.draw(phones() | cards(new_card))
    parts = [intent, proof]
    parts[which] = damaged(parts[which], at, bit)
    try:
        hold_together((parts[0], parts[1], seq), key_store)
    except MalformedEntry as error:
        pytest.fail(f"read at one glance, and malformed: {error}")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_of_many_tenders_those_with_a_bad_proof_are_named(
    data: st.DataObject, new_card: type[Plastic], key_store: FileKeyStore
) -> None:
    """Each tender says by itself whether it is good; read together, the very same ones are."""
    many = data.draw(st.lists(phones() | cards(new_card), min_size=2, max_size=8))
    spoilt = [data.draw(st.booleans()) for _ in many]
    pairs = [resigned(pair) if bad else pair for pair, bad in zip(many, spoilt, strict=True)]
    together = Tenders(PLACE, key_store)
    read = [together.read(seq, PREV, intent, proof) for intent, proof, seq in pairs]
    unproven = together.unproven()
    assert all(pair in read for pair in unproven)
    for pair, parts in zip(read, pairs, strict=True):
        assert hold_together(parts, key_store) == (pair is not None and pair not in unproven)
        for facts in pair or ():
            alone = examine(facts.data, facts.digest, facts.entry, PLACE, key_store)
            assert alone.refusal is None or pair in unproven
    assert together.unproven() == []


def resigned(pair: tuple[bytes, bytes, int]) -> tuple[bytes, bytes, int]:
    """The same with another signature or MAC, in both entries where both have it."""
    intent, proof, seq = (read_entry(pair[0]), read_entry(pair[1]), pair[2])
    if isinstance(proof.evidence, PhoneEvidence):
        token = proof.evidence.token
        evidence = PhoneEvidence(token[:-1] + bytes((token[-1] ^ 1,)))
        data = replace(intent, evidence=evidence).encode()
        return data, replace(proof, evidence=evidence, prev=entry_hash(data)).encode(), seq
    assert isinstance(proof.evidence, CardEvidence)
    return pair[0], replace(proof, evidence=replace(proof.evidence, tmv=bytes(8))).encode(), seq


def plain_pairs(new_card: type[Plastic]) -> Iterator[tuple[bytes, bytes, int]]:
    """What a till writes all day."""
    code = PaymentCode(NOW, 7, Cents(320), ALLOWANCES[0], TESTBURG.terminal.hex())
    phone = PhoneEvidence(codes.sign(code, TESTBURG.phone_ed25519))
    card = new_card(TESTBURG.cards[0].uid, 2500)
    proofs = {Instrument.PHONE: (phone, phone)}
    intent = card.prepare(TESTBURG.terminal + (1200).to_bytes(8, "big"), 320, NOW)
    proofs[Instrument.CARD] = (intent, card.commit(intent, 320))  # type: ignore[assignment]
    for instrument, (first, second) in proofs.items():
        tender = {"terminal": TESTBURG.terminal, "sale": bytes(16), "amount": 320, "instrument": instrument}
        tender |= {"offline": True, "bundle": 12, "operator": "jan"}
        data = Entry(seq=1200, prev=PREV, time=NOW, kind=Kind.INTENT, evidence=first, **tender).encode()  # type: ignore[arg-type]
        proof = Entry(
            seq=1201,
            prev=entry_hash(data),
            time=NOW + 1,
            kind=Kind.REDEMPTION,
            evidence=second,
            of=1200,
            **tender,  # type: ignore[arg-type]
        ).encode()
        yield data, proof, 1200


@pytest.mark.parametrize("number", [0, 1])
def test_what_a_till_writes_all_day_is_read_at_one_glance(
    number: int, new_card: type[Plastic], key_store: FileKeyStore
) -> None:
    assert hold_together(list(plain_pairs(new_card))[number], key_store)
