# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje shop`: a counter to play with. The till opens with its windows, and a page beside it has buttons for all that
people, devices, network and power can do. Without a display the page shows the till's screens, and they can be touched
there. It ends at Ctrl-C; what was done is kept for the next visit.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Final

from firmware_sim.demo.cli import PROGRAMME_FILE
from firmware_sim.demo.programs import ProgramFailed
from firmware_sim.shop.counter import open_shop
from firmware_sim.shop.page import PageServer

EXIT_FAILED: Final = 1
_DISPLAYS: Final = ("DISPLAY", "WAYLAND_DISPLAY")


def main(argv: list[str]) -> int:
    """Open the counter, until a signal. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="heitje shop", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where till, backend, cards and receipts are kept")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="the page's port (a free one)")
    parser.add_argument("--window", default="800x480", metavar="WxH", help="size of the till's window (800x480)")
    parser.add_argument("--page-only", action="store_true", help="no windows, even where there is a display")
    parser.add_argument("--test-programme", type=Path, default=PROGRAMME_FILE, metavar="FILE", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    visible = not arguments.page_only and any(os.environ.get(name) for name in _DISPLAYS)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    print("opening the counter: the first time takes half a minute", file=sys.stderr, flush=True)
    try:
        with (
            open_shop(arguments.test_programme, arguments.dir, arguments.window, visible=visible) as shop,
            PageServer(shop, arguments.port) as page,
        ):
            print(f"ready {page.url}", flush=True)
            ended.wait()
    except (ProgramFailed, OSError, ValueError) as error:
        print(f"heitje shop: {error}", file=sys.stderr)
        return EXIT_FAILED
    return 0
