# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a scene to its screen: one view for each place. Pure."""

from collections.abc import Callable
from typing import Final

from terminal.flows.scene import Place, Scene
from terminal.screens import books_views, menu_views, result_views, selling_views, service_views
from terminal.screens.bar import bar_of
from terminal.screens.screen import Screen, View
from terminal.status import Status

VIEWS: Final[dict[Place, Callable[[Scene, Status], View]]] = {
    Place.SIGNED_OFF: service_views.signed_off,
    Place.PIN: service_views.pin,
    Place.LOCKED: service_views.locked,
    Place.TOLD: result_views.told,
    Place.IDLE: selling_views.idle,
    Place.SALE: selling_views.sale,
    Place.CASH: selling_views.cash,
    Place.CLOSING: selling_views.closing,
    Place.MENU: menu_views.menu,
    Place.BALANCE: menu_views.balance,
    Place.REFUND_CHOICE: books_views.refund_choice,
    Place.REFUND_AMOUNT: books_views.refund_pad,
    Place.REFUND_DONE: books_views.refund_done,
    Place.HISTORY: books_views.history,
    Place.RECORD: books_views.record,
    Place.TOTALS: books_views.totals,
    Place.DAY_END: books_views.day_end,
    Place.DAY_CLOSED: books_views.day_closed,
    Place.SERVICE: service_views.service,
    Place.DETAILS: service_views.details,
    Place.PAPER: menu_views.paper,
    Place.MANAGER: menu_views.manager,
    Place.SUSPENDED: menu_views.suspended,
}


def view(scene: Scene, status: Status) -> Screen:
    """What the till's own screen says."""
    name, tone, body = VIEWS[scene.place](scene, status)
    return Screen(name, tone, bar_of(scene, status), body)
