# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A blank card becomes a Heitje card, however often it is torn; any other card is left as it was."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.card.blank import FACTORY_FILES, blank_ev2, blank_ev3, blank_light, new_application
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import CardImage, Key, Kind, MemoryStore
from firmware_sim.card.personalisation import EXPIRES_AT, ISSUED_AT
from firmware_sim.card.personalisation import personalise as made_at_once
from firmware_sim.memory_tag import MemoryTag
from heitje.card.certificate import CardCertificate, issue
from heitje.card.examination import STEPS, Blueprint, Looked, Progress, Step, Unfit, look
from heitje.card.file_settings import HEITJE_FILES, FileSettings, FileType, Rights
from heitje.card.layout import FILE_TRANSACTION_MAC, LIGHT_DF_NAME
from heitje.card.making import Kind as Chip
from heitje.card.personalisation import personalise
from heitje.card.session import CardFault, run
from heitje.money import Cents
from heitje.programme import TestProgramme

UID = bytes.fromhex("04A1B2C3D4E580")
BLANK: dict[str, Callable[[bytes], CardImage]] = {
    "light": blank_light,
    "ev2": blank_ev2,
}
EVERY_BLANK = {**BLANK, "ev3": blank_ev3}
"""An EV3 does what an EV2 does: torn at each APDU are the other two."""
APDUS = {"light": 104, "ev2": 98}


class Torn(Exception):
    """The card has left the field."""


def chance(count: int) -> bytes:
    return random.Random(count).randbytes(count)


def blueprint(programme: TestProgramme, uid: bytes = UID) -> Blueprint:
    token = issue(CardCertificate(programme.iss, EXPIRES_AT, ISSUED_AT, uid), programme.mint)
    return Blueprint(programme.df_name, uid, token, programme.masters.card_keys(uid, programme.df_name))


class Hand:
    """Holds a card to a reader, and takes it away before an APDU, or after it with the answer lost."""

    def __init__(self, image: CardImage) -> None:
        self.card = Card(MemoryStore(image))
        self.apdus = 0
        self.told: list[Step] = []

    def personalise(self, wanted: Blueprint, leave_at: int = 0, after: bool = False) -> Looked:
        self.card.power_off()
        self.apdus = 0

        def transmit(apdu: bytes) -> bytes:
            self.apdus += 1
            if self.apdus == leave_at and not after:
                raise Torn
            answer = self.card.transmit(apdu)
            if self.apdus == leave_at:
                raise Torn
            return answer

        self.told = []
        return run(personalise(wanted, chance, self.told.append), transmit)

    def look(self, wanted: Blueprint) -> Looked:
        self.card.power_off()
        return run(look(wanted, chance), self.card.transmit)


def whole(image: CardImage, programme: TestProgramme) -> bool:
    """Whether a card is what a test programme's card is made as at once, with nothing on it."""
    expected = made_at_once(programme, UID, Cents(0)).application
    if image.kind is not Kind.LIGHT:
        expected = replace(expected, files=HEITJE_FILES, aid=image.application.aid)
    return image.application == expected


@pytest.mark.parametrize("kind", EVERY_BLANK)
def test_a_blank_card_becomes_a_heitje_card(programme: TestProgramme, kind: str) -> None:
    hand, wanted = Hand(EVERY_BLANK[kind](UID)), blueprint(programme)
    before = hand.look(wanted)
    assert isinstance(before, Progress)
    assert before.blank
    assert before.missing == STEPS[before.kind]
    assert hand.card.image == EVERY_BLANK[kind](UID)  # looking has changed nothing
    done = hand.personalise(wanted)
    assert done == Progress(before.kind, ())
    assert hand.told == [*before.missing, Step.PROOF]
    assert hand.apdus == APDUS["light" if kind == "light" else "ev2"]
    assert whole(hand.card.image, programme)


@pytest.mark.parametrize("kind", EVERY_BLANK)
def test_a_whole_card_is_proved_and_left(programme: TestProgramme, kind: str) -> None:
    hand, wanted = Hand(EVERY_BLANK[kind](UID)), blueprint(programme)
    hand.personalise(wanted)
    image = hand.card.image
    again = hand.personalise(wanted)
    assert isinstance(again, Progress)
    assert not again.missing
    assert hand.told == [Step.PROOF]
    assert untried(hand.card.image) == image


def untried(image: CardImage) -> CardImage:
    """The card but for how often somebody came with a wrong key."""
    keys = tuple(replace(key, failures=0) for key in image.application.keys)
    application = replace(image.application, keys=keys)
    return replace(image, application=application, card_key=replace(image.card_key, failures=0))


def test_a_card_made_at_once_is_whole(programme: TestProgramme) -> None:
    hand = Hand(made_at_once(programme, UID, Cents(0)))
    assert hand.look(blueprint(programme)) == Progress(hand_kind(hand), ())
    assert isinstance(hand.personalise(blueprint(programme)), Progress)


