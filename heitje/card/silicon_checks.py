# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The checks of docs/silicon.md, in the order of its table; a test holds that the names there and here are the same."""

from typing import Final

from heitje.card import factory_key, load, making, sale
from heitje.card import session as sessions
from heitje.card.apdu import select
from heitje.card.file_settings import LIGHT_FILES, FileType
from heitje.card.key_change import RANDOM_LENGTH, get_key_version
from heitje.card.layout import (
    FILE_CERTIFICATE,
    FILE_VALUE,
    KEY_COUNT,
    KEY_ISSUER,
    KEY_LOADER,
    KEY_TERMINAL,
    KEY_TRANSACTION_MAC,
    KEY_VERSION_FIRST,
    MACED_READ_MAX,
    NO_READER,
    Command,
    MakingCommand,
    Status,
)
from heitje.card.session import Exchange
from heitje.card.silicon import Check, Differs, Needs, Subject, expect, status_of
from heitje.card.transaction import decrypt_reader_id, tmi_of_payment, tmv, transaction_keys

_ONE_CENT: Final = 1
_LOAD_NUMBER: Final = 1
_READER: Final = b"check-si" + (1).to_bytes(8, "big")
_TIME: Final = 1_800_000_000


def _selection(subject: Subject) -> Exchange[str]:
    answer = yield select(subject.df_name)
    expect(answer[-2:] == b"\x90\x00", f"answered {answer[-2:].hex()}")
    return f"9000 after {len(answer) - 2} bytes of FCI"


def _uid(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_ISSUER)
    uid = yield from making.get_card_uid(session)
    expect(uid == subject.blueprint.uid, f"GetCardUID says {uid.hex()}")
    return "the UID of anticollision"


def _key_versions(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_ISSUER)
    versions: list[int] = []
    for number in range(KEY_COUNT):
        versions += [(yield from get_key_version(session, number))]
    if subject.progress.blank:
        expect(not any(versions), f"versions {versions}")
    if not subject.progress.missing:
        expect(versions == [KEY_VERSION_FIRST] * KEY_COUNT, f"versions {versions}")
    return f"versions {versions}"


def _non_first(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_ISSUER)
    yield from making.get_file_ids(session)
    key = subject.key(KEY_TERMINAL)
    yield from sessions.authenticate_non_first(session, KEY_TERMINAL, key, subject.chance(RANDOM_LENGTH))
    yield from making.get_file_settings(session, FILE_VALUE)
    return f"TI and counter {session.counter} went on"


def _factory_keys(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_ISSUER)
    for number in range(KEY_TERMINAL, KEY_COUNT):
        key = subject.key(number)
        yield from sessions.authenticate_non_first(session, number, key, subject.chance(RANDOM_LENGTH))
    return "keys 0 to 4 are AES, zeros"


def _factory_files(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_ISSUER)
    numbers = yield from making.get_file_ids(session)
    expect(numbers == set(LIGHT_FILES), f"files {sorted(numbers)}")
    seen: list[str] = []
    for number in sorted(numbers):
        file = yield from making.get_file_settings(session, number)
        seen += [f"{number:02X}: {'unknown' if file is None else file.pack().hex()}"]
        expect(file is not None and file.type is LIGHT_FILES[number].type, ", ".join(seen))
        changeable = file is not None and (file.rights.change == KEY_ISSUER or file.type is FileType.TRANSACTION_MAC)
        expect(changeable, f"the Change right of file {number:02X} is not key 0's; " + ", ".join(seen))
    return ", ".join(seen)


def _same_limits(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_ISSUER)
    before = yield from making.get_file_settings(session, FILE_VALUE)
    if before is None:
        raise Differs("file 03 is no value file")
    yield from making.set_limits(session, FILE_VALUE, before)
    after = yield from making.get_file_settings(session, FILE_VALUE)
    expect(after == before, f"the settings became {'unknown' if after is None else after.pack().hex()}")
    return "14 bytes were taken; limits and options are as they were"


