# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The line on top of every screen: the shop, how connection and devices do, the time; or that this is training."""

from typing import Final

from drivers.printer import STOPS_PRINTING, Condition
from terminal.flows.scene import Scene
from terminal.screens.icons import Icon
from terminal.screens.screen import Bar
from terminal.status import Device, Link, Status
from terminal.words import words_in

_LINK_ICONS: Final = {Link.ONLINE: Icon.ONLINE, Link.NEEDS_SERVICE: Icon.TOOLS}
_TROUBLES: Final = STOPS_PRINTING | {Condition.SILENT, Condition.PAPER_LOW}


def bar_of(scene: Scene, status: Status) -> Bar:
    """The bar of any screen."""
    say = words_in(scene.language)
    title = f"{status.shop_name} · {scene.operator}" if scene.operator else status.shop_name
    return Bar(
        title=title,
        link=say(f"bar.{status.link.name.lower()}"),
        link_icon=_LINK_ICONS.get(status.link, Icon.OFFLINE),
        clock=say.time(status.now),
        warning=_warning(status),
        practice=say("bar.practice") if scene.training else "",
    )


def _warning(status: Status) -> Icon | None:
    """A device that a person should look after: the printer's own picture, or the sign for attention."""
    if status.has_printer and status.printer is not None and status.printer & _TROUBLES:
        return Icon.PRINTER
    if Device.FAILED in (status.reader, status.scanner) or status.queue_nearly_full:
        return Icon.ATTENTION
    return None
