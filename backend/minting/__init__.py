# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The mint: its keys, cover, cards, vouchers and the trust bundle (DESIGN.md section 4)."""
