# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Trust bundles: what a terminal needs to decide alone, built from the books as they stand (DESIGN.md section 4)."""

from dataclasses import replace
from typing import Final

from django.db import transaction
from django.db.models import Max

from backend.ledger.accounts import AccountKind
from backend.ledger.models import Account
from backend.minting.keystore import KeyStore
from backend.minting.measures import cards_online_only, revoked_kids
from backend.minting.models import Card, IssuedBundle, IssuedVoucher
from backend.shops.models import Terminal
from heitje.acceptance import Shop
from heitje.bundle import BUNDLE_MAX, BundleKey, KeyUse, TrustBundle
from heitje.cose import parse, payload_map
from heitje.limits import CardLimits, Limits

LIMITS: Final = Limits()
CARD_LIMITS: Final = CardLimits()
CARD_LIMITS_SECURE_ELEMENT: Final = CardLimits(card_payment_cents=5000, card_day_cents=10_000)
"""Where the debit master sits in a SAM or TPM (DESIGN.md section 6)."""
FRESH_S: Final = 3600
"""A bundle is not made anew within the hour, unless something in it changed."""


def card_limits_of(terminal: Terminal) -> CardLimits:
    """The card's offline limits at this terminal."""
    return CARD_LIMITS_SECURE_ELEMENT if terminal.secure_element else CARD_LIMITS


def current_bundle(programme: str, terminal: Terminal, key_store: KeyStore, at: int) -> IssuedBundle:
    """The last bundle if it is fresh and still says what stands in the books, else the next. Raises `KeysRefused`."""
    last = terminal.bundles.order_by("-version").first()
    if last is not None and at - last.issued_at < FRESH_S:
        then = TrustBundle.from_claims(payload_map(parse(bytes(last.token), BUNDLE_MAX)))
        if replace(_bundle(programme, terminal, key_store, at), issued=then.issued, version=then.version) == then:
            return last
    return issue_bundle(programme, terminal, key_store, at)


def issue_bundle(programme: str, terminal: Terminal, key_store: KeyStore, at: int) -> IssuedBundle:
    """Sign the next version of a terminal's bundle and remember that it was served. Raises `KeysRefused`."""
    with transaction.atomic():
        last = terminal.bundles.aggregate(last=Max("version"))["last"]
        bundle = replace(_bundle(programme, terminal, key_store, at), version=(last or 0) + 1)
        return IssuedBundle.objects.create(
            terminal=terminal, version=bundle.version, issued_at=at, token=key_store.sign_bundle(bundle)
        )


def _bundle(programme: str, terminal: Terminal, key_store: KeyStore, at: int) -> TrustBundle:
    """What the books say now, not yet numbered."""
    shop = terminal.shop
    return TrustBundle(
        iss=programme,
        terminal=bytes.fromhex(terminal.id),
        issued=at,
        version=0,
        df_name=key_store.df_name,
        keys=_listed_keys(key_store),
        shop=Shop(shop.id, shop.category, shop.area),
        shop_name=shop.name,
        paper_till=terminal.paper_till,
        limits=LIMITS,
        card_limits=card_limits_of(terminal),
        deny=_deny_list(at),
        cards_online_only=cards_online_only(),
    )


def _listed_keys(key_store: KeyStore) -> tuple[BundleKey, ...]:
    """The programme's keys; a revoked one is listed for everything but vouchers."""
    revoked = revoked_kids()
    return tuple(
        BundleKey(key.public, key.uses - {KeyUse.VOUCHER}, key.valid_from, key.valid_until)
        if key.public.kid in revoked
        else key
        for key in key_store.keys
    )


def _deny_list(at: int) -> frozenset[bytes]:
    """Suspended cards; notes that are not handed out or that are spent, while a till might take them."""
    cards = Card.objects.filter(suspended_at__isnull=False).values_list("uid", flat=True)
    notes = IssuedVoucher.objects.filter(paper=True, expires_at__gte=at)
    waiting = notes.filter(handed_out_at__isnull=True).values_list("cti", flat=True)
    spent_accounts = Account.objects.filter(kind=AccountKind.NOTE, balance=0, last_transfer__gt=0).values("owner")
    spent = notes.filter(cti__in=spent_accounts).values_list("cti", flat=True)
    return frozenset(bytes.fromhex(name) for names in (cards, waiting, spent) for name in names)
