# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the card's commands share: the image behind its store, the session, the transaction, and the rights
check.
"""

from dataclasses import replace

from firmware_sim.card.fault import CardFault
from firmware_sim.card.files import FILES, FREE, NOBODY, File, FileType
from firmware_sim.card.image import CardImage, Key, Store
from firmware_sim.card.session import Session
from firmware_sim.card.transaction import Transaction
from heitje.card.layout import Status


class State:
    """A card's memory while it lies in a field."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.session: Session | None = None
        self.transaction = Transaction()

    @property
    def image(self) -> CardImage:
        """The card as last committed."""
        return self._store.image

    def commit(self, image: CardImage) -> None:
        """Make an image real."""
        self._store.commit(image)

    def end_session(self) -> None:
        """Forget session and transaction."""
        self.session = None
        self.transaction = Transaction()

    def need_session(self) -> Session:
        """The session. Raises `CardFault` where there is none."""
        if self.session is None:
            raise CardFault(Status.AUTHENTICATION_ERROR)
        return self.session

    def key(self, number: int) -> Key:
        """An application key. Raises `CardFault`."""
        keys = self.image.application.keys
        if number >= len(keys):
            raise CardFault(Status.NO_SUCH_KEY)
        return keys[number]

    def replace_key(self, number: int, key: Key) -> None:
        """Make a changed key real."""
        application = self.image.application
        keys = (*application.keys[:number], key, *application.keys[number + 1 :])
        self.commit(replace(self.image, application=replace(application, keys=keys)))

    def file(self, data: bytes, file_type: FileType | None = None) -> tuple[int, File]:
        """The file that a command's first byte names; a command of another type of file is nobody's right."""
        if not data:
            raise CardFault(Status.LENGTH_ERROR)
        file = FILES.get(data[0])
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
