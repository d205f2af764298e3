# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The quick reading of a signed request and the library's come to the same verdict, whatever is sent."""

import base64
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from heitje import plain_signature
from heitje.keys import EDDSA, PublicKey, SigningKey
from heitje.request_signature import BadRequestSignature, Request, sign_request, verify_request, verify_with_library

KEY = SigningKey.from_seed(bytes(32))
OTHER = SigningKey.from_seed(b"\x01" * 32)
TERMINAL = "80c566212392d06a"
OTHER_TERMINAL = "0011223344556677"
NOW = 1_790_000_000
JOURNAL = f"http://127.0.0.1:8000/v1/terminals/{TERMINAL}/journal"
BODY = b'{"after":0,"entries":[]}'
NAMES = ("Signature-Input", "Signature", "Content-Digest")
URLS = (
    JOURNAL,
    JOURNAL + "?after=7",
    JOURNAL + "?",
    "https://city.example/v1/terminals",
    "http://h",
    "http://h/",
    "http://h:/x",
    "http://H/x",
    "http://u@h/x",
    "http://[::1]/x",
    "http://h/%7e",
    "http://h/%7",
    "http://h/é",
    "http://h/a b",
    "http://h/x#y",
    "http://h/;:@!$'()*+,",
    "ftp://h/x",
    "/v1",
    "",
)
COVERED = ("@method", "@target-uri", "content-digest", "@authority", "@path", "content-type")
PIECES = st.sampled_from(
    [
        *'sig1=:("@method" "@target-uri" "content-digest");created=1',
        "==",
        "=:",
        ", ",
        " ",
        ";",
        '"',
        "A",
        "\t",
        "sig2=",
        "+",
    ]
)


def find_key(key_id: str) -> PublicKey | None:
    return {TERMINAL: KEY.public, OTHER_TERMINAL: OTHER.public}.get(key_id)


def verdicts(request: Request, now: int = NOW) -> tuple[str | None, str | None]:
    """The key id under either reading; None: refused."""

    def quick(asked: Request) -> str:
        return verify_request(asked, find_key, now)

    def library(asked: Request) -> str:
        return verify_with_library(asked, find_key, now)

    told: list[str | None] = []
    for verify in (quick, library):
        try:
            told.append(verify(request))
        except BadRequestSignature:
            told.append(None)
    return told[0], told[1]


def signed(method: str = "POST", url: str = JOURNAL, body: bytes = BODY, now: int = NOW) -> Request:
    request = Request(method, url, {"Content-Type": "application/json"}, body)
    sign_request(request, TERMINAL, KEY, now)
    return request


def read(request: Request) -> plain_signature.PlainSignature | None:
    headers = request.headers
    signature_input, signature = headers["Signature-Input"], headers["Signature"]
    return plain_signature.read(
        request.method, request.url, signature_input, signature, headers.get("Content-Digest"), request.body
    )


@pytest.mark.parametrize(("method", "body"), [("POST", BODY), ("GET", b""), ("POST", b""), ("POST", bytes(300_000))])
@pytest.mark.parametrize("url", URLS[:2])
def test_what_our_tills_send_is_read(method: str, url: str, body: bytes) -> None:
    request = signed(method, url, body)
    found = read(request)
    assert found is not None
    assert (found.key_id, found.created) == (TERMINAL, NOW)
    assert KEY.public.verify(EDDSA, found.signature, found.base)
    assert verdicts(request) == (TERMINAL, TERMINAL)


@given(
    st.sampled_from(["POST", "GET", "", "post", "PO ST", "POST\n"]),
    st.sampled_from(URLS),
    st.sampled_from([BODY, b"", b"x"]),
    st.sampled_from([0, 300, -300, 301, -301]),
)
def test_every_part_of_it(method: str, url: str, body: bytes, off_s: int) -> None:
    """Other than what was signed, and signed as it is."""
    sent = signed()
    for request in (replace(sent, method=method), replace(sent, url=url), replace(sent, body=body), sent):
        first, last = verdicts(request, NOW + off_s)
        assert first == last
    base = f'"@method": {method}\n"@target-uri": {url}\n"@signature-params": '
    honest = by_hand(Request(method, url, {}, b""), base, COVERED[:2], f';created={NOW};keyid="{TERMINAL}"')
    first, last = verdicts(honest, NOW + off_s)
    assert first == last


