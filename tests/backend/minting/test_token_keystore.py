# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The key store in a PKCS#11 token (SoftHSM2): it does what the file does, and gives no master away."""

from __future__ import annotations

import json
import select
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backend.minting import key_file
from backend.minting.file_keystore import FileKeyStore
from backend.minting.key_stores import open_key_store
from backend.minting.keystore import KeysRefused, KeyStore, KeysUnavailable
from backend.minting.rotation import Window
from backend.minting.token_description import TokenDescription
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje import cose
from heitje.bundle import KeyUse
from heitje.card import load, sale
from heitje.card.certificate import CardCertificate
from heitje.card.keys import diversification_of, diversify
from heitje.card.layout import KEY_CARD, KEY_ISSUER, KEY_LOADER, KEY_TERMINAL, KEY_TRANSACTION_MAC
from heitje.card.messaging import key_of
from heitje.card.session import authenticate_first, run
from heitje.cose import AAD_CARD, AAD_TIME
from heitje.money import Cents
from heitje.programme import TestProgramme
from heitje.proof.checkpoint import Checkpoint
from heitje.proof.merkle import EMPTY_ROOT
from heitje.proof.note import Note, NoteKey, SignatureType
from heitje.trust_root import OFFLINE, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.backend.minting.conftest import SoftHsm

VECTORS = Path(__file__).parents[2] / "vectors"
PROGRAMME = TestProgramme.parse((VECTORS / "test-programme.json").read_text("utf-8"))
NOW = 1_795_500_000
END = NOW + 10**9
WINDOW = Window(NOW - 10, END, NOW - 10, END)
UID = bytes.fromhex("04A1B2C3D4E580")
LABEL = "heitje-testburg"


@pytest.fixture(scope="module")
def described(soft_hsm: SoftHsm) -> Path:
    """The description of a token with the test programme's keys."""
    from backend.minting import token_ceremony as ceremony
    from backend.minting.pkcs11_token import Token

    place = ceremony.Place(soft_hsm.module, LABEL, soft_hsm.pin_file)
    token = Token.open(soft_hsm.module, LABEL, soft_hsm.pin)
    for name, description in (
        ("token.toml", ceremony.describe(PROGRAMME.iss, PROGRAMME.df_name, place, WINDOW)),
        ("offline-token.toml", ceremony.describe_offline(PROGRAMME.iss, PROGRAMME.df_name, place)),
    ):
        assert ceremony.make_keys(token, description, PROGRAMME) == description.labels
        assert ceremony.make_keys(token, description, PROGRAMME) == (), "it is safe to run again"
        description.write(soft_hsm.directory / name)
    token.close()
    return soft_hsm.directory / "token.toml"


@pytest.fixture
def store(described: Path) -> KeyStore:
    """The store in the token."""
    return open_key_store(described, production=False)


@pytest.fixture
def in_file(tmp_path: Path) -> KeyStore:
    """The same keys in a file."""
    key_file.write(tmp_path / "keys.json", PROGRAMME, NOW - 10, END)
    return open_key_store(tmp_path / "keys.json", production=False)


def test_the_suffix_chooses(store: KeyStore, in_file: KeyStore) -> None:
    assert isinstance(in_file, FileKeyStore)
    assert not isinstance(store, FileKeyStore)
    assert (store.df_name, store.keys, store.terminal_key_versions) == (in_file.df_name, in_file.keys, (1,))


def test_a_token_signs_what_a_file_signs(store: KeyStore, in_file: KeyStore) -> None:
    """Ed25519 is deterministic: the very same bytes."""
    certificate = CardCertificate(PROGRAMME.iss, NOW + 10**8, NOW, UID)
    signed = store.sign_certificate(certificate)
    assert signed == in_file.sign_certificate(certificate)
    assert cose.verify(cose.parse(signed), AAD_CARD, PROGRAMME.mint.public)
    assert store.sign_time(PROGRAMME.terminal, NOW) == in_file.sign_time(PROGRAMME.terminal, NOW)
    assert cose.verify(cose.parse(store.sign_time(PROGRAMME.terminal, NOW)), AAD_TIME, PROGRAMME.mint.public)
    assert store.sign_trust(Role.SNAPSHOT, b"said") == in_file.sign_trust(Role.SNAPSHOT, b"said")
    with pytest.raises(KeysRefused):
        store.sign_time(PROGRAMME.terminal, END + 1)


