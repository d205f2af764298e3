# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The service units: hardened alike, and what they start exists."""

import shlex
from pathlib import Path

import pytest

from backend.command_line import make_parser
from terminal.cli import main as terminal_main

UNITS = Path(__file__).resolve().parent.parent / "packaging" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
PROGRAM = "/opt/heitje/bin/heitje"
TILLS_PROGRAM = "/opt/heitje/current/bin/heitje"
"""A link to one of two places, so that an update is one rename (docs/trust.md)."""
UPDATES = [unit for unit in SERVICES if "update" in unit.name]
BACKENDS = [unit for unit in SERVICES if "till" not in unit.name and unit not in UPDATES]


def settings(unit: Path) -> dict[str, list[str]]:
    """Every setting of a unit, by its name; one that is given twice has two values."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_service_is_a_user_of_ours_and_can_do_nothing_else(unit: Path) -> None:
    found = settings(unit)
    assert found["User"][0].startswith("heitje")
    assert found["ProtectSystem"] == ["strict"]
    assert found["CapabilityBoundingSet"] == [""]
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "RestrictNamespaces", "ProtectKernelModules"):
        assert found[name] == ["yes"], name
    assert found["RestrictAddressFamilies"][0].startswith("AF_UNIX")


def test_services_share_a_user_where_they_share_files() -> None:
    """What lies in the backend's directory is for one user alone; a till and its updates are others."""
    users = {unit.name: settings(unit)["User"][0] for unit in SERVICES}
    assert {users[unit.name] for unit in BACKENDS} == {"heitje"}
    assert {users[unit.name] for unit in UPDATES} == {"heitje-update"}
    assert users["heitje-till@.service"] == "heitje-till"


def test_the_till_is_watched_and_sees_only_its_devices() -> None:
    found = settings(UNITS / "heitje-till@.service")
    assert found["Type"] == ["notify"]
    assert int(found["WatchdogSec"][0]) <= 60
    assert found["Restart"] == ["always"]
    assert found["DevicePolicy"] == ["closed"]
    assert {value.split()[0] for value in found["DeviceAllow"]} >= {
        "char-ttyUSB",
        "char-ttyACM",
        "char-drm",
        "char-input",
    }


@pytest.mark.parametrize("unit", BACKENDS, ids=lambda unit: unit.name)
def test_what_a_backend_unit_starts_exists(unit: Path) -> None:
    program, part, *words = shlex.split(settings(unit)["ExecStart"][0])
    assert (program, part) == (PROGRAM, "backend")
    make_parser().parse_args(words)


@pytest.mark.parametrize("timer", sorted(UNITS.glob("*.timer")), ids=lambda unit: unit.name)
def test_a_timer_has_its_service(timer: Path) -> None:
    assert timer.with_suffix(".service").exists()
    assert settings(timer)["WantedBy"] == ["timers.target"]


@pytest.mark.parametrize("unit", UPDATES, ids=lambda unit: unit.name)
def test_what_an_update_starts_exists(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = settings(unit)
    commands = [shlex.split(command) for command in [*found.get("ExecCondition", []), *found["ExecStart"]]]
    ours = [words for words in commands if words[0] == TILLS_PROGRAM]
    assert ours
    for _, part, *words in ours:
        assert part == "terminal"
        with pytest.raises(SystemExit) as stop:
            terminal_main([*words, "--help"])
        assert (stop.value.code, capsys.readouterr().err) == (0, "")
    others = [words[0] for words in commands if words not in ours]
    assert set(others) <= {"+systemctl", "test"}, "nothing that an update brings is run by root"


def test_what_the_tills_unit_starts_exists(capsys: pytest.CaptureFixture[str]) -> None:
    program, part, *words = shlex.split(settings(UNITS / "heitje-till@.service")["ExecStart"][0])
    assert (program, part) == (TILLS_PROGRAM, "terminal")
    with pytest.raises(SystemExit) as stop:
        terminal_main([*words, "--help"])
    assert (stop.value.code, capsys.readouterr().err) == (0, "")
