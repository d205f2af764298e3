# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Blank cards: what makes them, what is refused, and that each change is real in one step."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.card.blank import FACTORY_FILES, blank_ev2, blank_light
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import (
    NO_APPLICATION,
    CardImage,
    FileStore,
    Key,
    Kind,
    MalformedImage,
    MemoryStore,
    pack,
    unpack,
)
from firmware_sim.card_choice import blank_in_file
from heitje.card import making
from heitje.card.apdu import select, unwrap, wrap
from heitje.card.factory_key import (
    des_decrypt,
    des_encrypt,
    open_factory_session,
    replace_factory_key,
    session_key,
)
from heitje.card.file_settings import (
    HEITJE_FILES,
    LIGHT_FILES,
    Communication,
    FileSettings,
    MalformedSettings,
    Rights,
)
from heitje.card.key_change import change_key, get_key_version
from heitje.card.layout import LIGHT_DF_NAME, Command, MakingCommand, Status
from heitje.card.session import Exchange, Session, StatusFault, authenticate_first, run

UID = bytes.fromhex("04A1B2C3D4E580")
NAME = bytes.fromhex("F0484549544A4501")
ZERO = bytes(16)
NEW = bytes(range(16))
RNDA = bytes(range(40, 56))


def status_of(exchange: Exchange[object], card: Card) -> int:
    try:
        run(exchange, card.transmit)
    except StatusFault as fault:
        return fault.status
    return Status.OK


def light(key_number: int = 0) -> tuple[Card, Session]:
    """A blank DESFire Light, and a session of one of its keys."""
    card = Card(MemoryStore(blank_light(UID)))
    assert unwrap(card.transmit(select(LIGHT_DF_NAME))) == (b"", Status.ISO_OK)
    return card, run(authenticate_first(key_number, ZERO, RNDA), card.transmit)


def ev2(*, aes: bool = True) -> Card:
    """An EV2 with its factory key, or with an AES key of its own."""
    image = blank_ev2(UID)
    return Card(MemoryStore(replace(image, card_key=Key(NEW, 1), card_key_is_aes=True) if aes else image))


def above(card: Card) -> Session:
    """A session of an EV2's own key."""
    return run(authenticate_first(0, NEW, RNDA), card.transmit)


def test_a_blank_light_answers_to_its_factory_name_alone() -> None:
    card = Card(MemoryStore(blank_light(UID)))
    assert unwrap(card.transmit(select(NAME))) == (b"", Status.ISO_APPLICATION_NOT_FOUND)
    assert unwrap(card.transmit(wrap(MakingCommand.SELECT_APPLICATION, bytes(3)))) == (b"", Status.ILLEGAL_COMMAND)
    assert unwrap(card.transmit(select(LIGHT_DF_NAME))) == (b"", Status.ISO_OK)


def test_the_versions_tell_the_chips_apart() -> None:
    assert run(making.get_version(UID), Card(MemoryStore(blank_light(UID))).transmit) is making.Kind.LIGHT
    assert run(making.get_version(UID), ev2().transmit) is making.Kind.EV2
    assert run(making.get_version(bytes(7)), ev2().transmit) is None


def test_a_light_is_renamed_once() -> None:
    card, session = light()
    run(making.rename(session, NAME), card.transmit)
    assert card.image.application.df_name == NAME
    assert status_of(making.rename(session, LIGHT_DF_NAME), card) == Status.PERMISSION_DENIED
    assert unwrap(card.transmit(select(LIGHT_DF_NAME)))[1] == Status.ISO_APPLICATION_NOT_FOUND


def configured(session: Session, option: int, data: bytes) -> Exchange[bytes]:
    return session.command(Command.SET_CONFIGURATION, bytes((option,)), data)


