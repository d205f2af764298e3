# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is installed where: a till gets no backend, a server no devices, and every lock pins bytes, not hosts."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import heitje

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(ROOT.glob("requirements/*.txt"))
OUR_FOLDERS = {"heitje", "drivers", "firmware_sim", "terminal", "backend", "auditor"}
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,-]+\])?==(\S+)(.*(?:\n    .*)*)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """Library → version of one lock."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return {match[1]: match[2] for match in PIN.finditer(text)}


def names_of(requirements: list[str]) -> set[str]:
    """The libraries that requirements name, in lower case."""
    return {re.split(r"[\[<>=;]", line)[0].lower() for line in requirements}


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project


def test_version_is_the_same_everywhere(metadata: dict[str, Any]) -> None:
    version = metadata["version"]
    assert heitje.__version__ == version
    assert f"\nsoftwareVersion: {version}\n" in (ROOT / "publiccode.yml").read_text("utf-8")
    assert f"\n## [{version}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_till_installs_no_backend() -> None:
    assert (
        not {"django", "django-ninja", "gunicorn", "lxml", "schwifty", "pygame-ce", "pyscard"} & pins("terminal").keys()
    )


def test_server_installs_no_devices() -> None:
    devices = {"nfcpy", "pyscard", "pyserial", "python-escpos", "pillow", "pygame-ce", "requests"}
    assert not devices & pins("backend").keys()


def test_demo_needs_no_compiler_for_the_card_daemon() -> None:
    assert not {"pyscard", "pygame-ce"} & pins("demo").keys()


def test_locks_agree_on_every_version() -> None:
    everything = {lock.stem: pins(lock.stem) for lock in LOCKS}
    assert set(everything) == {"backend", "build", "demo", "hsm", "pcsc", "screens", "terminal", "test"}
    for library in {library for lock in everything.values() for library in lock}:
        assert len({lock[library] for lock in everything.values() if library in lock}) == 1, library


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_lock_pins_bytes_and_names_no_host(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    libraries = [line for line in text.splitlines() if line and line[0] not in " #"]
    assert len(pins(lock.stem)) == len(libraries) > 0
    assert all("--hash=sha256:" in match[3] for match in PIN.finditer(text))


def test_every_dependency_is_locked(metadata: dict[str, Any]) -> None:
    """A dependency that pyproject.toml gained without ./run lock."""
    extras = metadata["optional-dependencies"]
    for name in ("terminal", "screens", "backend", "hsm", "demo", "test", "pcsc"):
        wanted = names_of([*metadata["dependencies"], *extras[name]])
        assert wanted - {"heitje"} <= pins(name).keys(), name


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        ("heitje", ()),
        ("drivers", ("terminal", "pcsc")),
        ("terminal", ("terminal", "screens")),
        ("firmware_sim", ("sim",)),
        ("backend", ("backend", "hsm")),
        ("auditor", ()),
    ],
)
def test_every_import_is_declared(folder: str, extras: tuple[str, ...], metadata: dict[str, Any]) -> None:
    """What a part imports stands in its own extra; that another library happens to bring it is not enough."""
    declared = {"heitje", *names_of(metadata["dependencies"])}
    for extra in extras:
        declared |= names_of(metadata["optional-dependencies"][extra])
    # pyscard is built where there are headers for it, and is known here where it is not.
    brought_by = {"smartcard": ["pyscard"], **importlib.metadata.packages_distributions()}
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Import(names=names):
                    tops = {name.name.split(".")[0] for name in names}
                case ast.ImportFrom(module=str(source)):
                    tops = {source.split(".")[0]}
                case ast.Call(func=ast.Name(id="files" | "distribution"), args=[ast.Constant(value=str(data))]):
                    tops = {data.split(".")[0]}  # what the library carries beside code: a font, a schema
                case _:
                    continue
            for top in tops - sys.stdlib_module_names - OUR_FOLDERS:
                brought = {name.lower() for name in brought_by.get(top, [top])}
                assert brought & declared, f"{path.relative_to(ROOT)} imports {top}"


def test_only_our_folders_are_packages() -> None:
    read = (
        "import setuptools; from distutils.core import run_setup; print(*run_setup('setup.py', None, 'init').packages)"
    )
    listed = subprocess.run([sys.executable, "-c", read], cwd=ROOT, capture_output=True, text=True, check=True)
    packages = set(listed.stdout.split())
    assert {"heitje", "heitje.card", "drivers", "firmware_sim", "terminal", "backend", "backend.ledger"} <= packages
    assert not {package.split(".")[0] for package in packages} & {"tests", "config", "docs", "requirements"}
