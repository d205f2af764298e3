# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card's firmware: takes an APDU, keeps selection and session, hands the command on, answers (CARD.md
sections 1-3).

Checks run in this order: APDU form, a command begun before (`91CA`), command known, application selected,
then in the command itself: key or file there, right, length, MAC, padding, parameters, state.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from firmware_sim.card import (
    configuration_commands,
    factory_key,
    file_commands,
    making_commands,
    transaction_commands,
)
from firmware_sim.card.authentication import FAILURES_FREE, RANDOM, Challenge, Chance, capabilities_of
from firmware_sim.card.fault import CardFault
from firmware_sim.card.frames import Select, read
from firmware_sim.card.image import CardImage, Key, Kind, Store
from firmware_sim.card.key_commands import change_key, get_card_uid, get_key_version
from firmware_sim.card.state import Place, State
from firmware_sim.card.version import VersionAnswer
from heitje.card.layout import Command, MakingCommand, Status

ATQA: Final = bytes.fromhex("4403")
SAK: Final = 0x20
ATS: Final = {
    Kind.LIGHT: bytes.fromhex("067777710280"),
    Kind.EV2: bytes.fromhex("067577810280"),
    Kind.EV3: bytes.fromhex("067577810280"),
}
"""FSC 128 or 64 bytes, FWT 38.7 or 77.3 ms, one historical byte 80."""
ATR: Final = bytes.fromhex("3B8180018080")

_Answer = tuple[bytes, Status]
_Frame = Callable[[bytes], _Answer]


class Card:
    """A DESFire Light, or an EV2 with room for one application. `chance` gives its random numbers."""

    atqa = ATQA
    sak = SAK
    atr = ATR

    def __init__(self, store: Store, chance: Chance = os.urandom) -> None:
        self._chance = chance
        self._state = State(store)
        self.ats: bytes | None = ATS[store.image.kind]
        self._next_frame: _Frame | None = None
        self._delays = 0

    @property
    def uid(self) -> bytes:
        return self.image.uid

    @property
    def image(self) -> CardImage:
        """What the card keeps, as last committed."""
        return self._state.image

    def power_off(self) -> None:
        """The field is gone: selection, session and transaction are lost."""
        self._next_frame = None
        self._delays = 0
        self._state.select(None)

    def transmit(self, apdu: bytes) -> bytes:
        """Answer one APDU; whatever it is, there is a status word."""
        try:
            data, status = self._answer(apdu)
        except CardFault as fault:
            self._next_frame = None
            self._state.end_session()
            data, status = b"", fault.status
        return data + status.to_bytes(2, "big")

    def _answer(self, apdu: bytes) -> _Answer:
        frame = read(apdu)
        if isinstance(frame, Select):
            return self._select(frame.name)
        next_frame, self._next_frame = self._next_frame, None
        if frame.command == Command.ADDITIONAL_FRAME:
            if next_frame is None:
                raise CardFault(Status.ILLEGAL_COMMAND)
            return next_frame(frame.data)
        if next_frame is not None:
            raise CardFault(Status.COMMAND_ABORTED)
        if frame.command == Command.GET_VERSION:
            return self._version(frame.data)
        if frame.command == Command.AUTHENTICATE_EV2_FIRST:
            return self._authenticate_first(frame.data)
        if frame.command == Command.AUTHENTICATE_EV2_NON_FIRST:
            return self._authenticate_non_first(frame.data)
        if frame.command == MakingCommand.AUTHENTICATE_ISO and self._state.place is Place.CARD:
            return self._authenticate_iso(frame.data)
        return self._command(frame.command, frame.data), Status.OK

    def _command(self, code: int, data: bytes) -> bytes:
        ev2 = self.image.kind is not Kind.LIGHT
        tables = {Place.APPLICATION: _COMMANDS | _MAKING_FILES, Place.CARD: _CARD_COMMANDS} if ev2 else _LIGHT
        if not any(code in table for table in tables.values()):
            raise CardFault(Status.ILLEGAL_COMMAND)
        command = tables.get(self._state.place, {}).get(code)
        if command is None:
            raise CardFault(Status.PERMISSION_DENIED)
        return command(self._state, data)

    def _select(self, name: bytes) -> _Answer:
        if name != self.image.application.df_name:
            raise CardFault(Status.ISO_APPLICATION_NOT_FOUND)
        self._next_frame = None
        self._state.select(Place.APPLICATION)
        return b"", Status.ISO_OK

    def _version(self, data: bytes) -> _Answer:
        session = self._state.session
        if session is not None:
            data = session.open(Command.GET_VERSION, data)
        if data:
            raise CardFault(Status.LENGTH_ERROR)
        answer = VersionAnswer(self.image.kind, self.uid, session)

        def second(data: bytes) -> _Answer:
            self._next_frame = third
            return answer.software(data), Status.MORE_FRAMES

        def third(data: bytes) -> _Answer:
            return answer.production(data), Status.OK

        self._next_frame = second
        return answer.hardware, Status.MORE_FRAMES

    def _authenticate_first(self, data: bytes) -> _Answer:
        capabilities = capabilities_of(data)
        key = self._key(data[0])
        self._state.end_session()
        return self._challenge(Challenge(data[0], key, self._chance(RANDOM), capabilities, None))

    def _authenticate_non_first(self, data: bytes) -> _Answer:
        if len(data) != 1:
            raise CardFault(Status.LENGTH_ERROR)
        key = self._key(data[0])
        session = self._state.need_session()
        return self._challenge(Challenge(data[0], key, self._chance(RANDOM), b"", session))

    def _key(self, number: int) -> Key:
        """The key to authenticate with, unless its guesses have to be waited for."""
        key = self._state.key(number)
        if self._delays < key.failures - FAILURES_FREE:
            self._delays += 1
            raise CardFault(Status.AUTHENTICATION_DELAY)
        return key

    def _challenge(self, challenge: Challenge) -> _Answer:
        def second_part(data: bytes) -> _Answer:
            try:
                session, answer = challenge.complete(data, self._chance)
            except CardFault:
                self._count_failure(challenge.key_number, challenge.key.failures + 1)
                raise
            if challenge.key.failures:
                self._count_failure(challenge.key_number, 0)
            self._state.session = session
            return answer, Status.OK

        self._next_frame = second_part
        return challenge.first_answer(), Status.MORE_FRAMES

    def _authenticate_iso(self, data: bytes) -> _Answer:
        challenge = factory_key.challenge(self._state, data, self._chance)

        def second_part(data: bytes) -> _Answer:
            self._state.factory_session, answer = challenge.complete(data)
            return answer, Status.OK

        self._next_frame = second_part
        return challenge.first_answer(), Status.MORE_FRAMES

    def _count_failure(self, key_number: int, failures: int) -> None:
        self._delays = 0
        key = self._state.key(key_number)
        self._state.replace_key(key_number, replace(key, failures=min(failures, 0xFFFF)))


