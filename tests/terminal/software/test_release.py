# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A release: its manifest and its archive, and what is none."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from terminal.software.release import NoRelease, Release, pack, unpack

RELEASE = Release("0.2.0", "heitje-till-0.2.0.tar", "heitje[terminal,screens]==0.2.0")


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert Release.parse(RELEASE.encode()) == RELEASE


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "../0.2.0"},
        {"version": "0.2.1"},
        {"version": 2},
        {"archive": "../../etc/passwd.tar"},
        {"archive": "heitje.zip"},
        {"requirement": "heitje==0.2.0 --index-url http://x"},
        {"requirement": "other==0.2.0"},
        {"requirement": "heitje[terminal]==0.3.0"},
        {"more": "x"},
    ],
    ids=str,
)
def test_a_manifest_that_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(NoRelease):
        Release.parse(json.dumps({**json.loads(RELEASE.encode()), **changes}).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'"x"'])
def test_bytes_that_are_no_manifest(data: bytes) -> None:
    with pytest.raises(NoRelease):
        Release.parse(data)


def test_wheels_go_in_and_come_out(tmp_path: Path) -> None:
    wheels = [tmp_path / f"{name}-1-py3-none-any.whl" for name in ("pip", "heitje", "other")]
    for wheel in wheels:
        wheel.write_bytes(wheel.name.encode())
    data = pack(wheels)
    assert data == pack(wheels[::-1])
    (tmp_path / "x.tar").write_bytes(data)
    unpack(tmp_path / "x.tar", tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {
        wheel.name: wheel.name.encode() for wheel in wheels
    }


def test_what_is_no_wheel_is_not_packed(tmp_path: Path) -> None:
    ours, pip, notes = (tmp_path / name for name in ("heitje-1.whl", "pip-1.whl", "heitje-notes.txt"))
    for path in (ours, pip, notes):
        path.write_bytes(b"x")
    for wheels in ([], [ours], [pip], [ours, pip, notes]):
        with pytest.raises(NoRelease):
            pack(wheels)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../evil.whl", tarfile.REGTYPE),
        ("/var/evil.whl", tarfile.REGTYPE),
        ("sub/evil.whl", tarfile.REGTYPE),
        ("evil.py", tarfile.REGTYPE),
        ("evil.whl", tarfile.SYMTYPE),
        ("evil.whl", tarfile.LNKTYPE),
        ("evil.whl", tarfile.CHRTYPE),
        ("evil.whl", tarfile.DIRTYPE),
    ],
)
def test_an_archive_holds_nothing_but_wheels(tmp_path: Path, name: str, kind: bytes) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    (tmp_path / "x.tar").write_bytes(data.getvalue())
    with pytest.raises(NoRelease):
        unpack(tmp_path / "x.tar", tmp_path / "out")
    assert not list(tmp_path.rglob("evil*"))


def test_an_archive_that_is_cut_off(tmp_path: Path) -> None:
    wheels = [tmp_path / "heitje-1.whl", tmp_path / "pip-1.whl"]
    for wheel in wheels:
        wheel.write_bytes(bytes(3000))
    (tmp_path / "x.tar").write_bytes(pack(wheels)[:1500])
    with pytest.raises(NoRelease):
        unpack(tmp_path / "x.tar", tmp_path / "out")
