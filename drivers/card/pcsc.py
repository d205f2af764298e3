# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PC/SC reader, through pyscard's plain calls (PC/SC part 5; contactless: part 3).

The high-level part of pyscard watches readers in a thread of its own; here one thread waits for what it needs. A
CCID reader ends a command by itself when the card is silent, so a transmission has no timeout of ours.
"""

import logging
import time
from threading import Event
from typing import Final, NamedTuple

from smartcard import scard

from drivers.addresses import ANY_READER
from drivers.card import APDU_ANSWER_MAX
from drivers.errors import CardGone, CardKind, CardNotSupported, DeviceGone

SLICE_MS: Final = 100
"""Longest time without a look at `cancelled`."""

GET_UID: Final = bytes.fromhex("FFCA000000")
"""Answered by the reader itself (part 3 section 3.2.2.1.3)."""
_STORAGE_CARD_RID: Final = bytes.fromhex("A000000306")
"""In the ATR that a reader makes up for a card without ISO 14443-4 (part 3 section 3.1.3.2.3.2)."""
_ATR_HEAD: Final = 2
"""TS and T0."""
_TD_FOLLOWS: Final = 0x8
_UID_LENGTHS: Final = (4, 7, 10)
_EVENT_COUNT: Final = 0xFFFF0000

_CARD_LEFT: Final = frozenset(
    {
        scard.SCARD_W_REMOVED_CARD,
        scard.SCARD_E_NO_SMARTCARD,
        scard.SCARD_W_RESET_CARD,
        scard.SCARD_W_UNPOWERED_CARD,
        scard.SCARD_E_NOT_TRANSACTED,
        scard.SCARD_F_COMM_ERROR,
        scard.SCARD_E_CARD_UNSUPPORTED,
        scard.SCARD_E_PROTO_MISMATCH,
        scard.SCARD_E_INSUFFICIENT_BUFFER,
    }
)
"""A fault of the card or its radio link; every other code is the reader's or pcscd's."""

_log = logging.getLogger(__name__)
_wire = logging.getLogger("drivers.wire.pcsc")


class _State(NamedTuple):
    """A reader's state: event bits, and the card's ATR."""

    bits: int
    atr: bytes

    @property
    def present(self) -> bool:
        return bool(self.bits & scard.SCARD_STATE_PRESENT)

    @property
    def mute(self) -> bool:
        return bool(self.bits & scard.SCARD_STATE_MUTE)

    @property
    def insertion(self) -> int:
        """Counts insertions and removals."""
        return self.bits & _EVENT_COUNT


class PcscCard:
    """A card in a PC/SC reader, held for this program alone."""

    def __init__(self, reader: "PcscReader", handle: int, protocol: int, insertion: int) -> None:
        self._reader = reader
        self._handle = handle
        self._protocol = protocol
        self._insertion = insertion
        self._uid = b""

    @property
    def uid(self) -> bytes:
        return self._uid

    def transmit(self, apdu: bytes) -> bytes:
        _wire.debug("> %s", apdu.hex())
        code, received = scard.SCardTransmit(self._handle, self._protocol, list(apdu))
        if code in _CARD_LEFT:
            raise CardGone(_text(code))
        _check(code)
        answer = bytes(received)
        if not 2 <= len(answer) <= APDU_ANSWER_MAX:
            raise CardGone("the card's answer is no answer to an APDU")
        _wire.debug("< %s", answer.hex())
        return answer

    def present(self) -> bool:
        return self._is_here(self._reader.state())

    def wait_removed(self, timeout_s: float, cancelled: Event | None = None) -> bool:
        deadline = time.monotonic() + timeout_s
        state = self._reader.state()
        while self._is_here(state):
            if time.monotonic() >= deadline or (cancelled is not None and cancelled.is_set()):
                return False
            state = self._reader.changed(state, deadline)
        return True

    def read_uid(self) -> None:
        """Ask the reader for the UID. Raises `CardGone`, `CardNotSupported`."""
        answer = self.transmit(GET_UID)
        if answer[-2:] != b"\x90\x00" or len(answer) - 2 not in _UID_LENGTHS:
            raise CardNotSupported(CardKind.OTHER)
        self._uid = answer[:-2]

    def release(self) -> None:
        """Take the card's power and let other programs have it."""
        code = scard.SCardDisconnect(self._handle, scard.SCARD_UNPOWER_CARD)
        if code != scard.SCARD_S_SUCCESS:
            _log.debug("disconnecting: %s", _text(code))  # it is gone already

    def _is_here(self, state: _State) -> bool:
        return state.present and state.insertion == self._insertion