@pytest.mark.parametrize(
    ("option", "data", "status"),
    [
        (0x00, b"\x00", Status.PARAMETER_ERROR),
        (0x05, bytes(10), Status.PARAMETER_ERROR),
        (0x06, bytes(18), Status.LENGTH_ERROR),
        (0x06, b"\x08" + NAME.ljust(16, b"\0") + b"\x01\xdf", Status.PARAMETER_ERROR),  # it gives no name
        (0x06, b"\x91" + bytes(18), Status.PARAMETER_ERROR),
        (0x06, b"\x87" + NAME.ljust(16, b"\0") + b"\x01\xdf", Status.PARAMETER_ERROR),  # longer than it says
        (0x09, bytes(13), Status.LENGTH_ERROR),
        (0x09, b"\x00" + bytes(13), Status.PERMISSION_DENIED),  # no value file
        (0x09, b"\x07" + bytes(13), Status.FILE_NOT_FOUND),
        (0x09, b"\x03" + bytes(4) + b"\x05\0\0\0" + b"\x06\0\0\0" + b"\0", Status.PARAMETER_ERROR),
        (0x09, b"\x03" + bytes(12) + b"\x04", Status.PARAMETER_ERROR),
    ],
)
def test_configurations_that_are_refused(option: int, data: bytes, status: int) -> None:
    card, session = light()
    assert status_of(configured(session, option, data), card) == status
    assert card.image == blank_light(UID)


def test_limits_and_value_change_together() -> None:
    card, session = light()
    run(making.set_limits(session, 0x03, LIGHT_FILES[0x03]), card.transmit)
    file = card.image.application.files[0x03]
    assert (file.lower, file.upper, file.options, card.image.application.balance) == (0, 15_000, 0, 0)


MAKING: list[Callable[[Session], Exchange[object]]] = [
    lambda session: making.rename(session, NAME),
    lambda session: making.change_file_settings(session, 0x00, LIGHT_FILES[0x00]),
    lambda session: making.delete_transaction_mac_file(session, 0x0F),
    lambda session: making.create_transaction_mac_file(session, 0x0F, HEITJE_FILES[0x0F], NEW),
    lambda session: change_key(session, 2, NEW, 1, ZERO),
]


@pytest.mark.parametrize("making_command", MAKING)
def test_only_key_0_makes_a_card(making_command: Callable[[Session], Exchange[object]]) -> None:
    card, session = light(key_number=1)
    assert status_of(making_command(session), card) == Status.AUTHENTICATION_ERROR
    assert card.image == blank_light(UID)


def test_settings_that_nobody_may_change_stay() -> None:
    card, session = light()
    run(making.change_file_settings(session, 0x04, LIGHT_FILES[0x04]), card.transmit)
    assert card.image.application.files[0x04].rights == Rights(0xF, 0xF, 0xF, 0xF)
    again = making.change_file_settings(session, 0x04, FACTORY_FILES[0x04])
    assert status_of(again, card) == Status.PERMISSION_DENIED


def test_a_communication_that_is_not_spoken_is_refused() -> None:
    card, session = light()
    mac_value = replace(LIGHT_FILES[0x03], communication=Communication.MAC)
    assert status_of(making.change_file_settings(session, 0x03, mac_value), card) == Status.PARAMETER_ERROR


def test_a_new_transaction_mac_file_begins_at_nothing() -> None:
    card, session = light()
    made = HEITJE_FILES[0x0F]
    assert status_of(making.create_transaction_mac_file(session, 0x0F, made, NEW), card) == Status.ALREADY_THERE
    card, session = light()
    run(making.delete_transaction_mac_file(session, 0x0F), card.transmit)
    assert run(making.get_file_ids(session), card.transmit) == set(FACTORY_FILES) - {0x0F}
    assert status_of(session.command(Command.COMMIT_READER_ID, bytes(16)), card) == Status.PERMISSION_DENIED
    session = run(authenticate_first(0, ZERO, RNDA), card.transmit)
    assert status_of(making.delete_transaction_mac_file(session, 0x0F), card) == Status.FILE_NOT_FOUND
    session = run(authenticate_first(0, ZERO, RNDA), card.transmit)
    run(making.create_transaction_mac_file(session, 0x0F, made, NEW), card.transmit)
    application = card.image.application
    assert (application.tmc, application.tmv, application.tmri_prev) == (0, bytes(8), bytes(16))
    assert application.transaction_mac_key == Key(NEW)
    assert run(making.get_file_settings(session, 0x0F), card.transmit) == made
    assert status_of(making.delete_transaction_mac_file(session, 0x00), card) == Status.PERMISSION_DENIED


def test_key_versions() -> None:
    card, session = light()
    assert run(get_key_version(session, 4), card.transmit) == 0
    run(change_key(session, 4, NEW, 9, ZERO), card.transmit)
    assert run(get_key_version(session, 4), card.transmit) == 9
    assert status_of(get_key_version(session, 5), card) == Status.NO_SUCH_KEY


