# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The acts are anchored in public each day, and whoever rewrites one is found by an auditor."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, connection, transaction

from auditor.acts import ActsAudit, Export, Wanted, anchors_key, audit_acts
from auditor.findings import Found
from auditor.source import Folder
from backend.assembly import programme_of, public_log_of
from backend.officials import acts
from backend.proof import acts_log, publishing
from backend.proof.models import ActsAnchor
from backend.proof.public_log import PublicLog
from backend.proof.publishing import LogDiffers, Published
from heitje.cli import main
from heitje.proof.acts import Anchor
from heitje.proof.leaf import MalformedLeaf
from heitje.proof.note import NoteKey, NoteSigner, SignatureType

if TYPE_CHECKING:
    from pathlib import Path

    from tests.backend.conftest import City

NOW = 1_795_500_000
DAY_S = 86_400


@pytest.fixture
def log(city: City) -> PublicLog:
    """Two acts on each of two days, anchored at the end of each; then one more."""
    for day in (0, 1):
        for number in (1, 2):
            acts.record("treasurer-1", "something done", f"day {day}", NOW + day * DAY_S, {"number": number})
        night(city, NOW + day * DAY_S + 60)
    acts.record("treasurer-1", "something done", "later", NOW + DAY_S + 120)
    return public_log_of(city.configuration)


def night(city: City, now: int, anew: bool = False) -> Published:
    """What `heitje backend log` does for the acts."""
    store = programme_of(city.configuration).key_store
    return acts_log.write("nl.testburg", store, public_log_of(city.configuration), now, anew)


def key(city: City) -> NoteKey:
    return publishing.log_key("nl.testburg", programme_of(city.configuration).key_store)


def judge(city: City, export: Export, **wanted: Any) -> ActsAudit:
    """The audit, as of the evening of the second day."""
    given = replace(Wanted(key(city), NOW + DAY_S + 3600), **wanted)
    return audit_acts(export, Folder(public_log_of(city.configuration).directory), given)


def words(done: ActsAudit) -> list[tuple[Found, dict[str, str | int]]]:
    return [(finding.what, finding.facts) for finding in done.findings]


def test_acts_as_they_were_anchored(city: City, log: PublicLog) -> None:
    export = Export.decode(acts_log.export())
    done = judge(city, export)
    assert (words(done), done.acts) == ([], done.anchored + 1)
    assert [anchor.count for anchor in ActsAnchor.objects.order_by("leaf")] == [done.acts - 3, done.acts - 1]
    assert night(city, NOW + DAY_S + 180).checkpoint.size == 3, "an act came"
    assert [night(city, NOW + DAY_S + 240, anew).fresh for anew in (False, True)] == [False, False]
    assert night(city, NOW + 2 * DAY_S).checkpoint.size == 4, "a day began"
    kept = judge(city, export).head
    assert kept is not None
    assert words(judge(city, Export.decode(acts_log.export()), kept=kept.checkpoint)) == []
    published = b"".join(path.read_bytes() for path in log.directory.rglob("*") if path.is_file())
    assert b"treasurer" not in published
    assert all(anchor.head.encode() not in published for anchor in ActsAnchor.objects.all())


def test_what_an_auditor_finds(city: City, log: PublicLog) -> None:
    export = Export.decode(acts_log.export())
    there, day = len(export.acts), "2026-11-25"
    altered = list(export.acts)
    altered[there - 2] = replace(altered[there - 2], actor="treasurer-2")
    altered[there - 1] = replace(altered[there - 1], previous=altered[there - 2].digest)
    rewritten = {"day": day, "first": there - 2, "last": there - 1}
    assert words(judge(city, replace(export, acts=tuple(altered)))) == [(Found.REWRITTEN_ACTS, rewritten)]
    left_out = (*export.acts[: there - 3], *export.acts[there - 2 :])
    assert words(judge(city, replace(export, acts=left_out)))[0] == (
        Found.BROKEN_ACT,
        {"number": there - 1, "after": there - 3},
    )
    cut = replace(export, acts=export.acts[: there - 2])
    assert words(judge(city, cut)) == [
        (Found.MISSING_ACTS, {"day": day, "count": there - 1, "there": there - 2}),
    ]
    unopened = replace(export, nonces=export.nonces[:1])
    assert words(judge(city, unopened)) == [(Found.UNOPENED_ANCHOR, {"day": day, "entry": 1})]
    later = judge(city, export, now=NOW + 4 * DAY_S)
    assert words(later) == [(Found.ACTS_STALE, {"day": day, "hours": 48})]
    tile = log.directory / "acts" / "tile" / "entries" / "000.p" / "2"
    whole = tile.read_bytes()
    tile.write_bytes(whole[:-1] + bytes((whole[-1] ^ 1,)))
    assert [what for what, _ in words(judge(city, export))] == [Found.ALTERED_ENTRY]


