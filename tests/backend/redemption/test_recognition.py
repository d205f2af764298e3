# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The quick readers say what the decoders say, of every entry and code, whole or damaged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.redemption import recognition
from heitje import codes, vouchers
from heitje.codes import PaymentCode
from heitje.cose import AAD_CODE, AAD_VOUCHER, MalformedToken, sign
from heitje.deterministic import encode
from heitje.journal import CardEvidence, Entry, Instrument, Kind, MalformedEntry, PaperEvidence, PhoneEvidence
from heitje.keys import SigningKey
from heitje.money import Cents
from heitje.vouchers import SignedVoucher, Voucher

PHONE = SigningKey.from_seed(b"phone".ljust(32, b"."))
OTHER_PHONE = SigningKey.from_p256(b"phone".rjust(32, b"."))
MINT = SigningKey.from_seed(b"mint".ljust(32, b"."))

UINT = st.integers(0, 2**64 - 1) | st.sampled_from([0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32])
UINT32 = st.integers(0, 2**32 - 1) | st.sampled_from([0, 23, 24, 255, 256, 65535, 65536])
SEQ = UINT.filter(bool)
AMOUNT = st.integers(1, 1_000_000) | st.sampled_from([1, 23, 24, 255, 256, 65535, 65536, 1_000_000])


def sized(length: int) -> st.SearchStrategy[bytes]:
    """Bytes of one length."""
    return st.binary(min_size=length, max_size=length)


def allowance(key: SigningKey, amount: int = 2500) -> bytes:
    """An allowance for a phone."""
    voucher = Voucher("nl.testburg", 2_000_000_000, 1_700_000_000, bytes(16), Cents(amount), cnf=key.public)
    return vouchers.issue(voucher, MINT)


NOTE = vouchers.issue(Voucher("nl.testburg", 2_000_000_000, 1_700_000_000, bytes(16), Cents(500)), MINT)
ALLOWANCES = (allowance(PHONE), allowance(OTHER_PHONE))


@st.composite
def tenders(draw: st.DrawFn) -> Entry:
    """An intent or a redemption, of any instrument."""
    kind = draw(st.sampled_from([Kind.INTENT, Kind.REDEMPTION]))
    instrument = draw(st.sampled_from(list(Instrument)))
    proven = kind is Kind.REDEMPTION
    evidence: Any
    if instrument is Instrument.CARD:
        evidence = CardEvidence(
            draw(sized(7)),
            draw(sized(16)),
            draw(sized(16)),
            draw(UINT32),
            draw(sized(16)),
            tmc=draw(UINT32) if proven else None,
            tmv=draw(sized(8)) if proven else None,
            tmc_before=None if proven else draw(UINT32),
        )
    else:
        form = PhoneEvidence if instrument is Instrument.PHONE else PaperEvidence
        evidence = form(draw(st.binary(max_size=800)))
    return Entry(
        seq=draw(SEQ),
        prev=draw(sized(32)),
        terminal=draw(sized(8)),
        time=draw(UINT),
        kind=kind,
        sale=draw(sized(16)),
        amount=draw(AMOUNT),
        instrument=instrument,
        evidence=evidence,
        of=draw(SEQ) if proven else None,
        offline=draw(st.booleans()),
        bundle=draw(UINT),
        operator=draw(st.text(max_size=40)),
    )


def entry_or_none(data: bytes) -> Entry | None:
    """What the general decoder says."""
    try:
        return Entry.decode(data)
    except MalformedEntry:
        return None


@given(tenders())
def test_an_entry_is_read_as_the_decoder_reads_it(entry: Entry) -> None:
    assert recognition.read_entry(entry.encode()) == entry


@given(tenders().filter(lambda entry: not isinstance(entry.evidence, PhoneEvidence | PaperEvidence)))
def test_a_card_entry_is_recognised(entry: Entry) -> None:
    assert recognition._recognise_entry(entry.encode()) == entry


