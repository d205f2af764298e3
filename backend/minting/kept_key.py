# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A key of a PKCS#11 token that outlives the token's sessions (ADR 0016)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from backend.minting.keystore import KeysRefused

Result = TypeVar("Result")


class Sessions(Protocol):
    """A token, as far as a key needs it; `opening` counts its sessions."""

    opening: int

    def ask(self, do: Callable[[Any], Result], *, again: bool = True) -> Result:
        """Have the session that is open now do something."""
        ...


class KeptKey:
    """A key of a token, found again, or derived again, in each of its sessions."""

    def __init__(self, token: Sessions, find: Callable[[Any], Any]) -> None:
        self._token = token
        self._find = find
        self._opening = 0
        self._found: Any = None

    def ask(self, do: Callable[[Any], Result]) -> Result:
        """Have the token do something with it; see `Sessions.ask`."""
        return self._token.ask(lambda session: do(self.within(session)))

    def within(self, session: Any) -> Any:
        """What it is in this session."""
        if self._opening != self._token.opening:
            self._found = self._find(session)
            self._opening = self._token.opening
        return self._found

    def drop(self) -> None:
        """Have the token forget it, where this session has it at all."""

        def destroy(_: Any) -> None:
            if self._opening == self._token.opening:
                self._opening = 0
                self._found.destroy()

        with suppress(KeysRefused):  # then it went with its session
            self._token.ask(destroy, again=False)
