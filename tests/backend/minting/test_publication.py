# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Publishing: once per change, again each day, and whole wherever it broke off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from backend.assembly import programme_of, repository_of
from backend.minting import measures
from backend.minting.keystore import KeysRefused, KeyStore
from backend.minting.models import IssuedBundle, MeasureKind, Publication
from backend.minting.publication import publish, stamp
from backend.minting.trust_repository import DAY_S, KEPT, NoRepository, TrustRepository
from heitje.trust_root import Role

if TYPE_CHECKING:
    from heitje.keys import PublicKey
    from tests.backend.conftest import City

AT = 1_795_500_000


@dataclass
class Unsteady:
    """A key store whose keys of one role are out of reach for a while."""

    store: KeyStore
    away: set[Role] = field(default_factory=set)

    def sign_trust(self, role: Role, payload: bytes) -> tuple[tuple[PublicKey, bytes], ...]:
        if role in self.away:
            raise KeysRefused(f"no key of the role {role} is here")
        return self.store.sign_trust(role, payload)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


def rows() -> list[tuple[int, int, int]]:
    """All publications in the books."""
    return list(Publication.objects.order_by("number").values_list("number", "issued_at", "confirmed_at"))


def test_a_backend_begins_with_a_publication(city: City) -> None:
    repository = repository_of(city.configuration)
    assert rows() == [(1, AT, AT)]
    assert set(repository.published()) == {"nl.testburg/deny.bin", "nl.testburg/terminals/80c566212392d06a.cose"}


def test_what_has_not_changed_is_only_confirmed(city: City) -> None:
    published = city.publish(AT + 3600)
    assert (published.number, published.fresh) == (1, False)
    assert rows() == [(1, AT, AT + 3600)]


def test_a_clock_that_went_back_confirms_nothing_older(city: City) -> None:
    city.publish(AT + 3600)
    city.publish(AT + 60)
    assert rows() == [(1, AT, AT + 3600)]


def test_a_change_is_a_new_publication_and_a_new_bundle_only_where_it_changed(city: City) -> None:
    city.note("citizen-9", 500, handed_out=False)
    assert city.publish(AT + 60).fresh
    assert IssuedBundle.objects.count() == 1, "a denied note changes no bundle"
    measures.impose(MeasureKind.CARDS_ONLINE_ONLY, AT)
    assert city.publish(AT + 120).number == 3
    assert list(IssuedBundle.objects.order_by("version").values_list("version", flat=True)) == [1, 3]


def test_it_is_made_anew_each_day(city: City) -> None:
    assert not city.publish(AT + DAY_S - 1).fresh
    assert city.publish(AT + DAY_S).number == 2


@pytest.mark.parametrize("away", [Role.TRUST, Role.SNAPSHOT, Role.TIMESTAMP])
def test_broken_off_anywhere_it_goes_on(city: City, away: Role) -> None:
    repository, keys = repository_of(city.configuration), Unsteady(programme_of(city.configuration).key_store)
    city.note("citizen-9", 500, handed_out=False)
    keys.away = {away}
    for _ in range(3):
        with pytest.raises(KeysRefused):
            publish("nl.testburg", keys, repository, AT + 60)  # type: ignore[arg-type]  # all but one method is passed on
    seen = set(repository.published()) if away is not Role.TIMESTAMP else None
    keys.away = set()
    published = publish("nl.testburg", keys, repository, AT + 120)  # type: ignore[arg-type]  # as above
    number, _, confirmed_at = rows()[-1]
    assert (published.number, confirmed_at) == (number, AT + 120)
    assert repository.newest(Role.SNAPSHOT) == number
    assert repository.is_whole()
    assert seen is None or seen == set(repository.published())


def test_a_lost_file_is_published_again(city: City) -> None:
    repository = repository_of(city.configuration)
    for path in repository.targets.rglob("*.deny.bin"):
        path.unlink()
    assert city.publish(AT + 60).fresh
    assert repository.is_whole()


def test_a_lost_database_does_not_go_back(city: City) -> None:
    """The books of yesterday beside the repository of today: the next number is a new one."""
    city.note("citizen-9", 500, handed_out=False)
    city.publish(AT + 60)
    Publication.objects.filter(number=2).delete()
    assert city.publish(AT + 120).number == 3


def test_nothing_can_be_confirmed_before_it_is_published(city: City) -> None:
    empty = TrustRepository(city.configuration.directory / "elsewhere")
    with pytest.raises(NoRepository):
        stamp(programme_of(city.configuration).key_store, empty, AT)


def test_old_publications_are_tidied_away(city: City) -> None:
    repository = repository_of(city.configuration)
    for day in range(1, KEPT + 5):
        city.note(f"citizen-{day}", 500, handed_out=False)
        city.publish(AT + day * DAY_S)
    last = repository.newest(Role.SNAPSHOT)
    numbers = {int(path.name.split(".")[0]) for path in repository.metadata.glob("*.snapshot.json")}
    assert numbers == set(range(last - KEPT + 1, last + 1))
    assert len(list(repository.targets.rglob("*.deny.bin"))) == KEPT
    assert (repository.metadata / "1.root.json").exists(), "a till of the first day must find its way"
    assert repository.is_whole()


def test_a_person_is_told_when_their_signature_ends(city: City) -> None:
    assert min(city.publish(AT + 60).ends.values()) > AT + 365 * DAY_S
