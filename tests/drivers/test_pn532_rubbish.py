# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A port where something other than a PN532 answers: the driver says that its device is gone, whatever comes."""

from pathlib import Path
from random import Random

import pytest

from drivers.devices import open_reader
from drivers.errors import DeviceError, DeviceGone
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import Application, CardImage, Key, MemoryStore
from firmware_sim.faults import Faults, Rubbish
from firmware_sim.field import Field
from firmware_sim.hsu import ACK, ERROR, encode
from firmware_sim.pn532 import Pn532
from firmware_sim.pty_port import PtyPort
from firmware_sim.simulator import Simulator

KEYS = tuple(Key(bytes((number,)) * 16) for number in range(5))
IMAGE = CardImage(bytes(7), Application(bytes(8), KEYS, KEYS[0], bytes(256), 0))


class Stranger(Simulator):
    """Answers whatever it hears with the next of its answers, and then with the last of them."""

    def __init__(self, link: Path, *answers: bytes) -> None:
        super().__init__("stranger")
        self._port = PtyPort(link)
        self._answers = list(answers)

    def serve(self) -> None:
        while not self.stopping:
            if self.wait_readable(self._port.descriptor) and self._port.read():
                self._port.write(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])

    def release(self) -> None:
        self._port.close()


VERSION = encode(bytes.fromhex("D50332010607"))


@pytest.mark.parametrize(
    "answers",
    [
        (b"",),
        (b"\x00",),
        (ACK,),
        (ERROR,),
        (b"OK\r\n",),
        (ACK + b"\x00\x00\xff\x02\xfe\xd5",),
        (ACK + VERSION, ACK + ERROR),
        (ACK + VERSION, ACK + encode(b"\xd5\x15"), ACK + encode(b"\xd5\x11"), ACK + encode(b"\xd5\x11")),
        (Random(1).randbytes(300),),
        (ACK + encode(bytes(262)),),
    ],
)
def test_a_stranger_at_the_port(tmp_path: Path, answers: tuple[bytes, ...]) -> None:
    reader = open_reader(f"pn532:{tmp_path / 'port'}")
    with Stranger(tmp_path / "port", *answers), pytest.raises(DeviceGone):
        reader.wait_for_card(0.0)
    reader.close()


def test_a_port_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "port").write_bytes(b"no device")
    with pytest.raises(DeviceGone):
        open_reader(f"pn532:{tmp_path / 'port'}").wait_for_card(0.0)


@pytest.mark.parametrize("spared", [0, 18, 24])
def test_a_chip_that_answers_nonsense_in_whole_frames(tmp_path: Path, spared: int) -> None:
    link = tmp_path / "port"
    outcomes = set()
    for seed in range(30):
        field = Field(Faults(rubbish=Rubbish(percent=20, seed=seed, spared=spared)))
        field.put(Card(MemoryStore(IMAGE)))
        reader = open_reader(f"pn532:{link}")
        with Pn532(field, link):
            try:
                card = reader.wait_for_card(0.0)
                if card is not None:
                    card.present()
                    card.transmit(b"\x90\x60\x00\x00\x00")
                outcomes.add("fine")
            except DeviceError as error:
                outcomes.add(type(error).__name__)
            reader.close()
    assert "DeviceGone" in outcomes
    assert len(outcomes) > 1 or not spared  # some got as far as the card
