# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a blank card to a Heitje card, as a pure exchange (CARD.md section 5).

The card is looked at, what is missing is done step by step, and the card is proved. It can be torn anywhere and
repeated. What is least certain of the silicon is done first, while the card still has its factory keys
(docs/silicon.md). Key 0 is changed last, so every step before it can be taken up again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from heitje.card import factory_key, making, sale
from heitje.card import session as sessions
from heitje.card.certificate import to_file
from heitje.card.examination import AES_CARD_KEY, ZERO_KEY, Blueprint, Looked, Progress, Step, Unfit, look
from heitje.card.file_settings import HEITJE_FILES, LIGHT_FILES
from heitje.card.key_change import RANDOM_LENGTH, Chance, change_key, change_own_key, get_key_version
from heitje.card.layout import (
    FILE_CERTIFICATE,
    FILE_TRANSACTION_MAC,
    FILE_VALUE,
    KEY_CARD,
    KEY_COUNT,
    KEY_ISSUER,
    KEY_TERMINAL,
    KEY_TRANSACTION_MAC,
    KEY_VERSION_FIRST,
    LIGHT_DF_NAME,
    MakingCommand,
)
from heitje.card.making import Kind
from heitje.card.session import Exchange, NotAuthentic, Session, StatusFault


def personalise(blueprint: Blueprint, chance: Chance, tell: Callable[[Step], None]) -> Exchange[Looked]:
    """Make the card, or finish it; `tell` is called as each step begins. A whole card is proved and left as it is.

    Returns a progress with nothing missing, or why the card was left (or, `NOT_AS_WRITTEN`, is no good). Raises
    `StatusFault`, `NotAuthentic`, and whatever the reader raises: the card is then held again.
    """
    seen = yield from look(blueprint, chance)
    if isinstance(seen, Unfit):
        return seen
    desk = _Desk(blueprint, chance, Step.ISSUER_KEY not in seen.missing)
    for step in seen.missing:
        tell(step)
        yield from _WORK[step](desk, seen.kind)
    tell(Step.PROOF)
    again = yield from look(blueprint, chance)
    if not isinstance(again, Progress) or again.missing:
        return Unfit.NOT_AS_WRITTEN
    try:
        yield from _prove(desk)
    except (StatusFault, NotAuthentic):
        return Unfit.NOT_AS_WRITTEN
    return again


@dataclass
class _Desk:
    """What every step needs: the blueprint, chance, and whether key 0 is this card's already."""

    blueprint: Blueprint
    chance: Chance
    has_issuer_key: bool

    @property
    def issuer_key(self) -> bytes:
        """Key 0 as the card has it now."""
        return self.blueprint.keys(KEY_ISSUER) if self.has_issuer_key else ZERO_KEY

    def session(self, df_name: bytes | None = None) -> Exchange[Session]:
        """The application, selected anew, and a session of key 0."""
        if not (yield from sessions.selected(df_name or self.blueprint.df_name)):
            raise NotAuthentic("the card has lost its application")
        return (yield from sessions.authenticate_first(KEY_ISSUER, self.issuer_key, self.chance(RANDOM_LENGTH)))


def _make_card_key(desk: _Desk, kind: Kind) -> Exchange[None]:
    key = desk.blueprint.keys(KEY_CARD)
    yield from making.plain(MakingCommand.SELECT_APPLICATION, making.CARD_LEVEL)
    settings = yield from making.plain(MakingCommand.GET_KEY_SETTINGS)
    if not settings[1] & AES_CARD_KEY:
        session = yield from factory_key.open_factory_session(desk.chance(factory_key.DES_BLOCK))
        yield from factory_key.replace_factory_key(session, key, KEY_VERSION_FIRST)
    opened = yield from sessions.authenticate_first(KEY_ISSUER, key, desk.chance(RANDOM_LENGTH))
    yield from making.change_card_settings(opened)


