# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The public log's writer (LEDGER.md section 4): every posting becomes a leaf, once; files that anybody can check."""
