# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The book: accounts, immutable transfers, and every event that moves money (LEDGER.md section 1)."""
