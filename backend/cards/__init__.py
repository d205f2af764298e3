# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Citizens' cards: ordered, made, loaded, blocked, replaced; and the backend's own sessions with them (CARD.md)."""
