# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's screens: what is said (pure), where it stands (pure), and one module that paints it and hears fingers."""
