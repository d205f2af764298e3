# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What two key keepers do: the mint's next key, the end of one, the public log's; and a sealed file's first keys."""

import argparse
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backend.assembly import configuration_in_use, programme_of
from backend.commands.answer import Answer, Refused
from backend.configuration import FILE
from backend.minting import key_file, measures
from backend.minting.key_stores import DESCRIPTION_SUFFIX
from backend.minting.models import MeasureKind
from backend.minting.rotation import AHEAD_S, first_window, name_of_next, next_window
from backend.minting.token_description import TokenDescription
from backend.officials import approvals
from backend.officials.matters import Matter
from backend.officials.models import Request
from backend.provisioning import KEY_FILES
from heitje.card.layout import df_name
from heitje.trust_root import OFFLINE, Role


def init_file(arguments: argparse.Namespace) -> Answer:
    """`keys init-file`."""
    configuration = configuration_in_use()
    path = configuration.directory / KEY_FILES["file"][arguments.offline]
    if arguments.offline:
        document = key_file.new_roles(OFFLINE)
    else:
        window = first_window(int(time.time()))
        document = key_file.new_keys(configuration.programme, df_name(arguments.number), window)
    try:
        key_file.make(path, document)
    except FileExistsError as error:
        raise Refused(f"{path} is there already") from error
    text = f"new keys are sealed in {path}"
    if not arguments.offline and path != configuration.key_store_path:
        text += f'\nnow set key_store = "{path.name}" in {FILE}'
    return Answer(text, {"file": str(path)})


def request_rotation(by: str, at_once: bool, now: int) -> Request:
    """Ask two keepers for the next mint key. Raises `NotApproved`, `KeysRefused`."""
    configuration = configuration_in_use()
    key_store = programme_of(configuration).key_store
    content = {"name": name_of_next(configuration.programme, len(key_store.keys)), "at_once": at_once}
    return approvals.request(Matter.KEY_ROTATION, configuration.programme, content, by, now)


def rotate(content: Mapping[str, Any], at: int) -> None:
    """Make the next mint key, as two approved it: listed from now on, signing when every till can know it.

    A key that was made under this name before is the one. Raises `KeysRefused`, `OSError`.
    """
    window = next_window(at, 0 if content["at_once"] else AHEAD_S)
    path = configuration_in_use().key_store_path
    if path.suffix == DESCRIPTION_SUFFIX:
        _change_token(path, lambda ceremony, *token: ceremony.add_mint_key(*token, content["name"], window))
    else:
        key_file.add_mint_key(path, content["name"], window)


def request_revocation(kid: str, by: str, now: int) -> Request:
    """Ask two keepers for the end of a key. Raises `Refused`, `NotApproved`."""
    known = {key.public.kid.hex() for key in programme_of(configuration_in_use()).key_store.keys}
    if kid not in known:
        raise Refused(f"{kid} is none of this programme's keys: {', '.join(sorted(known))}")
    return approvals.request(Matter.KEY_REVOCATION, kid, {"kid": kid}, by, now)


def revoke(content: Mapping[str, Any], at: int) -> None:
    """End a key for vouchers: it signs none from now on, and the next publication lists it for none."""
    measures.impose(MeasureKind.KEY_REVOKED, at, content["kid"])


def request_log_key(by: str, now: int) -> Request:
    """Ask two keepers for the public log's key. Raises `Refused`: there is one, and a log has but one."""
    configuration = configuration_in_use()
    if programme_of(configuration).key_store.trust_keys(Role.LOG):
        raise Refused("this key store has the public log's key; another key would be another log")
    return approvals.request(Matter.LOG_KEY, configuration.programme, {"role": str(Role.LOG)}, by, now)


def add_log_key(content: Mapping[str, Any], at: int) -> None:
    """Make it, as two approved; one that was made before is the one. Raises `KeysRefused`, `OSError`."""
    configuration, role = configuration_in_use(), Role(content["role"])
    path = configuration.key_store_path
    if path.suffix == DESCRIPTION_SUFFIX:
        _change_token(path, lambda ceremony, *token: ceremony.add_role(*token, configuration.programme, role))
    else:
        key_file.add_role(path, role)


def show_windows() -> tuple[list[str], list[dict[str, object]]]:
    """When each mint key signs, and until when it is believed; lines, and the same for a program."""
    key_store, revoked = programme_of(configuration_in_use()).key_store, measures.revoked_kids()
    lines, documents = [], []
    for key, (signs_from, signs_until) in zip(key_store.keys, key_store.signing_windows, strict=True):
        ended = key.public.kid in revoked
        lines.append(
            f"mint {key.public.kid.hex()}  {', '.join(sorted(key.uses))}  signs {_day(signs_from)} to"
            f" {_day(signs_until)}, believed until {_day(key.valid_until)}{'  REVOKED for vouchers' if ended else ''}"
        )
        documents.append(
            {
                "kid": key.public.kid.hex(),
                "public": key.public.raw.hex(),
                "uses": sorted(map(str, key.uses)),
                "valid_from": key.valid_from,
                "valid_until": key.valid_until,
                "signs_from": signs_from,
                "signs_until": signs_until,
                "revoked": ended,
            }
        )
    return lines, documents


def _change_token(path: Path, change: Callable[[Any, Any, TokenDescription], TokenDescription]) -> None:
    """A step of the ceremony: `change` is given its module, the token, and what describes it."""
    from backend.minting import token_ceremony as ceremony  # its library is there only where a token is
    from backend.minting.pkcs11_token import Token

    description = TokenDescription.load(path)
    token = Token.open(description.module, description.token, description.pin())
    described = change(ceremony, token, description)
    if described != description:
        described.write(path)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
