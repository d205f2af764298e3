# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sub-commands of `heitje backend` and their arguments.

Each names the function that does it, `module.function` in `backend.commands`; those modules need Django's settings, so
they are imported only when the directory is known.
"""

import argparse
from typing import Final

from backend.arguments import Group, add_citizen, amount, count, declare, hexadecimal, seconds, subgroup
from backend.bank_command_line import add_bank, add_batch, add_corrections, add_shops
from backend.card_command_line import add_cards
from backend.key_command_line import add_keys
from backend.note_command_line import add_notes
from backend.official_command_line import add_officials
from backend.proof_command_line import add_proof
from backend.tasks.transitions import Move

_MOVES: Final = (
    (Move.CLAIM, "a citizen takes a task on"),
    (Move.START, "the claimant begins"),
    (Move.SUBMIT, "the claimant has done it"),
    (Move.VALIDATE, "an inspector found it done well: this mints"),
    (Move.REJECT, "an inspector found it wanting"),
    (Move.WITHDRAW, "an editor takes it back"),
    (Move.LAPSE, "nobody finished it in time"),
)


def make_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="heitje backend",
        description="The municipality's side: ledger, mint, journal intake, settlement.",
        epilog="Exit codes: 0 done, 1 refused or failed (or an invariant is broken), 2 not understood.",
    )
    group = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_house(group)
    _add_mint(group)
    add_cards(group)
    _add_tasks(group)
    _add_treasury(group)
    add_bank(group)
    add_corrections(group)
    add_shops(group)
    _add_risk(group)
    _add_trust(group)
    add_keys(group)
    add_officials(group)
    add_notes(group)
    add_proof(group)
    declare(group, "openapi", "interface.show_openapi", "print the API's OpenAPI document", directory=False)
    return parser


def _add_house(group: Group) -> None:
    parser = declare(
        group, "init", "house.initialise", "write a town's own backend, empty, or a ready one of a test programme"
    )
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--programme", dest="town", metavar="NAME", help="a town's, for production: as nl.heerlen")
    whose.add_argument("--test-programme", metavar="FILE", help="a test programme's JSON file")
    parser.add_argument("--account-holder", metavar="NAME", help="a town's: the municipality, as its bank knows it")
    parser.add_argument("--iban", help="a town's: the reserve's own bank account")
    parser.add_argument("--keys", choices=("file", "token"), help="a town's: in a sealed file, or in a PKCS#11 token")
    parser.add_argument(
        "--postgresql", metavar="NAME", help="keep the books in this PostgreSQL database, not in SQLite"
    )
    parser.add_argument(
        "--schema", default="", metavar="NAME", help="the programme's own schema; made where it is missing"
    )
    parser.add_argument("--db-host", default="", metavar="HOST", help="its address, or the directory of its socket")
    parser.add_argument("--db-port", type=int, default=5432, metavar="PORT", help="(default: %(default)s)")
    parser.add_argument("--db-user", default="", metavar="NAME", help="who connects")
    parser.add_argument("--db-password-file", default="", metavar="FILE", help="file in DIR that holds the password")
    declare(group, "migrate", "house.migrate", "bring the database to this version's tables")
    parser = declare(group, "serve", "house.serve", "serve the API until told to stop; prints 'ready http://…'")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port; 0 takes a free one (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes (default: %(default)s)")
    parser.add_argument(
        "--publish-every-s",
        type=seconds,
        default=300,
        metavar="N",
        help="publish the trust as well, so often; 0: a timer does it (default: %(default)s)",
    )


def _add_mint(group: Group) -> None:
    parser = declare(group, "fund", "mint.fund", "book a bank statement's line into the reserve")
    parser.add_argument("amount", type=amount, metavar="CENTS")
    parser.add_argument("--line", metavar="ID", help="the statement line's own id; the same line is booked once")
    parser.add_argument("--loss-fund", action="store_true", help="move free cover into the loss fund instead")
    allowance = subgroup(group, "allowance", "allowances for phones")
    parser = declare(allowance, "issue", "mint.issue_allowance", "move coins from a citizen's account to a phone")
    add_citizen(parser)
    parser.add_argument(
        "--phone-key", required=True, type=hexadecimal, metavar="HEX", help="the phone's public key: a COSE_Key, or raw"
    )


def _add_tasks(group: Group) -> None:
    tasks = subgroup(group, "task", "tasks in public space, from draft to reward")
    parser = declare(tasks, "publish", "tasks.publish", "write a task down and publish it: its reward is committed")
    parser.add_argument("--title", required=True)
    parser.add_argument("--category", required=True)
    parser.add_argument("--place", required=True)
    parser.add_argument("--minutes", required=True, type=int)
    parser.add_argument("--reward", required=True, type=amount, metavar="CENTS")
    parser.add_argument("--by", default="editor-1", metavar="NUMBER", help="the editor (default: %(default)s)")
    declare(tasks, "list", "tasks.list_tasks", "every task and where it stands")
    declare(tasks, "inspections", "tasks.list_inspections", "validations that were drawn to be inspected again")
    parser = declare(tasks, "inspect-again", "tasks.inspect_again", "another validator's second look")
    parser.add_argument("task", type=int, metavar="ID")
    parser.add_argument("--by", required=True, metavar="NUMBER", help="a validator who had no part in the task")
    parser.add_argument("--found", required=True, choices=("well", "wanting"), help="wanting: the reward is taken back")
    parser.add_argument("--reason", default="", help="of what is wanting")
    for move, text in _MOVES:
        parser = declare(tasks, str(move), "tasks.make_move", text)
        parser.set_defaults(move=move)
        parser.add_argument("task", type=int, metavar="ID")
        parser.add_argument("--by", required=True, metavar="NUMBER", help="who does it")
        parser.add_argument("--reason", default="", help="of a rejection")


def _add_treasury(group: Group) -> None:
    parser = declare(group, "settle", "treasury.settle", "run the night: cut, bank file, statements; twice is once")
    add_batch(parser, required=False)
    parser = declare(group, "approve", "treasury.approve", "an official's yes to a batch; two release it")
    add_batch(parser)
    parser.add_argument("--official", required=True, metavar="NAME")
    declare(group, "check", "treasury.check_invariants", "every invariant with its figures; exit code 1 on a breach")
    declare(group, "status", "treasury.status", "who holds how much, terminals, open cases")
    case = subgroup(group, "case", "what a person has to look at")
    for name, text in (
        ("pay", "the rules were kept: the loss fund pays the shop, within its guarantee"),
        ("close", "it was looked at, and nothing is paid"),
    ):
        parser = declare(case, name, f"treasury.{name}_case", text)
        parser.add_argument("case", type=int, metavar="CASE")
        parser.add_argument("--official", required=True, metavar="NAME")
        if name == "pay":
            parser.add_argument(
                "--beyond-guarantee", action="store_true", help="all of it, whatever the guarantee has left"
            )
    parser = declare(group, "outcomes", "treasury.show_outcomes", "what became of a terminal's entries")
    parser.add_argument("--terminal", required=True, metavar="HEX")
    parser.add_argument("--after", type=int, default=0, metavar="SEQ")


def _add_risk(group: Group) -> None:
    parser = declare(
        group,
        "simulate-limits",
        "risk.simulate_limits",
        "what the offline limits cost in the worst case; exit code 1 where the loss fund is less",
    )
    parser.add_argument("--terminals", type=count, metavar="N", help="so many (default: those of the books)")
    parser.add_argument(
        "--owners", type=count, metavar="N", help="owners of shops (default: as the books, or one each)"
    )
    parser.add_argument(
        "--offline-h",
        type=count,
        nargs="+",
        default=[1, 8, 24, 72, 168],
        metavar="H",
        help="hours without a connection",
    )
    parser.add_argument(
        "--payment-s", type=count, default=20, metavar="S", help="seconds from one payment to the next (default: 20)"
    )
    for name, what in (("phone", "phone"), ("paper", "paper"), ("card", "card")):
        parser.add_argument(
            f"--{name}-cents", type=count, metavar="CENTS", help=f"a terminal's limit of {what} (default: as it is)"
        )
    declare(group, "loss-meter", "risk.show_meter", "what was lost, what is exposed, and what the loss fund covers")


def _add_trust(group: Group) -> None:
    parser = declare(
        group, "publish", "trust.publish_trust", "publish what terminals trust; where nothing changed, say so"
    )
    parser.add_argument("--timestamp-only", action="store_true", help="only say again that the last one is the newest")
    parser.add_argument(
        "--every-s", type=seconds, default=0, metavar="N", help="again and again, until standard input is closed"
    )
    trust = subgroup(group, "trust", "what only the offline keys can sign")
    parser = declare(trust, "renew", "trust.renew", "the next root and delegations, with a new end, or with new keys")
    _add_offline_keys(parser)
    parser.add_argument("--former-keys", metavar="FILE", help="the keys before these, where root keys are replaced")
    parser = declare(trust, "request-release", "releases.request_release", "ask two key keepers to release these files")
    parser.add_argument("file", nargs="+", metavar="FILE")
    parser.add_argument("--by", required=True, metavar="NUMBER", help="a key keeper; asking is one yes")
    parser = declare(trust, "release", "releases.release_software", "the till's software, from now on these files")
    _add_offline_keys(parser)
    parser.add_argument("file", nargs="+", metavar="FILE")


def _add_offline_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--offline-keys", required=True, metavar="FILE", help="the offline roles' keys")
