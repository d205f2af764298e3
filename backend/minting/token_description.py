# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`token.toml`: where the hardware key store is and what its keys are called and for. It holds no secret.

An unknown, missing or mistyped key stops the start.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from backend.minting.keystore import KeysRefused
from heitje.bundle import KeyUse
from heitje.card.layout import KEY_VERSION_FIRST
from heitje.trust_root import Role

_NOT_THE_OWNER: Final = 0o077
_SINGLE_MASTERS: Final = ("issuer", "loader", "transaction_mac")


@dataclass(frozen=True, slots=True)
class MintLabel:
    """A key of the mint by its name in the token, what a bundle says of it, and when it signs; Unix seconds."""

    label: str
    uses: frozenset[KeyUse]
    valid_from: int
    valid_until: int
    signs_from: int
    signs_until: int


@dataclass(frozen=True, slots=True)
class MasterLabels:
    """The masters of the cards' keys by their names in the token; key 1's by version."""

    issuer: str
    loader: str
    transaction_mac: str
    terminal: Mapping[int, str]

    @property
    def all(self) -> tuple[str, ...]:
        """Every one of them."""
        return (self.issuer, self.loader, self.transaction_mac, *self.terminal.values())


@dataclass(frozen=True, slots=True)
class TokenDescription:
    """One token. `module`: the library's path; `pin_file`: a file that only its owner can read.

    The token of the offline roles has no mint keys and no masters.
    """

    module: str
    token: str
    pin_file: Path
    df_name: bytes
    mint: tuple[MintLabel, ...] = ()
    masters: MasterLabels | None = None
    trust: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every key that is named."""
        masters = () if self.masters is None else self.masters.all
        trust = [label for labels in self.trust.values() for label in labels]
        return (*(key.label for key in self.mint), *masters, *trust)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file; a relative `pin_file` is beside it. Raises `KeysRefused`."""
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
            _only(document, "module", "token", "pin_file", "df_name", "mint", "masters", "trust")
            return cls(
                module=_text(document["module"]),
                token=_text(document["token"]),
                pin_file=path.parent / _text(document["pin_file"]),
                df_name=bytes.fromhex(_text(document["df_name"])),
                mint=tuple(_mint(row) for row in document.get("mint", ())),
                masters=_masters(document["masters"]) if "masters" in document else None,
                trust={Role(role): tuple(map(_text, labels)) for role, labels in document.get("trust", {}).items()},
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeysRefused(f"{path} describes no token: {error}") from error

    def pin(self) -> str:
        """What the token is opened with. Raises `KeysRefused`."""
        try:
            if self.pin_file.stat().st_mode & _NOT_THE_OWNER:
                raise KeysRefused(f"{self.pin_file} can be read by others; only its owner may (mode 600)")
            return self.pin_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise KeysRefused(f"the token's PIN is missing: {error}") from error

    def write(self, path: Path) -> None:
        """Write the file, or replace it in one step."""
        lines = [
            "# A PKCS#11 token: what is where. It holds no secret (docs/keys.md).",
            f"module = {_quoted(self.module)}",
            f"token = {_quoted(self.token)}",
            f"pin_file = {_quoted(str(self.pin_file))}",
            f"df_name = {_quoted(self.df_name.hex())}",
        ]
        for key in self.mint:
            lines += [
                "",
                "[[mint]]",
                f"label = {_quoted(key.label)}",
                f"uses = [{', '.join(_quoted(str(use)) for use in sorted(key.uses))}]",
                f"valid_from = {key.valid_from}",
                f"valid_until = {key.valid_until}",
                f"signs_from = {key.signs_from}",
                f"signs_until = {key.signs_until}",
            ]
        if self.masters is not None:
            lines += ["", "[masters]"]
            lines += [f"{name} = {_quoted(getattr(self.masters, name))}" for name in _SINGLE_MASTERS]
            lines += ["", "[masters.terminal]"]
            lines += [f"{version} = {_quoted(label)}" for version, label in sorted(self.masters.terminal.items())]
        lines += ["", "[trust]"]
        lines += [f"{role} = [{', '.join(map(_quoted, labels))}]" for role, labels in self.trust.items()]
        beside = path.with_name(f"{path.name}.new")
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8")
        beside.replace(path)


def _mint(row: dict[str, Any]) -> MintLabel:
    _only(row, "label", "uses", "valid_from", "valid_until", "signs_from", "signs_until")
    valid = (row["valid_from"], row["valid_until"])
    times = (*valid, row.get("signs_from", valid[0]), row.get("signs_until", valid[1]))
    if any(type(at) is not int for at in times):
        raise ValueError("a key is valid, and signs, from and until a Unix second")
    return MintLabel(_text(row["label"]), frozenset(map(KeyUse, row["uses"])), *times)


def _masters(table: dict[str, Any]) -> MasterLabels:
    _only(table, *_SINGLE_MASTERS, "terminal")
    terminal = {int(version): _text(label) for version, label in table["terminal"].items()}
    if KEY_VERSION_FIRST not in terminal:
        raise ValueError("key 1's first master is missing: new cards begin with it")
    issuer, loader, transaction_mac = (_text(table[name]) for name in _SINGLE_MASTERS)
    return MasterLabels(issuer, loader, transaction_mac, terminal)


def _only(table: Mapping[str, Any], *names: str) -> None:
    if unknown := table.keys() - set(names):
        raise ValueError(f"unknown key {min(unknown)}")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a name is a text")
    return value


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
