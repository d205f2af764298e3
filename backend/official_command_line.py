# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje backend official|approval|enrol|terminal|acts …`: people, four eyes, the audit trail."""

import argparse

from backend.arguments import Group, count, declare, hexadecimal, subgroup
from backend.officials.roles import Role


def add_officials(group: Group) -> None:
    """Declare them."""
    official = subgroup(group, "official", "who works for the programme, and in which role")
    parser = declare(official, "first", "officials.appoint_first", "the first two registrars, once")
    parser.add_argument("official", nargs=2, metavar="NUMBER")
    declare(official, "list", "officials.list_officials", "every official and their roles")
    for name, text in (("give", "ask two registrars for a role"), ("take", "ask two registrars to take a role")):
        parser = declare(official, name, "officials.change_role", text)
        parser.set_defaults(take=name == "take")
        parser.add_argument("official", metavar="NUMBER")
        parser.add_argument("role", type=Role, choices=list(Role), metavar="ROLE", help=", ".join(Role))
        parser.add_argument("--day-cents", type=count, metavar="CENTS", help="a validator's daily cap (default: 50000)")
        add_official(parser, "a registrar; asking counts as one yes")
    approval = subgroup(group, "approval", "what waits for two officials")
    declare(approval, "list", "officials.list_requests", "open requests, and what they ask for")
    parser = declare(approval, "approve", "officials.approve", "an official's yes; the second one carries it out")
    parser.add_argument("request", type=count, metavar="ID")
    parser.add_argument("--compared", default="", metavar="TEXT", help="what you read, where two have to compare")
    add_official(parser, "who approves")
    parser = declare(approval, "refuse", "officials.refuse", "an official's no, which closes the request")
    parser.add_argument("request", type=count, metavar="ID")
    parser.add_argument("--reason", required=True)
    add_official(parser, "who refuses")
    parser = declare(group, "enrol", "officials.enrol", "ask two enrollers to take a terminal on")
    parser.add_argument("--terminal", required=True, type=hexadecimal, metavar="HEX", help="its id, as it says it")
    parser.add_argument("--key", required=True, type=hexadecimal, metavar="HEX", help="its public key, likewise")
    parser.add_argument("--shop", required=True, metavar="ID")
    parser.add_argument("--paper-till", action="store_true", help="the one till of its shop that takes notes offline")
    parser.add_argument("--secure-element", action="store_true", help="its debit master sits in a SAM or TPM")
    parser.add_argument("--card-desk", action="store_true", help="cards are made at it")
    add_official(parser, "who asks; approving comes after comparing")
    parser = declare(group, "introduce", "trust.introduce", "what a new till starts from, once it is taken on")
    parser.add_argument("--terminal", required=True, type=hexadecimal, metavar="HEX", help="its id")
    parser.add_argument("--out", required=True, metavar="FILE", help="carried to the till by hand")
    parser = declare(
        group, "masters", "officials.request_masters", "ask two enrollers to let a terminal have key 1's masters"
    )
    parser.add_argument("--terminal", required=True, type=hexadecimal, metavar="HEX", help="its id")
    add_official(parser, "who asks; approving comes after comparing")
    terminal = subgroup(group, "terminal", "terminals that are not believed")
    parser = declare(terminal, "suspend", "officials.suspend_terminal", "believe a terminal no longer; one enroller")
    parser.add_argument("terminal", type=hexadecimal, metavar="HEX", help="its id")
    parser.add_argument("--reason", required=True)
    add_official(parser, "an enroller")
    parser = declare(
        terminal, "resume", "officials.resume_terminal", "believe it again: two enrollers, asking is one yes"
    )
    parser.add_argument("terminal", type=hexadecimal, metavar="HEX", help="its id")
    add_official(parser, "an enroller")
    parser = declare(group, "acts", "officials.show_acts", "the audit trail, checked; exit code 1 where it is broken")
    parser.add_argument("--after", type=int, default=0, metavar="NUMBER", help="only acts after this one")
    parser.add_argument("--out", metavar="FILE", help="all of them for an auditor (heitje audit acts)")


def add_official(parser: argparse.ArgumentParser, who: str) -> None:
    """Who does it."""
    parser.add_argument("--by", required=True, metavar="NUMBER", help=who)
