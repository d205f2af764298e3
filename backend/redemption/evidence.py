# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checking an entry's evidence without the database: signatures, MACs and their binding to the entry.

This is the costly part of intake, and it is done before a transaction is opened. What depends on other entries is
judged later, from the values made here.
"""

import hashlib
from dataclasses import dataclass

from backend.minting.keystore import KeyStore
from backend.redemption.chain import Link
from backend.redemption.reasons import Reason
from backend.redemption.recognition import read_code, read_entry, read_voucher
from backend.redemption.signatures import verify, verify_once
from heitje import server_time
from heitje.acceptance import Context, ListedKey, Shop, check_code, check_note, check_voucher
from heitje.card.layout import Command
from heitje.card.record import RecordKind, reference_of, unpack
from heitje.card.transaction import tmi_of_payment
from heitje.codes import SignedCode
from heitje.cose import MalformedToken
from heitje.journal import CardEvidence, Entry, Instrument, Kind, PaperEvidence, PhoneEvidence
from heitje.keys import PublicKey
from heitje.messages import SEQ_MAX
from heitje.refusals import Refusal
from heitje.vouchers import SignedVoucher

Why = Reason | Refusal


@dataclass(slots=True)
class Tender:
    """An intent and the redemption after it that repeats it: what both say, each good by itself."""

    sale: str
    amount: int
    instrument: Instrument
    redemption: "Facts"
    tmc_before: int | None = None
    link: Link | None = None
    """Of a card: the transaction that its MAC proves."""


class Facts:
    """What can be known of an entry by itself; what its evidence names stands beside it. Not to be changed.

    The entry itself is read again where it is asked for: of a tender that is in order nobody asks.
    """

    __slots__ = (
        "_entry",
        "aud",
        "bundle",
        "code_seq",
        "data",
        "digest",
        "fingerprint",
        "item",
        "kind",
        "of",
        "payload",
        "previous_tmri",
        "refusal",
        "seq",
        "server_time",
        "tender",
        "time",
        "tmc",
        "voucher",
    )

    def __init__(
        self,
        data: bytes,
        digest: str,
        seq: int,
        time: int,
        kind: Kind,
        bundle: int | None,
        of: int | None = None,
        item: str = "",
        fingerprint: str = "",
        refusal: Why | None = None,
        entry: Entry | None = None,
        voucher: SignedVoucher | None = None,
        code_seq: int | None = None,
        aud: str | None = None,
        payload: str = "",
        tmc: int | None = None,
        previous_tmri: bytes | None = None,
        tender: Tender | None = None,
    ) -> None:
        self.data = data
        self.digest = digest
        self.seq = seq
        self.time = time
        self.kind = kind
        self.bundle = bundle
        self.of = of
        self.item = item
        """The card's UID or the voucher's id, in hex; empty where it cannot be read, or there is none."""
        self.fingerprint = fingerprint
        """Digest of the evidence that a redemption repeats from its intent unchanged."""
        self.refusal = refusal
        """Why its evidence does not hold; None: it does."""
        self.voucher = voucher
        """The note, or the allowance of a code."""
        self.code_seq = code_seq
        self.aud = aud
        """Of a code: the terminal that it is for."""
        self.payload = payload
        """Digest of what was signed."""
        self.tmc = tmc
        """Of a card: its counter after it paid, where the entry has it."""
        self.previous_tmri = previous_tmri
        """Of a proven card transaction: the reader before this one."""
        self.tender = tender
        """Of an intent: what it makes with the entry after it, where both are in order by themselves."""
        self.server_time: int | None = None
        """Of a time anchor: the time that the server signed."""
        self._entry = entry

    @property
    def entry(self) -> Entry:
        """The entry, whole."""
        if self._entry is None:
            self._entry = read_entry(self.data)
        return self._entry

    @property
    def is_of_card(self) -> bool:
        """Whether its item is a card."""
        return bool(self.item) and self.voucher is None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a terminal stands, for the checks that name it."""

    programme: str
    terminal: bytes
    shop: Shop
    paper_till: bool
    voucher_keys: tuple[ListedKey, ...]
    time_keys: tuple[PublicKey, ...]


def examine(data: bytes, digest: str, entry: Entry, place: Place, key_store: KeyStore) -> Facts:
    """All that an entry proves by itself."""
    facts = Facts(data, digest, entry.seq, entry.time, entry.kind, entry.bundle, entry.of, entry=entry)
    if entry.kind is Kind.TIME_ANCHOR:
        facts.server_time = _server_time(entry, place)
    elif entry.kind is Kind.INTENT or entry.kind is Kind.REDEMPTION:
        if isinstance(entry.evidence, CardEvidence):
            _examine_card(facts, entry.evidence, key_store)
        else:
            _examine_token(facts, place)
    return facts


