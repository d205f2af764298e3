# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The mint: allowances, notes, cards and bundles come from a citizen's account, and each once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from backend.assembly import programme_of
from backend.ledger import accounts
from backend.minting import bundles, cards, cover, measures, print_runs, vouchers
from backend.minting.models import Card, MeasureKind, PrintRun
from backend.shops.models import Terminal
from heitje import vouchers as formats
from heitje.acceptance import is_signed_by
from heitje.bundle import KeyUse, TrustBundle, open_bundle
from heitje.cose import AAD_VOUCHER
from heitje.keys import SigningKey
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City

AT = 1_795_500_000
PHONE = SigningKey.from_seed(bytes(32))


def bundle(city: City, at: int = AT) -> TrustBundle:
    """The till's bundle as it is now."""
    key_store = programme_of(city.configuration).key_store
    roots = tuple(key.public for key in key_store.keys)
    [[terminal, token]] = bundles.issue_bundles("nl.testburg", key_store, at, at).items()
    return open_bundle(token, roots, bytes.fromhex(terminal))


def test_an_allowance_leaves_the_citizen_and_verifies(city: City) -> None:
    phone = city.phone("citizen-9", 2000)
    signed = formats.decode(phone.token)
    keys = bundle(city).keys_for(KeyUse.VOUCHER)
    assert is_signed_by(signed.sign1, AAD_VOUCHER, keys, AT)
    assert (signed.voucher.amount, signed.voucher.exp - signed.voucher.iat) == (2000, 7 * 86_400)
    assert (city.earned("citizen-9"), city.holds(accounts.allowance(phone.cti))) == (0, 2000)


@pytest.mark.parametrize(("earned", "amount"), [(1000, 1001), (5000, 2501)])
def test_no_allowance_of_more_than_there_is_or_may_be(city: City, earned: int, amount: int) -> None:
    city.earn("citizen-9", earned)
    with pytest.raises(vouchers.NotIssued):
        vouchers.issue_allowance(
            programme="nl.testburg",
            citizen="citizen-9",
            amount=Cents(amount),
            phone=PHONE.public,
            key_store=programme_of(city.configuration).key_store,
            at=AT,
        )
    assert city.earned("citizen-9") == earned


def test_a_note_is_denied_until_it_is_handed_out(city: City) -> None:
    cti, token = city.note("citizen-9", 500, handed_out=False)
    assert formats.decode(token).voucher.home == "bakker-1"
    assert bytes.fromhex(cti) in bundles.deny_list(AT)
    print_runs.hand_out(PrintRun.objects.get(), 1, 1, "desk-1", AT)
    assert bytes.fromhex(cti) not in bundles.deny_list(AT)


def test_a_uid_is_issued_once_and_only_with_money(city: City) -> None:
    city.earn("citizen-9", 500)
    with pytest.raises(cards.CardRefused):
        cards.load_card_at_issue(bytes(7), "citizen-9", Cents(501), AT)
    cards.load_card_at_issue(bytes(7), "citizen-9", Cents(500), AT)
    with pytest.raises(cards.CardRefused):
        cards.load_card_at_issue(bytes(7), "citizen-9", Cents(1), AT)
    assert city.holds(accounts.purse("00" * 7)) == 500
    assert Card.objects.get(uid="00" * 7).opening_balance == 500


def test_cover_is_booked_once_per_statement_line(city: City) -> None:
    free = city.holds(accounts.FREE_COVER)
    assert cover.fund("statement:7", Cents(900), "7", AT)
    assert not cover.fund("statement:7", Cents(900), "7", AT)
    assert city.holds(accounts.FREE_COVER) == free + 900
    with pytest.raises(cover.NotCovered):
        cover.fill_loss_fund("loss fund:1", Cents(free + 901), AT)


def test_a_bundle_says_what_the_books_say(city: City) -> None:
    first = bundle(city)
    assert (first.version, first.shop.id, first.paper_till, first.terminal.hex()) == (
        1,
        "bakker-1",
        True,
        "80c566212392d06a",
    )
    assert bundle(city, AT + 60) == first, "what still holds is served again"
    Card.objects.filter(uid="04a1b2c3d4e580").update(suspended_at=AT)
    assert bundles.deny_list(AT) == {bytes.fromhex("04a1b2c3d4e580")}
    assert bundle(city, AT + 60) == first, "the deny list is a file of its own"
    measures.impose(MeasureKind.CARDS_ONLINE_ONLY, AT)
    assert bundle(city, AT + 60) == replace(first, version=AT + 60, issued=AT + 60, cards_online_only=True)


def test_a_revoked_key_signs_no_voucher_more(city: City) -> None:
    key_store = programme_of(city.configuration).key_store
    first, second = key_store.keys
    measures.impose(MeasureKind.KEY_REVOKED, AT, first.public.kid.hex())
    phone = city.phone("citizen-9", 100)
    assert formats.decode(phone.token).sign1.kid == second.public.kid
    listed = bundle(city)
    assert [key.public for key in listed.keys_for(KeyUse.VOUCHER)] == [second.public]
    assert [key.public for key in listed.keys_for(KeyUse.TIME)] == [first.public, second.public]


def test_a_secure_element_has_the_higher_card_limits(city: City) -> None:
    Terminal.objects.update(secure_element=True)
    limits = bundle(city).card_limits
    assert (limits.card_payment_cents, limits.card_day_cents) == (5000, 10_000)
