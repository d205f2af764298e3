# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checking an entry's evidence without the database: signatures, MACs and their binding to the entry.

This is the costly part of intake, and it is done before a transaction is opened. What depends on other entries is
judged later, from the values made here.
"""

import hashlib
from dataclasses import dataclass

from backend.minting.keystore import KeyStore
from backend.redemption.reasons import Reason
from backend.redemption.recognition import read_code, read_voucher
from backend.redemption.signatures import verify, verify_once
from heitje import server_time
from heitje.acceptance import Context, ListedKey, Shop, check_code, check_note, check_voucher
from heitje.card.layout import Command
from heitje.card.record import RecordKind, reference_of, unpack
from heitje.card.transaction import tmi_of_payment
from heitje.codes import SignedCode
from heitje.cose import MalformedToken
from heitje.journal import CardEvidence, Entry, Kind, PhoneEvidence
from heitje.keys import PublicKey
from heitje.messages import SEQ_MAX
from heitje.refusals import Refusal
from heitje.vouchers import SignedVoucher

Why = Reason | Refusal


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be known of an entry by itself. `refusal` is why its evidence does not hold; None: it does."""

    data: bytes
    digest: str
    entry: Entry
    fingerprint: str = ""
    refusal: Why | None = None
    signed: SignedVoucher | SignedCode | None = None
    previous_tmri: bytes | None = None
    """Of a proven card transaction: the reader before this one."""
    anchor: int | None = None
    """Of a time anchor: the time that the server signed."""

    @property
    def item(self) -> str:
        """The card's UID or the voucher's id, in hex; empty where it cannot be read."""
        if isinstance(self.entry.evidence, CardEvidence):
            return self.entry.evidence.uid.hex()
        return "" if self.signed is None else voucher_of(self.signed).voucher.cti.hex()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a terminal stands, for the checks that name it."""

    programme: str
    terminal: bytes
    shop: Shop
    paper_till: bool
    voucher_keys: tuple[ListedKey, ...]
    time_keys: tuple[PublicKey, ...]


def voucher_of(signed: SignedVoucher | SignedCode) -> SignedVoucher:
    """The voucher of a note, or inside a code."""
    return signed.allowance if isinstance(signed, SignedCode) else signed


def examine(data: bytes, digest: str, entry: Entry, place: Place, key_store: KeyStore) -> Facts:
    """All that an entry proves by itself."""
    if entry.kind is Kind.TIME_ANCHOR:
        return Facts(data, digest, entry, anchor=_anchor(entry, place))
    if entry.kind not in (Kind.INTENT, Kind.REDEMPTION):
        return Facts(data, digest, entry)
    proven = entry.kind is Kind.REDEMPTION
    if isinstance(entry.evidence, CardEvidence):
        broken, previous = _examine_card(entry, entry.evidence, proven, key_store)
        return Facts(data, digest, entry, _fingerprint(entry), broken, previous_tmri=previous)
    signed, refusal = _examine_token(entry, proven, place)
    return Facts(data, digest, entry, _fingerprint(entry), refusal, signed=signed)


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


def _examine_card(
    entry: Entry, evidence: CardEvidence, proven: bool, key_store: KeyStore
) -> tuple[Reason | None, bytes | None]:
    intent_seq = (entry.of if proven else entry.seq) or 0
    unbound = binding(entry, intent_seq, evidence)
    if unbound is not None or evidence.tmc is None or evidence.tmv is None:
        return unbound, None
    tmi = tmi_of_payment(
        Command.DEBIT,
        balance=evidence.balance_before,
        amount=entry.amount or 0,
        tmri=evidence.tmri,
        enc_tmri=evidence.enc_tmri,
        record=evidence.record,
    )
    if evidence.tmc == 0 or key_store.transaction_mac(evidence.uid, evidence.tmc, tmi) != evidence.tmv:
        return Reason.BAD_CARD_MAC, None
    return None, key_store.previous_reader(evidence.uid, evidence.tmc, evidence.enc_tmri)


def _examine_token(
    entry: Entry, proven: bool, place: Place
) -> tuple[SignedVoucher | SignedCode | None, Refusal | None]:
    """VOUCHERS.md section 4, steps 1 to 5 and what of 7 the token alone decides; the clock is the entry's."""
    signed: SignedVoucher | SignedCode
    try:
        if isinstance(entry.evidence, PhoneEvidence):
            signed = read_code(entry.evidence.token)
        elif entry.evidence is not None and not isinstance(entry.evidence, CardEvidence):
            signed = read_voucher(entry.evidence.token)
        else:
            return None, Refusal.MALFORMED
    except MalformedToken:
        return None, Refusal.MALFORMED
    if isinstance(signed, SignedVoucher) and signed.voucher.cnf is not None:
        return None, Refusal.MALFORMED
    if isinstance(signed, SignedCode) and signed.code.seq > SEQ_MAX:
        return None, Refusal.MALFORMED
    if not proven:  # an intent pays nothing: its signatures are checked with its redemption, which repeats them
        return signed, None
    context = Context(
        now=entry.time,
        shop=place.shop,
        terminal=place.terminal.hex(),
        paper_till=place.paper_till,
        amount=entry.amount or 0,
        programmes={place.programme},
        keys=place.voucher_keys,
    )
    refusal = check_voucher(voucher_of(signed), context, verify_once)
    if refusal is None:
        amount, refusal = (
            check_code(signed, context, verify)
            if isinstance(signed, SignedCode)
            else check_note(signed.voucher, context)
        )
        if refusal is None and amount != entry.amount:
            refusal = Refusal.MALFORMED  # a note and a code for this terminal are taken whole
    return signed, refusal


def _anchor(entry: Entry, place: Place) -> int | None:
    try:
        return server_time.read(entry.server_time or b"", place.terminal, place.time_keys)
    except MalformedToken:
        return None


def _fingerprint(entry: Entry) -> str:
    """Digest of the evidence that a redemption repeats from its intent unchanged."""
    evidence = entry.evidence
    if isinstance(evidence, CardEvidence):
        balance = evidence.balance_before.to_bytes(4, "big")
        return hashlib.sha256(evidence.uid + evidence.tmri + evidence.enc_tmri + balance + evidence.record).hexdigest()
    return "" if evidence is None else hashlib.sha256(evidence.token).hexdigest()
