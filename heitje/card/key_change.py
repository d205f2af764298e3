# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Changing a card's AES keys in a session of key 0, and moving key 1 to a newer version (CARD.md sections 1 and 4).

another key      number | E(new xor old (16) | version | inverted CRC-32 of new (4)) | MACt     answered with a MAC
the session's    number | E(new (16) | version) | MACt                                          answered with none
"""

import zlib
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

from heitje.card import session as sessions
from heitje.card.apdu import wrap
from heitje.card.layout import KEY_ISSUER, KEY_TERMINAL, Command, Status
from heitje.card.messaging import Key, command_mac, encrypt_command
from heitje.card.sale import ForeignCard
from heitje.card.session import Exchange, NotAuthentic, Session, StatusFault

Chance = Callable[[int], bytes]
"""A source of random bytes: n in, n bytes out."""

RANDOM_LENGTH: Final = 16
_CRC_INVERSION: Final = 0xFFFFFFFF


class Renewal(Enum):
    """How a renewal of key 1 ended well."""

    RENEWED = "key 1 has the new version"
    ALREADY_NEW = "key 1 had the new version already"


class UnknownKeyVersion(sessions.CardFault):
    """The card says a version of key 1 for which no key is at hand."""


def change_key(session: Session, number: int, new: bytes, version: int, old: bytes) -> Exchange[None]:
    """Change another key than the session's own. Raises `StatusFault` (911E: `old` is not what the card has)."""
    mixed = bytes(a ^ b for a, b in zip(new, old, strict=True))
    data = mixed + bytes((version,)) + inverted_crc32(new)
    yield from session.command(Command.CHANGE_KEY, bytes((number,)), data)


def change_own_key(session: Session, number: int, new: bytes, version: int) -> Exchange[None]:
    """Change the key that the session was opened with; the session is over. Raises `StatusFault`, `NotAuthentic`."""
    header = bytes((number,))
    sent = header + encrypt_command(session.keys.enc, session.counter, session.ti, new + bytes((version,)))
    mac = command_mac(session.keys.mac, Command.CHANGE_KEY, session.counter, session.ti, sent)
    answer, status = sessions.unwrapped((yield wrap(Command.CHANGE_KEY, sent + mac)))
    if status != Status.OK:
        raise StatusFault(Command.CHANGE_KEY, status)
    if answer:
        raise NotAuthentic("a change of the session's own key is answered with nothing")


def get_key_version(session: Session, number: int) -> Exchange[int]:
    """A key's version, as the card says it under the session's MAC. Raises `StatusFault`, `NotAuthentic`."""
    answer = yield from session.command(Command.GET_KEY_VERSION, bytes((number,)))
    if len(answer) != 1:
        raise NotAuthentic("a key version is not one byte")
    return answer[0]


def renew_terminal_key(
    df_name: bytes, issuer_key: Key, new: bytes, version: int, old: Mapping[int, bytes], chance: Chance
) -> Exchange[Renewal]:
    """Move key 1 to `new`; `old`: this card's key 1 by version, as far as the programme still has its masters.

    Can be torn anywhere and repeated. That the card has the key is proved at the end. Raises `ForeignCard`,
    `UnknownKeyVersion`, `StatusFault`, `NotAuthentic`.
    """
    if not (yield from sessions.selected(df_name)):
        raise ForeignCard("the card has no application of this programme")
    session = yield from sessions.authenticate_first(KEY_ISSUER, issuer_key, chance(RANDOM_LENGTH))
    on_card = yield from get_key_version(session, KEY_TERMINAL)
    if on_card != version:
        if on_card not in old:
            raise UnknownKeyVersion(f"the card's key 1 has version {on_card}")
        yield from change_key(session, KEY_TERMINAL, new, version, old[on_card])
    yield from sessions.authenticate_non_first(session, KEY_TERMINAL, new, chance(RANDOM_LENGTH))
    return Renewal.ALREADY_NEW if on_card == version else Renewal.RENEWED


def inverted_crc32(data: bytes) -> bytes:
    """CRC-32 (IEEE 802.3) without its last inversion, little-endian."""
    return (zlib.crc32(data) ^ _CRC_INVERSION).to_bytes(4, "little")
