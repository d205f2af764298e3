# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tasks in public space, from draft to reward (RULES.md section 1)."""
