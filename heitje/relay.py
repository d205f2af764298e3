# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Card sessions that the backend runs over a terminal's reader (CARD.md section 7): the reader only forwards.

POST …/card-sessions              {"session", "uid", "what", "order"?}     session: 16 bytes that the terminal makes
POST …/card-sessions/{id}/answers {"step", "answer"}                       answer null: the card has left
answered                          {"session", "step", "apdu", "told"?}     the next APDU
or                                {"session", "step", "end", …}            how it ended
GET  …/cards/{uid}/waiting        {"uid", "waiting", "in_flight", "renew"} what an online tap would do, cents

The same request again has the same answer, so whatever is lost on the line is asked for again. Session and UID are hex,
APDUs and answers base64url.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from heitje.card.apdu import ANSWER_DATA_MAX
from heitje.card.layout import UID_LENGTH
from heitje.messages import MalformedMessage, decode_base64url, encode_base64url, read_object

SESSION_LENGTH: Final = 16
STEP_MAX: Final = 1000
"""More APDUs than the longest making of a card takes, by far."""
REQUEST_MAX: Final = 2048
"""Bytes; the longest answer of a card in base64url fits."""
_STATUS_LENGTH: Final = 2
_APDU_MAX: Final = 261
_ORDER_MAX: Final = 2**63 - 1


class Work(StrEnum):
    """What a card session is for."""

    LOAD = "load"
    RENEW = "renew"
    PERSONALISE = "personalise"


