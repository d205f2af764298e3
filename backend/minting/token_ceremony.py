# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Making a programme's keys in a token (docs/keys.md): each once, inside it; only a test programme's are brought along.

Every step is skipped where its key is there already, so a ceremony that was broken off is begun again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from backend.minting.keystore import KeysRefused
from backend.minting.pkcs11_token import Token
from backend.minting.rotation import Window
from backend.minting.token_description import MasterLabels, MintLabel, TokenDescription
from heitje.bundle import KeyUse
from heitje.card.layout import KEY_VERSION_FIRST
from heitje.keys import SigningKey
from heitje.programme import TestProgramme
from heitje.trust_root import KEYS_OF, OFFLINE, Role

_VERSION_MAX: Final = 255


@dataclass(frozen=True, slots=True)
class Place:
    """Where the token is: the module's path, the token's label, and the file with its PIN."""

    module: str
    token: str
    pin_file: Path


def describe(programme: str, df_name: bytes, place: Place, window: Window) -> TokenDescription:
    """What a backend's token will hold: two mint keys for every use, the masters, the online roles' keys."""
    return TokenDescription(
        module=place.module,
        token=place.token,
        pin_file=place.pin_file,
        df_name=df_name,
        mint=tuple(MintLabel(f"{programme}/mint/{number}", frozenset(KeyUse), *window) for number in (1, 2)),
        masters=MasterLabels(
            issuer=f"{programme}/master/issuer",
            loader=f"{programme}/master/loader",
            transaction_mac=f"{programme}/master/transaction-mac",
            terminal={KEY_VERSION_FIRST: _terminal_label(programme, KEY_VERSION_FIRST)},
        ),
        trust=_roles(programme, frozenset(Role) - OFFLINE),
    )


def describe_offline(programme: str, df_name: bytes, place: Place) -> TokenDescription:
    """What the token of the offline roles will hold."""
    return TokenDescription(place.module, place.token, place.pin_file, df_name, trust=_roles(programme, OFFLINE))


def make_keys(token: Token, description: TokenDescription, test_programme: TestProgramme | None) -> tuple[str, ...]:
    """Make what is missing, or bring it along from a test programme; the names of what is new. Raises `KeysRefused`."""
    new = tuple(label for label in description.labels if not token.holds(label))
    signers, masters = _values(description, test_programme) if test_programme else ({}, {})
    secret = () if description.masters is None else description.masters.all
    held = () if description.masters is None else tuple(description.masters.terminal.values())
    for label in new:
        if label in masters:
            token.import_master(label, masters[label], leaves_wrapped=label in held)
        elif label in signers:
            key = signers[label]
            token.import_signer(label, key.ed25519.private_bytes_raw(), key.public)
        elif label in secret:
            token.make_master(label, leaves_wrapped=label in held)
        else:
            token.make_signer(label)
    return new


def add_terminal_master(token: Token, description: TokenDescription, programme: str) -> TokenDescription:
    """Make key 1's next master; the description that names it. Raises `KeysRefused`."""
    if description.masters is None:
        raise KeysRefused("this token has no masters")
    version = max(description.masters.terminal) + 1
    if version > _VERSION_MAX:
        raise KeysRefused("a key's version is one byte")
    label = _terminal_label(programme, version)
    if not token.holds(label):
        token.make_master(label, leaves_wrapped=True)
    terminal = {**description.masters.terminal, version: label}
    return replace(description, masters=replace(description.masters, terminal=terminal))


def add_mint_key(token: Token, description: TokenDescription, label: str, window: Window) -> TokenDescription:
    """Make a mint key for every use under this name, or find it made; the description that names it."""
    if any(key.label == label for key in description.mint):
        return description
    if not token.holds(label):
        token.make_signer(label)
    return replace(description, mint=(*description.mint, MintLabel(label, frozenset(KeyUse), *window)))


def add_role(token: Token, description: TokenDescription, programme: str, role: Role) -> TokenDescription:
    """Make the keys of a role that has none, or find them made; the description that names them."""
    if role in description.trust:
        return description
    labels = _roles(programme, frozenset({role}))
    for label in labels[role]:
        if not token.holds(label):
            token.make_signer(label)
    return replace(description, trust={**description.trust, **labels})


def _values(
    description: TokenDescription, programme: TestProgramme
) -> tuple[Mapping[str, SigningKey], Mapping[str, bytes]]:
    """A test programme's keys by their names in the token."""
    mint = zip(description.mint, (programme.mint, programme.mint_next), strict=False)
    signers = {named.label: key for named, key in mint}
    for role, labels in description.trust.items():
        signers |= dict(zip(labels, programme.trust_keys[role], strict=True))
    named = description.masters
    if named is None:
        return signers, {}
    return signers, {
        named.issuer: programme.master_issuer,
        named.loader: programme.master_loader,
        named.transaction_mac: programme.master_transaction_mac,
        named.terminal[KEY_VERSION_FIRST]: programme.master_terminal,
    }


def _roles(programme: str, roles: frozenset[Role]) -> dict[Role, tuple[str, ...]]:
    return {
        role: tuple(f"{programme}/trust/{role}/{number}" for number in range(KEYS_OF[role][0]))
        for role in sorted(roles)
    }


def _terminal_label(programme: str, version: int) -> str:
    return f"{programme}/master/terminal/{version}"
