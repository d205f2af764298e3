# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signed requests: each covered part, each parameter, and one signature only (RFC 9421; JOURNAL.md section 3)."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heitje.keys import EDDSA, PublicKey, SigningKey
from heitje.request_signature import BadRequestSignature, Request, sign_request, verify_request

KEY = SigningKey.from_seed(bytes(32))
OTHER = SigningKey.from_seed(b"\x01" * 32)
P256 = SigningKey.from_p256(bytes(31) + b"\x01")
TERMINAL = "80c566212392d06a"
OTHER_TERMINAL = "0011223344556677"
NOW = 1_790_000_000
URL = f"http://127.0.0.1:8000/v1/terminals/{TERMINAL}/journal"
BODY = b'{"after":0,"entries":[]}'


def find_key(key_id: str) -> PublicKey | None:
    return {TERMINAL: KEY.public, OTHER_TERMINAL: OTHER.public, "p256": P256.public}.get(key_id)


def post(body: bytes = BODY, now: int = NOW, key: SigningKey = KEY, key_id: str = TERMINAL) -> Request:
    request = Request("POST", URL, {"Content-Type": "application/json"}, body)
    sign_request(request, key_id, key, now)
    return request


def get(url: str = URL + "?after=7") -> Request:
    request = Request("GET", url, {})
    sign_request(request, TERMINAL, KEY, NOW)
    return request


def is_good(request: Request, now: int = NOW) -> bool:
    try:
        return verify_request(request, find_key, now) == TERMINAL
    except BadRequestSignature:
        return False


def signed_by_hand(request: Request, covered: list[str], parameters: str, key: SigningKey = KEY) -> Request:
    """RFC 9421 section 2.5 written out: the signature base line by line, and the two fields."""
    values = {"@method": request.method, "@target-uri": request.url, "@authority": "127.0.0.1:8000"}
    values |= {name.lower(): value for name, value in request.headers.items()}
    names = " ".join(f'"{name}"' for name in covered)
    signature_input = f"({names}){parameters}"
    base = "".join(f'"{name}": {values[name]}\n' for name in covered) + f'"@signature-params": {signature_input}'
    signature = base64.b64encode(key.sign(base.encode())).decode()
    headers = {"Signature-Input": f"sig1={signature_input}", "Signature": f"sig1=:{signature}:"}
    return replace(request, headers={**request.headers, **headers})


def with_digest(body: bytes = BODY) -> Request:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return Request("POST", URL, {"Content-Digest": f"sha-256=:{digest}:"}, body)


COVERED = ["@method", "@target-uri", "content-digest"]
PARAMETERS = f';created={NOW};keyid="{TERMINAL}"'


def test_what_is_signed_line_by_line() -> None:
    request = post()
    assert set(request.headers) == {"Content-Type", "Content-Digest", "Signature-Input", "Signature"}
    form = r'sig1=\("@method" "@target-uri" "content-digest"\);created=1790000000;keyid="80c566212392d06a"'
    assert re.fullmatch(form, request.headers["Signature-Input"])
    algorithm = request.headers["Content-Digest"].partition("=")[0]
    digest = hashlib.new(algorithm.replace("-", ""), BODY).digest()
    assert request.headers["Content-Digest"] == f"{algorithm}=:{base64.b64encode(digest).decode()}:"
    base = (
        f'"@method": POST\n"@target-uri": {URL}\n"content-digest": {request.headers["Content-Digest"]}\n'
        f'"@signature-params": {request.headers["Signature-Input"].removeprefix("sig1=")}'
    )
    signature = base64.b64decode(request.headers["Signature"].removeprefix("sig1=:").removesuffix(":"))
    assert KEY.public.verify(EDDSA, signature, base.encode())


def test_another_implementation_s_signature_is_good() -> None:
    assert is_good(signed_by_hand(with_digest(), COVERED, PARAMETERS))
    assert is_good(signed_by_hand(with_digest(), COVERED, PARAMETERS + ';alg="ed25519"'))
    assert is_good(signed_by_hand(with_digest(), [*reversed(COVERED), "@authority"], PARAMETERS))
    assert is_good(signed_by_hand(Request("GET", URL, {}), ["@method", "@target-uri"], PARAMETERS))