def _same_settings(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_ISSUER)
    before = yield from making.get_file_settings(session, FILE_CERTIFICATE)
    if before is None:
        raise Differs("file 00 is no standard file")
    yield from making.change_file_settings(session, FILE_CERTIFICATE, before)
    after = yield from making.get_file_settings(session, FILE_CERTIFICATE)
    expect(after == before, "the settings changed")
    return f"taken, and still {before.pack().hex()}"


def _factory_level(subject: Subject) -> Exchange[str]:
    yield from making.plain(MakingCommand.SELECT_APPLICATION, making.CARD_LEVEL)
    settings = yield from making.plain(MakingCommand.GET_KEY_SETTINGS)
    applications = yield from making.plain(MakingCommand.GET_APPLICATION_IDS)
    yield from factory_key.open_factory_session(subject.chance(factory_key.DES_BLOCK))
    return f"settings {settings.hex()}, applications {applications.hex() or 'none'}, a DES key of zeros"


def _first_reader(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_TERMINAL)
    last = yield from sale.last_commit(session)
    enc_tmri = yield from sale.commit_reader_id(session, NO_READER)
    yield from sale.abort(session)
    keys = transaction_keys(subject.blueprint.keys(KEY_TRANSACTION_MAC), last.tmc, subject.blueprint.uid)
    previous = decrypt_reader_id(keys.enc, enc_tmri)
    expect(previous == NO_READER, f"EncTMRI deciphers to {previous.hex()}")
    return f"TMC {last.tmc}; EncTMRI deciphers to zeros"


def _abort(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_TERMINAL)
    yield from sale.commit_reader_id(session, NO_READER)
    yield from sale.abort(session)
    status = yield from status_of(sale.commit(session))
    expect(status == Status.NOTHING_TO_COMMIT, f"a commit after it was answered {status:04X}")
    return "a commit after it was answered 910C"


def _long_read(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_TERMINAL)
    yield from sale.read_data(session, FILE_CERTIFICATE, 0, MACED_READ_MAX)
    return "256 bytes and the status in one answer"


def _shadow(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_LOADER)
    before = yield from sale.get_balance(session)
    yield from session.command(Command.CREDIT, bytes((FILE_VALUE,)), _ONE_CENT.to_bytes(4, "little"))
    meanwhile = yield from sale.get_balance(session)
    yield from sale.abort(session)
    after = yield from sale.get_balance(session)
    expect((meanwhile, after) == (before, before), f"balances {before}, {meanwhile}, {after}")
    return f"{before} cents before, within and after it"


def _no_limited_credit(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_TERMINAL)
    data = _ONE_CENT.to_bytes(4, "little")
    status = yield from status_of(session.command(Command.LIMITED_CREDIT, bytes((FILE_VALUE,)), data))
    expect(status == Status.PERMISSION_DENIED, f"answered {status:04X}")
    return "919D"


def _no_records(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_TERMINAL)
    status = yield from status_of(sale.read_records(session))
    expect(status == Status.BOUNDARY_ERROR, f"answered {status:04X}")
    return "91BE"


def _whole_transactions(subject: Subject) -> Exchange[str]:
    """A load of one cent and a sale of it, each TMV computed beside the card's."""
    load_tmri = load.tmri_of(_LOAD_NUMBER)
    programme = sale.Programme(subject.df_name, [subject.key(KEY_TERMINAL)])
    contact = yield from sale.greet([programme], [subject.chance(RANDOM_LENGTH)])
    rnda = subject.chance(RANDOM_LENGTH)
    credited = yield from load.prepare(contact.session, subject.key(KEY_LOADER), rnda, _LOAD_NUMBER, _ONE_CENT, _TIME)
    if isinstance(credited, load.TooMuch):
        raise Differs(f"the balance is {credited.balance}")
    loaded = yield from sale.commit(contact.session)
    _verify(subject, Command.CREDIT, load_tmri, credited, NO_READER, loaded)
    contact = yield from sale.greet([programme], [subject.chance(RANDOM_LENGTH)])
    expect(contact.last == loaded, "file 0F does not hold what the commit answered")
    debited = yield from sale.prepare(contact.session, _READER, _ONE_CENT, _TIME)
    if isinstance(debited, sale.TooLittle):
        raise Differs(f"the balance is {debited.balance}")
    sold = yield from sale.commit(contact.session)
    _verify(subject, Command.DEBIT, _READER, debited, load_tmri, sold)
    contact = yield from sale.greet([programme], [subject.chance(RANDOM_LENGTH)])
    records = yield from sale.read_records(contact.session)
    expect([record.kind for record in records[-2:]] == [3, 1], f"records {[record.kind for record in records]}")
    return f"both TMVs verify, TMC {sold.tmc}, each names the reader before it; records oldest first"


