# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether the process answers, and whether it can work: for whoever restarts it, and whoever sends it callers."""

import json
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from ninja import Router

from backend.api.documentation import public
from backend.api.middleware import API_VERSION
from backend.api.problems import Problem, problem_response
from backend.assembly import configuration_in_use, programme_of, repository_of
from backend.minting.keystore import KeysRefused
from backend.minting.trust_repository import TIMESTAMP_FILE

LOG: Final = logging.getLogger(__name__)
router: Final = Router(tags=["health"])
_PASS: Final = "pass"  # noqa: S105  # a verdict, no secret


class _Amiss(Exception):
    """A part cannot do its work; the text says why, without detail that a stranger could use."""


@router.get(
    "/health",
    openapi_extra=public("Health", example={"status": _PASS, "version": API_VERSION}),
    summary="Does it run?",
    operation_id="getHealth",
)
def get_health(request: HttpRequest) -> JsonResponse:
    """The process answers. Whoever watches it restarts it where it does not."""
    return JsonResponse({"status": _PASS, "version": API_VERSION})


@router.get(
    "/readiness",
    openapi_extra=public(
        "Health",
        example={
            "status": _PASS,
            "version": API_VERSION,
            "checks": dict.fromkeys(("database", "tables", "keys", "trust"), _PASS),
        },
        problems=(Problem.NOT_READY,),
    ),
    summary="Can it work?",
    operation_id="getReadiness",
)
def get_readiness(request: HttpRequest) -> JsonResponse:
    """The database answers with this version's tables, the keys can be used, and the published trust is fresh."""
    checks = {check.__name__.strip("_"): _verdict(check) for check in (_database, _tables, _keys, _trust)}
    if set(checks.values()) == {_PASS}:
        return JsonResponse({"status": _PASS, "version": API_VERSION, "checks": checks})
    LOG.warning("not ready", extra=checks)
    return problem_response(Problem.NOT_READY, checks=checks)


def _verdict(check: Callable[[], None]) -> str:
    try:
        check()
    except _Amiss as error:
        return str(error)
    except DatabaseError:
        return "the database does not answer"
    return _PASS


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


_tables_are_there: Final = set[str]()
"""Databases that were seen with this version's tables: they do not go away, and looking takes milliseconds."""


def _tables() -> None:
    name = str(connection.settings_dict["NAME"])
    if name in _tables_are_there:
        return
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _Amiss("the tables are of another version")
    _tables_are_there.add(name)


def _keys() -> None:
    try:
        programme_of(configuration_in_use())
    except KeysRefused as error:
        raise _Amiss("the keys cannot be used") from error


def _trust() -> None:
    path = repository_of(configuration_in_use()).metadata / TIMESTAMP_FILE
    try:
        expires = datetime.fromisoformat(json.loads(path.read_bytes())["signed"]["expires"]).timestamp()
    except (OSError, ValueError, LookupError) as error:
        raise _Amiss("nothing is published") from error
    if expires < time.time():
        raise _Amiss("what is published has expired")