def test_a_chain_that_was_rewritten_in_the_books_is_not_anchored(city: City, log: PublicLog) -> None:
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE proof_actsanchor SET count = 1")
    with connection.cursor() as cursor:
        on_table = " ON officials_act" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER officials_act_no_update{on_table}")
        number = ActsAnchor.objects.latest("leaf").count
        cursor.execute("UPDATE officials_act SET digest = %s WHERE number = %s", ["00" * 32, number])
    with pytest.raises(LogDiffers, match="are no longer those"):
        night(city, NOW + 2 * DAY_S)


def test_books_that_are_an_older_copy_do_not_fork_it(city: City, log: PublicLog) -> None:
    with connection.cursor() as cursor:
        on_table = " ON proof_actsanchor" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER proof_actsanchor_no_delete{on_table}")
        cursor.execute("DELETE FROM proof_actsanchor WHERE leaf = 1")
    with pytest.raises(LogDiffers, match="not those of these books"):
        night(city, NOW + 2 * DAY_S)


def test_a_witness_signs_the_anchors_too(city: City, log: PublicLog) -> None:
    witness = NoteSigner.from_seed("rekenkamer.example/testburg", SignatureType.COSIGNATURE, bytes(range(1, 33)))
    export = Export.decode(acts_log.export())
    assert [what for what, _ in words(judge(city, export, witnesses=(witness.key,)))] == [Found.NO_WITNESS]
    note = acts_log.beside(log).checkpoint()
    assert note is not None
    publishing.add_cosignature(acts_log.beside(log), witness.key, witness.sign(note.text, NOW))
    assert words(judge(city, export, witnesses=(witness.key,))) == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_program(city: City, log: PublicLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "acts.json").write_bytes(acts_log.export())
    words = ("audit", "acts", str(tmp_path / "acts.json"), str(log.directory), "--log-key", str(key(city)))
    keep = ("--keep", str(tmp_path / "kept"), "--max-age-h", "100000000")
    assert [main([*words, *keep, "--lang", "en"]) for _ in range(2)] == [0, 0], capsys.readouterr().out
    assert "All of it is right" in capsys.readouterr().out
    document = json.loads(acts_log.export())
    document["acts"][0]["actor"] = "somebody"
    (tmp_path / "acts.json").write_text(json.dumps(document), "utf-8")
    assert main([*words, *keep, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [finding["finding"] for finding in found["findings"]] == ["broken act"]
    for rubbish in ("x", "{}", '{"acts": [1], "nonces": []}', json.dumps({**document, "nonces": ["x"]})):
        (tmp_path / "acts.json").write_text(rubbish, "utf-8")
        assert main([*words]) == 2
    assert anchors_key(key(city)).name == "nl.testburg/acts"


def test_an_anchor_is_read_in_one_way(city: City, log: PublicLog) -> None:
    entry = bytes(ActsAnchor.objects.latest("leaf").entry)
    assert Anchor.decode(entry).encode() == entry
    for wrong in (
        b"",
        entry[:-1],
        entry + b"\0",
        entry.replace(b"acts", b"fact"),
        entry.replace(b"2026-11", b"2026-99"),
    ):
        with pytest.raises(MalformedLeaf):
            Anchor.decode(wrong)