def test_the_factory_file_in_full_mode_is_written_and_read_enciphered() -> None:
    card, session = light(key_number=3)
    written = session.command(Command.WRITE_DATA, bytes(4) + b"\x05\0\0", b"hello")
    run(written, card.transmit)
    read = session.command(Command.READ_DATA, bytes(4) + b"\x05\0\0", answer_full=True)
    assert run(read, card.transmit) == b"hello"
    assert status_of(session.command(Command.READ_DATA, bytes(4) + b"\xf0\0\0"), card) == Status.LENGTH_ERROR
    session = run(authenticate_first(3, ZERO, RNDA), card.transmit)
    closed = session.command(Command.WRITE_DATA, b"\x04" + bytes(3) + b"\x05\0\0", b"hello")
    assert status_of(closed, card) == Status.PERMISSION_DENIED  # this card keeps nothing in it


def test_an_ev2_begins_at_its_own_level_with_a_des_key() -> None:
    card = ev2(aes=False)
    assert run(making.plain(MakingCommand.GET_APPLICATION_IDS), card.transmit) == b""
    assert run(making.plain(MakingCommand.GET_KEY_SETTINGS), card.transmit) == b"\x0f\x01"
    assert status_of(authenticate_first(0, ZERO, RNDA), card) == Status.NO_SUCH_KEY
    session = run(open_factory_session(bytes(range(8))), card.transmit)
    run(replace_factory_key(session, NEW, 1), card.transmit)
    assert (card.image.card_key, card.image.card_key_is_aes) == (Key(NEW, 1), True)
    assert status_of(open_factory_session(bytes(8)), card) == Status.AUTHENTICATION_ERROR
    assert run(making.plain(MakingCommand.GET_KEY_SETTINGS), card.transmit) == b"\x0f\x81"
    above(card)


def test_the_factory_key_is_changed_in_its_own_session_alone() -> None:
    card = ev2(aes=False)
    assert status_of(replace_factory_key(bytes(8), NEW, 1), card) == Status.AUTHENTICATION_ERROR
    session = run(open_factory_session(bytes(range(8))), card.transmit)
    assert status_of(replace_factory_key(bytes(8), NEW, 1), card) == Status.INTEGRITY_ERROR
    assert status_of(replace_factory_key(session, NEW, 1), card) == Status.AUTHENTICATION_ERROR  # it is over
    assert card.image == blank_ev2(UID)


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", Status.LENGTH_ERROR), (b"\x01", Status.NO_SUCH_KEY), (b"\x00\x00", Status.NO_SUCH_KEY)],
)
def test_the_factory_key_has_one_number(data: bytes, status: int) -> None:
    card = ev2(aes=False)
    assert unwrap(card.transmit(wrap(MakingCommand.AUTHENTICATE_ISO, data))) == (b"", status)


def test_a_wrong_answer_to_the_factory_keys_challenge() -> None:
    card = ev2(aes=False)
    answer, status = unwrap(card.transmit(wrap(MakingCommand.AUTHENTICATE_ISO, b"\x00")))
    assert status == Status.MORE_FRAMES
    assert len(answer) == 8
    assert unwrap(card.transmit(wrap(Command.ADDITIONAL_FRAME, bytes(15)))) == (b"", Status.LENGTH_ERROR)
    card.transmit(wrap(MakingCommand.AUTHENTICATE_ISO, b"\x00"))
    assert unwrap(card.transmit(wrap(Command.ADDITIONAL_FRAME, bytes(16)))) == (b"", Status.AUTHENTICATION_ERROR)


def test_des_is_the_standards() -> None:
    """FIPS 46-3's own worked example (key 133457799BBCDFF1), and the session key's order."""
    key = bytes.fromhex("133457799BBCDFF1")
    assert des_encrypt(key, bytes.fromhex("0123456789ABCDEF")).hex().upper() == "85E813540F0AB405"
    assert des_decrypt(key, bytes.fromhex("85E813540F0AB405")).hex().upper() == "0123456789ABCDEF"
    assert session_key(bytes(range(8)), bytes(range(16, 24))).hex() == "0001020310111213"


