# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""`heitje terminal update | pack-release | software-test`: the till's own software (docs/trust.md, packaging/systemd).

`update check` ends with 0 where there is something to do and with 1 where not, as systemd's ExecCondition wants it.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

EXIT_FAILED: Final = 1
EXIT_NOTHING: Final = 1
EXIT_UPDATE_FAILED: Final = 255
"""For systemd: an error, and no reason to skip."""
DEFAULT_EXTRAS: Final = "terminal,pcsc,screens"


def add_commands(commands: Any) -> None:
    """Add them to the parser of `heitje terminal`."""
    update = commands.add_parser("update", help="newer software: beside the old, tested, on trial, kept or taken back")
    actions = update.add_subparsers(required=True, metavar="ACTION")
    for name, command, text in (
        ("check", _check, "is there a newer release? 0: yes, 1: no"),
        ("install", _install, "fetch, install and test the newest; it runs, on trial, from the next start on"),
    ):
        action = _action(actions, name, command, text)
        action.add_argument("--dir", type=Path, required=True, metavar="DIR", help="root.json, and what was fetched")
        action.add_argument("--url", required=True, metavar="URL", help="the repository: https://…/v1/trust")
    _action(actions, "confirm", _confirm, "the till has started with it: it stays")
    _action(actions, "take-back", _take_back, "it did not do: run the one before, and do not try this one again")
    _action(actions, "settle", _settle, "at a start of the machine: a trial that was cut off is taken back")

    packs = commands.add_parser("pack-release", help="make a release of wheels, for `heitje backend trust release`")
    packs.add_argument("wheel", type=Path, nargs="+", help="our own, all that it needs for every machine, and pip")
    packs.add_argument("--version", required=True, metavar="VERSION", help="of our own wheel")
    packs.add_argument("--extras", default=DEFAULT_EXTRAS, metavar="A,B", help="(default: %(default)s)")
    packs.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where manifest and archive are put")
    packs.set_defaults(command=_pack)

    test = commands.add_parser("software-test", help="whether a till could run on this software; no till is needed")
    test.add_argument("--json", action="store_true", help="print the answer as JSON")
    test.set_defaults(command=_software_test)


def _action(
    actions: Any, name: str, command: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    action: argparse.ArgumentParser = actions.add_parser(name, help=text)
    action.add_argument("--slots", type=Path, required=True, metavar="DIR", help="where the software is: /opt/heitje")
    action.add_argument("--json", action="store_true", help="print the answer as JSON")
    action.set_defaults(command=command)
    return action


def _check(arguments: argparse.Namespace) -> int:
    return _updating(arguments, only_look=True)


def _install(arguments: argparse.Namespace) -> int:
    return _updating(arguments, only_look=False)


def _updating(arguments: argparse.Namespace, *, only_look: bool) -> int:
    from terminal.software.environment import NotInstalled
    from terminal.software.release import NoRelease
    from terminal.software.slots import Slots
    from terminal.software.update import Update, Updated
    from terminal.trust.client import ReleaseClient, TrustOutOfReach, TrustRefused
    from terminal.trust.store import TrustUnreadable

    update = Update(ReleaseClient(arguments.dir, arguments.url), Slots(arguments.slots))
    try:
        ends, release = update.look() if only_look else update.run()
    except (TrustOutOfReach, TrustRefused, TrustUnreadable, NotInstalled, NoRelease, OSError) as error:
        print(f"heitje terminal update: {error}", file=sys.stderr)
        return EXIT_UPDATE_FAILED
    version = None if release is None else release.version
    newer = ends is Updated.TRYING
    if arguments.json:
        print(json.dumps({"newer": newer, "version": version, "says": str(ends)}))
    else:
        print(f"{version}: newer than what runs" if newer and only_look else f"{version or '-'}: {ends}")
    return 0 if newer or not only_look else EXIT_NOTHING


def _confirm(arguments: argparse.Namespace) -> int:
    return _end_trial(arguments, stays=True)


def _take_back(arguments: argparse.Namespace) -> int:
    return _end_trial(arguments, refuse=True)


def _settle(arguments: argparse.Namespace) -> int:
    return _end_trial(arguments)


def _end_trial(arguments: argparse.Namespace, *, stays: bool = False, refuse: bool = False) -> int:
    from terminal.software.slots import Slots

    slots = Slots(arguments.slots)
    if stays:
        slots.confirm()
    else:
        slots.take_back(refuse=refuse)
    release = slots.release()
    version = None if release is None else release.version
    if arguments.json:
        print(json.dumps({"runs": slots.current, "version": version, "trying": slots.trying}))
    else:
        print(f"{slots.directory / (slots.current or '-')} runs: {version or 'no release'}")
    return 0


def _pack(arguments: argparse.Namespace) -> int:
    from terminal.software.release import MANIFEST_NAME, NoRelease, Release, pack

    version = arguments.version
    release = Release(version, f"heitje-till-{version}.tar", f"heitje[{arguments.extras}]=={version}")
    try:
        Release.parse(release.encode())
        archive = pack(arguments.wheel)
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / release.archive).write_bytes(archive)
        (arguments.out / MANIFEST_NAME).write_bytes(release.encode())
    except (NoRelease, OSError) as error:
        print(f"heitje terminal pack-release: {error}", file=sys.stderr)
        return EXIT_FAILED
    print(f"{arguments.out / MANIFEST_NAME} {arguments.out / release.archive}")
    return 0


def _software_test(arguments: argparse.Namespace) -> int:
    from terminal.software.software_test import software_test

    found = dict(software_test())
    wrong = {name: why for name, why in found.items() if why is not None}
    if arguments.json:
        print(json.dumps({"well": not wrong, "checks": found}))
    else:
        for name, why in found.items():
            print(f"{name:<12} {why or 'well'}")
    return EXIT_FAILED if wrong else 0
