# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keys change without a gap, end at once, and each signature is a row; what is sealed opens to its passphrase alone."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connection, transaction

from backend.assembly import programme_of, public_log_of
from backend.commands import key_changes
from backend.commands.answer import Refused
from backend.commands.officials import say_yes
from backend.configuration import Engine
from backend.minting import bundles, key_file, measures, rotation, sealed_file, signature_log, vouchers
from backend.minting.file_keystore import FileKeyStore
from backend.minting.keystore import KeysRefused
from backend.minting.models import MeasureKind, Signature
from backend.minting.note_sheets import sheets_of
from backend.minting.print_runs import Order, make_run
from backend.officials import approvals
from backend.officials.matters import Matter
from backend.proof import nightly
from heitje import cose
from heitje import vouchers as formats
from heitje.acceptance import ListedKey, is_signed_by
from heitje.bundle import KeyUse
from heitje.card.certificate import CardCertificate
from heitje.cose import AAD_VOUCHER
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.trust_root import Role
from heitje.vouchers import Voucher
from terminal.provisioning import bundle_of

if TYPE_CHECKING:
    from tests.backend.conftest import City

PROGRAMME = TestProgramme.parse((Path(__file__).parents[2] / "vectors" / "test-programme.json").read_text("utf-8"))
AT = 1_795_500_000
PASSPHRASE = b"a passphrase of some length"
BOTH = pytest.mark.parametrize("engine", list(Engine))


def voucher(at: int) -> Voucher:
    """A note that is made at a time."""
    return Voucher("nl.testburg", at + vouchers.NOTE_LIFE_S, at, bytes(16), Cents(500), home="bakker-1")


def kid_of(token: bytes) -> bytes:
    """Who signed."""
    return formats.decode(token).sign1.kid


def listed(city: City) -> tuple[ListedKey, ...]:
    """What a bundle lists for vouchers."""
    keys = bundles.listed_keys(programme_of(city.configuration).key_store)
    return tuple(ListedKey(key.public, key.valid_from, key.valid_until) for key in keys if KeyUse.VOUCHER in key.uses)


def rotate(city: City, at: int, at_once: bool = False) -> None:
    """Two keepers."""
    name = rotation.name_of_next("nl.testburg", len(programme_of(city.configuration).key_store.keys))
    asked = approvals.request(Matter.KEY_ROTATION, "nl.testburg", {"name": name, "at_once": at_once}, "keeper-1", at)
    say_yes(asked.pk, "keeper-1", at)
    assert len(listed(city)) == 2, "one yes makes no key"
    say_yes(asked.pk, "keeper-2", at)


def test_a_new_key_is_listed_before_it_signs_and_old_vouchers_live_on(city: City) -> None:
    old = programme_of(city.configuration).key_store.keys[0].public
    before = programme_of(city.configuration).key_store.sign_voucher(voucher(AT), frozenset())
    rotate(city, AT)
    store = programme_of(city.configuration).key_store
    new = store.keys[-1].public
    begins = AT + rotation.AHEAD_S
    assert [key.public for key in listed(city)][-1] == new
    signed_by = {at: kid_of(store.sign_voucher(voucher(at), frozenset())) for at in (AT, begins - 1, begins)}
    assert signed_by == {AT: old.kid, begins - 1: old.kid, begins: new.kid}, "no second without a key"
    last = AT + vouchers.NOTE_LIFE_S
    assert is_signed_by(formats.decode(before).sign1, AAD_VOUCHER, listed(city), last), "old vouchers live to their end"
    fresh = formats.decode(store.sign_voucher(voucher(begins), frozenset()))
    assert is_signed_by(fresh.sign1, AAD_VOUCHER, listed(city), begins)
    assert kid_of(store.sign_voucher(voucher(begins), frozenset({new.kid}))) == old.kid
    key_file.add_mint_key(city.configuration.key_store_path, "nl.testburg/mint/3", rotation.next_window(AT + 1))
    assert programme_of(city.configuration).key_store.keys == store.keys, "a key is made once under its name"


