# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The treasurer's words: the bank's file and its answers, alarms, and what people put right or give."""

import argparse
from datetime import date
from typing import Final

from backend.arguments import Group, amount, count, declare, subgroup
from backend.official_command_line import add_official

MEANINGS: Final = ("funding", "returns", "excess withdrawn", "bank charge", "payments", "sent back")
LANGUAGES: Final = ("nl", "en", "de")


def add_bank(group: Group) -> None:
    """`bank`, `alarms`, `statements`."""
    bank = subgroup(group, "bank", "the bank's file and its answers")
    parser = declare(bank, "file", "bank.write_file", "the file for the bank, once two officials approved it")
    add_batch(parser)
    parser.add_argument("--out", required=True, metavar="FILE")
    parser = declare(bank, "import", "bank.import_document", "take in a statement (camt.053) or a report (pain.002)")
    parser.add_argument("file", metavar="FILE")
    _add_official(parser)
    parser = declare(bank, "entries", "bank.list_entries", "what the bank did, and what is not explained")
    parser.add_argument("--open", action="store_true", help="only what a person has to explain")
    parser = declare(bank, "explain", "bank.explain_entry", "say what an unknown credit or debit is")
    parser.add_argument("entry", type=count, metavar="ENTRY")
    parser.add_argument("--as", dest="meaning", required=True, choices=MEANINGS)
    parser.add_argument("--date", type=date.fromisoformat, metavar="YYYY-MM-DD", help="of the batch that it is of")
    parser.add_argument("--run", type=int, default=1)
    parser.add_argument("--shop", default="", metavar="SHOP", help="whose payment came back")
    parser.add_argument("--of", type=count, default=0, metavar="ENTRY", help="the unknown credit that was sent back")
    _add_official(parser)
    parser = declare(bank, "source", "bank.name_source", "an account of the municipality's own that funds the reserve")
    parser.add_argument("iban", metavar="IBAN")
    parser.add_argument("--name", required=True)
    _add_official(parser)
    parser = declare(bank, "pay-again", "bank.pay_again", "send to a shop again what came back or was rejected")
    parser.add_argument("shop", metavar="SHOP")
    _add_official(parser)
    declare(group, "alarms", "bank.show_alarms", "what a treasurer has to look at; exit code 1 where there is anything")
    parser = declare(
        group, "statements", "bank.write_statements", "statements of a batch in a language: tagged PDF, and CSV"
    )
    add_batch(parser)
    parser.add_argument("--shop", default="", metavar="SHOP", help="only this shop's")
    parser.add_argument("--language", choices=LANGUAGES, default="nl", help="(default: %(default)s)")


def add_corrections(group: Group) -> None:
    """`claw-back`, `recover`, `team`, `grant`."""
    parser = declare(group, "claw-back", "corrections.claw_back", "take back what a wrongly validated task minted")
    parser.add_argument("task", type=count, metavar="TASK")
    parser.add_argument("--reason", required=True)
    _add_official(parser)
    declare(group, "recover", "corrections.recover", "take from later earnings what citizens owe; every night does it")
    team = subgroup(group, "team", "what a team earned together")
    parser = declare(team, "share", "corrections.share", "give one of its people a share")
    parser.add_argument("team", metavar="TEAM", help="its number, which begins with team:")
    parser.add_argument("--citizen", required=True, metavar="NUMBER")
    parser.add_argument("--amount", required=True, type=amount, metavar="CENTS")
    parser.add_argument("--share", required=True, metavar="ID", help="the share's own id; the same one is given once")
    grant = subgroup(group, "grant", "earmarked money for other allowances")
    parser = declare(
        grant, "promise", "corrections.promise", "ask for cover for a grant, or for more of it; two treasurers"
    )
    _add_grant(parser)
    parser.add_argument("--purpose", required=True)
    parser = declare(grant, "withdraw", "corrections.withdraw", "free what is not paid")
    _add_grant(parser)
    parser = declare(grant, "pay", "corrections.pay", "pay a citizen out of it: this mints")
    _add_grant(parser)
    parser.add_argument("--citizen", required=True, metavar="NUMBER")


def add_shops(group: Group) -> None:
    """`shop`."""
    shop = subgroup(group, "shop", "shops, and the accounts that they are paid on")
    declare(shop, "list", "bank.list_shops", "every shop, its account, and the one that waits")
    parser = declare(shop, "admit", "officials.admit_shop", "take a shop on: two treasurers, asking is one yes")
    parser.add_argument("shop", metavar="SHOP", help="its id, as bakker-1; scopes and files name it so, for ever")
    parser.add_argument("--name", required=True, help="as on receipts, and as the holder of its account")
    parser.add_argument("--owner", required=True, metavar="NUMBER", help="whose shop it is: the guarantee is theirs")
    parser.add_argument("--category", required=True, help="what earmarked money can name, as bakery")
    parser.add_argument("--area", required=True, help="likewise, as centrum")
    parser.add_argument("--iban", required=True, help="where it is paid")
    add_official(parser, "a treasurer who compared name and account; asking counts as one yes")
    parser = declare(
        shop, "account", "officials.change_shop_account", "another account of a shop: two treasurers, and a week's wait"
    )
    parser.add_argument("shop", metavar="SHOP")
    parser.add_argument("iban", metavar="IBAN")
    add_official(parser, "a treasurer; asking counts as one yes")
    parser = declare(shop, "keep-account", "bank.keep_shop_account", "stop another account of a shop while it waits")
    parser.add_argument("shop", metavar="SHOP")
    parser.add_argument("--reason", required=True)
    _add_official(parser)


def add_batch(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Which batch; the night's own is today's."""
    parser.add_argument(
        "--date",
        required=required,
        type=date.fromisoformat,
        metavar="YYYY-MM-DD",
        help=None if required else "(default: today, UTC)",
    )
    parser.add_argument("--run", type=int, default=1, help="for a second batch on one date (default: %(default)s)")


def _add_official(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--official", required=True, metavar="NAME", help="who does it")


def _add_grant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("grant", metavar="GRANT")
    _add_official(parser)
    parser.add_argument("--amount", required=True, type=amount, metavar="CENTS")
