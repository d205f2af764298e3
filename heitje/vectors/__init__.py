# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Known answers: JSON files in the form of `tests/vectors/`, checked against what this code answers.

A file is known by its members, not by its name, so that any other file of the same form is treated alike.
"""
