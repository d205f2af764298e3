# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The scenes, in order: a city's week in a minute."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from firmware_sim.card.firmware import Card
from firmware_sim.demo.phone import Phone
from firmware_sim.demo.programs import run
from firmware_sim.demo.stage import Stage
from firmware_sim.demo.telling import Telling, euros
from firmware_sim.faults import Moment, Tear
from heitje.money import Cents, format_euros
from heitje.refusals import Refusal

_COMMIT_APDU: Final = 11
"""A sale's last APDU, CommitTransaction (CARD.md section 7)."""
DONE: Final = (3, 5)
"""Which of `TASKS` Ria does."""
CITIZEN: Final = "citizen-ria"
INSPECTOR: Final = "inspector-1"
DESK: Final = "desk-1"
FUNDED: Final = Cents(500_000)
CARD_UID: Final = bytes.fromhex("04C0FFEE123480")

TASKS: Final = (
    ("Paint the bench at the pond", "painting", "Stadspark, pond side", 120, 1200),
    ("Clean up the playground", "cleaning", "Speeltuin De Wip", 90, 900),
    ("Weed the roses on the square", "weeding", "Raadhuisplein", 60, 600),
    ("Wash graffiti off the tunnel", "graffiti", "Spoortunnel Noord", 150, 1500),
    ("Walk with a neighbour of 84", "company walk", "Molenberg", 60, 600),
    ("Night watch at the allotments", "night watch", "Tuinpark Zeswegen", 180, 1800),
)
"""Title, category, place, minutes of work, reward in cents."""


@dataclass(frozen=True, slots=True)
class Purses:
    """What Ria can pay with."""

    card: Card
    phone: Phone
    notes: tuple[str, str]


@dataclass
class Story:
    """Who tells it where, and what has come of it so far."""

    stage: Stage
    tell: Telling
    chance: Random
    sold: dict[str, int] = field(default_factory=lambda: {"card": 0, "phone": 0, "paper": 0})

    def accepted(self, text: str, answer: dict[str, Any]) -> None:
        """A sale that had to be paid."""
        receipt = (answer["receipt"] or {}).get("printed")
        self.tell.expect(text, (answer["decision"], receipt), ("accepted", "printed"))
        self.sold[answer["instrument"]] = self.sold.get(answer["instrument"], 0) + answer["amount"]

    def refused(self, text: str, answer: dict[str, Any], reason: Refusal) -> None:
        """A sale that had to be refused, for one reason."""
        self.tell.expect(f"{text}: {reason}", (answer["decision"], answer["reason"]), ("refused", str(reason)))


def earn(story: Story) -> None:
    """The municipality publishes work, one task is done and validated: coins are minted."""
    stage, tell = story.stage, story.tell
    tell.chapter("1  Testburg puts money aside and publishes work")
    stage.ask_backend("fund", str(FUNDED), "--line", "statement-2026-1")
    tell.step(f"{euros(FUNDED)} booked into the reserve: every heitje is backed by a euro")
    published: list[str] = []
    for title, category, place, minutes, reward in TASKS:
        words = ("--title", title, "--category", category, "--place", place)
        task = stage.ask_backend("task", "publish", *words, "--minutes", str(minutes), "--reward", str(reward))
        published.append(str(task["id"]))
        tell.step(f"published: {title} ({category}, {place}), {minutes} min, {euros(reward)}")
    tell.chapter("2  Ria does some of it, an inspector looks")
    earned = 0
    for index in DONE:
        for move in ("claim", "start", "submit"):
            stage.ask_backend("task", move, published[index], "--by", CITIZEN)
        task = stage.ask_backend("task", "validate", published[index], "--by", INSPECTOR)
        earned += task["reward"]
        tell.expect(f"validated, {euros(task['reward'])} minted for Ria: {task['title']}", task["state"], "rewarded")
    tell.step(f"Ria has {euros(earned)}")


def carry(story: Story) -> Purses:
    """The coins go where Ria can pay with them: a card, her phone, notes."""
    stage, tell = story.stage, story.tell
    tell.chapter("3  The coins go onto a card, a phone, and paper")
    load = Cents(1000)
    stage.ask_backend("card", "register", "--uid", CARD_UID.hex(), "--citizen", CITIZEN, "--amount", str(load))
    card = stage.make_card(CARD_UID, load)
    tell.step(f"card {CARD_UID.hex()[-4:]}: {euros(load)} loaded")
    phone_key = stage.programme.phone_ed25519
    words = ("--citizen", CITIZEN, "--amount", "1000", "--phone-key", phone_key.public.raw.hex())
    issued = stage.ask_backend("allowance", "issue", *words)
    phone = Phone(phone_key, bytes.fromhex(issued["token"]))
    tell.step(f"phone: an allowance of {euros(1000)}, signed by the mint for Ria's own key")
    order = ("--name", "Ria", "--citizen", CITIZEN, "--notes", "2x5", "--home", stage.programme.shop.id)
    printed = stage.ask_backend("notes", "print", *order, "--out", str(stage.notes), "--by", DESK)
    stage.ask_backend("notes", "hand-out", str(printed["run"]), "--numbers", "1-2", "--by", DESK)
    notes = [str(note["text"]) for note in printed["codes"]]
    tell.step(f"paper: two notes of {euros(500)}, at home at {stage.programme.shop.id}")
    synced = stage.ask_till("sync")
    tell.expect("the till fetches its trust bundle and the time", synced["end"], "done")
    return Purses(card, phone, (notes[0], notes[1]))


