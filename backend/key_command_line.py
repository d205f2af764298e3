# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje backend keys …`: the key ceremony (docs/keys.md)."""

import argparse

from backend.arguments import Group, declare, hexadecimal, subgroup
from backend.official_command_line import add_official


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
    parser = declare(keys, "add-terminal-master", "keys.add_terminal_master", "make key 1's next master in the token")
    parser.add_argument("--leave-cards", action="store_true", help="although cards did not move to the last one yet")
    parser = declare(keys, "init-file", "key_changes.init_file", "make the programme's keys in a sealed file")
    parser.add_argument("--number", required=True, type=_programme_number, metavar="HEX", help="programme number")
    parser.add_argument("--offline", action="store_true", help="the keys of the offline roles, in a file of their own")
    parser = declare(keys, "rotate", "officials.rotate_keys", "the mint's next key; two keepers, asking is one yes")
    parser.add_argument("--at-once", action="store_true", help="it signs now: tills refuse it until they hear of it")
    add_official(parser, "a key keeper")
    parser = declare(keys, "revoke", "officials.revoke_key", "the end of a mint key; two keepers, asking is one yes")
    parser.add_argument("kid", type=hexadecimal, metavar="KID", help="its id, as keys show says it")
    add_official(parser, "a key keeper")
    parser = declare(
        keys, "add-log", "officials.add_log_key", "the public log's key, where there is none; two keepers, as above"
    )
    add_official(parser, "a key keeper")
    declare(keys, "show", "keys.show", "the mint's public keys, and the versions of key 1's masters")


def _programme_number(text: str) -> bytes:
    try:
        number = bytes.fromhex(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("two bytes in hex") from error
    if len(number) != 2:
        raise argparse.ArgumentTypeError("two bytes in hex")
    return number
