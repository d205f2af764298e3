# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the API says of itself."""

import argparse

from backend.api import openapi
from backend.commands.answer import Answer


def show_openapi(arguments: argparse.Namespace) -> Answer:
    """`openapi`."""
    return Answer(openapi.text().rstrip("\n"), openapi.document())
