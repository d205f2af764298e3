# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Setting up and serving: init, migrate, serve."""

import argparse
import time

from django.core.management import call_command
from django.db import connection

from backend import configuration as configurations
from backend import population, serving
from backend.assembly import configuration_in_use
from backend.commands.answer import Answer, Refused
from backend.configuration import Engine
from backend.officials.models import Official
from backend.shops.models import Shop
from backend.tasks import inspections


def initialise(arguments: argparse.Namespace) -> Answer:
    """`init`, in a directory that `provisioning` has made: the tables, and what stands in a test programme's."""
    configuration = configuration_in_use()
    bring_up_to_date()
    if Shop.objects.exists() or Official.objects.exists():
        raise Refused(f"the schema {configuration.database.schema} holds a backend already")
    now = int(time.time())
    if arguments.programme is not None:
        population.populate(configuration, arguments.programme, now)
    else:
        inspections.seed(now)
    configurations.write(configuration)
    document = {"directory": str(configuration.directory), "programme": configuration.programme}
    state = "ready" if arguments.programme is not None else "empty; next: heitje backend keys (docs/new-city.md)"
    return Answer(f"{configuration.directory}: a backend of {configuration.programme}, {state}", document)


def migrate(arguments: argparse.Namespace) -> Answer:
    """`migrate`."""
    bring_up_to_date()
    configuration = configuration_in_use()
    database = configuration.database
    where = (
        str(configuration.database_path) if database.engine == Engine.SQLITE else f"{database.name}.{database.schema}"
    )
    return Answer("the database is up to date", {"database": where})


def bring_up_to_date() -> None:
    """This version's tables; on PostgreSQL in the programme's schema, which is made where it is missing."""
    if connection.vendor == "postgresql":
        schema = connection.ops.quote_name(configuration_in_use().database.schema)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    call_command("migrate", verbosity=0, interactive=False)


def serve(arguments: argparse.Namespace) -> Answer:
    """`serve`. Comes back when the server was told to stop."""
    directory = configuration_in_use().directory
    serving.serve(directory, arguments.host, arguments.port, arguments.workers, arguments.publish_every_s)
    return Answer("stopped")