def hand_kind(hand: Hand) -> Chip:
    return Chip.LIGHT if hand.card.image.kind is Kind.LIGHT else Chip.EV2


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("kind", BLANK)
def test_torn_at_every_apdu_it_is_finished_the_next_time(programme: TestProgramme, kind: str, after: bool) -> None:
    wanted = blueprint(programme)
    for apdu in range(1, APDUS[kind] + 1):
        hand = Hand(BLANK[kind](UID))
        with pytest.raises(Torn):
            hand.personalise(wanted, apdu, after)
        seen = hand.look(wanted)
        assert isinstance(seen, Progress), f"torn at {apdu}: {seen}"
        done = hand.personalise(wanted)
        assert isinstance(done, Progress), f"torn at {apdu}: {done}"
        assert hand.told == [*seen.missing, Step.PROOF]
        assert whole(hand.card.image, programme), f"torn at {apdu}"


@settings(max_examples=60)
@given(kind=st.sampled_from(sorted(BLANK)), tears=st.lists(st.tuples(st.integers(1, 110), st.booleans()), max_size=12))
def test_torn_any_number_of_times_it_comes_to_an_end(
    programme: TestProgramme, kind: str, tears: list[tuple[int, bool]]
) -> None:
    hand, wanted = Hand(BLANK[kind](UID)), blueprint(programme)
    missing = len(STEPS[hand_kind(hand)]) + 1
    for apdu, after in tears:
        try:
            assert isinstance(hand.personalise(wanted, apdu, after), Progress)
        except Torn:
            seen = hand.look(wanted)
            assert isinstance(seen, Progress)
            assert len(seen.missing) <= missing  # it never goes back
            missing = len(seen.missing)
    assert isinstance(hand.personalise(wanted), Progress)
    assert whole(hand.card.image, programme)


RIGHTS = st.builds(Rights, *[st.integers(0, 4) | st.sampled_from([0xE, 0xF])] * 3, st.just(0))
FACTORY = st.tuples(*[RIGHTS] * len(FACTORY_FILES)).map(
    lambda rights: {
        number: replace(file, rights=given) for (number, file), given in zip(FACTORY_FILES.items(), rights, strict=True)
    }
)


@settings(max_examples=40)
@given(files=FACTORY, apdu=st.integers(1, 100), after=st.booleans())
def test_the_factorys_rights_do_not_matter(
    programme: TestProgramme, files: dict[int, FileSettings], apdu: int, after: bool
) -> None:
    hand, wanted = Hand(blank_light(UID, files)), blueprint(programme)
    with pytest.raises(Torn):
        hand.personalise(wanted, apdu, after)
    assert isinstance(hand.personalise(wanted), Progress)
    assert whole(hand.card.image, programme)


def changed_file(number: int, **changes: object) -> CardImage:
    files = dict(FACTORY_FILES)
    files[number] = replace(files[number], **changes)  # type: ignore[arg-type]
    return blank_light(UID, files)


def with_key(image: CardImage, number: int, key: Key) -> CardImage:
    keys = (*image.application.keys[:number], key, *image.application.keys[number + 1 :])
    return replace(image, application=replace(image.application, keys=keys))


def with_application(image: CardImage, **changes: object) -> CardImage:
    return replace(image, application=replace(image.application, **changes))  # type: ignore[arg-type]


SECRET = Key(bytes(range(16)), 1)
TRANSIT = new_application(b"\xd2\x76\x00\x00\x85\x01\x00", {}, b"\x01\x02\x03")


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (blank_light(bytes.fromhex("04010203040506")), Unfit.NO_SUCH_CHIP),
        (with_application(blank_light(UID), df_name=bytes.fromhex("F0484549544A9999")), Unfit.FOREIGN_APPLICATION),
        (with_key(blank_light(UID), 0, SECRET), Unfit.FOREIGN_KEYS),
        (with_key(blank_light(UID), 2, replace(SECRET, version=9)), Unfit.FOREIGN_KEYS),
        (changed_file(0x00, rights=Rights(1, 2, 3, 4)), Unfit.FOREIGN_FILES),
        (changed_file(0x04, rights=Rights(0xF, 0xF, 0xF, 0xE)), Unfit.FOREIGN_FILES),
        (changed_file(0x01, records=6), Unfit.FOREIGN_FILES),
        (blank_light(UID, {**FACTORY_FILES, 0x05: FACTORY_FILES[0x04]}), Unfit.FOREIGN_FILES),
        (blank_light(UID, {n: f for n, f in FACTORY_FILES.items() if n != 0x04}), Unfit.FOREIGN_FILES),
        (with_application(blank_light(UID), records=(bytes(16),)), Unfit.LOADED),
        (replace(blank_ev2(UID), application=TRANSIT), Unfit.FOREIGN_APPLICATION),
        (replace(blank_ev2(UID), card_key=SECRET), Unfit.FOREIGN_KEYS),
        (replace(blank_ev2(UID), card_key=SECRET, card_key_is_aes=True), Unfit.FOREIGN_KEYS),
        (replace(blank_ev2(UID), card_settings=0x0D), Unfit.FOREIGN_KEYS),
    ],
)
def test_another_card_is_left_as_it_was(programme: TestProgramme, image: CardImage, reason: Unfit) -> None:
    hand = Hand(image)
    assert hand.personalise(blueprint(programme)) is reason
    assert untried(hand.card.image) == image