def test_the_public_logs_key_in_a_token_that_had_none(described: Path, store: KeyStore, in_file: KeyStore) -> None:
    from backend.minting import token_ceremony as ceremony
    from backend.minting.pkcs11_token import Token

    assert store.sign_trust(Role.LOG, b"said") == in_file.sign_trust(Role.LOG, b"said")
    whole = TokenDescription.load(described)
    old = replace(whole, trust={role: labels for role, labels in whole.trust.items() if role is not Role.LOG})
    path = described.with_name("with-log.toml")
    for _ in range(2):
        token = Token.open(old.module, old.token, old.pin())
        ceremony.add_role(token, old, "nl.elders", Role.LOG).write(path)
        token.close()
    added = open_key_store(path, production=False)
    [key] = added.trust_keys(Role.LOG)
    assert key not in store.trust_keys(Role.LOG)
    note_key = NoteKey("nl.elders/log", SignatureType.TEXT, key)
    text = Checkpoint(note_key.name, 0, EMPTY_ROOT).text
    ((_, signature),) = added.sign_trust(Role.LOG, text.encode())
    assert Note(text, (note_key.line(signature),)).signed_by(note_key) == 0


def test_offline_roles_sign_only_where_their_token_is_at_hand(described: Path) -> None:
    alone = open_key_store(described, production=False)
    assert alone.trust_keys(Role.ROOT) == ()
    together = open_key_store(described, False, described.with_name("offline-token.toml"))
    for role in OFFLINE:
        assert together.trust_keys(role) == tuple(key.public for key in PROGRAMME.trust_keys[role])
        for public, signature in together.sign_trust(role, b"root"):
            assert public.verify(public.algorithm, signature, b"root")
    with pytest.raises(KeysRefused, match="no masters"):
        open_key_store(described.with_name("offline-token.toml"), production=False)


def test_the_worked_sales_verify(store: KeyStore) -> None:
    """CARD.md's worked example (vectors/card-purse.json), with a master that never leaves the token."""
    sales = json.loads((VECTORS / "card-purse.json").read_text("utf-8"))["sales"]
    proven = [sale for sale in sales if "tmi_parts" in sale]
    assert len(proven) == 2
    for sold in proven:
        uid, tmi = bytes.fromhex(sold["uid"]), bytes.fromhex("".join(sold["tmi_parts"]))
        tmc, enc_tmri = sold["card_after"]["tmc"], bytes.fromhex(sold["evidence"]["enc_tmri"])
        assert store.transaction_mac(uid, tmc, tmi).hex() == sold["card_after"]["tmv"]
        assert store.previous_reader(uid, tmc, enc_tmri).hex() == sold["card_before"]["tmri_prev"]


MASTERS = {
    KEY_ISSUER: PROGRAMME.master_issuer,
    KEY_TERMINAL: PROGRAMME.master_terminal,
    KEY_LOADER: PROGRAMME.master_loader,
    3: PROGRAMME.master_issuer,
    4: PROGRAMME.master_issuer,
    KEY_TRANSACTION_MAC: PROGRAMME.master_transaction_mac,
    KEY_CARD: PROGRAMME.master_issuer,
}


@pytest.mark.parametrize("number", MASTERS)
def test_each_card_key_is_an10922s(store: KeyStore, in_file: KeyStore, number: int) -> None:
    """Derived inside the token from AES operations, it is AES-CMAC of the diversification all the same."""
    value = diversify(MASTERS[number], UID, PROGRAMME.df_name, number)
    assert store.keys_to_write(UID)(number) == in_file.keys_to_write(UID)(number) == value
    for keys in (store, in_file):
        inside, outside = keys.card_key(UID, number), key_of(value)
        assert inside.encrypt(bytes(32)) == outside.encrypt(bytes(32))
        assert inside.decrypt(bytes(range(32))) == outside.decrypt(bytes(range(32)))
        assert inside.cmac(b"a message") == outside.cmac(b"a message")