def test_as_it_was_sent() -> None:
    assert verify_request(post(), find_key, NOW) == TERMINAL
    assert verify_request(get(), find_key, NOW) == TERMINAL
    assert is_good(post(bytes(range(256)) * 4000))
    assert is_good(post(key=OTHER, key_id=OTHER_TERMINAL)) is False
    assert verify_request(post(key=OTHER, key_id=OTHER_TERMINAL), find_key, NOW) == OTHER_TERMINAL


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "PUT"},
        {"method": "GET"},
        {"method": "post"},
        {"url": URL + "?after=1"},
        {"url": URL.replace("http:", "https:")},
        {"url": URL.replace("127.0.0.1", "localhost")},
        {"url": URL.replace("8000", "8001")},
        {"url": URL.replace("journal", "outcomes")},
        {"url": URL.replace(TERMINAL, OTHER_TERMINAL)},
        {"url": "/v1/terminals"},
        {"url": ""},
        {"body": BODY + b" "},
        {"body": BODY[:-1]},
        {"body": b""},
    ],
    ids=str,
)
def test_each_covered_part(changes: dict[str, object]) -> None:
    assert not is_good(replace(post(), **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("url", [URL, URL + "?after=8", URL + "?after=7&x=1", URL + "?after=07", URL + "/?after=7"])
def test_the_query_is_covered(url: str) -> None:
    assert not is_good(replace(get(), url=url))


@pytest.mark.parametrize("offset_s", [-300, -299, 0, 299, 300])
def test_good_for_five_minutes_on_both_sides(offset_s: int) -> None:
    assert is_good(post(), NOW + offset_s)


@pytest.mark.parametrize("offset_s", [-301, 301, -NOW, 10**9])
def test_and_no_longer(offset_s: int) -> None:
    with pytest.raises(BadRequestSignature, match="300 s"):
        verify_request(post(), find_key, NOW + offset_s)


def test_a_key_that_is_not_the_senders() -> None:
    for request in (post(key=OTHER), post(key_id="ffffffffffffffff"), post(key_id=""), post(key_id=TERMINAL.upper())):
        assert not is_good(request)
    assert not is_good(signed_by_hand(with_digest(), COVERED, f';created={NOW};keyid="p256"', P256))


@pytest.mark.parametrize("header", ["Signature", "Signature-Input", "Content-Digest"])
def test_a_header_that_is_gone(header: str) -> None:
    request = post()
    del request.headers[header]
    assert not is_good(request)


def test_names_of_headers_in_any_case() -> None:
    for change in (str.lower, str.upper, str.swapcase):
        request = post()
        assert is_good(replace(request, headers={change(name): value for name, value in request.headers.items()}))


def test_other_headers_are_not_covered() -> None:
    request = post()
    assert is_good(replace(request, headers={**request.headers, "Content-Type": "text/plain", "X-Forwarded-For": "x"}))


def test_a_request_without_a_body_has_no_digest() -> None:
    request = get()
    assert set(request.headers) == {"Signature-Input", "Signature"}
    assert not is_good(replace(request, body=b"x"))
    request = post(b"")
    assert "Content-Digest" not in request.headers
    assert is_good(request)
    assert not is_good(replace(request, body=b"x"))


def test_a_body_has_a_digest_on_any_method() -> None:
    request = Request("GET", URL, {}, b"body")
    sign_request(request, TERMINAL, KEY, NOW)
    assert "content-digest" in request.headers["Signature-Input"]
    assert is_good(request)
    assert not is_good(replace(request, body=b"bodY"))


def test_a_digest_that_was_added_later_is_not_believed() -> None:
    """The digest fits the new body, and the signature does not cover it."""
    request = get()
    assert not is_good(replace(request, headers={**request.headers, **with_digest(b"x").headers}, body=b"x"))
    assert not is_good(signed_by_hand(with_digest(), ["@method", "@target-uri"], PARAMETERS))


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "sha-256=::",
        "sha-256=:AAAA:",
        "md5=:rL0Y20zC+Fzt72VPzMSk2A==:",
        "sha-256",
        "sha-256=?1",
        "crc32c=:AAAAAA==:",
    ],
)
def test_a_digest_that_is_none(digest: str) -> None:
    request = Request("POST", URL, {"Content-Digest": digest}, BODY)
    assert not is_good(signed_by_hand(request, COVERED, PARAMETERS))


