# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The municipality's people by number: what each may do, what two have to say yes to, and who did what."""
