# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a card keeps without a field, and the file that keeps it.

`CardImage` is a value: a command makes a new one and the store makes it real in one step, so a kill at any
instant leaves the card as it was before or as it is after (CARD.md section 6). The file is JSON: bytes in
hex, amounts in cents. It holds the card's keys, so it is readable by its owner alone.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final, Protocol

from heitje.card.file_settings import LIGHT_FILES, FileSettings
from heitje.card.layout import (
    CERTIFICATE_FILE_SIZE,
    FILE_VALUE,
    KEY_COUNT,
    KEY_LENGTH,
    NO_READER,
    RECORD_SIZE,
    RECORDS_READABLE,
    UID_LENGTH,
)

FORMAT: Final = "heitje-card-image-1"
DF_NAME_MAX: Final = 16
AID_LENGTH: Final = 3
SETTINGS_OPEN: Final = 0x0F
"""An EV2's own key settings at the factory: whoever comes may list and make applications."""
TMC_MAX: Final = 0xFFFFFFFF


class MalformedImage(ValueError):
    """A file that is no card image, or breaks one of its limits."""


class Kind(Enum):
    """Which chip it is. A DESFire Light has one application for ever; the others have a level of their own above."""

    LIGHT = "light"
    EV2 = "ev2"
    EV3 = "ev3"


@dataclass(frozen=True, slots=True)
class Key:
    """An AES key, its version, and how often an authentication with it has failed since the last success."""

    value: bytes
    version: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Application:
    """The card's application: keys 0 to 4, the transaction-MAC key, the files and their contents (CARD.md section 5).

    `certificate` is file 00, `balance` in cents; `records` newest first, at most four. `aid` is an EV2's. An
    application without a name is none.
    """

    df_name: bytes
    keys: tuple[Key, ...]
    transaction_mac_key: Key
    certificate: bytes
    balance: int
    records: tuple[bytes, ...] = ()
    tmc: int = 0
    tmv: bytes = bytes(8)
    tmri_prev: bytes = NO_READER
    files: Mapping[int, FileSettings] = field(default_factory=lambda: LIGHT_FILES)
    aid: bytes = b""


NO_APPLICATION: Final = Application(b"", (), Key(bytes(KEY_LENGTH)), b"", 0, files={})
"""What an EV2 has before one was made."""


@dataclass(frozen=True, slots=True)
class CardImage:
    """A card: its UID, its application; and what an EV2 has above it: a key of its own, triple DES at first."""

    uid: bytes
    application: Application
    kind: Kind = Kind.LIGHT
    card_key: Key = Key(bytes(KEY_LENGTH))
    card_key_is_aes: bool = False
    card_settings: int = SETTINGS_OPEN


class Store(Protocol):
    """Where a card's image is kept."""

    @property
    def image(self) -> CardImage:
        """The image as last committed."""

    def commit(self, image: CardImage) -> None:
        """Make `image` real in one atomic step."""


class MemoryStore:
    """A card that forgets everything with its process."""

    def __init__(self, image: CardImage) -> None:
        self._image = image

    @property
    def image(self) -> CardImage:
        return self._image

    def commit(self, image: CardImage) -> None:
        self._image = image


class FileStore:
    """A card in a file. The constructor reads it; raises `MalformedImage`, `FileNotFoundError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._image = unpack(path.read_text("utf-8"))

    @classmethod
    def create(cls, path: Path, image: CardImage) -> "FileStore":
        """Write a new card's file (an existing one is replaced)."""
        replace_durably(path, pack(image))
        return cls(path)

    @property
    def image(self) -> CardImage:
        return self._image

    def commit(self, image: CardImage) -> None:
        replace_durably(self._path, pack(image))
        self._image = image


def replace_durably(path: Path, text: str) -> None:
    """Replace a file's contents so that a power cut leaves the old ones or the new, never a mixture."""
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def pack(image: CardImage) -> str:
    """The image's text."""
    application = image.application
    document: dict[str, object] = {"format": FORMAT, "kind": image.kind.value, "uid": image.uid.hex()}
    if image.kind is not Kind.LIGHT:
        document["card_key"] = _pack_key(image.card_key)
        document["card_key_is_aes"] = image.card_key_is_aes
        document["card_settings"] = image.card_settings
    document["application"] = _pack_application(application) if application.df_name else None
    return json.dumps(document, indent=1) + "\n"


