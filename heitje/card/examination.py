# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far a card is on its way to a Heitje card, or why it is not to be touched (CARD.md section 5).

Nothing is written: a wrong or foreign card is left as it was. A blank card's settings are taken as it shows them; only
what cannot become a Heitje card's is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, TypeAlias

from heitje.card import factory_key, making, sale
from heitje.card import session as sessions
from heitje.card.file_settings import HEITJE_FILES, LIGHT_FILES, FileSettings, FileType
from heitje.card.key_change import RANDOM_LENGTH, Chance, get_key_version
from heitje.card.keys import CardKeys
from heitje.card.layout import (
    FILE_TRANSACTION_MAC,
    KEY_CARD,
    KEY_COUNT,
    KEY_ISSUER,
    KEY_LENGTH,
    KEY_TERMINAL,
    KEY_TRANSACTION_MAC,
    KEY_VERSION_FIRST,
    LIGHT_DF_NAME,
    NO_READER,
    MakingCommand,
    Status,
)
from heitje.card.making import Kind
from heitje.card.session import Exchange, Session, StatusFault
from heitje.card.transaction import decrypt_reader_id, transaction_keys

ZERO_KEY: Final = bytes(KEY_LENGTH)
AES_CARD_KEY: Final = 0x80
"""Set in GetKeySettings' second byte where the card's own key is AES and no more the factory's."""


class Step(StrEnum):
    """What makes a card, in this order; the words are for the desk."""

    CARD_KEY = "the card's own key"
    APPLICATION = "the application and its name"
    FILES = "the files and their rights"
    CERTIFICATE = "the certificate"
    TRANSACTION_MAC = "the transaction-MAC file"
    KEYS = "keys 1 to 4"
    ISSUER_KEY = "key 0"
    PROOF = "the proof that it is one"


STEPS: Final[Mapping[Kind, tuple[Step, ...]]] = {
    Kind.LIGHT: tuple(step for step in Step if step not in (Step.CARD_KEY, Step.PROOF)),
    Kind.EV2: tuple(step for step in Step if step is not Step.PROOF),
    Kind.EV3: tuple(step for step in Step if step is not Step.PROOF),
}


class Unfit(StrEnum):
    """Why a card is left as it is."""

    NO_SUCH_CHIP = "no DESFire Light, EV2 or EV3 that shows its UID"
    FOREIGN_APPLICATION = "it holds another application"
    FOREIGN_KEYS = "its keys are neither a blank card's nor this programme's"
    FOREIGN_FILES = "its files are neither a blank card's nor a Heitje card's"
    ANOTHER_UID = "it has another UID than it says"
    LOADED = "it was loaded before, and a card is never made anew after that"
    NOT_AS_WRITTEN = "it does not read back as it was written"


