# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trust bundle: signed for one terminal, and nothing else is opened (DESIGN.md section 4)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje import bundle, cose
from heitje.acceptance import ListedKey, Shop
from heitje.bundle import BundleKey, KeyUse, TrustBundle, open_bundle
from heitje.cose import AAD_BUNDLE, MalformedToken
from heitje.deterministic import Value, encode
from heitje.keys import SigningKey
from heitje.limits import CardLimits, Limits

ROOT = SigningKey.from_seed(bytes(32))
OTHER = SigningKey.from_seed(b"\x01" * 32)
MINT = SigningKey.from_seed(b"\x02" * 32)
TERMINAL = bytes(range(8))
BUNDLE = TrustBundle(
    iss="nl.testburg",
    terminal=TERMINAL,
    issued=1_790_000_000,
    version=7,
    df_name=bytes.fromhex("F0484549544A4501"),
    keys=(
        BundleKey(MINT.public, frozenset({KeyUse.VOUCHER, KeyUse.CARD}), 1, 9),
        BundleKey(OTHER.public, frozenset({KeyUse.TIME}), 2, 8),
    ),
    shop=Shop("bakker-1", "bakery", "centrum"),
    shop_name="Bakker Jansen",
    paper_till=True,
    limits=Limits(phone_payment_cents=900),
    card_limits=CardLimits(card_payment_cents=5000),
    deny=frozenset({bytes(16), bytes(7)}),
    cards_online_only=True,
)
TOKEN = BUNDLE.sign(ROOT)


def opened(token: bytes) -> TrustBundle:
    return open_bundle(token, (ROOT.public,), TERMINAL)


def signed(claims: dict[int, Value]) -> bytes:
    return cose.sign(encode(claims), ROOT, AAD_BUNDLE)


def claims_of(token: bytes) -> dict[int, Value]:
    return cose.payload_map(cose.parse(token))


def test_there_and_back() -> None:
    assert opened(TOKEN) == BUNDLE
    assert open_bundle(TOKEN, (OTHER.public, ROOT.public), TERMINAL) == BUNDLE
    assert BUNDLE.keys_for(KeyUse.CARD) == (ListedKey(MINT.public, 1, 9),)
    assert BUNDLE.keys_for(KeyUse.TIME) == (ListedKey(OTHER.public, 2, 8),)
    assert BUNDLE.keys_for(KeyUse.BUNDLE) == ()


def test_age_is_never_negative() -> None:
    assert BUNDLE.age_s(BUNDLE.issued) == 0
    assert BUNDLE.age_s(BUNDLE.issued + 5) == 5
    assert BUNDLE.age_s(0) == 0


@given(
    st.builds(
        replace,
        st.just(BUNDLE),
        issued=st.integers(0, 2**64 - 1),
        version=st.integers(0, 2**64 - 1),
        shop_name=st.text(max_size=20),
        paper_till=st.booleans(),
        cards_online_only=st.booleans(),
        deny=st.frozensets(st.binary(min_size=7, max_size=16), max_size=8),
    )
)
def test_round_trip(any_bundle: TrustBundle) -> None:
    assert opened(any_bundle.sign(ROOT)) == any_bundle


def test_a_long_deny_list() -> None:
    deny = frozenset(number.to_bytes(16, "big") for number in range(100_000))
    token = replace(BUNDLE, deny=deny).sign(ROOT)
    assert len(token) < bundle.BUNDLE_MAX
    assert opened(token).deny == deny


def test_too_long_is_not_signed() -> None:
    with pytest.raises(ValueError, match="more than"):
        replace(BUNDLE, shop_name="a" * bundle.BUNDLE_MAX).sign(ROOT)


def test_tampered_everywhere() -> None:
    for place in range(len(TOKEN)):
        for bit in (0x01, 0x10, 0x80):
            with pytest.raises(MalformedToken):
                opened(TOKEN[:place] + bytes((TOKEN[place] ^ bit,)) + TOKEN[place + 1 :])
    for end in range(len(TOKEN)):
        with pytest.raises(MalformedToken):
            opened(TOKEN[:end])
    with pytest.raises(MalformedToken):
        opened(TOKEN + b"\x00")


def test_another_root_another_domain_another_terminal() -> None:
    for token in (BUNDLE.sign(OTHER), cose.sign(encode(claims_of(TOKEN)), ROOT, cose.AAD_VOUCHER)):
        with pytest.raises(MalformedToken, match="root"):
            opened(token)
    with pytest.raises(MalformedToken, match="root"):
        open_bundle(TOKEN, (), TERMINAL)
    with pytest.raises(MalformedToken, match="another terminal"):
        open_bundle(TOKEN, (ROOT.public,), bytes(8))


CHANGES: list[tuple[int, Value]] = [
    (1, b"nl"),
    (3, TERMINAL),
    (3, TERMINAL.hex().upper() + "AB"),
    (3, "00 01 02 03 04 05 06 07"),
    (3, "000102030405060"),
    (3, "00010203040506"),
    (6, -1),
    (-70020, "7"),
    (-70021, bytes(7)),
    (-70022, {}),
    (-70022, [1]),
    (-70022, [{1: MINT.public.raw}]),
    (-70022, [{1: bytes(31), 2: ["voucher"], 3: 0, 4: 1}]),
    (-70022, [{1: b"\x04" + bytes(64), 2: ["voucher"], 3: 0, 4: 1}]),
    (-70022, [{1: MINT.public.raw, 2: ["anything"], 3: 0, 4: 1}]),
    (-70022, [{1: MINT.public.raw, 2: ["voucher"], 3: 0, 4: 1, 5: 1}]),
    (-70023, []),
    (-70023, {1: "bakker-1"}),
    (-70024, {}),
    (-70024, {1: 1}),
    (-70025, {1: "1"}),
    (-70026, {}),
    (-70026, ["id"]),
    (-70027, 1),
    (-70028, 1),
]


@pytest.mark.parametrize(("key", "value"), CHANGES)
def test_well_signed_and_malformed(key: int, value: Value) -> None:
    with pytest.raises(MalformedToken):
        opened(signed({**claims_of(TOKEN), key: value}))


def test_each_claim_has_to_be_there() -> None:
    claims = claims_of(TOKEN)
    for key in claims:
        with pytest.raises(MalformedToken):
            opened(signed({other: value for other, value in claims.items() if other != key}))
    with pytest.raises(MalformedToken):
        opened(cose.sign(encode([]), ROOT, AAD_BUNDLE))


def test_nothing_is_signed_that_nobody_would_open() -> None:
    for wrong in (
        replace(BUNDLE, terminal=bytes(7)),
        replace(BUNDLE, issued=-1),
        replace(BUNDLE, df_name=b""),
        replace(BUNDLE, limits=Limits(phone_payment_cents=-1)),
        replace(BUNDLE, keys=(BundleKey(SigningKey.from_p256(bytes(31) + b"\x01").public, frozenset(), 0, 1),)),
    ):
        with pytest.raises(ValueError):
            wrong.sign(ROOT)
