# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sub-commands of `heitje backend`, one module per desk that uses them."""
