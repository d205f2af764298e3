# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The API: its title, its error handlers, its routers."""

import logging
from typing import Final

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

from backend.api.cards import router as cards
from backend.api.health import router as health
from backend.api.middleware import API_VERSION
from backend.api.problems import Problem, ProblemRaised, problem_response
from backend.api.proofs import router as proofs
from backend.api.terminals import router as terminals
from backend.api.trust import router as trust
from backend.minting.keystore import KeysRefused

LOG: Final = logging.getLogger(__name__)

api = NinjaAPI(
    title="Heitje",
    version=API_VERSION,
    description="What a terminal asks of the municipality: take my journal in, what became of it, whom may I trust.",
    urls_namespace="v1",
    docs_url=None,
    openapi_url=None,  # backend.api.openapi serves it
)
api.add_router("/terminals", terminals)
api.add_router("/terminals", cards)
api.add_router("/trust", trust)
api.add_router("/proofs", proofs)
api.add_router("", health)


@api.exception_handler(ProblemRaised)
def on_problem(_request: HttpRequest, error: ProblemRaised) -> HttpResponse:
    """A refusal of ours."""
    return problem_response(error.problem, error.detail, **error.extra)


@api.exception_handler(ValidationError)
def on_validation(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A query parameter that is none."""
    return problem_response(Problem.MALFORMED_QUERY, "; ".join(str(item.get("msg", "")) for item in error.errors))


@api.exception_handler(SuspiciousOperation)
def on_suspicious(_request: HttpRequest, _error: SuspiciousOperation) -> HttpResponse:
    """A request that Django refuses to read: a host that is none, for one."""
    return problem_response(Problem.BAD_REQUEST)


@api.exception_handler(OperationalError)
def on_busy(_request: HttpRequest, error: OperationalError) -> HttpResponse:
    """Another writer held the database for too long: nothing was stored, the terminal tries again."""
    LOG.warning("the database is busy", extra={"error": str(error)})
    return problem_response(Problem.BUSY)


@api.exception_handler(KeysRefused)
def on_keys_refused(_request: HttpRequest, error: KeysRefused) -> HttpResponse:
    """The token is not there, or its keys may not be used: nothing was stored, and a person reads why in the log."""
    LOG.error("the key store refuses", extra={"error": str(error)})
    return problem_response(Problem.KEYS_UNAVAILABLE)


@api.exception_handler(Exception)
def on_error(_request: HttpRequest, error: Exception) -> HttpResponse:
    """A fault of ours: logged whole, told without detail."""
    LOG.error("a request failed", exc_info=error)
    return problem_response(Problem.INTERNAL)