def sell_offline(story: Story, purses: Purses) -> None:
    """The backend is cut off; the counter goes on."""
    stage, tell = story.stage, story.tell
    tell.chapter("4  The network is gone; the counter goes on")
    stage.server.cut_off()
    tell.step("backend cut off: nothing answers at its address")
    amount = Cents(story.chance.randrange(250, 450, 5))
    price = format_euros(amount, "en")
    story.accepted(f"card pays {euros(amount)}", stage.sell_to_card(price, purses.card))
    now = int(time.time())
    code = purses.phone.code(Cents(375), now, stage.programme.terminal)
    story.accepted(f"phone code pays {euros(375)}", stage.sell_to_code("3.75", code))
    story.accepted(f"note pays {euros(500)}", stage.sell_to_code("5.00", purses.notes[0]))

    tell.chapter("5  What must not work does not work")
    story.refused("the same code again", stage.sell_to_code("3.75", code), Refusal.ALREADY_USED)
    story.refused("a photograph of the note", stage.sell_to_code("5.00", purses.notes[0]), Refusal.ALREADY_USED)
    forged = tamper(purses.notes[1], story.chance)
    story.refused("a voucher that was tampered with", stage.sell_to_code("5.00", forged), Refusal.BAD_SIGNATURE)
    poor = stage.programme.cards[1]
    empty = stage.make_card(poor.uid, Cents(poor.balance))
    answer = stage.sell_to_card("1.50", empty)
    story.refused(f"a card with {euros(poor.balance)} for {euros(150)}", answer, Refusal.TOO_LITTLE_LEFT)


def tear(story: Story, purses: Purses) -> None:
    """The card is pulled away in the middle, once too early and once too late."""
    stage, tell = story.stage, story.tell
    tell.chapter("6  The card is pulled away in the middle of paying")
    before = purses.card.image.application.balance
    early, late = Cents(120), Cents(story.chance.randrange(180, 320, 5))
    torn = Tear(Moment.BEFORE, _COMMIT_APDU)
    answer = stage.sell_to_card(format_euros(early, "en"), purses.card, torn)
    story.accepted(f"gone before it committed, held again: {euros(early)} paid once", answer)
    torn = Tear(Moment.AFTER, _COMMIT_APDU)
    answer = stage.sell_to_card(format_euros(late, "en"), purses.card, torn)
    story.accepted(f"gone after it committed, its answer lost, held again: {euros(late)} paid once", answer)
    after = purses.card.image.application.balance
    tell.expect(f"the card went from {euros(before)} to {euros(after)}", before - after, early + late)


def settle(story: Story) -> dict[str, Any]:
    """The network returns; the journal uploads, the ledger balances, the night runs."""
    stage, tell = story.stage, story.tell
    tell.chapter("7  The network returns, the journal uploads")
    stage.server.start()
    synced = stage.ask_till("sync")
    counts: dict[str, int] = {}
    for outcome in synced["outcomes"]:
        counts[outcome["outcome"]] = counts.get(outcome["outcome"], 0) + 1
    tell.expect(f"{synced['sent']} entries taken in", counts, {"accepted": synced["sent"]})
    again = stage.ask_till("sync")
    tell.expect("a second upload changes nothing", again["end"], "done")
    tell.chapter("8  The night")
    checked = stage.ask_backend("check")
    tell.expect("the ledger balances, every heitje is backed", checked["holds"], True)
    tonight = datetime.now().astimezone().date().isoformat()
    batch = stage.ask_backend("settle", "--date", tonight)
    stage.ask_backend("approve", "--date", tonight, "--official", "treasurer-1")
    approved = stage.ask_backend("approve", "--date", tonight, "--official", "treasurer-2")
    owed = sum(story.sold.values())
    tell.expect(f"bank file for {euros(batch['total'])} to the shop, approved by two", approved["released"], True)
    tell.expect("what the shop gets is what its till took", batch["total"], owed)
    repeated = stage.ask_backend("settle", "--date", tonight)
    tell.expect("running the night again changes no byte", repeated["sha256"], batch["sha256"])
    return batch


def prove(story: Story) -> str:
    """The books go into the public log, and somebody who believes nobody looks at it; the log's folder."""
    stage, tell = story.stage, story.tell
    tell.chapter("9  Nobody has to believe it")
    written = stage.ask_backend("log")
    place, key = Path(written["directory"]), ("--log-key", str(written["key"]))
    tell.step(f"the public log: {written['size']} entries without names, signed")
    found = run("audit", str(place), *key)
    tell.expect("the auditor, from these files alone: it only grew, it adds up, the coin is backed", found["ok"], True)
    bundle = place / "tile" / "entries" / "000.p" / str(written["size"])
    true = bundle.read_bytes()
    bundle.write_bytes(true[:-1] + bytes((true[-1] ^ 1,)))  # the last figure of the last entry: the reserve
    found = run("audit", str(place), *key, expected=(1,))
    bundle.write_bytes(true)
    names = [finding["finding"] for finding in found["findings"]]
    tell.expect("a reserve that is made to look a cent larger is found", names, ["altered entry"])
    return str(place)


def tamper(text: str, chance: Random) -> str:
    """A voucher's text with one character of its signature changed for another."""
    place = len(text) - chance.randrange(12, 40)
    place -= (place - len("HV1:")) % 3  # a group's lowest digit: any other is still base45
    other = "0" if text[place] != "0" else "1"
    return text[:place] + other + text[place + 1 :]