def test_a_bundle_is_signed_by_the_key_that_tills_have_known_longest(tmp_path: Path) -> None:
    """A till knows a newer key by a bundle alone, so none comes under a key that its till has not heard of."""
    path, first, later = tmp_path / "keys.json", rotation.first_window(AT), AT + 700 * rotation.DAY_S
    key_file.make(path, key_file.new_keys("nl.stad", bytes(8), first))
    key_file.add_mint_key(path, "nl.stad/mint/3", rotation.next_window(later))
    store = FileKeyStore.open(path, production=False)

    def signer(at: int) -> bytes:
        token = store.sign_bundle(bundle_of(PROGRAMME, at, 1))
        return cose.parse(token, len(token)).kid

    old, new = store.keys[0].public.kid, store.keys[-1].public.kid
    begins = later + rotation.AHEAD_S
    assert kid_of(store.sign_voucher(voucher(begins), frozenset())) == new
    assert [signer(at) for at in (AT, begins, first.signs_until, first.signs_until + 1)] == [old, old, old, new]


def test_in_an_emergency_the_new_key_signs_at_once(city: City) -> None:
    rotate(city, AT, at_once=True)
    store = programme_of(city.configuration).key_store
    assert kid_of(store.sign_voucher(voucher(AT), frozenset())) == store.keys[-1].public.kid


