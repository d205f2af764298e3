# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Trust bundles and the deny list: what a terminal needs to decide alone, built from the books as they stand.

DESIGN.md section 4. The deny list is a file of its own; a bundle changes only when its terminal, shop, keys or limits
do.
"""

from dataclasses import replace
from typing import Final

from django.db.models import Max, OuterRef, Q, Subquery

from backend.ledger.accounts import AccountKind
from backend.ledger.models import Account
from backend.ledger.rows import select
from backend.minting.keystore import KeyStore
from backend.minting.measures import cards_online_only, revoked_kids
from backend.minting.models import Card, IssuedBundle, IssuedVoucher
from backend.shops.models import Terminal
from heitje.acceptance import Shop
from heitje.bundle import BUNDLE_MAX, BundleKey, KeyUse, TrustBundle
from heitje.cose import parse, payload_map
from heitje.limits import CardLimits, Limits

_IN_CONFLICT: Final = """
SELECT v.cti FROM redemption_case AS d
JOIN redemption_journalentry AS e ON e.id = d.entry_id
JOIN redemption_claim AS c ON c.terminal_id = e.terminal_id AND c.branch = e.branch AND c.intent_seq = e.of
    AND c.completed_by = e.seq
JOIN minting_issuedvoucher AS v ON v.cti = c.item
WHERE d.kind IN ('two payloads', 'overspent') AND v.expires_at >= %s
"""
"""Cases stand in intake's tables, which are made after these; a publication reads them as they stand."""
LIMITS: Final = Limits()
CARD_LIMITS: Final = CardLimits()
CARD_LIMITS_SECURE_ELEMENT: Final = CardLimits(card_payment_cents=5000, card_day_cents=10_000)
"""Where the debit master sits in a SAM or TPM (DESIGN.md section 6)."""


def card_limits_of(terminal: Terminal) -> CardLimits:
    """The card's offline limits at this terminal."""
    return CARD_LIMITS_SECURE_ELEMENT if terminal.secure_element else CARD_LIMITS


def issue_bundles(programme: str, key_store: KeyStore, number: int, at: int) -> dict[str, bytes]:
    """Every terminal's bundle by its id: the last one where it still says what stands in the books, else a new one.

    A new one is as of publication `number`. Raises `KeysRefused`.
    """
    listed, online_only = listed_keys(key_store), cards_online_only()
    newest = Q(
        version=Subquery(
            IssuedBundle.objects.filter(terminal=OuterRef("terminal"))
            .values("terminal")
            .annotate(Max("version"))
            .values("version__max")
        )
    )
    tokens = {issued.terminal_id: bytes(issued.token) for issued in IssuedBundle.objects.filter(newest)}
    fresh = []
    for terminal in Terminal.objects.select_related("shop"):
        now = _bundle(programme, terminal, key_store.df_name, listed, online_only)
        if not _still_says(tokens.get(terminal.id), now):
            token = key_store.sign_bundle(replace(now, version=number, issued=at))
            fresh.append(IssuedBundle(terminal=terminal, version=number, issued_at=at, token=token))
            tokens[terminal.id] = token
    IssuedBundle.objects.bulk_create(fresh)
    return tokens


def newest_bundle(terminal: Terminal) -> bytes | None:
    """A terminal's last bundle; None where nothing was published since it was taken on."""
    last = IssuedBundle.objects.filter(terminal=terminal).order_by("-version").first()
    return None if last is None else bytes(last.token)


def deny_list(at: int) -> frozenset[bytes]:
    """What no till shall take: suspended and blocked cards; notes that are not handed out or that are spent; allowances
    of which more was spent than there was, or that signed two payments under one number. Vouchers until they end.
    """
    denied = Q(suspended_at__isnull=False) | Q(blocked_at__isnull=False)
    cards = Card.objects.filter(denied).values_list("uid", flat=True)
    notes = IssuedVoucher.objects.filter(paper=True, expires_at__gte=at)
    waiting = notes.filter(handed_out_at__isnull=True).values_list("cti", flat=True)
    spent_accounts = Account.objects.filter(kind=AccountKind.NOTE, balance=0, last_transfer__gt=0).values("owner")
    spent = notes.filter(cti__in=spent_accounts).values_list("cti", flat=True)
    in_conflict = (cti for (cti,) in select(_IN_CONFLICT, at))
    return frozenset(bytes.fromhex(name) for names in (cards, waiting, spent, in_conflict) for name in names)


def listed_keys(key_store: KeyStore) -> tuple[BundleKey, ...]:
    """The programme's keys; a revoked one is listed for everything but vouchers."""
    revoked = revoked_kids()
    return tuple(
        BundleKey(key.public, key.uses - {KeyUse.VOUCHER}, key.valid_from, key.valid_until)
        if key.public.kid in revoked
        else key
        for key in key_store.keys
    )


def _bundle(
    programme: str, terminal: Terminal, df_name: bytes, keys: tuple[BundleKey, ...], online_only: bool
) -> TrustBundle:
    """What the books say now, neither dated nor numbered."""
    shop = terminal.shop
    return TrustBundle(
        iss=programme,
        terminal=bytes.fromhex(terminal.id),
        issued=0,
        version=0,
        df_name=df_name,
        keys=keys,
        shop=Shop(shop.id, shop.category, shop.area),
        shop_name=shop.name,
        paper_till=terminal.paper_till,
        limits=LIMITS,
        card_limits=card_limits_of(terminal),
        cards_online_only=online_only,
    )


def _still_says(token: bytes | None, now: TrustBundle) -> bool:
    if token is None:
        return False
    then = TrustBundle.from_claims(payload_map(parse(token, BUNDLE_MAX)))
    return replace(then, issued=0, version=0) == now