def test_a_load_with_masters_that_never_leave(store: KeyStore) -> None:
    card = Card(MemoryStore(personalise(PROGRAMME, UID, Cents(500))))
    programme = sale.Programme(PROGRAMME.df_name, [store.card_key(UID, KEY_TERMINAL)])
    contact = run(sale.greet([programme], [bytes(16)]), card.transmit)
    loader = store.card_key(UID, KEY_LOADER)
    prepared = run(load.prepare(contact.session, loader, bytes(16), 7, 250, NOW), card.transmit)
    assert isinstance(prepared, load.Credited)
    run(sale.commit(contact.session), card.transmit)
    assert card.image.application.balance == 750
    card.power_off()
    run(sale.greet([programme], [bytes(16)]), card.transmit)
    session = run(authenticate_first(KEY_ISSUER, store.card_key(UID, KEY_ISSUER), bytes(16)), card.transmit)
    assert session.counter == 0


def test_keys_that_were_used_long_ago_are_forgotten_and_derived_anew(store: KeyStore, described: Path) -> None:
    """The token holds no more than it must; who is still at work with such a key has it derived again."""
    others = secrets_there(described)
    first = store.card_key(bytes(7), KEY_LOADER)
    before = first.cmac(b"x")
    for number in range(300):
        store.card_key(number.to_bytes(7, "big"), KEY_LOADER)
    assert secrets_there(described) - others == 256
    assert store.card_key(bytes(7), KEY_LOADER).cmac(b"x") == first.cmac(b"x") == before


def secrets_there(described: Path) -> int:
    """How many secret keys a session of this process sees."""
    import pkcs11
    from pkcs11 import Attribute, ObjectClass

    description = TokenDescription.load(described)
    session = pkcs11.lib(description.module).get_token(token_label=description.token).open(rw=True)
    kinds = (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY)
    count = sum(len(list(session.get_objects({Attribute.CLASS: kind}))) for kind in kinds)
    session.close()
    return count


def log_out_behind_its_back(described: Path) -> None:
    """Whatever else in this process has the token open may log it out, and its sessions with it."""
    import pkcs11

    description = TokenDescription.load(described)
    token = pkcs11.lib(description.module).get_token(token_label=description.token)
    try:
        token.open(rw=True, user_pin=description.pin()).close()
    except pkcs11.exceptions.UserAlreadyLoggedIn:
        session = token.open(rw=True)
        session.close()


def start_the_library_anew(described: Path) -> None:
    import pkcs11

    pkcs11.lib(TokenDescription.load(described).module).reinitialize()


@pytest.mark.parametrize("lose", [start_the_library_anew, log_out_behind_its_back])
def test_a_session_that_was_lost_is_opened_again(
    store: KeyStore, described: Path, lose: Callable[[Path], None]
) -> None:
    """In the middle of a card's session as well: its key is derived again where it stood."""
    key, now = store.card_key(UID, KEY_LOADER), store.sign_time(PROGRAMME.terminal, NOW)
    before = key.cmac(b"x")
    lose(described)
    assert key.cmac(b"x") == before
    lose(described)
    assert store.sign_time(PROGRAMME.terminal, NOW) == now
    lose(described)
    assert store.keys_to_write(UID)(KEY_ISSUER) == diversify(PROGRAMME.master_issuer, UID, PROGRAMME.df_name, 0)


def test_a_token_that_is_pulled_out_says_so_and_works_again_when_it_is_back(store: KeyStore, soft_hsm: SoftHsm) -> None:
    tokens = soft_hsm.directory / "tokens"
    before = store.card_key(UID, KEY_LOADER).cmac(b"x")
    tokens.rename(tokens.with_name("in a pocket"))
    for _ in range(3):
        with pytest.raises(KeysUnavailable, match="heitje-testburg"):
            store.sign_time(PROGRAMME.terminal, NOW)
    tokens.with_name("in a pocket").rename(tokens)
    deadline = time.monotonic() + 10
    while True:
        try:
            assert store.card_key(UID, KEY_LOADER).cmac(b"x") == before
            break
        except KeysUnavailable:  # it is looked for once a second
            assert time.monotonic() < deadline
            select.select([], [], [], 0.1)


