# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may sign on, with a PIN: kept as a salted scrypt hash, and tries are limited.

A PIN keeps out a curious customer and says whose sale it was; a till's secrets do not hang on it. After five wrong ones
in a row an operator waits, longer each time; the count outlives a restart, and so does the wait.
"""

import hashlib
import hmac
import json
import math
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from terminal.configuration import ConfigurationError
from terminal.flows.events import PinAnswer, PinChecked
from terminal.flows.scene import PIN_DIGITS, PIN_DIGITS_MIN
from terminal.status import OPERATORS_MAX

FILE_NAME: Final = "operators.json"
TRIES: Final = 5
FIRST_WAIT_S: Final = 30
MOST_WAIT_S: Final = 900
_NAME_LENGTH_MAX: Final = 20
_SALT_LENGTH: Final = 16
_COST: Final = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
"""scrypt: 16 MiB, and about 50 ms on a Raspberry Pi."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One person. `wrong`: PINs in a row that were wrong. `manager`: may do what the shop keeps for managers."""

    name: str
    salt: str
    hash: str
    wrong: int = 0
    manager: bool = False

    @classmethod
    def with_pin(cls, name: str, pin: str, *, manager: bool = False) -> Self:
        """Raises `ValueError` for a name or a PIN that cannot be used."""
        if not name.strip() or name != name.strip() or len(name) > _NAME_LENGTH_MAX or not name.isprintable():
            raise ValueError(f"a name has 1 to {_NAME_LENGTH_MAX} letters")
        if not (pin.isascii() and pin.isdigit() and PIN_DIGITS_MIN <= len(pin) <= PIN_DIGITS):
            raise ValueError(f"a PIN has {PIN_DIGITS_MIN} to {PIN_DIGITS} digits")
        salt = secrets.token_bytes(_SALT_LENGTH)
        return cls(name, salt.hex(), _hash(pin, salt).hex(), manager=manager)

    def knows(self, pin: str) -> bool:
        """Whether this is the PIN."""
        return hmac.compare_digest(_hash(pin, bytes.fromhex(self.salt)), bytes.fromhex(self.hash))


@dataclass
class Operators:
    """The people of one till, in a file that only its owner can read. Without the file nobody signs on.

    `steady` are seconds that only count up: a clock that is set does not shorten a wait.
    """

    path: Path
    people: dict[str, Operator]
    steady: Callable[[], float] = time.monotonic
    _free_at: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        now = self.steady()
        self._free_at = {name: now + _wait_s(person) for name, person in self.people.items() if _wait_s(person)}

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read them. Raises `ConfigurationError`."""
        path = directory / FILE_NAME
        try:
            document: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
            people = [Operator(**entry) for entry in document]
        except FileNotFoundError:
            people = []
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(f"{path}: not a file of this till's operators ({type(error).__name__})") from error
        return cls(path, {person.name: person for person in people})

    @property
    def names(self) -> tuple[str, ...]:
        """Who there is."""
        return tuple(self.people)

    def put(self, name: str, pin: str, *, manager: bool = False) -> None:
        """Add a person, or give them a new PIN. Raises `ValueError`, `OSError`."""
        if name not in self.people and len(self.people) >= OPERATORS_MAX:
            raise ValueError(f"a till has at most {OPERATORS_MAX} operators")
        self._keep({**self.people, name: Operator.with_pin(name, pin, manager=manager)})

    def remove(self, name: str) -> None:
        """Take a person away. Raises `KeyError`, `OSError`."""
        self._keep({known: person for known, person in self.people.items() if known != self.people[name].name})

    def check(self, name: str, pin: str) -> PinChecked:
        """Try a PIN. The try is counted on disk before its answer is known, so that pulling the plug wins nothing."""
        person = self.people.get(name)
        if person is None:
            return PinChecked(PinAnswer.WRONG)
        left_s = self._free_at.get(name, 0.0) - self.steady()
        if left_s > 0:
            return PinChecked(PinAnswer.LOCKED, wait_s=math.ceil(left_s))
        counted = replace(person, wrong=person.wrong + 1)
        self._keep({**self.people, name: counted})
        if person.knows(pin):
            self._keep({**self.people, name: replace(counted, wrong=0)})
            return PinChecked(PinAnswer.RIGHT, manager=person.manager)
        if wait_s := _wait_s(counted):
            self._free_at[name] = self.steady() + wait_s
            return PinChecked(PinAnswer.LOCKED, wait_s=wait_s)
        return PinChecked(PinAnswer.WRONG, attempts_left=TRIES - counted.wrong)

    def _keep(self, people: dict[str, Operator]) -> None:
        fresh = self.path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump([_document(person) for person in people.values()], file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        self.people = people


def _document(person: Operator) -> dict[str, Any]:
    """Without what a program that knows no managers would stumble over, where there is none."""
    document = asdict(person)
    return document if person.manager else {name: value for name, value in document.items() if name != "manager"}


def _wait_s(person: Operator) -> int:
    """How long after so many wrong PINs; 0: not at all."""
    over = person.wrong - TRIES
    return 0 if over < 0 else min(MOST_WAIT_S, FIRST_WAIT_S * 2 ** min(over, 10))


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, **_COST)