@dataclass(frozen=True)
class Blueprint:
    """The card that is to be: its programme, its UID, its certificate (a COSE_Sign1), and who gives its keys.

    `accepts` says whether a certificate that the card has already will do; without it only `certificate` itself.
    """

    df_name: bytes
    uid: bytes
    certificate: bytes
    keys: CardKeys = field(repr=False)
    accepts: Callable[[bytes], bool] | None = None

    def has_certificate(self, token: bytes) -> bool:
        """Whether the certificate that was read needs no writing."""
        return token == self.certificate or (self.accepts is not None and self.accepts(token))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a card is: what is missing, in the order in which it will be done; nothing is missing of a whole card."""

    kind: Kind
    missing: tuple[Step, ...]

    @property
    def blank(self) -> bool:
        """Whether nothing was done yet."""
        return self.missing == STEPS[self.kind]


Looked: TypeAlias = Progress | Unfit


def look(blueprint: Blueprint, chance: Chance) -> Exchange[Looked]:
    """How far a card is. Raises `StatusFault`, `NotAuthentic` for answers that no card of any state gives."""
    named = yield from sessions.selected(blueprint.df_name)  # it also ends a session that may be left over
    kind = yield from making.get_version(blueprint.uid)
    if kind is None:
        return Unfit.NO_SUCH_CHIP
    missing: list[Step] = []
    if kind is not Kind.LIGHT:
        above = yield from _look_above(blueprint, chance, named)
        if isinstance(above, Unfit):
            return above
        missing += above
        named = yield from sessions.selected(blueprint.df_name)
    if not named:
        if kind is not Kind.LIGHT:
            return Progress(kind, tuple(step for step in STEPS[kind] if step is not Step.CARD_KEY or step in missing))
        if not (yield from sessions.selected(LIGHT_DF_NAME)):
            return Unfit.FOREIGN_APPLICATION
        missing.append(Step.APPLICATION)
    inside = yield from _look_inside(blueprint, chance, kind)
    if isinstance(inside, Unfit):
        return inside
    return Progress(kind, tuple(step for step in Step if step in (*missing, *inside)))


def _look_above(blueprint: Blueprint, chance: Chance, named: bool) -> Exchange[list[Step] | Unfit]:
    """The level above an EV2's application: only this programme's may be there, below a key that is known.

    `named`: whether the application was found by its name.
    """
    try:
        yield from making.plain(MakingCommand.SELECT_APPLICATION, making.CARD_LEVEL)
        applications = yield from making.plain(MakingCommand.GET_APPLICATION_IDS)
        settings = yield from making.plain(MakingCommand.GET_KEY_SETTINGS)
        if applications != (making.aid_of(blueprint.df_name) if named else b"") or len(settings) != 2:
            return Unfit.FOREIGN_APPLICATION
        if settings[1] & AES_CARD_KEY:
            key = blueprint.keys(KEY_CARD)
            yield from sessions.authenticate_first(KEY_ISSUER, key, chance(RANDOM_LENGTH))
            return [] if settings[0] == making.CARD_SETTINGS else [Step.CARD_KEY]
        yield from factory_key.open_factory_session(chance(factory_key.DES_BLOCK))
    except StatusFault:
        return Unfit.FOREIGN_KEYS
    return Unfit.FOREIGN_APPLICATION if applications else [Step.CARD_KEY]


def _look_inside(blueprint: Blueprint, chance: Chance, kind: Kind) -> Exchange[list[Step] | Unfit]:
    """The selected application: keys, files, counter, certificate."""
    try:
        session, issuer_key = yield from _either_key(blueprint, chance)
        if (yield from making.get_card_uid(session)) != blueprint.uid:
            return Unfit.ANOTHER_UID
        versions: list[int] = []
        for number in range(KEY_TERMINAL, KEY_COUNT):
            versions += [(yield from get_key_version(session, number))]
    except StatusFault as fault:
        if fault.status != Status.AUTHENTICATION_ERROR:
            raise
        return Unfit.FOREIGN_KEYS
    if any(version not in (0, KEY_VERSION_FIRST) for version in versions):
        return Unfit.FOREIGN_KEYS
    missing = yield from _look_at_files(session, kind)
    if isinstance(missing, Unfit):
        return missing
    if Step.FILES not in missing:
        missing += [] if (yield from _has_certificate(blueprint, session)) else [Step.CERTIFICATE]
    else:
        missing.append(Step.CERTIFICATE)
    if Step.TRANSACTION_MAC not in missing:
        terminal_key = blueprint.keys(KEY_TERMINAL) if versions[0] else ZERO_KEY
        unused = yield from _look_at_counter(blueprint, chance, session, terminal_key, issuer_key)
        if isinstance(unused, Unfit):
            return unused
        missing += [] if unused else [Step.TRANSACTION_MAC]
    missing += [] if all(versions) else [Step.KEYS]
    missing += [] if issuer_key != ZERO_KEY else [Step.ISSUER_KEY]
    return missing


def _has_certificate(blueprint: Blueprint, session: Session) -> Exchange[bool]:
    try:
        token = yield from sale.read_certificate(session)
    except sale.ForeignCard:
        return False
    return blueprint.has_certificate(token)


def _either_key(blueprint: Blueprint, chance: Chance) -> Exchange[tuple[Session, bytes]]:
    """A session of key 0, whether it is still the factory's or this card's already; and that key."""
    try:
        return (yield from sessions.authenticate_first(KEY_ISSUER, ZERO_KEY, chance(RANDOM_LENGTH))), ZERO_KEY
    except StatusFault as fault:
        if fault.status != Status.AUTHENTICATION_ERROR:
            raise
    key = blueprint.keys(KEY_ISSUER)
    return (yield from sessions.authenticate_first(KEY_ISSUER, key, chance(RANDOM_LENGTH))), key


def _look_at_files(session: Session, kind: Kind) -> Exchange[list[Step] | Unfit]:
    """Compare every file's settings with what they have to be."""
    wanted = LIGHT_FILES if kind is Kind.LIGHT else HEITJE_FILES
    numbers = yield from making.get_file_ids(session)
    if numbers - set(wanted) or (kind is Kind.LIGHT and set(wanted) - numbers - {FILE_TRANSACTION_MAC}):
        return Unfit.FOREIGN_FILES
    missing = {
        Step.TRANSACTION_MAC if number == FILE_TRANSACTION_MAC else Step.FILES
        for number in wanted
        if number not in numbers
    }
    for number in sorted(numbers):
        file = yield from making.get_file_settings(session, number)
        if file is None:
            return Unfit.FOREIGN_FILES
        if file.records_present:
            return Unfit.LOADED
        if replace(file, key_version=0) == wanted[number]:
            continue
        if not _can_become(file, wanted[number], kind):
            return Unfit.FOREIGN_FILES
        missing.add(Step.TRANSACTION_MAC if number == FILE_TRANSACTION_MAC else Step.FILES)
    return list(missing)


def _can_become(file: FileSettings, wanted: FileSettings, kind: Kind) -> bool:
    """Whether key 0 can make `wanted` of a file: only of a DESFire Light's own, which cannot be made anew."""
    if kind is not Kind.LIGHT or (file.type, file.size, file.records) != (wanted.type, wanted.size, wanted.records):
        return False
    return file.type is FileType.TRANSACTION_MAC or file.rights.change == KEY_ISSUER


def _look_at_counter(
    blueprint: Blueprint, chance: Chance, session: Session, terminal_key: bytes, issuer_key: bytes
) -> Exchange[bool | Unfit]:
    """Whether the transaction-MAC file has this card's key; it must not have counted anything yet.

    CommitReaderID shows the key without using it up: EncTMRI deciphers to the reader before, and there was none.
    """
    try:
        yield from sessions.authenticate_non_first(session, KEY_TERMINAL, terminal_key, chance(RANDOM_LENGTH))
    except StatusFault:
        return Unfit.FOREIGN_KEYS
    if (yield from sale.last_commit(session)).tmc:
        return Unfit.LOADED
    yield from sessions.authenticate_non_first(session, KEY_ISSUER, issuer_key, chance(RANDOM_LENGTH))
    enc_tmri = yield from sale.commit_reader_id(session, NO_READER)
    yield from sale.abort(session)
    keys = transaction_keys(blueprint.keys(KEY_TRANSACTION_MAC), 0, blueprint.uid)
    return decrypt_reader_id(keys.enc, enc_tmri) == NO_READER