_Commands = dict[int, Callable[[State, bytes], bytes]]

_COMMANDS: Final[_Commands] = {
    Command.GET_CARD_UID: get_card_uid,
    Command.GET_KEY_VERSION: get_key_version,
    Command.GET_FILE_IDS: file_commands.get_file_ids,
    Command.GET_FILE_SETTINGS: file_commands.get_file_settings,
    Command.READ_DATA: file_commands.read_data,
    Command.WRITE_DATA: file_commands.write_data,
    Command.GET_VALUE: file_commands.get_value,
    Command.DEBIT: file_commands.debit,
    Command.CREDIT: file_commands.credit,
    Command.LIMITED_CREDIT: file_commands.limited_credit,
    Command.READ_RECORDS: file_commands.read_records,
    Command.WRITE_RECORD: file_commands.write_record,
    Command.COMMIT_READER_ID: transaction_commands.commit_reader_id,
    Command.COMMIT_TRANSACTION: transaction_commands.commit_transaction,
    Command.ABORT_TRANSACTION: transaction_commands.abort_transaction,
    Command.CHANGE_KEY: change_key,
    Command.SET_CONFIGURATION: configuration_commands.set_configuration,
    Command.CHANGE_FILE_SETTINGS: configuration_commands.change_file_settings,
    Command.CREATE_TRANSACTION_MAC_FILE: configuration_commands.create_transaction_mac_file,
    Command.DELETE_TRANSACTION_MAC_FILE: configuration_commands.delete_transaction_mac_file,
}
_LIGHT: Final = {Place.APPLICATION: _COMMANDS}
_MAKING_FILES: Final[_Commands] = {
    MakingCommand.SELECT_APPLICATION: making_commands.select_application,
    MakingCommand.CREATE_STANDARD_DATA_FILE: making_commands.create_standard_data_file,
    MakingCommand.CREATE_VALUE_FILE: making_commands.create_value_file,
    MakingCommand.CREATE_CYCLIC_RECORD_FILE: making_commands.create_cyclic_record_file,
}
_CARD_COMMANDS: Final[_Commands] = {
    MakingCommand.SELECT_APPLICATION: making_commands.select_application,
    MakingCommand.GET_APPLICATION_IDS: making_commands.get_application_ids,
    MakingCommand.GET_KEY_SETTINGS: making_commands.get_key_settings,
    MakingCommand.CHANGE_KEY_SETTINGS: making_commands.change_key_settings,
    MakingCommand.CREATE_APPLICATION: making_commands.create_application,
    Command.GET_CARD_UID: get_card_uid,
    Command.GET_KEY_VERSION: get_key_version,
    Command.CHANGE_KEY: factory_key.change_factory_key,
}