def test_another_token_of_the_name_is_not_the_one(soft_hsm: SoftHsm) -> None:
    """Keys that are not those that it had: nothing is signed with them, and no card's key is derived."""
    import pkcs11
    from pkcs11 import Attribute

    from backend.minting.pkcs11_token import Token

    token = Token.open(soft_hsm.module, "heitje-swapped", soft_hsm.pin)
    token.import_master("master", bytes(16))
    token.import_signer("mint", PROGRAMME.mint.ed25519.private_bytes_raw(), PROGRAMME.mint.public)
    master, signer = token.master("master"), token.signer("mint")
    assert master.give(bytes(17))
    session = pkcs11.lib(soft_hsm.module).get_token(token_label="heitje-swapped").open(rw=True)
    for key in list(session.get_objects({Attribute.TOKEN: True})):
        key.destroy()
    token.import_master("master", bytes(range(16)))
    other = PROGRAMME.mint_next
    token.import_signer("mint", other.ed25519.private_bytes_raw(), other.public)
    pkcs11.lib(soft_hsm.module).reinitialize()
    with pytest.raises(KeysRefused, match="another key"):
        master.give(bytes(17))
    with pytest.raises(KeysRefused, match="another key"):
        signer.sign(b"x")


def test_a_pin_that_was_refused_is_not_tried_again(described: Path, soft_hsm: SoftHsm, tmp_path: Path) -> None:
    """A token counts wrong PINs and locks itself; every request of every till would be one."""
    pin = tmp_path / "pin"
    pin.touch(mode=0o600)
    pin.write_text("161803", "ascii")
    replace(TokenDescription.load(described), pin_file=pin).write(tmp_path / "token.toml")
    for said in ("PinIncorrect", "as before", "as before"):
        with pytest.raises(KeysRefused, match=said):
            open_key_store(tmp_path / "token.toml", production=False)
    pin.write_text(soft_hsm.pin, "ascii")
    assert open_key_store(tmp_path / "token.toml", production=False).keys


def test_no_secret_can_be_taken_out(described: Path) -> None:
    import pkcs11
    from pkcs11 import Attribute, ObjectClass
    from pkcs11.exceptions import AttributeSensitive

    description = TokenDescription.load(described)
    assert open_key_store(described, production=False).card_key(UID, KEY_LOADER).cmac(b"x")
    session = pkcs11.lib(description.module).get_token(token_label=description.token).open(rw=True)
    secrets = [
        key
        for kind in (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY)
        for key in session.get_objects({Attribute.CLASS: kind})
    ]
    assert len(secrets) > len(description.labels), "cards' keys that were derived are there as well"
    assert description.masters is not None
    held = set(description.masters.terminal.values())
    for key in secrets:
        assert key[Attribute.SENSITIVE]
        assert key[Attribute.EXTRACTABLE] is (key[Attribute.LABEL] in held), "no other can be wrapped either"
        with pytest.raises(AttributeSensitive):
            key[Attribute.VALUE]


def test_the_masters_that_terminals_hold_come_out_and_no_other(described: Path, programme: TestProgramme) -> None:
    from backend.minting.token_keystore import TokenKeyStore

    store = open_key_store(described, production=False)
    assert isinstance(store, TokenKeyStore)
    assert store.terminal_masters() == {1: programme.master_terminal}
    with pytest.raises(KeysRefused):
        store._loader.take_out()