def test_an_application_is_made_once_and_found_by_name_and_number() -> None:
    card = ev2()
    session = above(card)
    run(making.change_card_settings(session), card.transmit)
    run(making.create_application(session, NAME), card.transmit)
    assert card.image.application.df_name == NAME
    assert status_of(making.create_application(session, NAME), card) == Status.ALREADY_THERE
    assert unwrap(card.transmit(select(NAME))) == (b"", Status.ISO_OK)
    aid = making.aid_of(NAME)
    assert aid.hex() == "484501"
    run(making.plain(MakingCommand.SELECT_APPLICATION, aid), card.transmit)
    assert run(making.plain(MakingCommand.SELECT_APPLICATION, making.CARD_LEVEL), card.transmit) == b""
    assert run(making.plain(MakingCommand.GET_APPLICATION_IDS), card.transmit) == aid
    other = making.plain(MakingCommand.SELECT_APPLICATION, b"\x01\x02\x03")
    assert status_of(other, card) == Status.NO_SUCH_APPLICATION
    assert status_of(making.plain(MakingCommand.SELECT_APPLICATION, b"\x01"), card) == Status.LENGTH_ERROR


def test_without_the_card_key_nobody_makes_an_application_any_more() -> None:
    card = ev2()
    run(making.change_card_settings(above(card)), card.transmit)
    card.power_off()
    made = making.plain(MakingCommand.CREATE_APPLICATION, b"\x01\x02\x03\x0b\x85\x01\xdf" + NAME)
    assert status_of(made, card) == Status.AUTHENTICATION_ERROR
    assert card.image.application == NO_APPLICATION


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ("010203 0B 85 01DF", Status.LENGTH_ERROR),
        ("010203 0B 85 01DF " + "11" * 17, Status.LENGTH_ERROR),
        ("000000 0B 85 01DF 11", Status.PARAMETER_ERROR),
        ("010203 0B 05 01DF 11", Status.PARAMETER_ERROR),  # DES keys
        ("010203 0B 84 01DF 11", Status.PARAMETER_ERROR),  # four keys
    ],
)
def test_applications_that_are_not_made(data: str, status: int) -> None:
    card = ev2(aes=False)
    assert status_of(making.plain(MakingCommand.CREATE_APPLICATION, bytes.fromhex(data)), card) == status
    assert card.image == blank_ev2(UID)


def with_application() -> tuple[Card, Session]:
    card = ev2()
    run(making.create_application(above(card), NAME), card.transmit)
    card.transmit(select(NAME))
    return card, run(authenticate_first(0, ZERO, RNDA), card.transmit)


def test_files_are_made_once_with_their_settings() -> None:
    card, session = with_application()
    for number in (0x00, 0x01, 0x03):
        run(making.create_file(session, number, HEITJE_FILES[number]), card.transmit)
        assert run(making.get_file_settings(session, number), card.transmit) == HEITJE_FILES[number]
    assert status_of(making.create_file(session, 0x03, HEITJE_FILES[0x03]), card) == Status.ALREADY_THERE
    with pytest.raises(ValueError, match="key"):
        run(making.create_file(session, 0x0F, HEITJE_FILES[0x0F]), card.transmit)


@pytest.mark.parametrize(
    ("number", "file"),
    [
        (0x02, HEITJE_FILES[0x00]),
        (0x00, replace(HEITJE_FILES[0x00], size=255)),
        (0x01, replace(HEITJE_FILES[0x01], records=4)),
        (0x03, replace(HEITJE_FILES[0x03], upper=-1)),
        (0x03, replace(HEITJE_FILES[0x03], lower=5)),
    ],
)
def test_there_is_room_for_a_heitje_cards_files_alone(number: int, file: FileSettings) -> None:
    card, session = with_application()
    assert status_of(making.create_file(session, number, file), card) == Status.PARAMETER_ERROR
    assert not card.image.application.files


def test_what_belongs_to_one_level_is_not_done_at_the_other() -> None:
    card, session = with_application()
    assert status_of(making.plain(MakingCommand.GET_APPLICATION_IDS), card) == Status.PERMISSION_DENIED
    card.power_off()
    assert status_of(making.plain(Command.GET_VALUE, b"\x03"), card) == Status.PERMISSION_DENIED
    assert status_of(making.plain(0x61), card) == Status.ILLEGAL_COMMAND
    session = above(card)
    assert run(making.get_card_uid(session), card.transmit) == UID


