# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The documents as OpenAPI schemas, each with an example. The strict reading is `heitje`'s; these describe it."""

from typing import Any, Final

from backend.api.problems import Problem
from heitje.holds import HOLD_S
from heitje.master_delivery import VERSION_MAX, DeliveryState
from heitje.messages import BATCH_ENTRIES_MAX, SEQ_MAX, Outcome
from heitje.money import MAX_AMOUNT
from heitje.refusals import Refusal
from heitje.relay import STEP_MAX, End, Work

Schema = dict[str, Any]

_ENTRY: Final = (
    "pgEBAlggOJQINk54mIAywn4OL5TGtKbLE2hdEI-D_SXYiw64XpoDSIDFZiEjktBqBBpqsTtYBQgPWFvShE2iAScESD10sINCobLLoEehBhpqsTtYWECJ"
    "PfxUptil9oTrJ3OBaRre7XlC2JcmR3NNBgy9hoJQWJQQkNXXfXibo8A2cQuAn4ZvDi9KNAVTICN8FITsqK4N"
)
"""The first entry of tests/vectors/journal.json; so are the hash and the signed time."""
_HASH: Final = "vsKU26dYgnv-tkbOA4GQeaFJN0Fhpbf4DI_bvXCgqkg"
_TIME: Final = (
    "0oRNogEnBEg9dLCDQqGyy6BHoQYaarE7WFhAiT38VKbYpfaE6ydzgWka3u15QtiXJkdzTQYMvYaCUFiU"
    "EJDV1314m6PANnELgJ-Gbw4vSjQFUyAjfBSE7KiuDQ"
)
_SALE: Final = "KE01xtbPFMTORScZI3dRRA"
_SESSION: Final = "284d35c6d6cf14c4ce45271923775144"
_UID: Final = "04a1b2c3d4e580"

_SEQ: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": SEQ_MAX}
_SERVER_TIME: Final[Schema] = {
    "type": "string",
    "pattern": "^[A-Za-z0-9_-]+$",
    "description": "The server's time, signed for this terminal: a COSE_Sign1 in base64url.",
}


def _text(description: str, pattern: str = "^[A-Za-z0-9_-]+$", length: int | None = None) -> Schema:
    """Base64url, or what the pattern says."""
    fixed = {} if length is None else {"minLength": length, "maxLength": length}
    return {"type": "string", "pattern": pattern, "description": description, **fixed}


def _hex(description: str, length: int) -> Schema:
    return _text(description, f"^[0-9a-f]{{{2 * length}}}$")


def _cents(description: str, least: int = 0) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": MAX_AMOUNT, "description": description}


def _words(description: str, words: Any) -> Schema:
    return {"type": "string", "enum": [str(word) for word in words], "description": description}


def _object(description: str, optional: Schema | None = None, **properties: Schema) -> Schema:
    """An object whose properties are all there, but for the optional ones."""
    return {
        "type": "object",
        "description": description,
        "required": list(properties),
        "properties": {**properties, **(optional or {})},
    }


def _asked(description: str, optional: Schema | None = None, **properties: Schema) -> Schema:
    """A body: nothing else may be in it."""
    return {**_object(description, optional, **properties), "additionalProperties": False}


