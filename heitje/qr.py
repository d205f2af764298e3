# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Text of a QR: a prefix and base45 (RFC 9285), so that QR's alphanumeric mode carries it (VOUCHERS.md section 1).

The base45 library writes; reading is done here, on whole columns of the text at once: the library takes a quarter of
the time that the signature does, and forgives a line feed at the end.
"""

from typing import Final

import base45

from heitje import codes, vouchers
from heitje.codes import PaymentRequest, SignedCode
from heitje.cose import TOKEN_MAX, MalformedToken
from heitje.vouchers import SignedVoucher

PREFIX_VOUCHER: Final = "HV1:"
PREFIX_CODE: Final = "HP1:"
PREFIX_REQUEST: Final = "HR1:"

_ALPHABET: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_NO_DIGIT: Final = 0xFF
_WEIGHTS: Final = (1, 45, 45 * 45)
_LANE: Final = 4
"""Bytes per group while it is summed up: three digits make 91 124 at most."""
_DIGITS: Final = bytes(_ALPHABET.find(code) % 256 for code in range(256))
_TRIMMED: Final = "\r\n "
_TEXT_MAX: Final = len(PREFIX_CODE) + (TOKEN_MAX * 3 + 1) // 2
"""Base45 makes three characters of two bytes."""


def encode_text(prefix: str, data: bytes) -> str:
    """The QR text of `data`."""
    return prefix + str(base45.b45encode(data), "ascii")


def decode_text(text: str, prefix: str) -> bytes:
    """The bytes of a QR text with this prefix; CR, LF and spaces at both ends are trimmed. Raises `MalformedToken`."""
    trimmed = text.strip(_TRIMMED)
    if not trimmed.startswith(prefix):
        raise MalformedToken(f"the text does not begin with {prefix}")
    if len(trimmed) > _TEXT_MAX:
        raise MalformedToken(f"{len(trimmed)} characters, more than {_TEXT_MAX}")
    return _decode_base45(trimmed[len(prefix) :])


def read(text: str) -> SignedVoucher | SignedCode:
    """What a scanner saw: a paper note or a phone's code. Raises `MalformedToken` for anything else."""
    if text.strip(_TRIMMED).startswith(PREFIX_CODE):
        return codes.decode(decode_text(text, PREFIX_CODE))
    signed = vouchers.decode(decode_text(text, PREFIX_VOUCHER))
    if signed.voucher.cnf is not None:
        raise MalformedToken("an allowance is spent by codes, not shown itself")
    return signed


def encode_voucher(token: bytes) -> str:
    """QR text of a paper note."""
    return encode_text(PREFIX_VOUCHER, token)


def encode_code(token: bytes) -> str:
    """QR text of a payment code."""
    return encode_text(PREFIX_CODE, token)


def encode_request(request: PaymentRequest) -> str:
    """QR text of a till's request."""
    return encode_text(PREFIX_REQUEST, request.encode())


def decode_request(text: str) -> PaymentRequest:
    """Read a till's request. Raises `MalformedToken`."""
    return PaymentRequest.decode(decode_text(text, PREFIX_REQUEST))


def _decode_base45(text: str) -> bytes:
    """RFC 9285, every group of three characters at once: each is a lane of 32 bits in one long number."""
    try:
        digits = text.encode("ascii").translate(_DIGITS)
    except UnicodeEncodeError as error:
        raise MalformedToken("not base45") from error
    if _NO_DIGIT in digits or len(digits) % 3 == 1:
        raise MalformedToken("not base45")
    whole = len(digits) // 3 * 3
    lanes, total = bytearray(whole // 3 * _LANE), 0
    for place, weight in enumerate(_WEIGHTS):
        lanes[::_LANE] = digits[place:whole:3]
        total += weight * int.from_bytes(lanes, "little")
    words = total.to_bytes(len(lanes), "little")
    last = digits[whole] + _WEIGHTS[1] * digits[whole + 1] if whole < len(digits) else 0
    if any(words[2::_LANE]) or last > 0xFF:  # a group above 65 535, a last pair above 255
        raise MalformedToken("not base45")
    data = bytearray(whole // 3 * 2)
    data[::2], data[1::2] = words[1::_LANE], words[::_LANE]
    return bytes(data) + (bytes((last,)) if whole < len(digits) else b"")
