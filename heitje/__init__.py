# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What travels between the parts of Heitje: formats and rules as pure functions, with no file, socket or clock."""

__version__ = "0.1.0"
