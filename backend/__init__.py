# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The municipality's side: ledger, mint, journal intake, settlement and their API (a Django project)."""