def test_production_takes_only_keys_that_were_made_in_a_token(
    described: Path, soft_hsm: SoftHsm, tmp_path: Path
) -> None:
    from backend.minting import token_ceremony as ceremony
    from backend.minting.pkcs11_token import Token

    with pytest.raises(KeysRefused, match="not made in a token"):
        open_key_store(described, production=True)
    place = ceremony.Place(soft_hsm.module, "heitje-real", soft_hsm.pin_file)
    description = ceremony.describe("nl.stad", PROGRAMME.df_name, place, WINDOW)
    token = Token.open(soft_hsm.module, "heitje-real", soft_hsm.pin)
    ceremony.make_keys(token, description, None)
    description.write(tmp_path / "token.toml")
    real = open_key_store(tmp_path / "token.toml", production=True)
    assert [key.uses for key in real.keys] == [frozenset(KeyUse)] * 2
    signed = real.sign_certificate(CardCertificate("nl.stad", NOW + 10**8, NOW, UID))
    assert cose.verify(cose.parse(signed), AAD_CARD, real.keys[0].public)
    assert real.keys[0].public != PROGRAMME.mint.public

    later = ceremony.add_terminal_master(token, description, "nl.stad")
    later.write(tmp_path / "token.toml")
    renewed = open_key_store(tmp_path / "token.toml", production=True)
    assert renewed.terminal_key_versions == (2, 1)
    versions = renewed.terminal_keys(UID)
    assert versions[1] != versions[2]
    assert renewed.card_key(UID, KEY_TERMINAL, 2).cmac(b"x") == key_of(versions[2]).cmac(b"x")
    with pytest.raises(KeysRefused, match="version 3"):
        renewed.card_key(UID, KEY_TERMINAL, 3)


def test_an_import_that_was_broken_off_is_begun_again(soft_hsm: SoftHsm) -> None:
    import pkcs11
    from pkcs11 import Attribute, ObjectClass

    from backend.minting.pkcs11_token import Token

    token = Token.open(soft_hsm.module, "heitje-half", soft_hsm.pin)
    session = pkcs11.lib(soft_hsm.module).get_token(token_label="heitje-half").open(rw=True)
    token.import_signer("half", bytes(range(32)), PROGRAMME.mint.public)
    for private in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}):
        private.destroy()
    assert not token.holds("half")
    key = PROGRAMME.mint
    token.import_signer("half", key.ed25519.private_bytes_raw(), key.public)
    assert token.holds("half")
    assert token.signer("half").sign(b"x") == key.sign(b"x")
    assert not token.never_left("half")
    with pytest.raises(KeysRefused, match="0 keys"):
        token.master("half")


def spoil_module(description: TokenDescription) -> TokenDescription:
    return replace(description, module="/nowhere/none.so")


def spoil_token(description: TokenDescription) -> TokenDescription:
    return replace(description, token="another")


def spoil_pin(description: TokenDescription) -> TokenDescription:
    return replace(description, pin_file=Path("/nowhere/pin"))


def spoil_label(description: TokenDescription) -> TokenDescription:
    assert description.masters is not None
    return replace(description, masters=replace(description.masters, loader="another"))


@pytest.mark.parametrize("spoil", [spoil_module, spoil_token, spoil_pin, spoil_label])
def test_a_token_that_is_not_there_is_refused(
    described: Path, tmp_path: Path, spoil: Callable[[TokenDescription], TokenDescription]
) -> None:
    spoil(TokenDescription.load(described)).write(tmp_path / "token.toml")
    with pytest.raises(KeysRefused):
        open_key_store(tmp_path / "token.toml", production=False)


def test_a_pin_that_others_can_read_is_refused(described: Path, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("271828", "ascii")
    pin.chmod(0o644)
    replace(TokenDescription.load(described), pin_file=pin).write(tmp_path / "token.toml")
    with pytest.raises(KeysRefused, match="mode 600"):
        open_key_store(tmp_path / "token.toml", production=False)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("df_name", "df_nam"),
        ("[masters]\n", '[masters]\nextra = "x"\n'),
        ('uses = ["bundle"', 'uses = ["everything"'),
        ("valid_from = ", "valid_from = 1."),
        ("\n1 = ", "\n2 = "),
        ("[trust]", "[trust]\nnobody = []"),
        ('module = "', 'module = 1 #"'),
    ],
)
def test_a_description_is_read_strictly(described: Path, tmp_path: Path, was: str, becomes: str) -> None:
    text = described.read_text("utf-8")
    assert TokenDescription.load(described).labels
    (tmp_path / "token.toml").write_text(text.replace(was, becomes, 1), "utf-8")
    with pytest.raises(KeysRefused, match="describes no token"):
        TokenDescription.load(tmp_path / "token.toml")


def test_a_short_diversification_is_none() -> None:
    assert len(diversification_of(UID, PROGRAMME.df_name, 1)) == 17
