# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one command `heitje`: its first word names a part, and the part's own command line does the rest."""

import importlib
import importlib.util
import sys
from typing import Final

from heitje import __version__

EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130

PARTS: Final = {
    "terminal": ("terminal.cli", "the till: set up, sell, journal, sync"),
    "card": ("terminal.card_cli", "the desk: make citizens' cards, show them, hold their silicon to what is assumed"),
    "backend": ("backend.cli", "the municipality's side: set up, serve, fund, settle, check"),
    "audit": ("auditor.cli", "is the public log whole, and the coin backed? Believes nobody"),
    "witness": ("auditor.witness_cli", "co-sign a town's public log, if it only grew"),
    "sim": ("firmware_sim.cli", "simulated card, printer, scanner, or a whole counter"),
    "vectors": ("heitje.vectors.cli", "run files of known answers"),
    "demo": ("firmware_sim.demo.cli", "the whole story on one machine"),
    "shop": ("firmware_sim.shop.cli", "a counter to play with: the till, and all that can happen to it"),
}
"""Found by name, so that a machine holds only the parts that it needs: a till has no backend, a server no devices."""
_EXTRAS: Final = {"card": "terminal", "shop": "demo,screens"}
"""The extra to install, where it is not called as its part is."""


def usage() -> str:
    """The help of the command itself."""
    width = max(map(len, PARTS))
    parts = "\n".join(f"  {name:<{width}}  {text}" for name, (_, text) in PARTS.items())
    return (
        f"usage: heitje PART …\n\nHeitje {__version__}: a city's own coin for work done in public space.\n\n{parts}\n\n"
        "`heitje PART --help` tells more. Exit codes: 0 done, 1 refused or failed, 2 not understood."
    )


def main(argv: list[str] | None = None) -> int:
    """Run one part. Returns its exit code."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if words else EXIT_USAGE
    if words[0] == "--version":
        print(__version__)
        return 0
    part = PARTS.get(words[0])
    if part is None:
        print(f"heitje: there is no part {words[0]!r}\n\n{usage()}", file=sys.stderr)
        return EXIT_USAGE
    try:
        module = importlib.import_module(part[0])
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(words[0], words[0])
        print(
            f"heitje: the part {words[0]} is not installed here ({error.name} is missing); install heitje[{extra}]",
            file=sys.stderr,
        )
        return EXIT_USAGE
    try:
        code = int(module.main(words[1:]))
        sys.stdout.flush()  # here, where a reader that has gone is still answered quietly
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; nothing is left to say
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
