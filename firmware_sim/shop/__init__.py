# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A counter to play with: the till with its windows, and beside it what people, devices, network and power can do."""
