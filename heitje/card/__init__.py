# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The citizen's card (CARD.md): its frames, secure messaging, transaction MAC and the sale, without any I/O."""