def _verify(
    subject: Subject,
    command: Command,
    tmri: bytes,
    done: load.Credited | sale.Debited,
    previous: bytes,
    committed: sale.Committed,
) -> None:
    keys = transaction_keys(subject.blueprint.keys(KEY_TRANSACTION_MAC), committed.tmc - 1, subject.blueprint.uid)
    said = decrypt_reader_id(keys.enc, done.enc_tmri)
    expect(said == previous, f"{command.name}: EncTMRI deciphers to {said.hex()}")
    tmi = tmi_of_payment(
        command,
        balance=done.balance_before,
        amount=_ONE_CENT,
        tmri=tmri,
        enc_tmri=done.enc_tmri,
        record=done.record,
    )
    expect(tmv(keys.mac, tmi) == committed.tmv, f"{command.name}: another TMV than is computed")


def _no_commit_without_reader(subject: Subject) -> Exchange[str]:
    session = yield from subject.open(KEY_TERMINAL)
    header = bytes((0x01,)) + bytes(3) + (16).to_bytes(3, "little")
    yield from session.command(Command.WRITE_RECORD, header, bytes(16))
    status = yield from status_of(sale.commit(session))
    expect(status == Status.PERMISSION_DENIED, f"answered {status:04X}")
    return "919D"


CHECKS: Final = (
    Check("S1", "the application is selected by its name, with or without an FCI", Needs.APPLICATION, _selection),
    Check("S2", "GetCardUID gives the UID of anticollision: random ID is off", Needs.APPLICATION, _uid),
    Check("S3", "GetKeyVersion answers one byte; a factory key's is 0", Needs.APPLICATION, _key_versions),
    Check("S4", "AuthenticateEV2NonFirst keeps TI and counter", Needs.WHOLE, _non_first),
    Check("S5", "a DESFire Light's five factory keys are AES, zeros", Needs.BLANK_LIGHT, _factory_keys),
    Check(
        "S6",
        "its six files are those of section 8.2, and key 0 changes their settings",
        Needs.BLANK_LIGHT,
        _factory_files,
    ),
    Check("S7", "SetConfiguration 09 takes file, limits, value, options: 14 bytes", Needs.BLANK_LIGHT, _same_limits),
    Check("S8", "ChangeFileSettings takes communication and rights, enciphered", Needs.BLANK_LIGHT, _same_settings),
    Check(
        "S9",
        "an EV2's factory key is DES, zeros; anybody may list and make applications",
        Needs.BLANK_EV2,
        _factory_level,
    ),
    Check("S10", "the first EncTMRI deciphers to zeros under SesTMENCKey of TMC + 1", Needs.WHOLE, _first_reader),
    Check("S11", "AbortTransaction takes a CommitReaderID back", Needs.WHOLE, _abort),
    Check("S12", "a MACed answer carries 248 bytes of data", Needs.WHOLE, _long_read),
    Check("S13", "GetValue answers the committed balance within a transaction", Needs.WHOLE, _shadow),
    Check("S14", "LimitedCredit is refused with 919D", Needs.WHOLE, _no_limited_credit),
    Check("S15", "ReadRecords of a file without records is answered 91BE", Needs.WHOLE, _no_records),
    Check(
        "S16",
        "load and sale: TMI's order, padding and keys are as in CARD.md section 6",
        Needs.SPENT,
        _whole_transactions,
    ),
    Check("S17", "a commit without CommitReaderID is refused with 919D", Needs.SPENT, _no_commit_without_reader),
)
