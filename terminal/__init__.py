# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till: events → state machine → effects; decision, journal, sync, and what a person sees."""
