# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The till's own software: fetched by The Update Framework, put beside the old one, tried, kept or taken back."""
