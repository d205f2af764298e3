# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Key 1's masters: two officials compare 8 digits, a terminal is given what it lacks, and cards wait for the tills."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from backend.assembly import programme_of
from backend.cards import masters
from backend.cards.models import MasterHolder
from backend.cards.waiting import at_next_tap
from backend.commands.officials import say_yes
from backend.minting.models import Card as CardRow
from backend.officials import acts
from backend.officials.approvals import NotApproved
from backend.officials.models import Act, Official, RoleGrant
from backend.officials.roles import Role
from backend.shops.admission import NotAdmitted, enrol_terminal
from backend.shops.models import Terminal, TerminalState
from heitje.acceptance import ListedKey
from heitje.bundle import KeyUse
from heitje.fingerprint import digits_of
from heitje.keys import PublicKey, SigningKey
from heitje.master_delivery import DeliveryState, MasterRequest, Opener
from heitje.relay import End, Work

if TYPE_CHECKING:
    from firmware_sim.card.firmware import Card
    from heitje.programme import TestProgramme
    from tests.backend.cards.conftest import Reader
    from tests.backend.conftest import City

NOW = 1_795_500_000
SECOND = bytes(range(16, 32))


@pytest.fixture
def second(city: City) -> None:
    """The key store has a second master of key 1."""
    path = city.configuration.key_store_path
    document = json.loads(path.read_text("ascii"))
    document["card_masters"]["terminal"]["2"] = SECOND.hex()
    path.write_text(json.dumps(document), "ascii")


@pytest.fixture
def enrollers(city: City) -> tuple[str, str]:
    """Two officials who may."""
    del city
    for number in ("ann", "bas", "cas"):
        Official.objects.create(number=number, since=NOW)
    for number in ("ann", "bas"):
        RoleGrant.objects.create(official_id=number, role=Role.ENROLLER, since=NOW)
    return "ann", "bas"


@pytest.mark.usefixtures("second")
def test_a_terminal_has_them_after_two_compared_and_not_before(
    reader: Reader, enrollers: tuple[str, str], programme: TestProgramme
) -> None:
    key_store = programme_of(reader.city.configuration).key_store
    terminal = Terminal.objects.get(id=reader.terminal)
    identity = bytes.fromhex(terminal.id)
    opener = Opener()
    asked = MasterRequest(opener.key, (1,))
    assert masters.answer(terminal, asked, key_store, NOW) == (DeliveryState.WAITS, b"")
    ann, bas = enrollers
    wanted = masters.request_release(identity, "cas", NOW)
    digits = digits_of(PublicKey(bytes(terminal.public_key)))
    with pytest.raises(NotApproved, match="no enroller"):
        say_yes(wanted.pk, "cas", NOW, digits)
    with pytest.raises(NotApproved, match="compared"):
        say_yes(wanted.pk, ann, NOW, f"{(int(digits) + 1) % 10**8:08d}")
    for _ in range(2):
        say_yes(wanted.pk, ann, NOW, digits)
    assert masters.answer(terminal, asked, key_store, NOW) == (DeliveryState.WAITS, b""), "one is not two"
    say_yes(wanted.pk, bas, NOW, digits)
    state, token = masters.answer(terminal, asked, key_store, NOW)
    keys = [
        ListedKey(key.public, key.valid_from, key.valid_until) for key in key_store.keys if KeyUse.BUNDLE in key.uses
    ]
    assert state is DeliveryState.DELIVERED
    given = opener.open(token, identity, programme.df_name, keys, NOW)
    assert given == {1: programme.master_terminal, 2: SECOND}
    assert masters.answer(terminal, MasterRequest(opener.key, (2, 1)), key_store, NOW)[0] is DeliveryState.CURRENT
    with pytest.raises(NotAdmitted, match="already"):
        masters.request_release(identity, ann, NOW)
    with pytest.raises(NotAdmitted, match="no terminal"):
        masters.request_release(bytes(8), ann, NOW)
    told = [act.act for act in Act.objects.order_by("number")]
    assert told[-1] == "terminal masters delivered"
    assert list(acts.broken()) == []


@pytest.mark.usefixtures("second")
def test_another_key_than_the_one_compared_is_given_nothing(reader: Reader, enrollers: tuple[str, str]) -> None:
    terminal = Terminal.objects.get(id=reader.terminal)
    wanted = masters.request_release(bytes.fromhex(terminal.id), "cas", NOW)
    digits = digits_of(PublicKey(bytes(terminal.public_key)))
    say_yes(wanted.pk, enrollers[0], NOW, digits)
    Terminal.objects.filter(id=terminal.id).update(public_key=SigningKey.from_seed(bytes(32)).public.raw)
    with pytest.raises(NotAdmitted, match="another key"):
        say_yes(wanted.pk, enrollers[1], NOW, digits)
    assert not MasterHolder.objects.filter(terminal=terminal.id).exclude(released_at=None).exists()


@pytest.mark.usefixtures("second")
def test_cards_move_when_every_till_that_can_sell_holds_the_newer_one(reader: Reader, card: Card) -> None:
    city, key_store = reader.city, programme_of(reader.city.configuration).key_store
    terminal = Terminal.objects.select_related("shop").get(id=reader.terminal)
    other = enrol_terminal(
        terminal_id=bytes(range(8)),
        shop=terminal.shop,
        public_key=SigningKey.from_seed(bytes(range(32))).public,
        paper_till=False,
        secure_element=False,
        at=NOW,
    )
    Terminal.objects.exclude(id__in=(terminal.id, other.id)).update(state=TerminalState.SUSPENDED)

    def renews(now: int = NOW) -> bool:
        return at_next_tap(card.uid, programme_of(city.configuration), now).renew

    def holds(who: Terminal, *versions: int, at: int = NOW) -> None:
        masters.answer(who, MasterRequest(bytes(32), versions), key_store, at)

    assert not renews(), "nobody holds it"
    assert reader.tap(card, Work.RENEW).end is End.RENEWED
    assert CardRow.objects.get(uid=card.uid.hex()).key_version == 1
    holds(terminal, 2, 1)
    holds(other, 1)
    assert not renews()
    assert [(row.version, row.cards, row.behind) for row in masters.standings((2, 1), NOW)] == [
        (2, 0, (other.id,)),
        (1, CardRow.objects.exclude(made_at=None).count(), ()),
    ]
    assert masters.would_be_left((2, 1)) == CardRow.objects.exclude(made_at=None).count()
    later = NOW + masters.SILENT_S + 1
    holds(terminal, 2, 1, at=later)
    assert renews(later), "who is silent for a week holds up nothing"
    holds(other, 1, at=later)
    assert not renews(later)
    holds(other, 2, 1, at=later)
    assert renews(later)
    reader.clock = later
    assert reader.tap(card, Work.RENEW).end is End.RENEWED
    assert CardRow.objects.get(uid=card.uid.hex()).key_version == 2
    assert not renews(later)