def test_a_key_signs_nothing_that_outlives_it(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    window = rotation.first_window(AT)
    key_file.make(path, key_file.new_keys("nl.stad", bytes(8), window))
    store = FileKeyStore.open(path, production=False)
    for exp in (window.valid_until, window.valid_until + 1):
        certificate = CardCertificate("nl.stad", exp, AT, bytes(7))
        if exp == window.valid_until:
            assert store.sign_certificate(certificate)
        else:
            with pytest.raises(KeysRefused, match="ends before"):
                store.sign_certificate(certificate)
    with pytest.raises(KeysRefused, match="no key may sign"):
        store.sign_voucher(voucher(window.signs_until + 1), frozenset())


def test_a_key_store_from_before_there_was_a_log_gets_its_key_from_two(city: City) -> None:
    path, store = city.configuration.key_store_path, programme_of(city.configuration).key_store
    with pytest.raises(Refused, match="another log"):
        key_changes.request_log_key("keeper-1", AT)
    document = key_file.read(path)
    del document["trust"]["log"]
    path.write_text(json.dumps(document), "ascii")
    log = public_log_of(city.configuration)
    with pytest.raises(KeysRefused, match="add-log"):
        nightly.write("nl.testburg", programme_of(city.configuration).key_store, log, AT)
    asked = key_changes.request_log_key("keeper-1", AT)
    say_yes(asked.pk, "keeper-1", AT)
    assert programme_of(city.configuration).key_store.trust_keys(Role.LOG) == ()
    say_yes(asked.pk, "keeper-2", AT)
    [key] = programme_of(city.configuration).key_store.trust_keys(Role.LOG)
    assert key not in store.trust_keys(Role.LOG)
    done = nightly.write("nl.testburg", programme_of(city.configuration).key_store, log, AT)
    assert (done.published.key.public, done.published.note.signed_by(done.published.key)) == (key, 0)


def test_two_keepers_end_a_key(city: City) -> None:
    store = programme_of(city.configuration).key_store
    first, second = (key.public for key in store.keys)
    asked = approvals.request(Matter.KEY_REVOCATION, first.kid.hex(), {"kid": first.kid.hex()}, "keeper-1", AT)
    say_yes(asked.pk, "keeper-1", AT)
    assert measures.revoked_kids() == frozenset()
    with pytest.raises(approvals.NotApproved):
        say_yes(asked.pk, "treasurer-1", AT)
    say_yes(asked.pk, "keeper-2", AT)
    assert measures.revoked_kids() == {first.kid}
    assert [key.public for key in listed(city)] == [second]
    assert kid_of(city.phone("anna", 100).token) == second.kid


def test_nothing_is_minted_when_every_key_is_revoked(city: City) -> None:
    city.earn("anna", 500)
    for key in programme_of(city.configuration).key_store.keys:
        measures.impose(MeasureKind.KEY_REVOKED, AT, key.public.kid.hex())
    store = programme_of(city.configuration).key_store
    order = Order("bakker-1", ((1, 500),), "citizen", "anna", "anna")
    with pytest.raises(KeysRefused):
        make_run("x", order, "desk-1", "nl.testburg", store, AT)
    assert city.earned("anna") == 500


@BOTH
def test_every_signature_is_a_row_that_stays(city: City, engine: str) -> None:
    city.earn("anna", 1500)
    before = Signature.objects.count()
    store = programme_of(city.configuration).key_store
    run = make_run("x", Order("bakker-1", ((3, 500),), "citizen", "anna", "anna"), "desk-1", "nl.testburg", store, AT)
    sheets_of(run)
    store.sign_time(bytes(8), AT)
    rows = list(Signature.objects.order_by("id"))[before:]
    tokens = [bytes(note.voucher.token) for note in run.notes.order_by("number")]
    payloads = [cose.parse(token, len(token)).payload for token in tokens]
    assert [(row.what, row.kid, row.digest) for row in rows] == [
        ("voucher", store.keys[0].public.kid.hex(), sha256(payload).hexdigest()) for payload in payloads
    ]
    for statement in ("UPDATE minting_signature SET kid = ''", "DELETE FROM minting_signature"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(vouchers.NotIssued):
        make_run("y", Order("bakker-1", ((3, 500),), "citizen", "anna", "anna"), "desk-1", "nl.testburg", store, AT)
    assert Signature.objects.count() == before + 3, "what is not covered is not signed"
    signature_log.keep("time", "00", "00")
    assert Signature.objects.count() == before + 3


@pytest.fixture
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sealed file with keys of its own, and its passphrase where systemd would put it."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    credential = tmp_path / sealed_file.CREDENTIAL
    credential.touch(mode=0o600)
    credential.write_bytes(PASSPHRASE + b"\n")
    path = tmp_path / "keys.sealed"
    key_file.make(path, key_file.new_keys("nl.stad", bytes(8), rotation.first_window(AT)))
    return path


def test_a_sealed_file_is_for_production_and_holds_no_readable_key(sealed: Path) -> None:
    store = FileKeyStore.open(sealed, production=True)
    assert store.sign_voucher(voucher(AT), frozenset())
    document = key_file.read(sealed)
    text = sealed.read_text("ascii")
    assert not any(row["seed"] in text for row in document["keys"])
    assert sealed.stat().st_mode & 0o077 == 0
    key_file.add_mint_key(sealed, "nl.stad/mint/3", rotation.next_window(AT))
    assert key_file.add_terminal_master(sealed) == 2
    changed = FileKeyStore.open(sealed, production=True)
    assert (len(changed.keys), changed.terminal_key_versions) == (3, (2, 1))
    assert sealed.stat().st_mode & 0o077 == 0


def test_what_does_not_open(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sealed.read_bytes()
    document = json.loads(whole)
    weaker = json.dumps({**document, "n": 2**14}).encode()
    dearer = json.dumps({**document, "n": 2**30}).encode()
    spoiled = json.dumps({**document, "data": "00" + document["data"][2:]}).encode()
    for data in (weaker, dearer, spoiled, b"{}", whole[:-30]):
        sealed.write_bytes(data)
        with pytest.raises(KeysRefused):
            FileKeyStore.open(sealed, production=True)
    sealed.write_bytes(whole)
    credential = sealed.with_name(sealed_file.CREDENTIAL)
    credential.write_bytes(b"another passphrase altogether")
    with pytest.raises(KeysRefused, match="passphrase is another"):
        FileKeyStore.open(sealed, production=True)
    credential.chmod(0o644)
    with pytest.raises(KeysRefused, match="read by others"):
        FileKeyStore.open(sealed, production=True)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    with pytest.raises(KeysRefused, match="no passphrase"):
        FileKeyStore.open(sealed, production=True)
    with pytest.raises(KeysRefused, match="16 characters"):
        sealed_file.seal(b"x", b"short")