def test_key_settings_are_the_card_keys() -> None:
    card = ev2()
    session = above(card)
    for data, status in ((b"\x09\x09", Status.LENGTH_ERROR), (bytes(20), Status.LENGTH_ERROR)):
        session = above(card)
        assert status_of(session.command(MakingCommand.CHANGE_KEY_SETTINGS, b"", data), card) == status
    session = above(card)
    assert run(session.command(MakingCommand.GET_KEY_SETTINGS), card.transmit) == b"\x0f\x81"


COMMANDS = st.sampled_from([*Command, *MakingCommand])


@given(kind=st.sampled_from(["light", "ev2"]), frames=st.lists(st.tuples(COMMANDS, st.binary(max_size=60)), max_size=8))
def test_rubbish_gets_a_status_word_and_changes_nothing(kind: str, frames: list[tuple[int, bytes]]) -> None:
    image = blank_light(UID) if kind == "light" else replace(blank_ev2(UID), card_settings=0x0B)
    card = Card(MemoryStore(image))
    card.transmit(select(LIGHT_DF_NAME))
    for command, data in frames:
        answer = card.transmit(wrap(command, data))
        assert len(answer) >= 2
    keys = tuple(replace(key, failures=0) for key in card.image.application.keys)
    assert replace(card.image, application=replace(card.image.application, keys=keys)) == image


@pytest.mark.parametrize("image", [blank_light(UID), blank_ev2(UID)], ids=["light", "ev2"])
def test_a_blank_card_is_kept_in_a_file(tmp_path: Path, image: CardImage) -> None:
    assert unpack(pack(image)) == image
    path = tmp_path / "card.json"
    card = blank_in_file(image.kind.value, UID, path)
    assert card.image == image
    store = FileStore(path)
    store.commit(replace(image, application=replace(image.application, tmc=0)))
    assert blank_in_file(image.kind.value, UID, path).image == image
    with pytest.raises(ValueError, match="another card"):
        blank_in_file(image.kind.value, bytes(7), path)
    with pytest.raises(ValueError, match="another card"):
        blank_in_file("ev2" if image.kind is Kind.LIGHT else "light", UID, path)


def test_an_image_from_before_files_had_settings_is_read() -> None:
    """Images of the first form had one kind of card, and no files in them."""
    text = pack(replace(blank_light(UID), application=replace(blank_light(UID).application, files=LIGHT_FILES)))
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if '"files"' in line)
    end = next(at for at in range(start, len(lines)) if lines[at].strip() == "},")
    old = [line for line in (*lines[:start], *lines[end + 1 :]) if '"kind"' not in line and '"aid"' not in line]
    assert unpack("\n".join(old)).application.files == LIGHT_FILES


@pytest.mark.parametrize(
    "wrong",
    [
        ('"kind": "ev2"', '"kind": "ev9"'),
        ('"card_key_is_aes": false', '"card_key_is_aes": 0'),
        ('"card_settings": 15', '"card_settings": 256'),
        ('"application": null', '"application": 7'),
    ],
)
def test_an_ev2s_image_out_of_its_limits_is_refused(wrong: tuple[str, str]) -> None:
    text = pack(blank_ev2(UID))
    assert wrong[0] in text
    with pytest.raises(MalformedImage):
        unpack(text.replace(*wrong))


@pytest.mark.parametrize("make", [blank_light, blank_ev2])
def test_a_uid_is_seven_bytes(make: Callable[[bytes], CardImage]) -> None:
    with pytest.raises(ValueError, match="7 bytes"):
        make(bytes(4))


@given(st.binary(max_size=24))
def test_any_bytes_are_settings_or_refused(data: bytes) -> None:
    try:
        settings = FileSettings.parse(data)
    except MalformedSettings:
        return
    assert settings.pack() == data


def test_every_file_that_there_is_is_read_as_written() -> None:
    for file in (*LIGHT_FILES.values(), *FACTORY_FILES.values()):
        assert FileSettings.parse(file.pack()) == file
    for file in LIGHT_FILES.values():
        for end in range(len(file.pack())):
            with pytest.raises(MalformedSettings):
                FileSettings.parse(file.pack()[:end])
        with pytest.raises(MalformedSettings):
            FileSettings.parse(file.pack() + random.Random(1).randbytes(1))
