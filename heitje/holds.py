# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one question that a till with a connection asks before it takes something (VOUCHERS.md section 4).

asked    {"sale", "amount", "token"} for a code or a note, {"sale", "amount", "uid", "tmc"} for a card; bytes base64url
answered {"held": true, "until"} or {"held": false, "reason"}, and "server_time"

A hold is keyed by terminal, sale, what it takes from and its number: an allowance and the code's seq, a note and 0, a
card and the number of its next transaction. The same question again has the same answer.
"""

import json
from dataclasses import dataclass
from typing import Any, Final, Self

from heitje.card.layout import UID_LENGTH
from heitje.cose import TOKEN_MAX
from heitje.journal import SALE_LENGTH
from heitje.messages import MalformedMessage, decode_base64url, encode_base64url, read_object
from heitje.money import is_amount
from heitje.refusals import Refusal

HOLD_S: Final = 600
"""How long a hold keeps what it asked for, unless the upload captures it first."""
ANSWER_WITHIN_S: Final = 0.5
"""After this a till has not heard, and the offline rules apply; a "no" that comes later counts as not heard."""
REQUEST_MAX: Final = 4096
"""Bytes; the longest token in base64url fits."""
_TMC_MAX: Final = 2**32 - 1
_VOUCHER: Final = frozenset({"sale", "amount", "token"})
_CARD: Final = frozenset({"sale", "amount", "uid", "tmc"})


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """May `amount` cents be taken in this sale? By a `token` (code or note), or by card `uid`'s transaction `tmc`."""

    sale: bytes
    amount: int
    token: bytes | None = None
    uid: bytes | None = None
    tmc: int | None = None

    def encode(self) -> bytes:
        """The JSON body."""
        document: dict[str, Any] = {"sale": encode_base64url(self.sale), "amount": self.amount}
        if self.token is not None:
            document["token"] = encode_base64url(self.token)
        else:
            document["uid"], document["tmc"] = encode_base64url(self.uid or b""), self.tmc
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body. Raises `MalformedMessage`."""
        document = read_object(body, REQUEST_MAX)
        if document.keys() not in (_VOUCHER, _CARD):
            raise MalformedMessage("a hold has the members sale, amount and token, or sale, amount, uid and tmc")
        sale, amount = _bytes(document, "sale", SALE_LENGTH), document["amount"]
        if not is_amount(amount):
            raise MalformedMessage("amount is no amount")
        if "token" in document:
            return cls(sale, amount, token=_bytes(document, "token", None))
        tmc = document["tmc"]
        if type(tmc) is not int or not 0 < tmc <= _TMC_MAX:
            raise MalformedMessage("tmc is the number of a transaction")
        return cls(sale, amount, uid=_bytes(document, "uid", UID_LENGTH), tmc=tmc)


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """Yes, held until Unix second `until`; or no, for a reason."""

    until: int | None = None
    reason: Refusal | None = None

    def to_document(self) -> dict[str, Any]:
        """The JSON object."""
        if self.reason is not None:
            return {"held": False, "reason": str(self.reason)}
        return {"held": True, "until": self.until}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read the JSON object. Raises `MalformedMessage`."""
        held, until, reason = document.get("held"), document.get("until"), document.get("reason")
        if held is True and type(until) is int and reason is None:
            return cls(until=until)
        if held is False and isinstance(reason, str):
            try:
                return cls(reason=Refusal(reason))
            except ValueError as error:
                raise MalformedMessage("a refusal that is none of the words") from error
        raise MalformedMessage("neither a yes nor a no")


def _bytes(document: dict[str, Any], name: str, length: int | None) -> bytes:
    text = document[name]
    if not isinstance(text, str):
        raise MalformedMessage(f"{name} is a text")
    data = decode_base64url(text)
    if len(data) > TOKEN_MAX or length not in (None, len(data)):
        raise MalformedMessage(f"{name} is not of its length")
    return data