@pytest.mark.parametrize(
    ("covered", "parameters"),
    [
        (["@method", "content-digest"], PARAMETERS),
        (["@target-uri", "content-digest"], PARAMETERS),
        (["content-digest"], PARAMETERS),
        ([], PARAMETERS),
        ([*COVERED, "@method"], PARAMETERS),
        (COVERED, f';keyid="{TERMINAL}"'),
        (COVERED, f";created={NOW}"),
        (COVERED, f';created="{NOW}";keyid="{TERMINAL}"'),
        (COVERED, f';created={NOW}.0;keyid="{TERMINAL}"'),
        (COVERED, f";created={NOW};keyid={TERMINAL}"),
        (COVERED, f';created;keyid="{TERMINAL}"'),
        (COVERED, f';created={NOW};expires={NOW - 1};keyid="{TERMINAL}"'),
        (COVERED, f';created={NOW};expires="x";keyid="{TERMINAL}"'),
        (COVERED, PARAMETERS + ';alg="hmac-sha256"'),
        (COVERED, PARAMETERS + ';alg="none"'),
        (COVERED, PARAMETERS + ";unknown=1"),
        (COVERED, ""),
    ],
)
def test_other_coverage_or_parameters(covered: list[str], parameters: str) -> None:
    assert not is_good(signed_by_hand(with_digest(), covered, parameters))


def test_expires_is_kept_where_it_is_given() -> None:
    request = signed_by_hand(with_digest(), COVERED, PARAMETERS + f";expires={NOW + 5}")
    assert is_good(request, NOW + 5)
    assert not is_good(request, NOW + 6)


def test_one_signature_and_no_more() -> None:
    """Two good signatures of two terminals name no sender."""
    ours = post()
    theirs = signed_by_hand(
        replace(with_digest(), headers={"Content-Digest": ours.headers["Content-Digest"]}),
        COVERED,
        f';created={NOW};keyid="{OTHER_TERMINAL}"',
        OTHER,
    )
    both = {
        name: f"{ours.headers[name]}, {theirs.headers[name].replace('sig1', 'sig2')}"
        for name in ("Signature-Input", "Signature")
    }
    for headers in (both, {name: ", ".join(reversed(value.split(", "))) for name, value in both.items()}):
        request = replace(ours, headers={**ours.headers, **headers})
        with pytest.raises(BadRequestSignature):
            verify_request(request, find_key, NOW)
    twice = {name: f"{ours.headers[name]}, {ours.headers[name]}" for name in both}
    assert not is_good(replace(ours, headers={**ours.headers, **twice}))


@pytest.mark.parametrize("header", ["Signature", "Signature-Input"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "sig1",
        "sig1=",
        "sig1=::",
        "sig1=()",
        "sig1=:AAAA:",
        "sig2=:AAAA:",
        "=",
        "(",
        "sig1=1",
        'sig1="x"',
        "sig1=?1",
        "a" * 10_000,
        "\x00",
        "é",
        "sig1=:%%:",
        "sig1=();created=1",
        "sig1=1, sig1=2",
    ],
)
def test_rubbish_in_a_header(header: str, value: str) -> None:
    request = post()
    assert not is_good(replace(request, headers={**request.headers, header: value}))


@given(
    st.dictionaries(
        st.sampled_from(["Signature", "Signature-Input", "Content-Digest", "X"]),
        st.text(max_size=200) | st.text(alphabet='sig1=:();"@-,. \t', max_size=80),
    ),
    st.text(max_size=60),
    st.text(max_size=9),
    st.binary(max_size=20),
)
def test_rubbish_everywhere(headers: dict[str, str], url: str, method: str, body: bytes) -> None:
    for request in (Request(method, url, headers, body), replace(post(), headers={**post().headers, **headers})):
        if headers.keys() & {"Signature", "Signature-Input", "Content-Digest"} or request.url == url:
            with pytest.raises(BadRequestSignature):
                verify_request(request, find_key, NOW)


def test_every_changed_byte_of_the_signature() -> None:
    request = post()
    signature = base64.b64decode(request.headers["Signature"].removeprefix("sig1=:").removesuffix(":"))
    for place in range(64):
        changed = signature[:place] + bytes((signature[place] ^ 1,)) + signature[place + 1 :]
        header = f"sig1=:{base64.b64encode(changed).decode()}:"
        assert not is_good(replace(request, headers={**request.headers, "Signature": header}))


def test_a_phone_s_key_signs_no_request() -> None:
    with pytest.raises(TypeError):
        post(key=P256)
