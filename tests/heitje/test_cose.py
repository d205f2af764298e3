# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""COSE_Sign1 in one form: taken apart strictly, and as another implementation reads it."""

from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje import cose
from heitje.cose import AAD_CARD, AAD_CODE, AAD_TIME, AAD_VOUCHER, MalformedToken
from heitje.deterministic import Value, encode
from heitje.keys import EDDSA, ES256, SigningKey

MINT = SigningKey.from_seed(bytes(range(32)))
PHONE = SigningKey.from_p256(bytes(range(1, 33)))
PAYLOAD = encode({1: "nl.testburg", 6: 1})
TOKEN = cose.sign(PAYLOAD, MINT, AAD_VOUCHER)
HEADER = encode({1: EDDSA, 4: MINT.public.kid})
SIGNATURE = TOKEN[-64:]
DOMAINS = (cose.AAD_VOUCHER, cose.AAD_CODE, cose.AAD_CARD, cose.AAD_TIME, cose.AAD_BUNDLE)


def token(*parts: Value) -> bytes:
    return b"\xd2" + encode(list(parts))


def is_read(data: bytes) -> bool:
    """Whether `data` is taken apart, and if it is, that its parts are those very bytes."""
    try:
        sign1 = cose.parse(data)
    except MalformedToken:
        return False
    assert token(sign1.protected, {}, sign1.payload, sign1.signature) == data
    assert cbor2.loads(sign1.protected) == {1: sign1.algorithm, 4: sign1.kid}
    return True


def test_the_form_byte_by_byte() -> None:
    parts = [b"\xd2\x84", b"\x4d\xa2\x01\x27\x04\x48", MINT.public.kid, b"\xa0\x50", PAYLOAD, b"\x58\x40", SIGNATURE]
    assert b"".join(parts) == TOKEN
    sign1 = cose.parse(TOKEN)
    assert (sign1.algorithm, sign1.kid, sign1.payload) == (EDDSA, MINT.public.kid, PAYLOAD)
    assert cose.payload_map(sign1) == {1: "nl.testburg", 6: 1}
    assert cose.verify(sign1, AAD_VOUCHER, MINT.public)


@pytest.mark.parametrize("key", [MINT, PHONE], ids=["EdDSA", "ES256"])
def test_every_single_changed_byte(key: SigningKey) -> None:
    whole = cose.sign(PAYLOAD, key, AAD_VOUCHER)
    verified = 0
    for place in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            if is_read(bytes(changed)):
                sign1 = cose.parse(bytes(changed))
                # the key id is a hint, and under the signature like all else
                verified += cose.verify(sign1, AAD_VOUCHER, key.public)
    assert verified == 0


def test_cut_anywhere_and_followed_by_anything() -> None:
    for end in range(len(TOKEN)):
        assert not is_read(TOKEN[:end])
    for byte in range(256):
        assert not is_read(TOKEN + bytes((byte,)))
        assert not is_read(bytes((byte,)) + TOKEN)
    assert not is_read(TOKEN + TOKEN)


@given(st.binary(max_size=800))
def test_noise(data: bytes) -> None:
    is_read(data)
    is_read(b"\xd2\x84" + data)


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("no tag", TOKEN[1:]),
        ("tag 17, COSE_Mac0", b"\xd1" + TOKEN[1:]),
        ("tag 98, COSE_Sign", b"\xd8\x62" + TOKEN[1:]),
        ("tag 18 in two bytes", b"\xd8\x12" + TOKEN[1:]),
        ("tag 18 twice", b"\xd2" + TOKEN),
        ("tag 61, CWT, before it", b"\xd8\x3d" + TOKEN),
        ("self-described CBOR before it", b"\xd9\xd9\xf7" + TOKEN),
        ("three parts", token(HEADER, {}, PAYLOAD)),
        ("five parts", token(HEADER, {}, PAYLOAD, SIGNATURE, b"")),
        ("an array of indefinite length", b"\xd2\x9f" + TOKEN[2:] + b"\xff"),
        ("a map", b"\xd2" + encode({1: HEADER})),
        ("an unprotected header", token(HEADER, {4: MINT.public.kid}, PAYLOAD, SIGNATURE)),
        ("an unprotected header that is an array", token(HEADER, [], PAYLOAD, SIGNATURE)),
        ("a protected header that is a map", token({1: EDDSA, 4: MINT.public.kid}, {}, PAYLOAD, SIGNATURE)),
        ("a protected header that is text", token("a", {}, PAYLOAD, SIGNATURE)),
        ("an empty protected header", token(b"", {}, PAYLOAD, SIGNATURE)),
        ("a protected header of an empty map", token(b"\xa0", {}, PAYLOAD, SIGNATURE)),
        ("a protected header with more behind it", token(HEADER + b"\x00", {}, PAYLOAD, SIGNATURE)),
        ("a detached payload", b"\xd2\x84" + encode(HEADER) + b"\xa0\xf6" + encode(SIGNATURE)),
        ("a payload that is a map", token(HEADER, {}, {1: "a"}, SIGNATURE)),
        ("a signature of 63 bytes", token(HEADER, {}, PAYLOAD, SIGNATURE[:-1])),
        ("a signature of 65 bytes", token(HEADER, {}, PAYLOAD, SIGNATURE + b"\x00")),
        ("a signature that is text", token(HEADER, {}, PAYLOAD, "a" * 64)),
        ("no signature", token(HEADER, {}, PAYLOAD, b"")),
        ("a long length of the signature", TOKEN[:-66] + b"\x59\x00\x40" + SIGNATURE),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_other_forms(what: str, data: bytes) -> None:
    assert not is_read(data)


