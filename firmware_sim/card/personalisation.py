# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Making a card of a programme: its keys, its certificate, its first balance (CARD.md sections 4 and 5)."""

from pathlib import Path
from typing import Final

from firmware_sim.card.firmware import Card
from firmware_sim.card.image import Application, CardImage, FileStore, Key
from heitje.card.certificate import CardCertificate, issue, to_file
from heitje.card.layout import (
    BALANCE_MAX,
    CERTIFICATE_FILE_SIZE,
    KEY_COUNT,
    KEY_TRANSACTION_MAC,
    KEY_VERSION_FIRST,
    UID_LENGTH,
)
from heitje.money import Cents
from heitje.programme import TestProgramme

ISSUED_AT: Final = 1_700_000_000
EXPIRES_AT: Final = 2_000_000_000
"""Unix seconds; fixed, so that the same programme and UID always make the same card."""


def personalise(programme: TestProgramme, uid: bytes, balance: Cents) -> CardImage:
    """A card of the test programme as it is handed out. Raises `ValueError` for a UID or a balance out of
    range.

    It is what `heitje card personalise` makes of a blank one, and a first load that no ledger knows.
    """
    if len(uid) != UID_LENGTH:
        raise ValueError("a card's UID is 7 bytes")
    if not 0 <= balance <= BALANCE_MAX:
        raise ValueError(f"a card holds 0 to {BALANCE_MAX} cents")
    card_key = programme.masters.card_keys(uid, programme.df_name)
    certificate = CardCertificate(programme.iss, EXPIRES_AT, ISSUED_AT, uid)
    token = issue(certificate, programme.mint)
    return CardImage(
        uid,
        Application(
            df_name=programme.df_name,
            keys=tuple(Key(card_key(number), KEY_VERSION_FIRST) for number in range(KEY_COUNT)),
            transaction_mac_key=Key(card_key(KEY_TRANSACTION_MAC)),
            certificate=to_file(token).ljust(CERTIFICATE_FILE_SIZE, b"\x00"),
            balance=balance,
        ),
    )


def card_in_file(programme: TestProgramme, uid: bytes, balance: Cents | None, path: Path) -> Card:
    """The card in an image file, which is made where it is missing; `balance` counts only then.

    Without one the programme's own list of cards says how much is on it. Raises `ValueError`.
    """
    if not path.exists():
        listed = {card.uid: Cents(card.balance) for card in programme.cards}
        first = balance if balance is not None else listed.get(uid)
        if first is None:
            raise ValueError(f"{path} is a new card: say its balance")
        return Card(FileStore.create(path, personalise(programme, uid, first)))
    store = FileStore(path)
    if store.image.uid != uid or store.image.application.df_name != programme.df_name:
        raise ValueError(f"{path} holds another card ({store.image.uid.hex().upper()})")
    return Card(store)
