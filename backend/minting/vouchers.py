# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Allowances and notes: signed, and paid for from the citizen's account at once (VOUCHERS.md section 2)."""

import secrets
from typing import Final

from django.db import transaction

from backend.ledger import events
from backend.ledger.posting import Event, Overdrawn, post
from backend.minting.keystore import KeyStore
from backend.minting.measures import revoked_kids
from backend.minting.models import IssuedVoucher
from backend.shops.models import Shop
from heitje.key_soundness import flaw_of
from heitje.keys import PublicKey
from heitje.money import Cents
from heitje.vouchers import CTI_LENGTH, Voucher

ALLOWANCE_MAX: Final = Cents(2500)
ALLOWANCE_LIFE_S: Final = 7 * 86_400
NOTE_VALUES: Final = frozenset({100, 200, 500, 1000, 2000})
NOTE_LIFE_S: Final = 365 * 86_400


class NotIssued(Exception):
    """The mint does not issue this; the text says why."""


def issue_allowance(
    *, programme: str, citizen: str, amount: Cents, phone: PublicKey, key_store: KeyStore, at: int
) -> IssuedVoucher:
    """Move up to 25 euro from a citizen's account to a phone, for 7 days. Raises `NotIssued`."""
    if amount > ALLOWANCE_MAX:
        raise NotIssued("an allowance is 25 euro at most")
    if flaw := flaw_of(phone):
        raise NotIssued(flaw)
    voucher = Voucher(
        iss=programme,
        exp=at + ALLOWANCE_LIFE_S,
        iat=at,
        cti=secrets.token_bytes(CTI_LENGTH),
        amount=amount,
        cnf=phone,
    )
    cti = voucher.cti.hex()
    event = events.allowance_issued(f"allowance:{cti}", amount, citizen, cti)
    return _issue(voucher, citizen, event, key_store, handed_out_at=at)


def print_note(
    *, programme: str, citizen: str, amount: Cents, home: Shop, key_store: KeyStore, at: int
) -> IssuedVoucher:
    """Make a note of 1, 2, 5, 10 or 20 euro for the one shop that may accept it offline. Raises `NotIssued`.

    It stays on the deny list until `hand_out`.
    """
    if amount not in NOTE_VALUES:
        raise NotIssued("a note is of 1, 2, 5, 10 or 20 euro")
    if not home.terminals.filter(paper_till=True).exists():
        raise NotIssued(f"{home.id} has no paper till")
    voucher = Voucher(
        iss=programme,
        exp=at + NOTE_LIFE_S,
        iat=at,
        cti=secrets.token_bytes(CTI_LENGTH),
        amount=amount,
        home=home.id,
    )
    cti = voucher.cti.hex()
    event = events.note_issued(f"note:{cti}", amount, citizen, cti)
    return _issue(voucher, citizen, event, key_store, home=home)


def hand_out(cti: str, at: int) -> IssuedVoucher:
    """A note leaves the desk; from the next bundle on tills take it. Raises `NotIssued` where there is no such note."""
    note = IssuedVoucher.objects.filter(cti=cti, paper=True).first()
    if note is None:
        raise NotIssued(f"there is no note {cti}")
    if note.handed_out_at is None:
        note.handed_out_at = at
        note.save(update_fields=["handed_out_at"])
    return note


def _issue(
    voucher: Voucher,
    citizen: str,
    event: Event,
    key_store: KeyStore,
    home: Shop | None = None,
    handed_out_at: int | None = None,
) -> IssuedVoucher:
    token = key_store.sign_voucher(voucher, revoked_kids())
    with transaction.atomic():
        try:
            post(event, voucher.iat)
        except Overdrawn as error:
            raise NotIssued("the citizen's account holds less") from error
        return IssuedVoucher.objects.create(
            cti=voucher.cti.hex(),
            paper=voucher.cnf is None,
            citizen=citizen,
            amount=voucher.amount,
            issued_at=voucher.iat,
            expires_at=voucher.exp,
            home=home,
            handed_out_at=handed_out_at,
            token=token,
        )
