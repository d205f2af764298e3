# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""How the till does as a machine: its service manager, its disk and clock, its log, its self-test."""
