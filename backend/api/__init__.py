# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""HTTP: signed requests in, JSON and problem documents out."""
