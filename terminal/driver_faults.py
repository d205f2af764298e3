# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whatever ends a driver's call is a device that failed: the thread that owns it goes on, and the till is told."""

import logging

from drivers.errors import DeviceError, DeviceGone

_log = logging.getLogger(__name__)


def as_device_error(error: Exception, device: str) -> DeviceError:
    """What the driver raises of its own accord; for anything else, logged whole, `DeviceGone`."""
    if isinstance(error, DeviceError):
        return error
    _log.error("the driver of the %s failed", device, exc_info=error)
    return DeviceGone(f"the driver of the {device} failed: {error}")
