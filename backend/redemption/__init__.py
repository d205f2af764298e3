# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Intake of the terminals' journals and what each entry settles (JOURNAL.md section 3)."""
