# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town for the backend's tests: its book on disk, tills that write true journals, cards and phones that sign.

Django is set up once for the process, on a template directory; each test works on a copy of it, with real commits.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test.utils import override_settings
from pytest_django.plugin import DjangoDbBlocker

from backend import configuration as configurations
from backend import provisioning
from backend.configuration import Configuration, Database, Engine
from backend.django_project import database_settings, start
from heitje import codes, server_time
from heitje.card import transaction
from heitje.card.keys import diversify
from heitje.card.layout import KEY_TRANSACTION_MAC, Command
from heitje.card.record import Record, RecordKind, reference_of
from heitje.codes import PaymentCode
from heitje.journal import (
    CardEvidence,
    Entry,
    Evidence,
    Instrument,
    Kind,
    PaperEvidence,
    PhoneEvidence,
    entry_hash,
    head_of,
)
from heitje.keys import SigningKey
from heitje.messages import Batch, BatchAnswer
from heitje.money import Cents
from heitje.programme import TestProgramme

if TYPE_CHECKING:
    from tests.conftest import Cluster

PROGRAMME_FILE = Path(__file__).parents[1] / "vectors" / "test-programme.json"
Counter = Callable[..., None]
NUMBERS = count(1)
NOW = 1_795_500_000
"""Tests' clock: 24 November 2026."""

TESTBURG = TestProgramme.parse(PROGRAMME_FILE.read_text(encoding="utf-8"))
_template = Path(tempfile.mkdtemp(prefix="heitje-backend-"))
_prepared = provisioning.prepare(_template, TESTBURG)
if not settings.configured:  # another folder's tests may have begun before
    start(_prepared)

from backend import population  # noqa: E402  # models can be imported only now
from backend.assembly import configuration_in_use, programme_of, repository_of  # noqa: E402
from backend.commands.house import bring_up_to_date  # noqa: E402
from backend.ledger.accounts import AccountName, citizen  # noqa: E402
from backend.ledger.posting import balance  # noqa: E402
from backend.minting import print_runs, publication, vouchers  # noqa: E402
from backend.minting.models import PrintRun  # noqa: E402
from backend.minting.print_runs import Order  # noqa: E402
from backend.minting.publication import Published  # noqa: E402
from backend.redemption import intake  # noqa: E402
from backend.shops.admission import admit_shop, enrol_terminal  # noqa: E402
from backend.shops.models import Shop, Terminal  # noqa: E402


@dataclass
class Plastic:
    """A card: it counts, signs and remembers as CARD.md section 6 says."""

    uid: bytes
    balance: int
    tmc: int = 0
    last_reader: bytes = bytes(16)

    def prepare(self, tmri: bytes, amount: int, time: int) -> CardEvidence:
        """What the card says before it commits."""
        keys = transaction.transaction_keys(self._ktm(), self.tmc, self.uid)
        return CardEvidence(
            uid=self.uid,
            tmri=tmri,
            enc_tmri=transaction.encrypt_reader_id(keys.enc, self.last_reader),
            balance_before=self.balance,
            record=Record(RecordKind.SALE, time, reference_of(tmri), amount).pack(),
            tmc_before=self.tmc,
        )

    def commit(self, evidence: CardEvidence, amount: int) -> CardEvidence:
        """The transaction becomes real; the evidence of a redemption."""
        keys = transaction.transaction_keys(self._ktm(), self.tmc, self.uid)
        tmi = transaction.tmi_of_payment(
            Command.DEBIT,
            balance=evidence.balance_before,
            amount=amount,
            tmri=evidence.tmri,
            enc_tmri=evidence.enc_tmri,
            record=evidence.record,
        )
        self.tmc, self.balance, self.last_reader = self.tmc + 1, self.balance - amount, evidence.tmri
        return replace(evidence, tmc=self.tmc, tmv=transaction.tmv(keys.mac, tmi), tmc_before=None)

    def _ktm(self) -> bytes:
        return diversify(TESTBURG.master_transaction_mac, self.uid, TESTBURG.df_name, KEY_TRANSACTION_MAC)


@dataclass
class Phone:
    """A phone with an allowance."""

    key: SigningKey
    token: bytes
    cti: str
    seq: int = 0

    def code(self, amount: int, aud: str | None, iat: int, seq: int | None = None) -> bytes:
        """A payment code; its number is the next one, unless a dishonest phone says otherwise."""
        self.seq = self.seq + 1 if seq is None else seq
        return codes.sign(PaymentCode(iat=iat, seq=self.seq, max=Cents(amount), voucher=self.token, aud=aud), self.key)


