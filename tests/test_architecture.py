# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The folders are the architecture: every Python file is parsed, and each rule below must find nothing.

A rule takes all files of the tree as one mapping (path → source) and yields one line per violation. Each
rule is also given a bad example, so that a rule that finds nothing anywhere cannot pass.
"""

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP_FOLDERS = ("heitje", "drivers", "firmware_sim", "terminal", "backend", "auditor", "config", "tests")

# --- what the rules say -------------------------------------------------------------------------------------

# Who may import whom, beside itself. Tests may import everything.
MAY_IMPORT = {
    "heitje": frozenset[str](),
    "drivers": frozenset({"heitje"}),
    "firmware_sim": frozenset({"heitje"}),
    "terminal": frozenset({"heitje", "drivers"}),
    "backend": frozenset({"heitje"}),
    "auditor": frozenset({"heitje"}),
}
# The auditor shares the log's formats with whoever writes it, and nothing else: neither code nor a library.
FORMATS_OF_THE_LOG = ("heitje.proof", "heitje.keys", "heitje.deterministic", "heitje.messages", "heitje.money")
AUDITOR_IMPORTS = {"auditor": ("auditor", "heitje.proof", "heitje.keys"), "heitje/proof": FORMATS_OF_THE_LOG}

# The backend's features in their line: one may import those of a lower number. ledger and officials stand side by
# side, and so do tasks and redemption, web and api. The commands are no feature: they put the features together.
BACKEND_LINE = {
    "ledger": 0,
    "officials": 0,
    "shops": 1,
    "minting": 2,
    "tasks": 3,
    "redemption": 3,
    "cards": 4,
    "proof": 4,
    "settlement": 4,
    "audit": 5,
    "web": 6,
    "api": 6,
    "commands": 7,
}

# A library of a device, a wire format or a user interface is known to one module, where it can be replaced; the
# web framework to one folder.
HOME_OF_LIBRARY: dict[str, str | tuple[str, ...]] = {
    "babel": "terminal/catalogues.py",
    "base45": "heitje/qr.py",
    "cbor2": "heitje/deterministic.py",
    "django": "backend/",
    "escpos": "drivers/printer/escpos_printer.py",
    "gunicorn": "backend/serving.py",
    "http_message_signatures": "heitje/request_signature.py",
    "lxml": "backend/settlement/iso20022.py",
    "nacl": "backend/redemption/signatures.py",
    "nfc": "drivers/card/pn532.py",
    "ninja": "backend/api/",
    "pkcs11": "backend/minting/pkcs11_token.py",
    "pydantic": "backend/api/batches.py",
    "pygame": "terminal/screens/window.py",
    "requests": "terminal/line.py",
    "serial": "drivers/scanner/serial_scanner.py",
    "smartcard": "drivers/card/pcsc.py",
    "typst": "backend/typesetting.py",
    "tuf": ("terminal/trust/client.py", "backend/minting/trust_repository.py"),
}

# `heitje/` is pure but for these, which are the command line's end of it and read the files named there.
IMPURE_ON_PURPOSE = frozenset({"heitje/cli.py", "heitje/programme.py", "heitje/vectors/cli.py"})
OUTSIDE_WORLD = frozenset(
    {
        *("asyncio", "glob", "http", "io", "multiprocessing", "os", "pathlib", "requests", "select", "selectors"),
        *("shutil", "signal", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "tempfile", "threading"),
        *("time", "urllib"),
    }
)
CLOCK_AND_FILE_CALLS = frozenset(
    {"open", ".now", ".today", ".utcnow", ".read_text", ".read_bytes", ".write_text", ".write_bytes"}
)

SAYS_NOTHING = frozenset({"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc"})
# REUSE-IgnoreStart
SPDX_LINES = (
    "# SPDX-FileCopyrightText: 2026 The Heitje contributors",
    "# SPDX-License-Identifier: EUPL-1.2",
)
# REUSE-IgnoreEnd
MOST_LINES = 400
MONEY_FOLDERS = ("heitje/", "terminal/", "backend/ledger/", "backend/settlement/")

# --- reading the tree ---------------------------------------------------------------------------------------

Tree = Mapping[str, str]
Rule = Callable[[Tree], Iterator[str]]


@cache
def real_tree() -> Tree:
    """Every file of the top folders and the Python files beside them, as path → text (of .py files only)."""
    tree = {path.name: path.read_text("utf-8") for path in ROOT.glob("*.py")}
    for folder in TOP_FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                text = path.read_text("utf-8") if path.suffix == ".py" else ""
                tree[path.relative_to(ROOT).as_posix()] = text
    return tree


@cache
def parsed(source: str) -> ast.Module:
    """The syntax tree of one file; the same source is parsed once for all rules."""
    return ast.parse(source)


def python_files(tree: Tree) -> Iterator[tuple[str, ast.Module]]:
    """Path and syntax tree of each Python file."""
    return ((path, parsed(source)) for path, source in tree.items() if path.endswith(".py"))


def imports(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported anywhere in a file, also inside functions and by name.

    `from a.b import c` gives `a.b.c`: only the tree can tell whether c is a module. `import_module("a.b")`
    with a literal counts as an import.
    """
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name) for name in names)
            case ast.ImportFrom(module=str(source), names=names):
                yield from ((node.lineno, f"{source}.{name.name}") for name in names)
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def without_typing(module: ast.Module) -> ast.Module:
    """A file without what only the type checker sees, which is never imported."""
    body = [
        node for node in module.body if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    return ast.Module(body, [])


def calls(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and last name of everything called: `b(…)` gives `b`, `a.b(…)` gives `.b`."""
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                yield node.lineno, name
            case ast.Call(func=ast.Attribute(attr=name)):
                yield node.lineno, f".{name}"


def top(path: str) -> str:
    """The top folder of a path, or the file's own name beside them."""
    return path.split("/", 1)[0]


# --- the rules ----------------------------------------------------------------------------------------------


def imports_go_one_way(tree: Tree) -> Iterator[str]:
    for path, module in python_files(tree):
        allowed = MAY_IMPORT.get(top(path))
        if allowed is None:
            continue
        for line, name in imports(module):
            other = name.split(".")[0]
            if other in TOP_FOLDERS and other != top(path) and other not in allowed:
                yield f"{path}:{line} imports {name}; {top(path)} may import {sorted(allowed) or 'nothing'}"


def backend_features_stand_in_a_line(tree: Tree) -> Iterator[str]:
    for path, module in python_files(tree):
        match PurePosixPath(path).parts:
            case ("backend", own, _, *_) if own not in BACKEND_LINE:
                yield f"{path} is in no feature of the line {list(BACKEND_LINE)}"
            case ("backend", own, _, *_):
                for line, name in imports(module):
                    match name.split("."):
                        case ["backend", other, *_] if other in BACKEND_LINE and other != own:
                            if BACKEND_LINE[other] >= BACKEND_LINE[own]:
                                yield f"{path}:{line} imports {name}; {other} does not come before {own}"


def the_auditor_knows_formats_only(tree: Tree) -> Iterator[str]:
    for path, module in python_files(tree):
        for folder, allowed in AUDITOR_IMPORTS.items():
            if not path.startswith(f"{folder}/"):
                continue
            for line, name in imports(module):
                known = any(name == one or name.startswith(f"{one}.") for one in (*allowed, "cryptography"))
                if not known and name.split(".")[0] not in sys.stdlib_module_names:
                    yield f"{path}:{line} imports {name}; {folder} may import {allowed} and Python's own"


def one_module_per_library(tree: Tree) -> Iterator[str]:
    for path, module in python_files(tree):
        if top(path) == "tests":
            continue
        for line, name in imports(module):
            home = HOME_OF_LIBRARY.get(name.split(".")[0])
            homes = (home,) if isinstance(home, str) else home
            if homes and not any(path == home or (home.endswith("/") and path.startswith(home)) for home in homes):
                yield f"{path}:{line} imports {name}, which only {home} may"


def no_cycles(tree: Tree) -> Iterator[str]:
    modules = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): module
        for path, module in python_files(tree)
        if top(path) != "tests"
    }
    graph = {
        name: {known for _, target in imports(module) for known in nearest(target, modules) if known != name}
        for name, module in modules.items()
    }
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> Iterator[str]:
        if name in trail:
            yield " → ".join((*trail[trail.index(name) :], name))
        elif name not in done:
            for target in sorted(graph[name]):
                yield from walk(target, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        yield from walk(name, ())


def nearest(dotted: str, modules: Mapping[str, object]) -> Iterator[str]:
    """The module that `dotted` is, or whose attribute it is, where that module is one of ours."""
    if dotted in modules:
        yield dotted
    elif (parent := dotted.rpartition(".")[0]) in modules:
        yield parent


def names_say_something(tree: Tree) -> Iterator[str]:
    for path in tree:
        if bad := SAYS_NOTHING.intersection(PurePosixPath(path).with_suffix("").parts):
            yield f"{path}: {sorted(bad)} is no noun"


def licence_in_two_lines(tree: Tree) -> Iterator[str]:
    for path, source in tree.items():
        if path.endswith(".py") and tuple(source.splitlines()[:2]) != SPDX_LINES:
            yield f"{path} does not start with the two SPDX lines"


def every_module_says_its_purpose(tree: Tree) -> Iterator[str]:
    for path, module in python_files(tree):
        if "migrations" not in path and not ast.get_docstring(module):
            yield f"{path} has no docstring"


def modules_are_short(tree: Tree) -> Iterator[str]:
    for path, source in tree.items():
        length = source.count("\n")
        if path.endswith(".py") and top(path) != "tests" and "/migrations/" not in path and length > MOST_LINES:
            yield f"{path} has {length} lines, more than {MOST_LINES}"


def what_travels_is_pure(tree: Tree) -> Iterator[str]:
    for path, module in python_files(tree):
        if top(path) != "heitje" or path in IMPURE_ON_PURPOSE:
            continue
        for line, name in imports(module):
            if name.split(".")[0] in OUTSIDE_WORLD:
                yield f"{path}:{line} imports {name}: heitje/ has no file, socket or clock"
        for line, name in calls(module):
            if name in CLOCK_AND_FILE_CALLS:
                yield f"{path}:{line} calls {name}(): heitje/ has no file, socket or clock"


def no_float_near_money(tree: Tree) -> Iterator[str]:
    for path, module in python_files(tree):
        if path.startswith(MONEY_FOLDERS):
            yield from (f"{path}:{line} calls float()" for line, name in calls(module) if name == "float")


def config_is_toml(tree: Tree) -> Iterator[str]:
    for path in tree:
        if top(path) == "config" and not path.endswith(".toml"):
            yield f"{path} is not TOML"


def no_package_no_mock_no_sleep_in_tests(tree: Tree) -> Iterator[str]:
    for path, module in python_files(tree):
        if top(path) != "tests":
            continue
        if path.endswith("/__init__.py"):
            yield f"{path}: a library installs a package of the name tests"
        for line, name in imports(without_typing(module)):
            if name == "mock" or name.startswith(("unittest.mock", "mock.", "tests.")):
                yield f"{path}:{line} imports {name}"
        for node in ast.walk(module):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="time"), attr="sleep")):
                    yield f"{path}:{node.lineno} sleeps instead of waiting for something"