class End(StrEnum):
    """How a card session ended."""

    LOADED = "loaded"
    NOTHING_WAITS = "nothing waits"
    NOT_DONE = "not done"
    """Nothing has changed on the card; `reason` says why."""
    IN_FLIGHT = "in flight"
    """The card was told to commit, and what it did is not known: hold it again."""
    MADE = "made"
    UNFIT = "unfit"
    """The card was left as it is; `reason` says why."""
    RENEWED = "renewed"
    SUPERSEDED = "superseded"
    """The card began another session."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A terminal asks for a session with the card in its field."""

    session: bytes
    uid: bytes
    what: Work
    order: int | None = None
    """Of a card that is to be made: the order that it is for."""

    def encode(self) -> bytes:
        """The JSON body."""
        document: dict[str, Any] = {
            "session": self.session.hex(),
            "uid": self.uid.hex(),
            "what": str(self.what),
        }
        if self.order is not None:
            document["order"] = self.order
        return json.dumps(document, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body. Raises `MalformedMessage`."""
        document = read_object(body, REQUEST_MAX)
        if document.keys() not in ({"session", "uid", "what"}, {"session", "uid", "what", "order"}):
            raise MalformedMessage("a session has the members session, uid and what, and may have order")
        order = document.get("order")
        if "order" in document and (type(order) is not int or not 0 < order <= _ORDER_MAX):
            raise MalformedMessage("order is a number from 1")
        try:
            what = Work(document["what"])
        except ValueError as error:
            raise MalformedMessage("what is load, renew or personalise") from error
        session = read_hex(document["session"], SESSION_LENGTH, "session")
        return cls(session, read_hex(document["uid"], UID_LENGTH, "uid"), what, order)


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """What the card answered to the APDU of a step; None: it has left, or never heard it."""

    step: int
    answer: bytes | None

    def encode(self) -> bytes:
        """The JSON body."""
        answer = None if self.answer is None else encode_base64url(self.answer)
        return json.dumps({"step": self.step, "answer": answer}, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read a body. Raises `MalformedMessage`."""
        document = read_object(body, REQUEST_MAX)
        if document.keys() != {"step", "answer"}:
            raise MalformedMessage("an answer has the members step and answer")
        step, answer = _step(document["step"]), document["answer"]
        if answer is None:
            return cls(step, None)
        if not isinstance(answer, str):
            raise MalformedMessage("answer is a text, or null")
        data = decode_base64url(answer)
        if not _STATUS_LENGTH <= len(data) <= ANSWER_DATA_MAX + _STATUS_LENGTH:
            raise MalformedMessage("a card answers 2 to 258 bytes")
        return cls(step, data)


@dataclass(frozen=True, slots=True)
class Reply:
    """The backend's answer: the APDU of `step`, or the end. `told` is what a person at the desk may be shown.

    Of an end: `amount` cents were loaded, `balance` cents are on the card then, `reason` in words.
    """

    session: bytes
    step: int
    apdu: bytes | None = None
    told: str | None = None
    end: End | None = None
    amount: int | None = None
    balance: int | None = None
    reason: str | None = None

    def to_document(self) -> dict[str, Any]:
        """The JSON object."""
        document: dict[str, Any] = {"session": self.session.hex(), "step": self.step}
        if self.apdu is not None:
            document["apdu"] = encode_base64url(self.apdu)
        if self.end is not None:
            document["end"] = str(self.end)
        told = {name: getattr(self, name) for name in ("told", "amount", "balance", "reason")}
        return document | {name: value for name, value in told.items() if value is not None}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read the JSON object. Raises `MalformedMessage`."""
        apdu, end = document.get("apdu"), document.get("end")
        if (apdu is None) == (end is None):
            raise MalformedMessage("neither an APDU nor an end, or both")
        try:
            ended = None if end is None else End(end)
        except ValueError as error:
            raise MalformedMessage("an end that is none of the words") from error
        return cls(
            session=read_hex(document.get("session"), SESSION_LENGTH, "session"),
            step=_step(document.get("step")),
            apdu=None if apdu is None else _apdu(apdu),
            told=_optional(document, "told", str),
            end=ended,
            amount=_optional(document, "amount", int),
            balance=_optional(document, "balance", int),
            reason=_optional(document, "reason", str),
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an online tap of a card would do: load `cents`; settle a load in flight; move key 1 to a newer version."""

    uid: bytes
    cents: int
    in_flight: bool
    renew: bool

    @property
    def anything(self) -> bool:
        """Whether a tap is of use."""
        return self.cents > 0 or self.in_flight or self.renew

    def to_document(self) -> dict[str, Any]:
        """The JSON object."""
        return {"uid": self.uid.hex(), "waiting": self.cents, "in_flight": self.in_flight, "renew": self.renew}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read the JSON object. Raises `MalformedMessage`."""
        cents, in_flight, renew = document.get("waiting"), document.get("in_flight"), document.get("renew")
        if type(cents) is not int or type(in_flight) is not bool or type(renew) is not bool:
            raise MalformedMessage("waiting is cents, in_flight and renew are true or false")
        return cls(read_hex(document.get("uid"), UID_LENGTH, "uid"), cents, in_flight, renew)


def read_hex(value: object, length: int, name: str) -> bytes:
    """Lower-case hex of so many bytes. Raises `MalformedMessage`."""
    if not isinstance(value, str) or len(value) != 2 * length or value != value.lower():
        raise MalformedMessage(f"{name} is {length} bytes in lower-case hex")
    try:
        return bytes.fromhex(value)
    except ValueError as error:
        raise MalformedMessage(f"{name} is {length} bytes in lower-case hex") from error


def _step(value: object) -> int:
    if type(value) is not int or not 1 <= value <= STEP_MAX:
        raise MalformedMessage(f"step is a number from 1 to {STEP_MAX}")
    return value


def _apdu(value: object) -> bytes:
    if not isinstance(value, str):
        raise MalformedMessage("apdu is a text")
    data = decode_base64url(value)
    if not 0 < len(data) <= _APDU_MAX:
        raise MalformedMessage("apdu is no APDU")
    return data


def _optional(document: dict[str, Any], name: str, kind: type) -> Any:
    value = document.get(name)
    if value is not None and type(value) is not kind:
        raise MalformedMessage(f"{name} is not of its type")
    return value
