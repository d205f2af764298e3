# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""An ESC/POS receipt printer on TCP and on a pty: what it is sent becomes text and a picture of the paper.

bytes -> real_time (status at once) -> parser (commands) -> receipt_printer -> roll (dots and text) -> PNG, text
"""
