# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Setting up and serving: init, migrate, serve."""

import argparse
import time

from django.core.management import call_command

from backend import configuration as configurations
from backend import population, serving
from backend.assembly import configuration_in_use
from backend.commands.answer import Answer


def initialise(arguments: argparse.Namespace) -> Answer:
    """`init`, in a directory that `provisioning.prepare` has made: the tables and what stands in them."""
    configuration = configuration_in_use()
    call_command("migrate", verbosity=0, interactive=False)
    population.populate(configuration, arguments.programme, int(time.time()))
    configurations.write(configuration)
    document = {"directory": str(configuration.directory), "programme": configuration.programme}
    return Answer(f"{configuration.directory}: a backend of {configuration.programme}, ready", document)


def migrate(arguments: argparse.Namespace) -> Answer:
    """`migrate`."""
    call_command("migrate", verbosity=0, interactive=False)
    return Answer("the database is up to date", {"database": str(configuration_in_use().database_path)})


def serve(arguments: argparse.Namespace) -> Answer:
    """`serve`. Comes back when the server was told to stop."""
    directory = configuration_in_use().directory
    serving.serve(directory, arguments.host, arguments.port, arguments.workers, arguments.publish_every_s)
    return Answer("stopped")
