# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's configuration: one TOML file, read once; an unknown key stops the start.

[terminal]  id, language, operator, production
[devices]   reader, scanner, printer: addresses (drivers.addresses), or left out; paper_mm
[backend]   url, or left out
[operators] sign_off_after_min, managers_only ("refund", "day end"); left out: never, and nothing
[receipt]   lines below the shop's name, vat_percent, vat_number: left out where there are none
"""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from drivers import addresses
from drivers.addresses import PcscAddress, Pn532Address, SerialAddress, TcpAddress, UsbAddress
from terminal import letterhead
from terminal.durable_file import write_durably
from terminal.flows.scene import Duty
from terminal.letterhead import NO_LETTERHEAD, Letterhead

FILE_NAME: Final = "terminal.toml"
KEYS_NAME: Final = "keys.json"
TRUST_NAME: Final = "trust"
JOURNAL_NAME: Final = "journal.sqlite"
LOCK_NAME: Final = "till.lock"

LANGUAGES: Final = ("nl", "en", "de")
PAPER_WIDTHS_MM: Final = (58, 80)
DEFAULT_LANGUAGE: Final = "nl"
DEFAULT_PAPER_MM: Final = 80
DEFAULT_OPERATOR: Final = "till"
MINUTES_MAX: Final = 1440
_SECTIONS: Final = {
    "terminal": frozenset({"id", "language", "operator", "production"}),
    "devices": frozenset({"reader", "scanner", "printer", "paper_mm"}),
    "backend": frozenset({"url"}),
    "operators": frozenset({"sign_off_after_min", "managers_only"}),
    "receipt": letterhead.SETTINGS,
}
_ADDRESSES: Final[dict[str, tuple[type, ...]]] = {
    "reader": (PcscAddress, Pn532Address),
    "scanner": (SerialAddress,),
    "printer": (TcpAddress, SerialAddress, UsbAddress),
}


class ConfigurationError(Exception):
    """The configuration cannot be used; the text says which file and why."""


@dataclass(frozen=True, slots=True)
class TerminalConfiguration:
    """How this till is set up. Addresses are texts in the form of `drivers.addresses`; None: no such device."""

    directory: Path
    terminal: bytes
    reader: str | None = None
    scanner: str | None = None
    printer: str | None = None
    paper_mm: int = DEFAULT_PAPER_MM
    language: str = DEFAULT_LANGUAGE
    operator: str = DEFAULT_OPERATOR
    production: bool = False
    backend_url: str | None = None
    letterhead: Letterhead = NO_LETTERHEAD
    sign_off_after_min: int | None = None
    managers_only: frozenset[Duty] = frozenset()

    @property
    def keys_path(self) -> Path:
        """The file with this till's secrets."""
        return self.directory / KEYS_NAME

    @property
    def trust_path(self) -> Path:
        """The folder of what this till trusts."""
        return self.directory / TRUST_NAME

    @property
    def journal_path(self) -> Path:
        """The journal."""
        return self.directory / JOURNAL_NAME

    @property
    def lock_path(self) -> Path:
        """Held by the one program that sells."""
        return self.directory / LOCK_NAME

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read the configuration of a till's directory. Raises `ConfigurationError`."""
        path = directory / FILE_NAME
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
            return cls._from_document(directory, document)
        except FileNotFoundError as error:
            raise ConfigurationError(f"{path} is not there; `heitje terminal init` makes it") from error
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{path}: {error}") from error

    @classmethod
    def _from_document(cls, directory: Path, document: dict[str, Any]) -> Self:
        for section, members in document.items():
            if section not in _SECTIONS or not isinstance(members, dict):
                raise ValueError(f"there is no section {section}")
            for member in members.keys() - _SECTIONS[section]:
                raise ValueError(f"there is no setting {section}.{member}")
        terminal, devices = document.get("terminal", {}), document.get("devices", {})
        identity = bytes.fromhex(_text(terminal, "id") or "")
        language, paper_mm = _text(terminal, "language") or DEFAULT_LANGUAGE, devices.get("paper_mm", DEFAULT_PAPER_MM)
        production = terminal.get("production", False)
        if len(identity) != 8:
            raise ValueError("terminal.id is 16 hex digits")
        if language not in LANGUAGES:
            raise ValueError(f"terminal.language is one of {', '.join(LANGUAGES)}")
        if paper_mm not in PAPER_WIDTHS_MM:
            raise ValueError("devices.paper_mm is 58 or 80")
        if not isinstance(production, bool):
            raise ValueError("terminal.production is true or false")
        configuration = cls(
            directory=directory,
            terminal=identity,
            reader=_text(devices, "reader"),
            scanner=_text(devices, "scanner"),
            printer=_text(devices, "printer"),
            paper_mm=paper_mm,
            language=language,
            operator=_text(terminal, "operator") or DEFAULT_OPERATOR,
            production=production,
            backend_url=_text(document.get("backend", {}), "url"),
            letterhead=Letterhead.from_settings(document.get("receipt", {})),
            **_of_operators(document.get("operators", {})),
        )
        configuration.check_addresses()
        return configuration

    def check_addresses(self) -> None:
        """Raises `ValueError` for a device whose address is none, or of another kind of device."""
        for device, kinds in _ADDRESSES.items():
            text: str | None = getattr(self, device)
            if text is not None and not isinstance(addresses.parse(text), kinds):
                raise ValueError(f"{text!r} is no address of a {device}")

    def write(self) -> None:
        """Write it to its directory. Raises `OSError`."""
        devices = {"reader": self.reader, "scanner": self.scanner, "printer": self.printer}
        lines = [
            "[terminal]",
            f'id = "{self.terminal.hex()}"',
            f"language = {json.dumps(self.language)}",
            f"operator = {json.dumps(self.operator, ensure_ascii=False)}",
            f"production = {json.dumps(self.production)}",
            "",
            "[devices]",
            *(f"{name} = {json.dumps(address)}" for name, address in devices.items() if address is not None),
            f"paper_mm = {self.paper_mm}",
        ]
        if self.backend_url is not None:
            lines += ["", "[backend]", f"url = {json.dumps(self.backend_url)}"]
        if self.sign_off_after_min is not None or self.managers_only:
            lines += ["", "[operators]"]
            if self.sign_off_after_min is not None:
                lines.append(f"sign_off_after_min = {self.sign_off_after_min}")
            lines.append(f"managers_only = {json.dumps(sorted(self.managers_only))}")
        if settings := self.letterhead.to_settings():
            lines += ["", "[receipt]", *settings]
        write_durably(self.directory / FILE_NAME, ("\n".join(lines) + "\n").encode())


def _of_operators(members: dict[str, Any]) -> dict[str, Any]:
    minutes, duties = members.get("sign_off_after_min"), members.get("managers_only", [])
    if minutes is not None and (type(minutes) is not int or not 1 <= minutes <= MINUTES_MAX):
        raise ValueError(f"operators.sign_off_after_min is 1 to {MINUTES_MAX}")
    if not isinstance(duties, list) or not set(map(str, duties)) <= set(Duty):
        raise ValueError(f"operators.managers_only is a list of {', '.join(Duty)}")
    return {"sign_off_after_min": minutes, "managers_only": frozenset(map(Duty, duties))}


def _text(members: dict[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is a text")
    return value
