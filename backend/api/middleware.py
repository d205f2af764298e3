# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every response carries: the API's version; and no error leaves but as a problem document."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponseBase

from backend.api.problems import Problem, problem_response

API_VERSION: Final = "1.0.0"


def api_version(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.status_code == Problem.METHOD_NOT_ALLOWED.value.status:
            allowed = response.headers.get("Allow", "")
            response = problem_response(Problem.METHOD_NOT_ALLOWED)
            response.headers["Allow"] = allowed
        response.headers["API-Version"] = API_VERSION
        return response

    return respond
