# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje backend keys …`: the key ceremony (docs/keys.md)."""

import argparse

from backend.arguments import Group, declare, subgroup


def add_keys(group: Group) -> None:
    """Declare them."""
    keys = subgroup(group, "keys", "the key store: what is in it, and the ceremony of a PKCS#11 token")
    parser = declare(keys, "init-token", "keys.init_token", "make the programme's keys in an initialised PKCS#11 token")
    parser.add_argument("--module", required=True, metavar="PATH", help="the token's PKCS#11 library")
    parser.add_argument("--token", required=True, metavar="LABEL", help="the token's label")
    parser.add_argument("--pin-file", required=True, metavar="FILE", help="its PIN; readable by its owner alone")
    parser.add_argument("--offline", action="store_true", help="the keys of the offline roles, in a token of their own")
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--number", type=_programme_number, metavar="HEX", help="programme number: two bytes in hex")
    whose.add_argument(
        "--test-programme",
        dest="programme_file",
        metavar="FILE",
        help="bring a test programme's published keys along instead of making new ones",
    )
    declare(keys, "add-terminal-master", "keys.add_terminal_master", "make key 1's next master in the token")
    declare(keys, "show", "keys.show", "the mint's public keys, and the versions of key 1's masters")


def _programme_number(text: str) -> bytes:
    try:
        number = bytes.fromhex(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("two bytes in hex") from error
    if len(number) != 2:
        raise argparse.ArgumentTypeError("two bytes in hex")
    return number