@dataclass
class Till:
    """A till's journal: each method appends entries as JOURNAL.md says, at the till's own clock."""

    name: str
    clock: int = NOW
    bundle: int = 1
    entries: list[bytes] = field(default_factory=list)
    cursor: int = 0
    sale: int = 0

    @property
    def id(self) -> bytes:
        """The 8-byte id."""
        return bytes.fromhex(self.name)

    def append(self, kind: Kind, **values: object) -> int:
        """Any entry; its number."""
        seq = len(self.entries) + 1
        prev = entry_hash(self.entries[-1]) if self.entries else head_of(self.id)
        entry = Entry(seq=seq, prev=prev, terminal=self.id, time=self.clock, kind=kind)
        self.entries.append(replace(entry, **values).encode())  # type: ignore[arg-type]
        return seq

    def entry(self, seq: int) -> Entry:
        """An entry that was written."""
        return Entry.decode(self.entries[seq - 1])

    def anchor(self, time: int | None = None, bundle: int | None = None) -> int:
        """A contact: the server's signed time."""
        token = server_time.sign(self.id, self.clock if time is None else time, TESTBURG.mint)
        return self.append(Kind.TIME_ANCHOR, server_time=token, bundle=bundle)

    def intent(self, instrument: Instrument, amount: int, evidence: Evidence) -> int:
        """The first entry of a tender."""
        self.sale += 1
        return self.append(
            Kind.INTENT,
            sale=self.sale.to_bytes(16, "big"),
            amount=amount,
            instrument=instrument,
            evidence=evidence,
            offline=True,
            bundle=self.bundle,
            operator="jan",
        )

    def complete(self, intent: int, kind: Kind = Kind.REDEMPTION, **values: object) -> int:
        """An entry that refers to an intent, repeating of it what its kind repeats; `values` replace single fields."""
        of = self.entry(intent)
        repeated: dict[str, object] = {
            "sale": of.sale,
            "amount": of.amount,
            "instrument": of.instrument,
            "of": intent,
            "operator": "jan",
        }
        if kind is Kind.REDEMPTION:
            repeated |= {"evidence": of.evidence, "offline": True, "bundle": self.bundle}
        return self.append(kind, **{**repeated, **values})

    def card_intent(self, card: Plastic, amount: int) -> int:
        """A card is held to the till and has not committed."""
        tmri = self.id + (len(self.entries) + 1).to_bytes(8, "big")
        return self.intent(Instrument.CARD, amount, card.prepare(tmri, amount, self.clock))

    def commit(self, card: Plastic, intent: int) -> CardEvidence:
        """The card commits that intent; the till has not written it down."""
        evidence, amount = self.entry(intent).evidence, self.entry(intent).amount
        assert isinstance(evidence, CardEvidence)
        assert amount is not None
        return card.commit(evidence, amount)

    def pay_card(self, card: Plastic, amount: int) -> int:
        """A whole card sale; the intent's number."""
        intent = self.card_intent(card, amount)
        self.complete(intent, evidence=self.commit(card, intent))
        return intent

    def pay_phone(self, phone: Phone, amount: int, code: bytes | None = None) -> int:
        """A code for this till; the intent's number."""
        token = phone.code(amount, self.name, self.clock) if code is None else code
        intent = self.intent(Instrument.PHONE, amount, PhoneEvidence(token))
        self.complete(intent)
        return intent

    def pay_paper(self, token: bytes, amount: int) -> int:
        """A note; the intent's number."""
        intent = self.intent(Instrument.PAPER, amount, PaperEvidence(token))
        self.complete(intent)
        return intent

    def refund(self, redemption: int, amount: int) -> int:
        """Goods come back."""
        return self.complete(redemption, Kind.REFUND, amount=amount)

    def upload(self, now: int | None = None, after: int | None = None) -> BatchAnswer:
        """Send what was not acknowledged (or everything after an entry) straight to intake."""
        start_at = self.cursor if after is None else after
        batch = Batch(start_at, tuple(self.entries[start_at : start_at + 500]))
        terminal = Terminal.objects.select_related("shop").get(id=self.name)
        now = self.clock if now is None else now
        answer = intake.receive(terminal, batch, programme_of(configuration_in_use()), now)
        self.cursor = max(self.cursor, answer.cursor)
        return answer

    def outcomes(self, now: int | None = None) -> list[tuple[str, str | None]]:
        """Upload, and what each entry was told."""
        return [(str(outcome.outcome), outcome.reason) for outcome in self.upload(now).outcomes]

    def told(self, now: int | None = None) -> str:
        """Upload, and the outcome of the last entry."""
        return str(self.upload(now).outcomes[-1].outcome)