def _make_application(desk: _Desk, kind: Kind) -> Exchange[None]:
    if kind is Kind.LIGHT:
        session = yield from desk.session(LIGHT_DF_NAME)
        yield from making.rename(session, desk.blueprint.df_name)
        return
    yield from making.plain(MakingCommand.SELECT_APPLICATION, making.CARD_LEVEL)
    key = desk.blueprint.keys(KEY_CARD)
    session = yield from sessions.authenticate_first(KEY_ISSUER, key, desk.chance(RANDOM_LENGTH))
    yield from making.create_application(session, desk.blueprint.df_name)


def _make_files(desk: _Desk, kind: Kind) -> Exchange[None]:
    """All but the transaction-MAC file. On a DESFire Light the limits come first: the rights can be set by then."""
    session = yield from desk.session()
    there = yield from making.get_file_ids(session)
    wanted = LIGHT_FILES if kind is Kind.LIGHT else HEITJE_FILES
    for number in (FILE_VALUE, *(number for number in wanted if number not in (FILE_VALUE, FILE_TRANSACTION_MAC))):
        target = wanted[number]
        if number not in there:
            yield from making.create_file(session, number, target)
            continue
        file = yield from making.get_file_settings(session, number)
        if file is None or file == target:
            continue
        if replace(file, communication=target.communication, rights=target.rights) != target:
            yield from making.set_limits(session, number, target)
        if (file.communication, file.rights) != (target.communication, target.rights):
            yield from making.change_file_settings(session, number, target)


def _write_certificate(desk: _Desk, kind: Kind) -> Exchange[None]:
    session = yield from desk.session()
    yield from making.write_data(session, FILE_CERTIFICATE, to_file(desk.blueprint.certificate))


def _make_transaction_mac(desk: _Desk, kind: Kind) -> Exchange[None]:
    session = yield from desk.session()
    if FILE_TRANSACTION_MAC in (yield from making.get_file_ids(session)):
        yield from making.delete_transaction_mac_file(session, FILE_TRANSACTION_MAC)
    target, key = HEITJE_FILES[FILE_TRANSACTION_MAC], desk.blueprint.keys(KEY_TRANSACTION_MAC)
    yield from making.create_transaction_mac_file(session, FILE_TRANSACTION_MAC, target, key)


def _change_keys(desk: _Desk, kind: Kind) -> Exchange[None]:
    session = yield from desk.session()
    for number in range(KEY_TERMINAL, KEY_COUNT):
        if not (yield from get_key_version(session, number)):
            key = desk.blueprint.keys(number)
            yield from change_key(session, number, key, KEY_VERSION_FIRST, ZERO_KEY)


def _change_issuer_key(desk: _Desk, kind: Kind) -> Exchange[None]:
    session = yield from desk.session()
    yield from change_own_key(session, KEY_ISSUER, desk.blueprint.keys(KEY_ISSUER), KEY_VERSION_FIRST)
    desk.has_issuer_key = True


_WORK: Final[Mapping[Step, Callable[[_Desk, Kind], Exchange[None]]]] = {
    Step.CARD_KEY: _make_card_key,
    Step.APPLICATION: _make_application,
    Step.FILES: _make_files,
    Step.CERTIFICATE: _write_certificate,
    Step.TRANSACTION_MAC: _make_transaction_mac,
    Step.KEYS: _change_keys,
    Step.ISSUER_KEY: _change_issuer_key,
}


def _prove(desk: _Desk) -> Exchange[None]:
    """What looking has not shown: each key opens a session, and there is nothing on the card."""
    session = yield from desk.session()
    for number in range(KEY_TERMINAL, KEY_COUNT):
        key = desk.blueprint.keys(number)
        yield from sessions.authenticate_non_first(session, number, key, desk.chance(RANDOM_LENGTH))
        if number == KEY_TERMINAL and (yield from sale.get_balance(session)) != 0:
            raise NotAuthentic("a new card has a balance")
    yield from sale.abort(session)
