# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Packaging: which folders are packages. Everything else stands in pyproject.toml.

An import name is a folder name, so the same imports work in a bare checkout, in an editable install and in a
wheel. tests/, config/ and docs/ are not packages and are never installed.
"""

from setuptools import find_packages, setup

TOP_LEVEL = ("heitje", "drivers", "firmware_sim", "terminal", "backend", "auditor")

setup(
    package_dir={"": "."},
    packages=find_packages(include=[name + pattern for name in TOP_LEVEL for pattern in ("", ".*")]),
)