# Each rule with files that break it.
RULES: Mapping[Rule, Tree] = {
    imports_go_one_way: {"drivers/card/pcsc.py": "def f():\n    from firmware_sim.card import image\n"},
    backend_features_stand_in_a_line: {"backend/tasks/workflow.py": "from backend.redemption import intake\n"},
    the_auditor_knows_formats_only: {"auditor/sums.py": "from heitje.journal import Entry\n"},
    one_module_per_library: {"terminal/display.py": "import pygame\n"},
    no_cycles: {
        "heitje/one.py": "from heitje.two import x\n",
        "heitje/two.py": "from heitje import three\n",
        "heitje/three.py": "import heitje.one\n",
    },
    names_say_something: {"terminal/utils.py": ""},
    licence_in_two_lines: {"heitje/money.py": '"""Money."""\n'},
    every_module_says_its_purpose: {"heitje/money.py": "x = 1\n"},
    modules_are_short: {"heitje/money.py": "x = 1\n" * (MOST_LINES + 1)},
    what_travels_is_pure: {"heitje/journal.py": "from time import time\n"},
    no_float_near_money: {"backend/ledger/book.py": "x = float('3.20')\n"},
    config_is_toml: {"config/bench.py": ""},
    no_package_no_mock_no_sleep_in_tests: {"tests/test_till.py": "import time\ntime.sleep(1)\n"},
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_tree_keeps_rule(rule: Rule) -> None:
    assert list(rule(real_tree())) == []


@pytest.mark.parametrize(("rule", "bad"), RULES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_rule_finds_what_breaks_it(rule: Rule, bad: Tree) -> None:
    assert list(rule(bad))


@pytest.mark.parametrize(
    ("rule", "bad"),
    [
        (imports_go_one_way, {"backend/cli.py": 'import importlib\nimportlib.import_module("terminal.cli")\n'}),
        (imports_go_one_way, {"heitje/cli.py": "import backend.cli\n"}),
        (backend_features_stand_in_a_line, {"backend/payouts/lines.py": ""}),
        (backend_features_stand_in_a_line, {"backend/api/urls.py": "import backend.web.urls\n"}),
        (imports_go_one_way, {"auditor/sums.py": "from backend.proof import figures\n"}),
        (the_auditor_knows_formats_only, {"auditor/source.py": "import requests\n"}),
        (the_auditor_knows_formats_only, {"heitje/proof/leaf.py": "from heitje.journal import Entry\n"}),
        (one_module_per_library, {"drivers/card/pn532.py": "from smartcard.System import readers\n"}),
        (one_module_per_library, {"heitje/money.py": "from django.db import models\n"}),
        (one_module_per_library, {"backend/shops/models.py": "import ninja\n"}),
        (names_say_something, {"backend/common/money.py": ""}),
        (what_travels_is_pure, {"heitje/journal.py": "text = open('journal').read()\n"}),
        (what_travels_is_pure, {"heitje/journal.py": "def f(clock: C) -> int:\n    return clock.now()\n"}),
        (no_package_no_mock_no_sleep_in_tests, {"tests/terminal/__init__.py": ""}),
        (no_package_no_mock_no_sleep_in_tests, {"tests/test_till.py": "from tests.conftest import ROOT\n"}),
        (no_package_no_mock_no_sleep_in_tests, {"tests/test_till.py": "from unittest.mock import patch\n"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_rule_finds_more(rule: Rule, bad: Tree) -> None:
    assert list(rule(bad))


def test_good_neighbours_are_left_alone() -> None:
    spdx = "\n".join(SPDX_LINES)
    good = {
        "terminal/till.py": f'{spdx}\n"""The till."""\nimport drivers.card.pcsc\nimport heitje.money\n',
        "drivers/card/pcsc.py": f'{spdx}\n"""PC/SC."""\nimport smartcard\n',
        "heitje/money.py": f'{spdx}\n"""Money."""\ncents = int\n',
        "config/bench.toml": "",
    }
    assert [line for rule in RULES for line in rule(good)] == []


def test_every_library_home_names_a_library_once() -> None:
    assert len(set(HOME_OF_LIBRARY.values())) == len(HOME_OF_LIBRARY)


def test_the_tree_was_read() -> None:
    read = real_tree()
    assert {"heitje", "drivers", "firmware_sim", "terminal", "backend"} <= {top(path) for path in read}
    assert "tests/test_architecture.py" in read
