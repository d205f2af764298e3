# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje demo`: the whole story on one machine, driven from outside as people would.

The counter's devices are simulated here; till and backend run as their own programs, through their command
lines and HTTP.
"""
