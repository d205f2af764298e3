# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers the one question of a till with a connection: may it take this now? (VOUCHERS.md section 4)

A yes keeps the value for this terminal and sale until the upload captures it, or for ten minutes. What was answered yes
is within the rules whenever it is uploaded (`rules`), for the backend itself has said so.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum

from backend.ledger import accounts
from backend.ledger.accounts import AccountName
from backend.ledger.locking import lock
from backend.ledger.posting import balance
from backend.minting.bundles import listed_keys
from backend.minting.models import Card, IssuedVoucher
from backend.redemption.intake import Programme
from backend.redemption.loading import account_of, live_holds
from backend.redemption.models import CardTransaction, Claim, ClaimState, Hold
from backend.redemption.situation import VOID_STATES
from backend.shops.models import Terminal, TerminalState
from heitje import codes, vouchers
from heitje.acceptance import Context, ListedKey, Shop, check_code, check_note, check_voucher
from heitje.bundle import KeyUse
from heitje.codes import SignedCode
from heitje.cose import MalformedToken
from heitje.holds import HOLD_S, HoldAnswer, HoldRequest
from heitje.journal import Instrument
from heitje.money import Cents
from heitje.refusals import Refusal
from heitje.vouchers import SignedVoucher


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked for: a part of this item, under this number, out of this account."""

    instrument: Instrument
    item: str
    number: int
    account: AccountName


def hold(terminal: Terminal, asked: HoldRequest, programme: Programme, now: int) -> HoldAnswer:
    """Yes or no, at Unix time `now`. The same question again has the same answer while its hold lasts."""
    if terminal.state != TerminalState.ACTIVE:
        return HoldAnswer(reason=Refusal.NOT_VALID_HERE)
    with transaction.atomic():
        wanted = _voucher(terminal, asked, programme, now) if asked.uid is None else _card(asked)
        if isinstance(wanted, Refusal):
            return HoldAnswer(reason=wanted)
        lock((wanted.account,))  # whoever takes of it now is waited for, and whoever comes then waits
        own = Hold.objects.filter(
            terminal=terminal, sale=asked.sale.hex(), item=wanted.item, number=wanted.number
        ).first()
        if own is not None and own.until > now and own.amount == asked.amount:
            return HoldAnswer(until=own.until)
        refusal = _taken(wanted, terminal, asked) or _too_little(wanted, own, asked.amount, now)
        if refusal is not None:
            return HoldAnswer(reason=refusal)
        until = now + HOLD_S
        Hold.objects.update_or_create(
            terminal=terminal,
            sale=asked.sale.hex(),
            item=wanted.item,
            number=wanted.number,
            defaults={"amount": asked.amount, "instrument": int(wanted.instrument), "until": until},
        )
        return HoldAnswer(until=until)


def _voucher(terminal: Terminal, asked: HoldRequest, programme: Programme, now: int) -> _Wanted | Refusal:
    """VOUCHERS.md section 4, steps 1 to 7, from the backend's own books."""
    signed = _read(asked.token or b"")
    if signed is None:
        return Refusal.MALFORMED
    voucher = signed.allowance if isinstance(signed, SignedCode) else signed
    keys = tuple(
        ListedKey(key.public, key.valid_from, key.valid_until)
        for key in listed_keys(programme.key_store)
        if KeyUse.VOUCHER in key.uses
    )
    context = Context(
        now=now,
        shop=Shop(terminal.shop.id, terminal.shop.category, terminal.shop.area),
        terminal=terminal.id,
        paper_till=terminal.paper_till,
        amount=asked.amount,
        programmes={programme.iss},
        keys=keys,
    )
    refusal = check_voucher(voucher, context)
    if refusal is not None:
        return refusal
    amount, refusal = (
        check_code(signed, context) if isinstance(signed, SignedCode) else check_note(signed.voucher, context)
    )
    if refusal is not None or amount != asked.amount:
        return refusal or Refusal.MORE_THAN_THE_SALE
    issued = IssuedVoucher.objects.filter(cti=voucher.voucher.cti.hex()).first()
    if issued is None or issued.handed_out_at is None:
        return Refusal.BLOCKED
    if isinstance(signed, SignedCode):
        return _Wanted(Instrument.PHONE, issued.cti, signed.code.seq, account_of(issued))
    return _Wanted(Instrument.PAPER, issued.cti, 0, account_of(issued))


def _read(token: bytes) -> SignedCode | SignedVoucher | None:
    try:
        return codes.decode(token)
    except MalformedToken:
        pass
    try:
        note = vouchers.decode(token)
    except MalformedToken:
        return None
    return note if note.voucher.cnf is None else None


def _card(asked: HoldRequest) -> _Wanted | Refusal:
    """A card that is known, not blocked, and not older than its own past."""
    uid, tmc = (asked.uid or b"").hex(), asked.tmc or 0
    card = Card.objects.filter(uid=uid).first()
    if card is None or card.denied_at is not None:
        return Refusal.BLOCKED
    if CardTransaction.objects.filter(uid=uid, tmc__gte=tmc).exists():
        return Refusal.BLOCKED  # it claims to come before what it has done already: a copy
    return _Wanted(Instrument.CARD, uid, tmc, accounts.purse(uid))


def _taken(wanted: _Wanted, terminal: Terminal, asked: HoldRequest) -> Refusal | None:
    """Whether a claim of another sale has this number already."""
    if wanted.instrument is Instrument.CARD:
        return None
    claims = Claim.objects.filter(item=wanted.item).exclude(state__in=VOID_STATES)
    if wanted.instrument is Instrument.PHONE:
        claims = claims.filter(code_seq=wanted.number)
    others = claims.exclude(terminal=terminal, sale=asked.sale.hex())
    return Refusal.ALREADY_USED if others.exists() else None


def _too_little(wanted: _Wanted, own: Hold | None, amount: int, now: int) -> Refusal | None:
    """Whether others hold this number, or what is left of the account beside their holds is too little."""
    held = live_holds(now).filter(item=wanted.item)
    if own is not None:
        held = held.exclude(pk=own.pk)
    if wanted.instrument is not Instrument.CARD and held.filter(number=wanted.number).exists():
        return Refusal.ALREADY_USED
    open_claims = Claim.objects.filter(item=wanted.item, state=ClaimState.OPEN).aggregate(sum=Sum("amount"))["sum"] or 0
    promised = (held.aggregate(sum=Sum("amount"))["sum"] or 0) + open_claims
    held_by_it = balance(wanted.account)
    if wanted.instrument is Instrument.CARD:  # the card itself says whether a load in flight is on it
        held_by_it = Cents(held_by_it + balance(accounts.load_in_flight(wanted.item)))
    return Refusal.TOO_LITTLE_LEFT if held_by_it - promised < amount else None
