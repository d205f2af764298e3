# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Devices of the counter: card readers, QR scanner, receipt printer. Bytes in, bytes out; no word of business.

A device is chosen by its address (`drivers.addresses`) and opened by `drivers.devices`; a simulator is one more
address. A constructor opens nothing.
"""
