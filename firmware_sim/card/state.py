# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the card's commands share: the image behind its store, what is selected, the session, the transaction, and
the rights check.
"""

from dataclasses import replace
from enum import Enum

from firmware_sim.card.fault import CardFault
from firmware_sim.card.image import CardImage, Key, Kind, Store
from firmware_sim.card.session import Session
from firmware_sim.card.transaction import Transaction
from heitje.card.file_settings import FREE, NOBODY, FileSettings, FileType
from heitje.card.layout import Status


class Place(Enum):
    """What commands are about: nothing yet (a DESFire Light), an EV2's own level, or the application."""

    NOWHERE = "nowhere"
    CARD = "card"
    APPLICATION = "application"


class State:
    """A card's memory while it lies in a field."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.session: Session | None = None
        self.factory_session: bytes | None = None
        """Session key of AuthenticateISO, eight bytes: good for changing an EV2's factory key, and for nothing else."""
        self.transaction = Transaction()
        self.place = Place.NOWHERE
        self.select(None)

    @property
    def image(self) -> CardImage:
        """The card as last committed."""
        return self._store.image

    def commit(self, image: CardImage) -> None:
        """Make an image real."""
        self._store.commit(image)

    def select(self, place: Place | None) -> None:
        """Go to a place without a session; None is where the card is when its power comes on."""
        self.end_session()
        start = Place.NOWHERE if self.image.kind is Kind.LIGHT else Place.CARD
        self.place = start if place is None else place

    def end_session(self) -> None:
        """Forget session and transaction."""
        self.session = None
        self.factory_session = None
        self.transaction = Transaction()

    def need_session(self) -> Session:
        """The session. Raises `CardFault` where there is none."""
        if self.session is None:
            raise CardFault(Status.AUTHENTICATION_ERROR)
        return self.session

    def key(self, number: int) -> Key:
        """An AES key of the place selected. Raises `CardFault`."""
        image = self.image
        if self.place is Place.NOWHERE:
            raise CardFault(Status.PERMISSION_DENIED)
        if self.place is Place.CARD:
            keys: tuple[Key, ...] = (image.card_key,) if image.card_key_is_aes else ()
        else:
            keys = image.application.keys
        if number >= len(keys):
            raise CardFault(Status.NO_SUCH_KEY)
        return keys[number]

    def replace_key(self, number: int, key: Key) -> None:
        """Make a changed key of the place selected real."""
        if self.place is Place.CARD:
            self.commit(replace(self.image, card_key=key))
            return
        application = self.image.application
        keys = (*application.keys[:number], key, *application.keys[number + 1 :])
        self.commit(replace(self.image, application=replace(application, keys=keys)))

    def file(self, data: bytes, file_type: FileType | None = None) -> tuple[int, FileSettings]:
        """The file that a command's first byte names; a command of another type of file is nobody's right."""
        if not data:
            raise CardFault(Status.LENGTH_ERROR)
        file = self.image.application.files.get(data[0])
        if file is None:
            raise CardFault(Status.FILE_NOT_FOUND)
        if file_type not in (None, file.type):
            raise CardFault(Status.PERMISSION_DENIED)
        return data[0], file

    def permit(self, *rights: int) -> Session:
        """The session, where its key holds one of the rights (a free right needs any session).

        Raises `CardFault`: `919D` where nobody holds one, `91AE` where this session does not.
        """
        if all(right == NOBODY for right in rights):
            raise CardFault(Status.PERMISSION_DENIED)
        session = self.need_session()
        if session.key_number not in rights and FREE not in rights:
            raise CardFault(Status.AUTHENTICATION_ERROR)
        return session
