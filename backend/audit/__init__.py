# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Invariants of the book, each a named function (LEDGER.md section 1)."""
