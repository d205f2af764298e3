# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""CommitReaderID, CommitTransaction and AbortTransaction (CARD.md section 6). Each raises `CardFault`."""

from typing import Final

from firmware_sim.card.fault import CardFault
from firmware_sim.card.state import State
from firmware_sim.card.transaction import Transaction
from heitje.card.file_settings import NOBODY
from heitje.card.layout import FILE_TRANSACTION_MAC, Command, Status
from heitje.card.messaging import MAC_LENGTH

_TMRI_LENGTH: Final = 16
_OPTION_SILENT: Final = b"\x00"
_OPTION_TELL: Final = b"\x01"


def commit_reader_id(state: State, data: bytes) -> bytes:
    """Bind the transaction to TMRI; answers EncTMRI."""
    file = state.image.application.files.get(FILE_TRANSACTION_MAC)
    session = state.permit(file.rights.read_write if file else NOBODY)
    if len(data) != _TMRI_LENGTH + MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    tmri = session.open(Command.COMMIT_READER_ID, data)
    return session.close(state.transaction.commit_reader_id(state.image, tmri))


def commit_transaction(state: State, data: bytes) -> bytes:
    """Make the transaction real, then say so; option 01 answers TMC and TMV, 00 (or none) nothing."""
    session = state.need_session()
    if len(data) not in (MAC_LENGTH, 1 + MAC_LENGTH):
        raise CardFault(Status.LENGTH_ERROR)
    option = session.open(Command.COMMIT_TRANSACTION, data) or _OPTION_SILENT
    if option not in (_OPTION_SILENT, _OPTION_TELL):
        raise CardFault(Status.PARAMETER_ERROR)
    state.commit(state.transaction.committed(state.image))
    state.transaction = Transaction()
    application = state.image.application
    if option == _OPTION_TELL:
        return session.close(application.tmc.to_bytes(4, "little") + application.tmv)
    return session.close()


def abort_transaction(state: State, data: bytes) -> bytes:
    """Forget the shadow copies and TMI; the session goes on."""
    session = state.need_session()
    if len(data) != MAC_LENGTH:
        raise CardFault(Status.LENGTH_ERROR)
    session.open(Command.ABORT_TRANSACTION, data)
    state.transaction = Transaction()
    return session.close()