def by_hand(request: Request, base: str, covered: tuple[str, ...], parameters: str, key: SigningKey = KEY) -> Request:
    """Signed over a base that somebody wrote down."""
    names = "(" + " ".join(f'"{name}"' for name in covered) + ")"
    signature = base64.b64encode(key.sign((base + names + parameters).encode())).decode()
    headers = {"Signature-Input": f"sig1={names}{parameters}", "Signature": f"sig1=:{signature}:"}
    return replace(request, headers={**request.headers, **headers})


@given(
    st.lists(st.sampled_from(COVERED), max_size=4).map(tuple),
    st.sampled_from(["", "1790000000", "01790000000", "-1", "1790000000.0", '"1790000000"', "9" * 15, "9" * 16]),
    st.sampled_from([TERMINAL, OTHER_TERMINAL, TERMINAL.upper(), "", "p256"]),
    st.sampled_from(["", ';alg="ed25519"', ';alg="none"', f";expires={NOW}", f";expires={NOW - 1}", ";x", ";tag=a"]),
    st.booleans(),
    st.sampled_from([KEY, OTHER]),
)
@example(COVERED[:3], str(NOW), TERMINAL, "", False, KEY)
@example(COVERED[:3], str(NOW), OTHER_TERMINAL, "", False, OTHER)
@example(COVERED[:3], str(NOW), TERMINAL, "", False, OTHER)
def test_other_coverage_and_parameters(
    covered: tuple[str, ...], created: str, key_id: str, more: str, turned: bool, key: SigningKey
) -> None:
    """Whoever signs decides on the form, and signs it honestly."""
    digest = signed().headers["Content-Digest"]
    request = Request("POST", JOURNAL, {"Content-Digest": digest, "Content-Type": "application/json"}, BODY)
    values = {"@method": "POST", "@target-uri": JOURNAL, "content-digest": digest, "content-type": "application/json"}
    values |= {"@authority": "127.0.0.1:8000", "@path": JOURNAL.removeprefix("http://127.0.0.1:8000")}
    parts = [f";created={created}" if created else "", f';keyid="{key_id}"']
    parameters = "".join(reversed(parts) if turned else parts) + more
    base = "".join(f'"{name}": {values[name]}\n' for name in covered) + '"@signature-params": '
    first, last = verdicts(by_hand(request, base, covered, parameters, key))
    assert first == last


@given(
    st.sampled_from(NAMES),
    st.integers(0, 200),
    st.integers(0, 3),
    PIECES | st.text(max_size=2),
    st.sampled_from(["POST", "GET"]),
)
def test_a_header_that_was_changed_anywhere(name: str, at: int, gone: int, new: str, method: str) -> None:
    request = signed(method, body=BODY if method == "POST" else b"")
    value = request.headers.get(name, "")
    at = min(at, len(value))
    request.headers[name] = value[:at] + new + value[at + gone :]
    first, last = verdicts(request)
    assert first == last


def test_a_header_that_came_twice() -> None:
    """What is joined by one reading must not be overlooked by the other."""
    for name in NAMES:
        request = signed()
        request.headers[name.lower()] = request.headers[name]
        assert verdicts(request) == (None, None)


def test_a_second_opinion_is_heard_only_where_the_first_is_no() -> None:
    request, asked = signed(), []

    def says(answer: bool) -> str:
        def is_good(signature: bytes, message: bytes, raw: bytes) -> bool:
            asked.append((signature, message, raw))
            return answer

        return verify_request(request, find_key, NOW, is_good)

    assert says(True) == says(False) == TERMINAL
    assert asked == 2 * [(*read(request)[2:], KEY.public.raw)]  # type: ignore[index]