@dataclass
class City:
    """The test programme's town on disk."""

    configuration: Configuration
    till: Till
    cards: list[Plastic]

    def earn(self, who: str, amount: int) -> None:
        """A citizen does a task."""
        population.reward(who, Cents(amount), NOW)

    def phone(self, who: str, amount: int, key: SigningKey = TESTBURG.phone_ed25519) -> Phone:
        """A citizen with an allowance of `amount` cents."""
        self.earn(who, amount)
        issued = vouchers.issue_allowance(
            programme=TESTBURG.iss,
            citizen=who,
            amount=Cents(amount),
            phone=key.public,
            key_store=programme_of(self.configuration).key_store,
            at=NOW,
        )
        return Phone(key, bytes(issued.token), issued.cti)

    def note(self, who: str, amount: int, handed_out: bool = True) -> tuple[str, bytes]:
        """A note: its id and token."""
        self.earn(who, amount)
        order = Order(TESTBURG.shop.id, ((1, amount),), "citizen", who, who)
        name, key_store = f"note {PrintRun.objects.count()}", programme_of(self.configuration).key_store
        run = print_runs.make_run(name, order, "desk-1", TESTBURG.iss, key_store, NOW)
        if handed_out:
            print_runs.hand_out(run, 1, 1, "desk-1", NOW)
        issued = run.notes.get().voucher
        return issued.cti, bytes(issued.token)

    def open_till(self, name: str, shop_id: str, owner: str | None = None, *, paper_till: bool = False) -> Till:
        """Another till; its shop is admitted where it is new."""
        shop = Shop.objects.filter(id=shop_id).first() or admit_shop(
            shop_id=shop_id,
            owner=owner or shop_id,
            name=f"Winkel {shop_id}",
            category="bakery",
            area="centrum",
            iban="NL20INGB0001234567",
        )
        enrol_terminal(
            terminal_id=bytes.fromhex(name),
            shop=shop,
            public_key=SigningKey.from_seed(name.encode().ljust(32, b"x")).public,
            paper_till=paper_till,
            secure_element=False,
            at=NOW,
        )
        self.publish(NOW)
        return Till(name)

    def publish(self, at: int) -> Published:
        """What terminals may know from now on."""
        key_store = programme_of(self.configuration).key_store
        return publication.publish(TESTBURG.iss, key_store, repository_of(self.configuration), at)

    def confirm(self, at: int) -> Published:
        """That it is still so."""
        return publication.stamp(programme_of(self.configuration).key_store, repository_of(self.configuration), at)

    @staticmethod
    def holds(name: AccountName) -> int:
        """Cents on an account."""
        return balance(name)

    @staticmethod
    def earned(who: str) -> int:
        """Cents on a citizen's account."""
        return balance(citizen(who))


@pytest.fixture(scope="session")
def template(django_db_blocker: DjangoDbBlocker) -> Iterator[Path]:
    """A directory as `heitje backend init` leaves it, at the tests' clock."""
    configuration = replace(_prepared, directory=_template)
    with django_db_blocker.unblock():  # the plugin guards a database that it makes; these tests bring their own
        with working_on(configuration):
            call_command("migrate", verbosity=0, interactive=False)
            population.populate(configuration, TESTBURG, NOW)
        configurations.write(configuration)
        yield _template
    shutil.rmtree(_template)


@pytest.fixture(scope="session")
def postgresql_template(template: Path, cluster: Cluster) -> Iterator[Path]:
    """The same on PostgreSQL, in a database that is copied for each test."""
    directory = template.with_name(f"{template.name}-postgresql")
    database = Database(Engine.POSTGRESQL, "heitje_template", "testburg", str(cluster.directory), user="heitje")
    cluster.sql(f"CREATE DATABASE {database.name} OWNER heitje")
    configuration = provisioning.prepare(directory, TESTBURG, database)
    with working_on(configuration):
        bring_up_to_date()
        population.populate(configuration, TESTBURG, NOW)
    configurations.write(configuration)
    yield directory
    shutil.rmtree(directory)


