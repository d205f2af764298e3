# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Payment codes, and the request that a till shows (VOUCHERS.md section 3)."""

from dataclasses import replace

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from heitje import codes, cose, qr, vouchers
from heitje.codes import PaymentCode, PaymentRequest
from heitje.cose import AAD_CODE, MalformedToken
from heitje.deterministic import Value, encode
from heitje.keys import SigningKey
from heitje.money import Cents
from heitje.vouchers import Voucher

MINT = SigningKey.from_seed(bytes(range(32)))
PHONE = SigningKey.from_seed(bytes(32))
PHONE_P256 = SigningKey.from_p256(bytes(31) + b"\x07")
ALLOWANCE = Voucher("nl.testburg", 1_800_000_000, 1_790_000_000, bytes(16), Cents(2500), cnf=PHONE.public)
TOKEN = vouchers.issue(ALLOWANCE, MINT)
NOTE = vouchers.issue(replace(ALLOWANCE, cnf=None), MINT)
CODE = PaymentCode(1_790_000_000, 3, Cents(500), TOKEN, "80c566212392d06a")
CLAIMS: dict[int, Value] = {6: 1_790_000_000, -70004: 3, -70005: 500, -70006: TOKEN}
REQUEST: dict[int, Value] = {1: bytes(8), 2: 750, 3: "nl.testburg", 4: bytes(16)}

CODES = st.builds(
    PaymentCode,
    iat=st.integers(0, 2**64 - 1),
    seq=st.integers(1, 2**64 - 1),
    max=st.integers(1, 500).map(Cents),
    voucher=st.just(TOKEN),
    aud=st.none() | st.text(max_size=20),
)


def is_malformed(claims: dict[int, Value], key: SigningKey = PHONE) -> bool:
    try:
        codes.decode(cose.sign(encode(claims), key, AAD_CODE))
    except MalformedToken:
        return True
    return False


@given(CODES, st.sampled_from([PHONE, PHONE_P256]))
def test_round_trip(code: PaymentCode, key: SigningKey) -> None:
    signed = codes.decode(codes.sign(code, key))
    assert signed.code == code
    assert signed.allowance.voucher == ALLOWANCE
    assert cose.verify(signed.sign1, AAD_CODE, key.public)


def test_claims_as_the_table_has_them() -> None:
    assert codes.decode(cose.sign(encode({**CLAIMS, 3: "80c566212392d06a"}), PHONE, AAD_CODE)).code == CODE
    assert CODE.to_claims() == {**CLAIMS, 3: "80c566212392d06a"}


@pytest.mark.parametrize("key", CLAIMS)
def test_each_claim_that_must_be_there(key: int) -> None:
    assert is_malformed({other: value for other, value in CLAIMS.items() if other != key})


@pytest.mark.parametrize("key", [1, 2, 4, 5, 7, 8, -1, -70001, -70002, -70003, -70007])
def test_a_claim_that_has_no_place(key: int) -> None:
    assert is_malformed({**CLAIMS, key: 1})


WRONG: dict[int, list[Value]] = {
    3: [1, b"80c566212392d06a", True, []],
    6: [-1, "0", True],
    -70004: [0, -1, "3", True, b"\x03"],
    -70005: [0, -1, 1_000_001, "500", True],
    -70006: [b"", "text", TOKEN[:-1], TOKEN + b"\x00", NOTE, 1, [], TOKEN[1:]],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_claim_that_is_not_of_its_type_or_range(key: int, value: Value) -> None:
    assert is_malformed({**CLAIMS, key: value})


def test_without_a_terminal_five_euro_at_most() -> None:
    assert not is_malformed({**CLAIMS, -70005: 500})
    assert is_malformed({**CLAIMS, -70005: 501})
    assert not is_malformed({**CLAIMS, -70005: 501, 3: "80c566212392d06a"})
    assert not is_malformed({**CLAIMS, -70005: 1_000_000, 3: ""})
    with pytest.raises(ValueError):
        codes.sign(replace(CODE, max=Cents(501), aud=None), PHONE)


def test_a_code_in_a_code() -> None:
    assert is_malformed({**CLAIMS, -70006: codes.sign(CODE, PHONE)})
    assert is_malformed({**CLAIMS, -70006: encode({1: 1})})


@pytest.mark.parametrize("phone", [PHONE, PHONE_P256], ids=["EdDSA", "ES256"])
def test_a_code_fits_the_screen(phone: SigningKey) -> None:
    """At most 397 bytes, and QR version 15 at level M, with the longest members that a programme needs."""
    allowance = replace(
        ALLOWANCE, cnf=phone.public, nbf=1_790_000_000, scope=None if phone is PHONE_P256 else ("area:centrum",)
    )
    code = replace(CODE, voucher=vouchers.issue(allowance, MINT), max=Cents(2500), seq=70_000)
    token = codes.sign(code, phone)
    assert len(token) <= 397
    assert int(segno.make_qr(qr.encode_code(token), error="m", boost_error=False).version) <= 15


@given(
    st.builds(
        PaymentRequest,
        terminal=st.binary(min_size=8, max_size=8),
        amount=st.integers(1, 1_000_000).map(Cents),
        iss=st.text(max_size=30),
        sale=st.binary(min_size=16, max_size=16),
    )
)
def test_a_request_there_and_back(request_: PaymentRequest) -> None:
    assert PaymentRequest.decode(request_.encode()) == request_
    assert qr.decode_request(qr.encode_request(request_)) == request_


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\x80",
        encode({}),
        encode(1),
        *(encode({key: value for key, value in REQUEST.items() if key != gone}) for gone in REQUEST),
        encode({**REQUEST, 5: 1}),
        encode({**REQUEST, 1: bytes(7)}),
        encode({**REQUEST, 2: 0}),
        encode({**REQUEST, 2: 1_000_001}),
        encode({**REQUEST, 3: b"nl"}),
        encode({**REQUEST, 4: bytes(17)}),
        encode(REQUEST) + b"\x00",
        encode(REQUEST)[:-1],
        b"\xd2" + encode(REQUEST),
    ],
)
def test_no_other_request(document: bytes) -> None:
    with pytest.raises(MalformedToken):
        PaymentRequest.decode(document)


def test_a_request_out_of_range_is_not_written() -> None:
    with pytest.raises(ValueError):
        PaymentRequest(bytes(7), Cents(1), "nl", bytes(16)).encode()
    with pytest.raises(ValueError):
        PaymentRequest(bytes(8), Cents(0), "nl", bytes(16)).encode()