@given(tenders(), st.data())
def test_a_damaged_entry_is_never_taken_for_a_good_one(entry: Entry, data: st.DataObject) -> None:
    encoded = bytearray(entry.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(encoded) + data.draw(st.sampled_from([b"", b"\x00"]))
    recognised = recognition._recognise_entry(damaged)
    assert recognised is None or recognised == entry_or_none(damaged)


@given(tenders(), st.integers(0, 2000))
def test_a_cut_entry_is_not_recognised(entry: Entry, end: int) -> None:
    encoded = entry.encode()
    assert recognition._recognise_entry(encoded[: end % len(encoded)]) is None


@pytest.mark.parametrize("kind", [Kind.INTENT, Kind.REDEMPTION])
def test_a_number_out_of_range_is_the_decoders_to_refuse(kind: Kind) -> None:
    document: dict[int, Any] = {1: 1, 2: bytes(32), 3: bytes(8), 4: 0, 5: int(kind), 6: bytes(16), 7: 1, 8: 1}
    evidence = {1: bytes(7), 2: bytes(16), 3: bytes(16), 4: 2**32, 5: bytes(16)}
    evidence |= {8: 0} if kind is Kind.INTENT else {6: 0, 7: bytes(8)}
    rest: dict[int, Any] = {9: evidence, 11: True, 12: 1, 13: "jan"}
    rest |= {10: 1} if kind is Kind.REDEMPTION else {}
    for changed in ({}, {1: 0}, {7: 0}, {7: 1_000_001}, {8: 4}):
        encoded = encode({**document, **rest, **changed})
        assert recognition._recognise_entry(encoded) is None
        with pytest.raises(MalformedEntry):
            recognition.read_entry(encoded)


# --- codes ------------------------------------------------------------------------------------------------------------

CODES = st.builds(
    lambda iat, seq, most, aud, key: codes.sign(
        PaymentCode(iat, seq, Cents(most if aud is not None else min(most, 500)), ALLOWANCES[key], aud),
        (PHONE, OTHER_PHONE)[key],
    ),
    UINT,
    SEQ,
    AMOUNT,
    st.none() | st.text(max_size=40) | st.just("00112233445566aa"),
    st.integers(0, 1),
)


@given(CODES)
def test_a_code_is_read_as_the_decoder_reads_it(token: bytes) -> None:
    assert recognition.read_code(token) == codes.decode(token)


def test_a_usual_code_is_recognised() -> None:
    for aud in (None, "00112233445566aa"):
        token = codes.sign(PaymentCode(1_795_500_000, 7, Cents(320), ALLOWANCES[0], aud), PHONE)
        assert recognition._recognise_code(token) == codes.decode(token)


@given(CODES, st.data())
def test_a_damaged_code_is_never_taken_for_a_good_one(token: bytes, data: st.DataObject) -> None:
    changed = bytearray(token)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(changed) + data.draw(st.sampled_from([b"", b"\x00"]))
    try:
        recognised = recognition._recognise_code(damaged)
    except MalformedToken:
        with pytest.raises(MalformedToken):
            codes.decode(damaged)
        return
    assert recognised is None or recognised == codes.decode(damaged)


def test_a_code_that_holds_a_note_or_asks_too_much_is_malformed() -> None:
    claims: dict[int, Any] = {6: 1, -70004: 1, -70005: 501, -70006: ALLOWANCES[0]}
    changes: tuple[dict[int, Any], ...] = ({}, {-70005: 5, -70006: NOTE}, {-70004: 0, -70005: 5}, {-70005: 0})
    for changed in changes:
        token = sign(encode({**claims, **changed}), PHONE, AAD_CODE)
        with pytest.raises(MalformedToken):
            recognition.read_code(token)


# --- allowances -------------------------------------------------------------------------------------------------------

VOUCHERS = st.builds(
    Voucher,
    iss=st.text(max_size=300) | st.just("nl.testburg"),
    exp=UINT,
    iat=UINT,
    cti=sized(16),
    amount=AMOUNT.map(Cents),
    nbf=st.none() | st.none() | UINT,
    cnf=st.sampled_from([PHONE.public, PHONE.public, OTHER_PHONE.public]),
    scope=st.none() | st.none() | st.just(("shop:bakker-1",)),
).map(lambda voucher: sign(encode(voucher.to_claims()), MINT, AAD_VOUCHER))


def voucher_or_none(token: bytes) -> SignedVoucher | None:
    """What the general decoder says."""
    try:
        return vouchers.decode(token)
    except MalformedToken:
        return None


@given(VOUCHERS)
def test_an_allowance_is_read_as_the_decoder_reads_it(token: bytes) -> None:
    assert recognition._recognise_allowance(token) in (None, voucher_or_none(token))


def test_a_usual_allowance_is_recognised_and_a_note_is_not() -> None:
    assert recognition._recognise_allowance(ALLOWANCES[0]) == vouchers.decode(ALLOWANCES[0])
    assert recognition._recognise_allowance(NOTE) is None


@given(VOUCHERS | st.just(ALLOWANCES[0]), st.data())
def test_a_damaged_allowance_is_never_taken_for_a_good_one(token: bytes, data: st.DataObject) -> None:
    changed = bytearray(token)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    altered = bytes(changed) + data.draw(st.sampled_from([b"", b"\x00"]))
    recognised = recognition._recognise_allowance(altered)
    assert recognised is None or recognised == voucher_or_none(altered)


@pytest.mark.parametrize("amount", [0, 1_000_001])
def test_an_allowance_of_no_amount_is_malformed(amount: int) -> None:
    claims = {**Voucher("nl.testburg", 2, 1, bytes(16), Cents(1), cnf=PHONE.public).to_claims(), -70001: amount}
    token = sign(encode(claims), MINT, AAD_VOUCHER)
    assert recognition._recognise_allowance(token) is None
    with pytest.raises(MalformedToken):
        recognition.read_voucher(token)