def ref(name: str) -> Schema:
    """A component schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


_OUTCOMES: Final[Schema] = {"type": "array", "maxItems": BATCH_ENTRIES_MAX, "items": ref("Outcome")}
_AMOUNT: Final = _cents("Whole cents.", 1)
_SALE_SCHEMA: Final = _text("The sale's 16 bytes, which the till makes up.", length=22)
_HELD: Final = "Whether it is held."
_STEP: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": STEP_MAX, "description": "Counts from 1."}

SCHEMAS: Final[dict[str, Schema]] = {
    "Problem": {
        **_object(
            "A problem document (RFC 9457).",
            {
                "expected": {**_SEQ, "description": "Of out-of-sequence: the number that comes next."},
                "server_time": {**_SERVER_TIME, "description": "Of bad-signature: sign anew at this time."},
                "checks": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            type={"type": "string", "format": "uri", "description": "A URN that ends in the code."},
            title={"type": "string"},
            status={"type": "integer", "minimum": 400, "maximum": 599},
            code=_words("What a program goes by.", sorted(problem.value.code for problem in Problem)),
            detail={"type": "string", "description": "What is wrong here, or what to do."},
        )
    },
    "Batch": _asked(
        "Journal entries that follow entry `after`.",
        after={**_SEQ, "description": "Number of the entry before the first one sent; 0 at the beginning."},
        entries={
            "type": "array",
            "maxItems": BATCH_ENTRIES_MAX,
            "items": _text("One entry, byte for byte, in base64url without padding."),
        },
    ),
    "Outcome": _object(
        "What became of one entry.",
        {"reason": {"type": "string", "description": "Why, where it was not simply accepted."}},
        seq={**_SEQ, "description": "The entry's number."},
        outcome=_words("See JOURNAL.md section 3.", Outcome),
    ),
    "BatchAnswer": _object(
        "What became of the batch.",
        cursor={**_SEQ, "description": "Number of the last entry that is stored."},
        outcomes=_OUTCOMES,
        server_time=_SERVER_TIME,
    ),
    "Outcomes": _object("Entries that once had to wait.", outcomes=_OUTCOMES, server_time=_SERVER_TIME),
    "Head": _object(
        "Where a journal stands.",
        seq={**_SEQ, "description": "Number of the last entry that is stored; 0: none."},
        hash=_text("SHA-256 of that entry.", length=43),
        state=_words("Whether the terminal is believed.", ("active", "suspended")),
        server_time=_SERVER_TIME,
    ),
    "HoldRequest": {
        "oneOf": [
            _asked(
                "By a code or a note.",
                sale=_SALE_SCHEMA,
                amount=_AMOUNT,
                token=_text("The code or note as read."),
            ),
            _asked(
                "By a card.",
                sale=_SALE_SCHEMA,
                amount=_AMOUNT,
                uid=_text("The card's 7 bytes.", length=10),
                tmc={"type": "integer", "minimum": 1, "maximum": 2**32 - 1, "description": "Its next transaction."},
            ),
        ]
    },
    "HoldAnswer": {
        "oneOf": [
            _object(
                "Yes.",
                held={"type": "boolean", "const": True, "description": _HELD},
                until={**_SEQ, "description": f"Unix seconds; {HOLD_S} s from now."},
                server_time=_SERVER_TIME,
            ),
            _object(
                "No.",
                held={"type": "boolean", "const": False, "description": _HELD},
                reason=_words("Why not.", Refusal),
                server_time=_SERVER_TIME,
            ),
        ]
    },
    "CardOpening": _asked(
        "A session with the card in the terminal's field.",
        {"order": {"type": "integer", "minimum": 1, "maximum": SEQ_MAX, "description": "Of a card to be made."}},
        session=_hex("The session's name, which the terminal makes up.", 16),
        uid=_hex("The card's UID.", 7),
        what=_words("What it is for.", Work),
    ),
    "CardAnswer": _asked(
        "What the card answered.",
        step={**_STEP, "description": "The step that is answered."},
        answer={
            **_text("2 to 258 bytes; null: the card has left.", "^[A-Za-z0-9_-]{3,344}$"),
            "type": ["string", "null"],
        },
    ),
    "CardReply": {
        "oneOf": [
            _object(
                "The next APDU for the card.",
                {"told": {"type": "string", "description": "What a person at the desk may be shown."}},
                session=_hex("The session.", 16),
                step=_STEP,
                apdu=_text("The APDU."),
                server_time=_SERVER_TIME,
            ),
            _object(
                "The end.",
                {
                    "told": {"type": "string"},
                    "reason": {"type": "string"},
                    "amount": _cents("Loaded now."),
                    "balance": _cents("On the card now."),
                },
                session=_hex("The session.", 16),
                step=_STEP,
                end=_words("How it ended.", End),
                server_time=_SERVER_TIME,
            ),
        ]
    },
    "Waiting": _object(
        "What an online tap of a card would do.",
        uid=_hex("The card's UID.", 7),
        waiting={"type": "integer", "minimum": 0, "description": "Cents to be loaded."},
        in_flight={"type": "boolean", "description": "A load is to be settled."},
        renew={"type": "boolean", "description": "Key 1 has a newer version."},
        server_time=_SERVER_TIME,
    ),
    "MasterRequest": _asked(
        "Which masters of key 1 the terminal holds.",
        key=_text("A fresh X25519 public key: what the terminal lacks is sealed to it.", length=43),
        held={
            "type": "array",
            "maxItems": 255,
            "items": {"type": "integer", "minimum": 1, "maximum": VERSION_MAX},
            "description": "Their versions.",
        },
    ),
    "MasterAnswer": _object(
        "What it lacks.",
        {"masters": _text("A COSE_Sign1 with what is sealed to the key of the request (HPKE, RFC 9180).")},
        state=_words("Whether there is something.", DeliveryState),
        server_time=_SERVER_TIME,
    ),
    "ReceiptProof": _object(
        "What proves that a receipt is in the public log; docs/proof.md tells how it is checked.",
        entry=_hex("The journal entry's SHA-256.", 32),
        checkpoint={"type": "string", "description": "The log's signed checkpoint (C2SP tlog-checkpoint)."},
        postings={"type": "array", "minItems": 1, "items": ref("ProvenPosting")},
    ),
    "ProvenPosting": _object(
        "One leaf of the log.",
        index={**_SEQ, "description": "Its number; the first is 0."},
        leaf=_text("The leaf's bytes."),
        salt=_text("What its commitment is salted with.", length=43),
        debit={**_SEQ, "description": "The debit account's number in the book."},
        credit={**_SEQ, "description": "The credit account's number in the book."},
        event={"type": "string", "description": "The event's id: of a sale it names terminal and intent."},
        line={**_SEQ, "description": "The posting's place within its event."},
        path={"type": "array", "maxItems": 63, "items": _text("A hash of the audit path (RFC 6962).", length=43)},
    ),
    "Health": _object(
        "The service, or each part of it.",
        {"checks": {"type": "object", "additionalProperties": {"type": "string", "enum": ["pass"]}}},
        status={"type": "string", "const": "pass"},
        version={"type": "string", "description": "Of the API."},
    ),
    "SignedMetadata": _object(
        "A role's document in The Update Framework.",
        signatures={"type": "array", "items": {"type": "object"}},
        signed={"type": "object"},
    ),
}

EXAMPLES: Final[dict[str, Any]] = {
    "ReceiptProof": {
        "entry": "bec294dba758827bfeb646ce03819079a149374161a5b7f80c8fdbbd70a0aa48",
        "checkpoint": (
            "nl.testburg/log\n2\nHPHJwyIo1/GG1HawLMDsUY8e9f7MBlVuokwBdd/sW0g=\n\n"
            "— nl.testburg/log "
            "0i4anQK8oXfpvTqLMVB4gPfykWsrczZEVOES/DPeiXIoHdoxOS4ljDwBDoTZBZC4Bu+u0ZoUSrFVr0DgTVXn3/2GXgg=\n"
        ),
        "postings": [
            {
                "index": 0,
                "leaf": (
                    "pgFocmVkZWVtZWQCajIwMjYtMDktMjEDZXB1cnNlBGdwYXlhYmxlBRkBQAZYIDCITU0iedGJLeIVYByELdLnRJ-7d3"
                    "Xhz246xnEWd58S"
                ),
                "salt": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                "debit": 7,
                "credit": 9,
                "event": "redemption:80c566212392d06a:1",
                "line": 0,
                "path": ["IBJ4cbuYUG_LLrJqsPcmqX_QQHwDFAmKRBjjH0CrdKY"],
            }
        ],
    },
    "Batch": {"after": 0, "entries": [_ENTRY]},
    "BatchAnswer": {"cursor": 1, "outcomes": [{"seq": 1, "outcome": "accepted"}], "server_time": _TIME},
    "Outcomes": {
        "outcomes": [{"seq": 5, "outcome": "pending", "reason": "waits for the card's next transaction"}],
        "server_time": _TIME,
    },
    "Head": {"seq": 1, "hash": _HASH, "state": "active", "server_time": _TIME},
    "HoldRequest": {"sale": _SALE, "amount": 350, "uid": "BKGyw9TlgA", "tmc": 3},
    "HoldAnswer": {"held": True, "until": 1_790_000_600, "server_time": _TIME},
    "CardOpening": {"session": _SESSION, "uid": _UID, "what": "load"},
    "CardAnswer": {"step": 1, "answer": "kQA"},
    "CardReply": {"session": _SESSION, "step": 1, "apdu": "AKQEAAjwSEVJVEpFAQA", "server_time": _TIME},
    "Waiting": {"uid": _UID, "waiting": 900, "in_flight": False, "renew": False, "server_time": _TIME},
    "MasterRequest": {"key": _HASH, "held": [1]},
    "MasterAnswer": {"state": "current", "server_time": _TIME},
    "SignedMetadata": {"signatures": [], "signed": {"_type": "timestamp", "version": 7}},
}
