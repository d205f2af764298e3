# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Django's settings that are the same for every programme; `django_project` adds those of one directory."""

INSTALLED_APPS = [
    "backend.ledger",
    "backend.officials",
    "backend.shops",
    "backend.minting",
    "backend.tasks",
    "backend.redemption",
    "backend.cards",
    "backend.proof",
    "backend.settlement",
    "backend.api",
]
MIDDLEWARE = ["backend.api.middleware.api_rules"]
ROOT_URLCONF = "backend.api.urls"
ALLOWED_HOSTS = ["*"]  # terminals call by any name; a request's signature covers the URI that they meant
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
