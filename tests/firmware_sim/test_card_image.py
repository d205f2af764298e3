# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card's file: what is written is read, what is no card is refused, and no kill leaves half a card."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.card.image import Application, CardImage, FileStore, Key, MalformedImage, pack, unpack
from firmware_sim.card.personalisation import card_in_file, personalise
from heitje.money import Cents
from heitje.programme import TestProgramme

UID = bytes.fromhex("04A1B2C3D4E580")

KEYS = st.builds(Key, st.binary(min_size=16, max_size=16), st.integers(0, 255), st.integers(0, 0xFFFF))
IMAGES = st.builds(
    CardImage,
    st.binary(min_size=7, max_size=7),
    st.builds(
        Application,
        df_name=st.binary(min_size=8, max_size=8),
        keys=st.tuples(*[KEYS] * 5),
        transaction_mac_key=KEYS,
        certificate=st.binary(min_size=256, max_size=256),
        balance=st.integers(0, 15_000),
        records=st.lists(st.binary(min_size=16, max_size=16), max_size=4).map(tuple),
        tmc=st.integers(0, 0xFFFFFFFF),
        tmv=st.binary(min_size=8, max_size=8),
        tmri_prev=st.binary(min_size=16, max_size=16),
    ),
)


@given(IMAGES)
def test_what_is_written_is_read(image: CardImage) -> None:
    assert unpack(pack(image)) == image


@given(st.text())
def test_any_text_is_no_card(text: str) -> None:
    with pytest.raises(MalformedImage):
        unpack(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("balance", 15_001),
        ("balance", -1),
        ("balance", True),
        ("balance", "100"),
        ("tmc", 2**32),
        ("tmv", "00"),
        ("certificate", "zz" * 256),
        ("records", ["00" * 16] * 5),
        ("records", 7),
        ("keys", []),
        ("transaction_mac_key", None),
        ("df_name", 3),
    ],
)
def test_a_card_out_of_its_limits_is_refused(programme: TestProgramme, name: str, value: object) -> None:
    document = json.loads(pack(personalise(programme, UID, Cents(100))))
    document["application"][name] = value
    with pytest.raises(MalformedImage):
        unpack(json.dumps(document))
    del document["application"][name]
    with pytest.raises(MalformedImage):
        unpack(json.dumps(document))


def test_the_file_is_its_owners_alone(programme: TestProgramme, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    store = FileStore.create(path, personalise(programme, UID, Cents(100)))
    application = replace(store.image.application, balance=50)
    store.commit(replace(store.image, application=application))
    assert path.stat().st_mode & 0o777 == 0o600
    assert FileStore(path).image == store.image
    assert [entry.name for entry in tmp_path.iterdir()] == ["card.json"]


def test_a_card_in_a_file_keeps_its_own_balance(programme: TestProgramme, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    assert card_in_file(programme, UID, None, path).image.application.balance == 2500  # as the programme lists
    assert card_in_file(programme, UID, Cents(7), path).image.application.balance == 2500
    with pytest.raises(ValueError, match="another card"):
        card_in_file(programme, bytes(7), None, path)
    with pytest.raises(ValueError, match="balance"):
        card_in_file(programme, bytes(7), None, tmp_path / "new.json")
    with pytest.raises(ValueError, match="15000"):
        card_in_file(programme, UID, Cents(15_001), tmp_path / "new.json")


KILLED_ANYWHERE = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from firmware_sim.card.image import FileStore, unpack

path = Path(sys.argv[1])
before = unpack(path.read_text())
after = replace(before, application=replace(before.application, balance=before.application.balance - 1))

def child(kill_at):
    steps = 0
    def trace(frame, event, argument):  # each line and each opcode of the store, and of what it calls
        nonlocal steps
        frame.f_trace_opcodes = True
        steps += 1
        if steps == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace
    store = FileStore(path)
    sys.settrace(trace)
    store.commit(after)
    sys.settrace(None)
    os._exit(0)

seen, killed = set(), 0
for kill_at in range(1, 100_000, int(sys.argv[2])):
    (path.parent / "was").write_text(path.read_text())
    process = os.fork()
    if process == 0:
        child(kill_at)
    _, status = os.waitpid(process, 0)
    found = unpack(path.read_text())
    assert found in (before, after), f"killed at step {kill_at}"
    seen.add(found == after)
    if os.WIFEXITED(status):
        assert found == after
        break
    killed += 1
    (path.parent / "was").replace(path)
print(killed, len(seen))
"""


def test_killed_at_any_instruction_the_card_is_as_before_or_as_after(programme: TestProgramme, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    FileStore.create(path, personalise(programme, UID, Cents(100)))
    done = subprocess.run(
        [sys.executable, "-c", KILLED_ANYWHERE, str(path), "41"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    killed, outcomes = map(int, done.stdout.split())
    assert killed > 50
    assert outcomes == 2  # some kills came before the one step, some after it
