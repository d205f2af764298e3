# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people at the counter have with them: cards of ours and of others, a phone, printed notes."""

import json
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from firmware_sim.card.personalisation import card_in_file
from firmware_sim.contactless import ContactlessCard
from firmware_sim.demo.phone import Phone
from firmware_sim.demo.programs import run
from firmware_sim.strangers import KINDS, UIDS
from heitje import qr, vouchers
from heitje.cose import MalformedToken
from heitje.money import Cents
from heitje.programme import TestProgramme

CITIZEN: Final = "citizen-ria"
INSPECTOR: Final = "inspector-1"
DESK: Final = "desk-1"
RICH_UID: Final = bytes.fromhex("04C0FFEE123480")
POOR_UID: Final = bytes.fromhex("04C0FFEE567880")
LOADS: Final = {RICH_UID: Cents(4000), POOR_UID: Cents(120)}
FILE_NAME: Final = "purse.json"
ALLOWANCE: Final = Cents(2500)
NOTE: Final = Cents(500)
NOTES: Final = 4
WITHOUT_REQUEST: Final = Cents(500)
"""The most that a code may take which names no terminal."""
OLD_S: Final = 600


class NothingLeft(ValueError):
    """This purse has no more of that."""


@dataclass
class Purse:
    """Ria's purse, and what strangers hold to the reader."""

    file: Path
    cards: dict[str, ContactlessCard]
    phone: Phone
    notes: list[str]
    shown: list[str] = field(default_factory=list)
    """Texts that were scanned, the newest last."""

    @classmethod
    def load(cls, programme: TestProgramme, folder: Path) -> Self | None:
        """What an earlier visit has left; None where there is nothing, or its allowance has expired."""
        file = folder / FILE_NAME
        if not file.exists():
            return None
        document = json.loads(file.read_text(encoding="utf-8"))
        allowance = bytes.fromhex(document["allowance"])
        if vouchers.decode(allowance).voucher.exp < time.time() + OLD_S:
            return None
        phone = Phone(programme.phone_ed25519, allowance, document["seq"])
        return cls(file, cards_in(programme, folder), phone, document["notes"], document["shown"])

    def save(self) -> None:
        """Keep it for the next visit."""
        document = {
            "allowance": self.phone.allowance.hex(),
            "seq": self.phone.seq,
            "notes": self.notes,
            "shown": self.shown[-1:],
        }
        self.file.write_text(json.dumps(document), encoding="utf-8")

    def take_note(self, text: str) -> None:
        """Put a note into it."""
        self.notes.append(text)
        self.save()

    def pay_by_phone(self, request: str, now: int | None = None) -> str:
        """The phone has scanned the till's request, and signs a code for it. Raises `NothingLeft` without a request."""
        try:
            asked = qr.decode_request(request)
        except MalformedToken as error:
            raise NothingLeft("the customer's screen shows no request") from error
        return self._show(self.phone.code(asked.amount, now or int(time.time()), asked.terminal))

    def code_without_request(self) -> str:
        """The phone could not scan: a code for any amount up to 5 euro."""
        return self._show(self.phone.code(WITHOUT_REQUEST, int(time.time())))

    def old_code(self, request: str) -> str:
        """A code that was made ten minutes ago."""
        return self.pay_by_phone(request, int(time.time()) - OLD_S)

    def note(self) -> str:
        """A printed note of 5 euro. Raises `NothingLeft`."""
        if not self.notes:
            raise NothingLeft("there is no note left; a new one is printed while the network is there")
        return self._show(self.notes.pop(0))

    def again(self) -> str:
        """A photograph of what was shown last. Raises `NothingLeft`."""
        if not self.shown:
            raise NothingLeft("nothing was shown yet")
        return self.shown[-1]

    def forged(self) -> str:
        """What was shown last, or a note, with one character of its signature changed. Raises `NothingLeft`."""
        text = self.shown[-1] if self.shown else (self.notes[0] if self.notes else self.again())
        place = len(text) - 20
        place -= (place - len(qr.PREFIX_VOUCHER)) % 3  # a group's lowest digit: any other is still base45
        return text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]

    def _show(self, text: str) -> str:
        self.shown.append(text)
        self.save()
        return text


def earn(backend: Path, amount: int) -> None:
    """Ria does a task, so that there are coins to be carried. Raises `ProgramFailed`."""

    def ask(*words: str) -> dict[str, object]:
        return run("backend", *words, "--dir", str(backend))

    ask("fund", "100000", "--line", f"statement-{int(time.time())}")
    words = ("--title", "Paint the benches at the pond", "--category", "painting", "--place", "Stadspark")
    task = ask("task", "publish", *words, "--minutes", "900", "--reward", str(amount))
    for move in ("claim", "start", "submit"):
        ask("task", move, str(task["id"]), "--by", CITIZEN)
    ask("task", "validate", str(task["id"]), "--by", INSPECTOR)


def fill(programme: TestProgramme, folder: Path) -> Purse:
    """Load cards, issue an allowance, print notes: with the real backend in `folder`. Raises `ProgramFailed`."""
    backend = folder / "backend"

    def ask(*words: str) -> dict[str, object]:
        return run("backend", *words, "--dir", str(backend))

    fresh = [uid for uid in (RICH_UID, POOR_UID) if not _image(folder, uid).exists()]
    earn(backend, sum(LOADS[uid] for uid in fresh) + ALLOWANCE + NOTES * NOTE)
    for uid in fresh:
        ask("card", "register", "--uid", uid.hex(), "--citizen", CITIZEN, "--amount", str(LOADS[uid]))
    key = programme.phone_ed25519
    words = ("--citizen", CITIZEN, "--amount", str(ALLOWANCE), "--phone-key", key.public.raw.hex())
    allowance = ask("allowance", "issue", *words)
    phone = Phone(key, bytes.fromhex(str(allowance["token"])))
    notes = print_notes(programme, folder, NOTES)
    purse = Purse(folder / FILE_NAME, cards_in(programme, folder), phone, notes)
    purse.save()
    return purse


def cards_in(programme: TestProgramme, folder: Path) -> dict[str, ContactlessCard]:
    """Two of ours, whose memory is in the folder, and one of each kind of stranger."""
    ours: dict[str, ContactlessCard] = {
        name: card_in_file(programme, uid, LOADS[uid], _image(folder, uid))
        for name, uid in (("card", RICH_UID), ("poor", POOR_UID))
    }
    return ours | {kind: make(UIDS[kind]) for kind, make in KINDS.items()}


def print_notes(programme: TestProgramme, folder: Path, count: int) -> list[str]:
    """Print notes of 5 euro for this shop and hand them out; their texts. Raises `ProgramFailed`."""
    desk = ("--by", DESK, "--dir", str(folder / "backend"))
    order = ("--citizen", CITIZEN, "--notes", f"{count}x{NOTE // 100}", "--home", programme.shop.id)
    name = f"shop {secrets.token_hex(4)}"
    made = run("backend", "notes", "print", "--name", name, *order, "--out", str(folder / "notes.pdf"), *desk)
    run("backend", "notes", "hand-out", str(made["run"]), "--numbers", f"1-{count}", *desk)
    return [str(note["text"]) for note in made["codes"]]


def _image(folder: Path, uid: bytes) -> Path:
    return folder / f"card-{uid.hex()}.json"