def historical_bytes(atr: bytes) -> bytes:
    """The historical bytes of an ATR by its own count (ISO/IEC 7816-3 section 8.2); empty where it is cut short.

    Where one card follows another, pcscd's record may still hold the end of a longer ATR behind the new one,
    so what stands after the ATR's own end says nothing of this card.
    """
    if len(atr) < _ATR_HEAD:
        return b""
    count, interface, at = atr[1] & 0x0F, atr[1] >> 4, _ATR_HEAD
    while interface:
        at += interface.bit_count()
        more = interface & _TD_FOLLOWS
        interface = atr[at - 1] >> 4 if more and at <= len(atr) else 0
    return atr[at : at + count]


class PcscReader:
    """The first PC/SC reader whose name has `name` in it (`*`: any); opened by the first wait for a card."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._context: int | None = None
        self._reader = ""
        self._card: PcscCard | None = None

    def wait_for_card(self, timeout_s: float, cancelled: Event | None = None) -> PcscCard | None:
        deadline = time.monotonic() + timeout_s
        try:
            self._let_go()
            self._open()
            state = self.state()
            while True:
                if state.present:
                    card = self._connected(state)
                    if card is not None:
                        return card
                if time.monotonic() >= deadline or (cancelled is not None and cancelled.is_set()):
                    return None
                state = self.changed(state, deadline)
        except DeviceGone:
            self.close()
            raise

    def close(self) -> None:
        self._let_go()
        context, self._context = self._context, None
        if context is not None:
            code = scard.SCardReleaseContext(context)
            if code != scard.SCARD_S_SUCCESS:
                _log.debug("releasing the context: %s", _text(code))  # pcscd is gone already

    def state(self) -> _State:
        """The reader's state now. Raises `DeviceGone`."""
        return self._status(scard.SCARD_STATE_UNAWARE, 0)

    def changed(self, known: _State, deadline: float) -> _State:
        """The state after a change, or after a slice of the time up to `deadline`. Raises `DeviceGone`."""
        left_ms = max(int(1000 * (deadline - time.monotonic())), 0)
        return self._status(known.bits & ~scard.SCARD_STATE_CHANGED, min(left_ms, SLICE_MS))

    def _status(self, known_bits: int, timeout_ms: int) -> _State:
        if self._context is None:
            raise DeviceGone("the reader is closed")
        code, states = scard.SCardGetStatusChange(self._context, timeout_ms, [(self._reader, known_bits)])
        if code != scard.SCARD_E_TIMEOUT:
            _check(code)
        _, bits, atr = states[0]
        if bits & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            raise DeviceGone("the reader was unplugged")
        return _State(bits, bytes(atr))

    def _open(self) -> None:
        if self._context is None:
            code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
            _check(code)
            self._context = context
        code, readers = scard.SCardListReaders(self._context, [])
        if code != scard.SCARD_E_NO_READERS_AVAILABLE:
            _check(code)
        for reader in readers or ():
            if self._name == ANY_READER or self._name.casefold() in reader.casefold():
                self._reader = reader
                return
        raise DeviceGone(f"no PC/SC reader {self._name!r} among {readers or 'none'}")

    def _connected(self, state: _State) -> PcscCard | None:
        """Take the card; None where it left meanwhile. Raises `CardNotSupported`, `DeviceGone`."""
        if state.mute:
            raise CardNotSupported(CardKind.SILENT)
        if _STORAGE_CARD_RID in historical_bytes(state.atr):
            raise CardNotSupported(CardKind.MEMORY)
        code, handle, protocol = scard.SCardConnect(
            self._context,
            self._reader,
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        if code in _CARD_LEFT:
            return None
        if code == scard.SCARD_W_UNRESPONSIVE_CARD:
            raise CardNotSupported(CardKind.SILENT)
        _check(code)
        self._card = PcscCard(self, handle, protocol, state.insertion)
        try:
            self._card.read_uid()
        except CardGone:
            self._let_go()
        return self._card

    def _let_go(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            card.release()


def _check(code: int) -> None:
    if code != scard.SCARD_S_SUCCESS:
        raise DeviceGone(_text(code))


def _text(code: int) -> str:
    return f"{scard.SCardGetErrorMessage(code)} ({code & 0xFFFFFFFF:08X})"