@pytest.mark.parametrize(
    "header",
    [
        {1: EDDSA},
        {4: MINT.public.kid},
        {1: EDDSA, 4: MINT.public.kid, 3: 0},
        {1: EDDSA, 2: [1], 4: MINT.public.kid},
        {1: EDDSA, 4: MINT.public.kid[:7]},
        {1: EDDSA, 4: MINT.public.kid + b"\x00"},
        {1: EDDSA, 4: "12345678"},
        {1: "EdDSA", 4: MINT.public.kid},
        {1: True, 4: MINT.public.kid},
        *({1: alg, 4: MINT.public.kid} for alg in (-6, -9, -35, -36, -37, -47, -257, 0, 1, 5, 8, 7)),
        [EDDSA, MINT.public.kid],
        EDDSA,
    ],
    ids=str,
)
def test_other_headers(header: Value) -> None:
    assert not is_read(token(encode(header), {}, PAYLOAD, SIGNATURE))


def test_the_other_algorithm_is_read_and_fits_no_key_of_this_kind() -> None:
    sign1 = cose.parse(token(encode({1: ES256, 4: MINT.public.kid}), {}, PAYLOAD, SIGNATURE))
    assert sign1.algorithm == ES256
    assert not cose.verify(sign1, AAD_VOUCHER, MINT.public)


def test_seven_hundred_bytes_and_no_more() -> None:
    rest = len(token(HEADER, {}, bytes(600), SIGNATURE)) - 600
    assert is_read(token(HEADER, {}, bytes(700 - rest), SIGNATURE))
    assert not is_read(token(HEADER, {}, bytes(701 - rest), SIGNATURE))


@pytest.mark.parametrize("nesting", [1, 2, 3, 4, 5])
def test_the_payload_nests_four_deep(nesting: int) -> None:
    value: Value = {1: 0}
    for _ in range(nesting - 1):
        value = {1: value}
    sign1 = cose.parse(cose.sign(encode(value), MINT, AAD_VOUCHER))
    if nesting <= 4:
        assert cose.payload_map(sign1) == value
    else:
        with pytest.raises(MalformedToken, match="deep"):
            cose.payload_map(sign1)


@pytest.mark.parametrize("payload", [b"", encode([1]), encode("a"), PAYLOAD + b"\x00", b"\xbf\xff", b"\xd2\xa0"])
def test_a_payload_is_a_map(payload: bytes) -> None:
    with pytest.raises(MalformedToken):
        cose.payload_map(cose.parse(cose.sign(payload, MINT, AAD_VOUCHER)))


@pytest.mark.parametrize("key", [MINT, PHONE], ids=["EdDSA", "ES256"])
def test_a_signature_for_one_domain_verifies_in_no_other(key: SigningKey) -> None:
    for signed in DOMAINS:
        sign1 = cose.parse(cose.sign(PAYLOAD, key, signed))
        assert [domain for domain in DOMAINS if cose.verify(sign1, domain, key.public)] == [signed]


@pytest.mark.parametrize("length", [0, 1, 23, 24, 255, 256, 65_535, 65_536])
def test_what_is_signed_is_the_sig_structure(length: int) -> None:
    """RFC 9052 section 4.4, written by another encoder, at every width that a length can have."""
    payload, domain = bytes(length), bytes(length)
    sign1 = cose.parse(cose.sign(payload, MINT, domain), size_max=200_000)
    structure = cbor2.dumps(["Signature1", sign1.protected, domain, payload])
    assert MINT.public.verify(EDDSA, sign1.signature, structure)


@pytest.fixture(scope="module")
def pycose() -> Callable[[bytes, bytes], Any]:
    """Reads a token with another implementation, for this domain."""
    messages = pytest.importorskip("pycose.messages", reason="the second opinion on COSE is not installed")

    def read(data: bytes, domain: bytes) -> Any:
        tagged = cbor2.loads(data)
        assert tagged.tag == 18
        protected, unprotected, *rest = tagged.value
        parts = [protected, dict(unprotected), *rest]  # what cbor2 5 gave for a tag, and pycose still expects
        message = messages.Sign1Message.from_cose_obj(parts, allow_unknown_attributes=True)
        message.external_aad = domain
        return message

    return read


def pycose_key(key: SigningKey) -> Any:
    keys = pytest.importorskip("pycose.keys")
    raw = key.public.raw
    if key.public.algorithm == EDDSA:
        return keys.OKPKey(crv="ED25519", x=raw)
    return keys.EC2Key(crv="P_256", x=raw[1:33], y=raw[33:])


@pytest.mark.parametrize("key", [MINT, PHONE], ids=["EdDSA", "ES256"])
def test_another_implementation_agrees(key: SigningKey, pycose: Callable[[bytes, bytes], Any]) -> None:
    for domain in (AAD_VOUCHER, AAD_CODE, AAD_CARD, AAD_TIME):
        message = pycose(cose.sign(PAYLOAD, key, domain), domain)
        message.key = pycose_key(key)
        assert message.payload == PAYLOAD
        assert message.verify_signature()
        message.external_aad = domain + b"0"
        assert not message.verify_signature()


def test_what_another_implementation_signs_is_read(pycose: Callable[[bytes, bytes], Any]) -> None:
    messages = pytest.importorskip("pycose.messages")
    keys = pytest.importorskip("pycose.keys")
    headers = pytest.importorskip("pycose.headers")
    algorithms = pytest.importorskip("pycose.algorithms")
    seed = bytes(range(32))
    message = messages.Sign1Message(
        phdr={headers.Algorithm: algorithms.EdDSA, headers.KID: MINT.public.kid},
        payload=PAYLOAD,
        external_aad=AAD_VOUCHER,
        key=keys.OKPKey(crv="ED25519", x=MINT.public.raw, d=seed),
    )
    assert message.encode() == TOKEN
