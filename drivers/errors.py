# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong with a device: one class for each thing that a caller does differently.

    DeviceError
      DeviceGone           not there, or taken out: say so, try again later
      LibraryMissing       this machine lacks the software for such a device: a person has to install it
      CardGone             the card left or is silent: hold it again (whether it did the last command is unknown)
      CardNotSupported     something lies on the reader that no APDU can be sent to: say what, wait until it is lifted

The library's own exception is the `__cause__`.
"""

from enum import Enum


class DeviceError(Exception):
    """Anything that a device, or what lies on it, could not do."""


class DeviceGone(DeviceError):
    """The device does not answer: unplugged, switched off, its service stopped, or taken by another program."""


class LibraryMissing(DeviceError):
    """The library for this kind of device is not installed; the text says which."""


class CardGone(DeviceError):
    """No answer from the card. It may or may not have done the command (CARD.md section 9)."""


class CardKind(Enum):
    """What lies on the reader, when it is no card that takes APDUs."""

    MEMORY = "a tag that only stores data"
    OTHER = "a contactless object of another kind"
    SEVERAL = "more than one card"
    SILENT = "a card that does not answer its activation"


class CardNotSupported(DeviceError):
    """A card, or cards, that cannot be spoken to."""

    def __init__(self, kind: CardKind) -> None:
        super().__init__(kind.value)
        self.kind = kind
