# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where the API stands, and what answers outside of it."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from backend.api import openapi, public_log
from backend.api.application import api
from backend.api.problems import Problem, problem_response

_LOG = [path("log/", public_log.serve), path("log/<path:path>", public_log.serve)]
urlpatterns = [path("v1/openapi.json", openapi.serve), path("v1/", api.urls), *_LOG]


def handler400(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A request that Django itself refused."""
    return problem_response(Problem.BAD_REQUEST)


def handler404(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Nothing there."""
    return problem_response(Problem.NOT_FOUND)


def handler500(_request: HttpRequest) -> HttpResponse:
    """An error of ours; its trace is in the log."""
    return problem_response(Problem.INTERNAL)