def binding(entry: Entry, intent_seq: int, evidence: CardEvidence) -> Reason | None:
    """CARD.md section 7: reader id and record name this entry's terminal, intent and amount."""
    tmri = entry.terminal + intent_seq.to_bytes(8, "big")
    record = unpack(evidence.record)
    bound = (
        evidence.tmri == tmri
        and record.kind == RecordKind.SALE
        and record.reference == reference_of(tmri)
        and record.amount == entry.amount
    )
    return None if bound else Reason.NOT_BOUND


def _examine_card(facts: Facts, evidence: CardEvidence, key_store: KeyStore) -> None:
    entry, proven = facts.entry, facts.kind is Kind.REDEMPTION
    facts.item, facts.tmc = evidence.uid.hex(), evidence.tmc
    facts.fingerprint = fingerprint_of_card(evidence)
    facts.refusal = binding(entry, (entry.of if proven else entry.seq) or 0, evidence)
    if facts.refusal is not None or evidence.tmc is None or evidence.tmv is None:
        return
    tmi = tmi_of_payment(
        Command.DEBIT,
        balance=evidence.balance_before,
        amount=entry.amount or 0,
        tmri=evidence.tmri,
        enc_tmri=evidence.enc_tmri,
        record=evidence.record,
    )
    if evidence.tmc == 0 or key_store.transaction_mac(evidence.uid, evidence.tmc, tmi) != evidence.tmv:
        facts.refusal = Reason.BAD_CARD_MAC
    else:
        facts.previous_tmri = key_store.previous_reader(evidence.uid, evidence.tmc, evidence.enc_tmri)


def _examine_token(facts: Facts, place: Place) -> None:
    """VOUCHERS.md section 4, steps 1 to 5 and what of 7 the token alone decides; the clock is the entry's."""
    entry = facts.entry
    token = entry.evidence.token if isinstance(entry.evidence, PhoneEvidence | PaperEvidence) else b""
    facts.fingerprint = hashlib.sha256(token).hexdigest()
    try:
        signed: SignedVoucher | SignedCode
        signed = read_code(token) if isinstance(entry.evidence, PhoneEvidence) else read_voucher(token)
    except MalformedToken:
        facts.refusal = Refusal.MALFORMED
        return
    if isinstance(signed, SignedCode):
        if signed.code.seq > SEQ_MAX:
            facts.refusal = Refusal.MALFORMED
            return
        facts.voucher, facts.code_seq, facts.aud = signed.allowance, signed.code.seq, signed.code.aud
    elif signed.voucher.cnf is not None:
        facts.refusal = Refusal.MALFORMED
        return
    else:
        facts.voucher = signed
    facts.item = facts.voucher.voucher.cti.hex()
    facts.payload = hashlib.sha256(signed.sign1.payload).hexdigest()
    if facts.kind is Kind.REDEMPTION:  # an intent pays nothing: its signatures are checked with its redemption's
        facts.refusal = _check_token(signed, entry, place)


def _check_token(signed: SignedVoucher | SignedCode, entry: Entry, place: Place) -> Refusal | None:
    context = Context(
        now=entry.time,
        shop=place.shop,
        terminal=place.terminal.hex(),
        paper_till=place.paper_till,
        amount=entry.amount or 0,
        programmes={place.programme},
        keys=place.voucher_keys,
    )
    refusal = check_voucher(signed.allowance if isinstance(signed, SignedCode) else signed, context, verify_once)
    if refusal is not None:
        return refusal
    amount, refusal = (
        check_code(signed, context, verify) if isinstance(signed, SignedCode) else check_note(signed.voucher, context)
    )
    if refusal is None and amount != entry.amount:
        return Refusal.MALFORMED  # a note and a code for this terminal are taken whole
    return refusal


def _server_time(entry: Entry, place: Place) -> int | None:
    try:
        return server_time.read(entry.server_time or b"", place.terminal, place.time_keys)
    except MalformedToken:
        return None


def fingerprint_of_card(evidence: CardEvidence) -> str:
    """Digest of a card's evidence 1 to 5."""
    balance = evidence.balance_before.to_bytes(4, "big")
    return hashlib.sha256(evidence.uid + evidence.tmri + evidence.enc_tmri + balance + evidence.record).hexdigest()