@contextmanager
def working_on(configuration: Configuration) -> Iterator[None]:
    """Django on another directory, whatever engine keeps its books."""
    name = "default"
    before = connections.settings[name]
    connections[name].close()
    del connections[name]
    connections.settings[name] = connections.configure_settings({name: database_settings(configuration)})[name]
    try:
        with override_settings(HEITJE=configuration):
            yield
    finally:
        connections[name].close()
        del connections[name]
        connections.settings[name] = before


@pytest.fixture
def engine() -> str:
    """The engine that keeps the books; folders whose tests run on both say so in their own conftest."""
    return Engine.SQLITE


@pytest.fixture
def city(engine: str, request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> Iterator[City]:
    """The town at the beginning: what `population` says, and nobody has paid yet."""
    directory = tmp_path / "backend"
    origin = template if engine == Engine.SQLITE else request.getfixturevalue("postgresql_template")
    shutil.copytree(origin, directory)
    configuration = configurations.load(directory)
    cluster: Cluster | None = None
    if engine == Engine.POSTGRESQL:
        cluster = request.getfixturevalue("cluster")
        database = replace(configuration.database, name=f"heitje_{next(NUMBERS)}")
        cluster.sql(f"CREATE DATABASE {database.name} TEMPLATE {configuration.database.name} OWNER heitje")
        (directory / configurations.FILE).unlink()
        configuration = replace(configuration, database=database)
        configurations.write(configuration)
    with working_on(configuration):
        yield City(
            configuration,
            Till(TESTBURG.terminal.hex()),
            [Plastic(card.uid, card.balance) for card in TESTBURG.cards],
        )
    if cluster is not None:
        cluster.sql(f"DROP DATABASE {configuration.database.name} WITH (FORCE)")


@pytest.fixture
def saved(city: City, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """The town as it is when this is asked for; each call brings it back, files and books."""
    directory, kept = city.configuration.directory, tmp_path / "saved"
    database = city.configuration.database
    connections["default"].close()
    shutil.copytree(directory, kept)
    cluster: Cluster | None = None
    if database.engine == Engine.POSTGRESQL:
        cluster = request.getfixturevalue("cluster")
        cluster.sql(f"CREATE DATABASE {database.name}_saved TEMPLATE {database.name} OWNER heitje")

    def bring_back() -> None:
        connections["default"].close()
        shutil.rmtree(directory)
        shutil.copytree(kept, directory)
        if cluster is not None:
            cluster.sql(f"DROP DATABASE {database.name} WITH (FORCE)")
            cluster.sql(f"CREATE DATABASE {database.name} TEMPLATE {database.name}_saved OWNER heitje")

    yield bring_back
    if cluster is not None:
        cluster.sql(f"DROP DATABASE {database.name}_saved")


def before_each(counted: Counter) -> Callable[..., object]:
    """Django's way to see each statement."""

    def execute(run: Callable[..., object], *rest: object) -> object:
        counted()
        return run(*rest)

    return execute


@pytest.fixture
def in_child() -> Callable[..., bool]:
    """Run something in a process of its own that is killed before its nth statement; True: it was.

    `also` begins whatever else counts: it is given the counter.
    """

    def run(work: Callable[[], object], statement: int, also: Callable[[Counter], object] | None = None) -> bool:
        connection = connections["default"]
        connection.close()
        child = os.fork()
        if child == 0:
            try:
                left = count(statement, -1)

                def counted(*_: object) -> None:
                    if next(left) == 1:
                        os.kill(os.getpid(), signal.SIGKILL)

                connection.ensure_connection()
                if connection.vendor == "sqlite":
                    connection.connection.set_trace_callback(counted)
                else:
                    connection.execute_wrappers.append(before_each(counted))
                if also is not None:
                    also(counted)
                work()
                os._exit(0)
            finally:  # whatever happens, a child never goes on as a test
                os._exit(1)
        _, status = os.waitpid(child, 0)
        assert status in (0, signal.SIGKILL)
        return os.WIFSIGNALED(status)

    return run


@pytest.fixture(scope="session")
def new_till() -> type[Till]:
    """Makes a till with a journal of its own."""
    return Till


@pytest.fixture(scope="session")
def new_card() -> type[Plastic]:
    """Makes a card."""
    return Plastic