@pytest.mark.parametrize("kind", BLANK)
def test_a_card_of_another_programme_is_left(programme: TestProgramme, kind: str) -> None:
    other = replace(blueprint(programme), df_name=bytes.fromhex("F0484549544A4502"))
    hand = Hand(BLANK[kind](UID))
    hand.personalise(other)
    image = hand.card.image
    assert hand.personalise(blueprint(programme)) is Unfit.FOREIGN_APPLICATION
    assert hand.card.image == image


def test_a_loaded_card_is_never_made_anew(programme: TestProgramme) -> None:
    image = with_application(made_at_once(programme, UID, Cents(0)), tmc=1, balance=0)
    hand = Hand(image)
    assert hand.personalise(blueprint(programme)) is Unfit.LOADED
    assert hand.card.image.application.tmc == 1


def test_a_card_with_another_transaction_mac_key_gets_its_own(programme: TestProgramme) -> None:
    hand = Hand(with_application(made_at_once(programme, UID, Cents(0)), transaction_mac_key=Key(bytes(16))))
    seen = hand.look(blueprint(programme))
    assert isinstance(seen, Progress)
    assert seen.missing == (Step.TRANSACTION_MAC,)
    assert isinstance(hand.personalise(blueprint(programme)), Progress)
    assert whole(hand.card.image, programme)


def test_a_balance_that_nobody_loaded_is_found(programme: TestProgramme) -> None:
    hand = Hand(made_at_once(programme, UID, Cents(5)))
    assert hand.personalise(blueprint(programme)) is Unfit.NOT_AS_WRITTEN


def test_a_key_that_says_a_version_and_is_another_is_found(programme: TestProgramme) -> None:
    hand = Hand(with_key(made_at_once(programme, UID, Cents(0)), 3, SECRET))
    assert hand.personalise(blueprint(programme)) is Unfit.NOT_AS_WRITTEN
    hand = Hand(with_key(made_at_once(programme, UID, Cents(0)), 1, SECRET))
    assert hand.personalise(blueprint(programme)) is Unfit.FOREIGN_KEYS


def test_what_is_no_desfire_is_left(programme: TestProgramme) -> None:
    tag = MemoryTag(UID)
    assert run(look(blueprint(programme), chance), lambda apdu: tag.transmit(apdu).ljust(2, b"\x6d")) is (
        Unfit.NO_SUCH_CHIP
    )


@pytest.mark.parametrize("kind", BLANK)
def test_a_bit_turned_in_any_answer_makes_no_wrong_card(programme: TestProgramme, kind: str) -> None:
    wanted = blueprint(programme)
    for apdu in range(1, APDUS[kind] + 1):
        hand = Hand(BLANK[kind](UID))
        count = 0

        def garbled(sent: bytes, hand: Hand = hand, apdu: int = apdu) -> bytes:
            nonlocal count
            count += 1
            answer = hand.card.transmit(sent)
            if count != apdu:
                return answer
            place = random.Random(apdu).randrange(8 * len(answer))
            changed = bytearray(answer)
            changed[place // 8] ^= 1 << place % 8
            return bytes(changed)

        try:
            first = run(personalise(wanted, chance, lambda step: None), garbled)
        except CardFault:
            first = None
        if isinstance(first, Progress):
            assert whole(hand.card.image, programme), f"answer {apdu}"
        assert isinstance(hand.personalise(wanted), Progress), f"answer {apdu}: {first}"
        assert whole(hand.card.image, programme), f"answer {apdu}"


def test_the_settings_that_are_written_are_the_specifications() -> None:
    """CARD.md section 5's table, in bytes."""
    packed = {number: file.pack().hex() for number, file in HEITJE_FILES.items()}
    assert packed == {
        0x00: "0001001f000100",
        0x01: "04032011100000050000000000",
        0x03: "0203201f00000000983a00000000000000",
        0x0F: "0501e01f0200",
    }


def test_the_factory_name_is_the_data_sheets() -> None:
    assert LIGHT_DF_NAME.hex().upper() == "A00000039656434103F015400000000B"
    assert FACTORY_FILES[FILE_TRANSACTION_MAC].type is FileType.TRANSACTION_MAC
