# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the till trusts: fetched by The Update Framework, kept on disk, used with no network (DESIGN.md section 4)."""
