# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The night: cut, bank file, statements, approval (LEDGER.md section 3)."""
