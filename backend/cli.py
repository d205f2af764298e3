# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje backend …`: the municipality's side on the command line."""

import argparse
import importlib
import json
import sys
from pathlib import Path

from backend import configuration, django_project, provisioning
from backend.command_line import make_parser
from backend.commands.answer import Answer, Refused
from backend.configuration import Configuration, ConfigurationError, Database, Engine
from backend.minting.keystore import KeysRefused
from heitje.programme import TestProgramme


def main(argv: list[str]) -> int:
    """Run one sub-command; its exit code: 0 done, 1 refused or failed, 2 not understood."""
    try:
        arguments = make_parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed its help or what is wrong
        return stop.code if isinstance(stop.code, int) else 2
    try:
        answer = run(arguments)
    except (Refused, ConfigurationError, KeysRefused) as error:
        print(f"heitje backend: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer.document) if arguments.json else answer.text)
    return 0 if answer.ok else 1


def run(arguments: argparse.Namespace) -> Answer:
    """Start Django on the directory, if it is about one, then run the command. Raises what the command raises."""
    if "dir" in arguments:
        directory = Path(arguments.dir)
        found = _prepare(directory, arguments) if "test_programme" in arguments else configuration.load(directory)
        django_project.start(found)
    else:
        django_project.start_without_directory()
    importlib.import_module("backend.command_trail").record(arguments)
    module, function = arguments.command.split(".")
    answer: Answer = getattr(importlib.import_module(f"backend.commands.{module}"), function)(arguments)
    return answer


def _prepare(directory: Path, arguments: argparse.Namespace) -> Configuration:
    try:
        if arguments.test_programme is None:
            arguments.programme = None
            return provisioning.prepare_town(directory, _town(arguments), _database(arguments))
        arguments.programme = TestProgramme.parse(Path(arguments.test_programme).read_text(encoding="utf-8"))
        return provisioning.prepare(directory, arguments.programme, _database(arguments))
    except (OSError, ValueError) as error:
        raise Refused(str(error)) from error


def _town(arguments: argparse.Namespace) -> provisioning.Town:
    """What `init` was told of a town. Raises `Refused`."""
    if not (arguments.account_holder and arguments.iban and arguments.keys):
        raise Refused("a town's backend needs --account-holder, --iban and --keys")
    store, offline = provisioning.KEY_FILES[arguments.keys]
    return provisioning.Town(arguments.town, arguments.account_holder, arguments.iban, store, offline)


def _database(arguments: argparse.Namespace) -> Database | None:
    """What `init` was told of PostgreSQL. Raises `Refused`."""
    if arguments.postgresql is None:
        return None
    if not arguments.schema:
        raise Refused("--postgresql needs a --schema, the programme's own")
    return Database(
        Engine.POSTGRESQL,
        arguments.postgresql,
        arguments.schema,
        arguments.db_host,
        arguments.db_port,
        arguments.db_user,
        arguments.db_password_file,
    )
