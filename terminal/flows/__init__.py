# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a person does at the till, around the sale of `terminal.machine`: one table, pure (DESIGN.md section 3)."""