def _pack_application(application: Application) -> dict[str, object]:
    return {
        "df_name": application.df_name.hex(),
        "aid": application.aid.hex(),
        "keys": [_pack_key(key) for key in application.keys],
        "transaction_mac_key": _pack_key(application.transaction_mac_key),
        "files": {f"{number:02x}": file.pack().hex() for number, file in application.files.items()},
        "certificate": application.certificate.hex(),
        "balance": application.balance,
        "records": [record.hex() for record in application.records],
        "tmc": application.tmc,
        "tmv": application.tmv.hex(),
        "tmri_prev": application.tmri_prev.hex(),
    }


def unpack(text: str) -> CardImage:
    """Read an image's text. Raises `MalformedImage`."""
    try:
        document = json.loads(text)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise MalformedImage(f"not a card image ({FORMAT})")
        return _unpack(document)
    except MalformedImage:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MalformedImage(f"not a card image: {error}") from error


def _unpack(document: Mapping[str, object]) -> CardImage:
    kind = Kind(document.get("kind", Kind.LIGHT.value))
    uid, application = _bytes(document["uid"], UID_LENGTH), _unpack_application(document["application"], kind)
    if kind is Kind.LIGHT:
        return CardImage(uid, application)
    if type(document["card_key_is_aes"]) is not bool:
        raise MalformedImage("card_key_is_aes is not true or false")
    return CardImage(
        uid,
        application,
        kind,
        card_key=_unpack_key(document["card_key"]),
        card_key_is_aes=document["card_key_is_aes"],
        card_settings=_integer(document["card_settings"], 0xFF),
    )


def _unpack_application(application: object, kind: Kind) -> Application:
    if application is None and kind is not Kind.LIGHT:
        return NO_APPLICATION
    if not isinstance(application, dict):
        raise MalformedImage("the application is not an object")
    keys = tuple(_unpack_key(key) for key in application["keys"])
    records = tuple(_bytes(record, RECORD_SIZE) for record in application["records"])
    df_name, aid = bytes.fromhex(application["df_name"]), bytes.fromhex(application.get("aid", ""))
    if len(keys) != KEY_COUNT or len(records) > RECORDS_READABLE:
        raise MalformedImage(f"a card has {KEY_COUNT} keys and at most {RECORDS_READABLE} records")
    if not 0 < len(df_name) <= DF_NAME_MAX or len(aid) != (0 if kind is Kind.LIGHT else AID_LENGTH):
        raise MalformedImage("the application's name or number has a wrong length")
    files = _unpack_files(application["files"]) if "files" in application else LIGHT_FILES
    return Application(
        df_name=df_name,
        keys=keys,
        transaction_mac_key=_unpack_key(application["transaction_mac_key"]),
        certificate=_bytes(application["certificate"], CERTIFICATE_FILE_SIZE),
        balance=_integer(application["balance"], files[FILE_VALUE].upper if FILE_VALUE in files else 0),
        records=records,
        tmc=_integer(application["tmc"], TMC_MAX),
        tmv=_bytes(application["tmv"], 8),
        tmri_prev=_bytes(application["tmri_prev"], 16),
        files=files,
        aid=aid,
    )


def _unpack_files(document: Mapping[str, str]) -> dict[int, FileSettings]:
    return {_file_number(number): FileSettings.parse(bytes.fromhex(text)) for number, text in document.items()}


def _file_number(text: str) -> int:
    if len(text) != 2:
        raise MalformedImage(f"{text!r} is no file number")
    return bytes.fromhex(text)[0]


def _pack_key(key: Key) -> dict[str, object]:
    return {"value": key.value.hex(), "version": key.version, "failures": key.failures}


def _unpack_key(document: object) -> Key:
    if not isinstance(document, dict):
        raise MalformedImage("a key is not an object")
    return Key(
        _bytes(document["value"], KEY_LENGTH),
        _integer(document["version"], 0xFF),
        _integer(document["failures"], 0xFFFF),
    )


def _bytes(value: object, length: int) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * length:
        raise MalformedImage(f"{value!r} is not {length} bytes in hex")
    return bytes.fromhex(value)


def _integer(value: object, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise MalformedImage(f"{value!r} is not a number from 0 to {most}")
    return value
