# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The bank's answers, from the batch to the last cent on the right account (LEDGER.md sections 1 and 3)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from backend.assembly import debtor_of
from backend.audit.invariants import check
from backend.ledger import accounts, minting_stop
from backend.minting import cover
from backend.officials.models import Act
from backend.population import reward
from backend.settlement import bank_import, explaining, night
from backend.settlement.alarms import alarms
from backend.settlement.bank_file import end_to_end_id, message_id
from backend.settlement.bank_import import NotImported
from backend.settlement.explaining import NotExplained
from backend.settlement.models import BankEntry, Batch, BatchLine, Meaning
from backend.tasks.workflow import NotMoved
from heitje.money import Cents

if TYPE_CHECKING:
    from tests.backend.conftest import City
    from tests.backend.settlement.conftest import Bank

DAY = date(2026, 11, 24)
TOWN = "NL91ABNA0417164300"
STRANGER = "NL20INGB0001234567"
PAIN_002 = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{version}"><CstmrPmtStsRpt><GrpHdr>'
    "<MsgId>R1</MsgId><CreDtTm>2026-11-24T08:00:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{of}</OrgnlMsgId>"
    "<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>{payments}</CstmrPmtStsRpt></Document>"
)


@pytest.fixture
def sold(city: City) -> Batch:
    """Two shops have sold for 3.50 and 2.00; the night is over and two officials approved."""
    other = city.open_till("00112233445566aa", "slager-1")
    for till, amount in ((city.till, 350), (other, 200)):
        till.anchor()
        till.pay_card(city.cards[0], amount)
        till.upload()
    return run_night(city)


def run_night(city: City, day: date = DAY, officials: tuple[str, ...] = ("treasurer-1", "treasurer-2")) -> Batch:
    """One night, approved."""
    configuration = city.configuration
    batch = night.settle(day, 1, debtor_of(configuration), configuration.settlements_path, city.till.clock)
    for official in officials:
        if batch.bank_file:
            night.approve(batch, official, city.till.clock)
    return batch


def take(city: City, document: bytes) -> bank_import.Imported:
    """Import, as the treasurer does; every invariant holds afterwards."""
    configuration = city.configuration
    account = bank_import.Account(configuration.programme, configuration.iban)
    done = bank_import.take(document, account, "treasurer-1", city.till.clock)
    assert [finding for finding in check() if not finding.holds] == []
    return done


def refused(city: City, document: bytes) -> str:
    """An import that must be refused and change nothing; what it says."""
    before = city.holds(accounts.RESERVE), BankEntry.objects.count(), minting_stop.standing()
    with pytest.raises(NotImported) as error:
        take(city, document)
    assert (city.holds(accounts.RESERVE), BankEntry.objects.count(), minting_stop.standing()) == before
    return str(error.value)


def report(batch: Batch, shops: dict[str, str], group: str = "PART", version: str = "10") -> bytes:
    """A status report: these shops' payments are rejected, each for a reason."""
    rejected = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{end_to_end_id('nl.testburg', batch.date, batch.run, shop)}</OrgnlEndToEndId>"
        f"<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>{why}</Cd></Rsn></StsRsnInf></TxInfAndSts>"
        for shop, why in shops.items()
    )
    name = message_id("nl.testburg", batch.date, batch.run)
    payments = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{name}</OrgnlPmtInfId>{rejected}</OrgnlPmtInfAndSts>"
    status = f"<GrpSts>{group}</GrpSts>" + (
        "<StsRsnInf><Rsn><Cd>FF01</Cd></Rsn></StsRsnInf>" if group == "RJCT" else ""
    )
    return PAIN_002.format(version=version, of=name, group=status, payments=payments if rejected else "").encode()


def name_of(batch: Batch, shop: str) -> str:
    """A payment's end-to-end id."""
    return end_to_end_id("nl.testburg", batch.date, batch.run, shop)


def states() -> dict[str, str]:
    """Where each shop's last line stands."""
    return dict(BatchLine.objects.order_by("id").values_list("shop", "state"))


def the_open_entry() -> int:
    """The one entry that a person has to explain."""
    unknown = (Meaning.UNKNOWN_CREDIT, Meaning.UNKNOWN_DEBIT)
    return BankEntry.objects.get(meaning__in=unknown).pk


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_batch_booked_as_a_whole_leaves_the_reserve(city: City, bank: Bank, sold: Batch, version: str) -> None:
    bank.version = version
    named = f"<Btch><PmtInfId>{message_id('nl.testburg', DAY, 1)}</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"
    done = take(city, bank.entry(-550, named).statement())
    assert (done.new, dict(done.meanings)) == (True, {"payments": 1})
    assert (city.holds(accounts.RESERVE), city.holds(accounts.IN_BATCH)) == (1_000_000 - 550, 0)
    assert set(states().values()) == {"booked"}


def test_payments_booked_one_by_one_and_one_that_comes_back(city: City, bank: Bank, sold: Batch) -> None:
    baker, butcher = name_of(sold, "bakker-1"), name_of(sold, "slager-1")
    bank.transfer(-350, "Bakkerij", TOWN, "RF", EndToEndId=baker)
    both = bank.part(200, False, "Slager", STRANGER, "RF", EndToEndId=butcher)
    bank.entry(-200, both)
    back = bank.part(200, True, "Slager", STRANGER, "RF", reason="AC04", EndToEndId=butcher)
    done = take(city, bank.entry(200, back).statement())
    assert dict(done.meanings) == {"payments": 2, "returns": 1}
    assert states() == {"bakker-1": "booked", "slager-1": "returned"}
    assert city.holds(accounts.returned("slager-1")) == 200
    assert [alarm.kind for alarm in alarms(DAY)] == ["payments held"]
    assert explaining.pay_again("slager-1", "treasurer-1", city.till.clock) == 200
    assert (city.holds(accounts.returned("slager-1")), city.holds(accounts.payable("slager-1"))) == (0, 200)
    with pytest.raises(NotExplained):
        explaining.pay_again("slager-1", "treasurer-1", city.till.clock)
    again = run_night(city, DAY + timedelta(days=1))
    assert list(again.lines.values_list("shop", "amount")) == [("slager-1", 200)]


@pytest.mark.parametrize("version", ["03", "10", "12"])
def test_a_rejected_payment_is_owed_again_and_held(city: City, sold: Batch, version: str) -> None:
    document = report(sold, {"bakker-1": "AC01"}, version=version)
    assert take(city, document).rejected == 1
    assert states() == {"bakker-1": "rejected", "slager-1": "sent"}
    assert (city.holds(accounts.payable("bakker-1")), city.holds(accounts.IN_BATCH)) == (350, 200)
    assert not take(city, document).new, "the same report again"
    assert run_night(city, DAY + timedelta(days=1)).lines.count() == 0, "nothing goes to that account"
    line = BatchLine.objects.get(shop="bakker-1")
    line.shop.iban = "NL39RABO0300065264"
    line.shop.save()
    assert run_night(city, DAY + timedelta(days=2)).lines.get().shop_id == "bakker-1", "to another one it does"


def test_a_file_that_is_refused_whole_is_owed_again_whole(city: City, sold: Batch) -> None:
    assert take(city, report(sold, {}, "RJCT")).rejected == 2
    assert (set(states().values()), city.holds(accounts.IN_BATCH)) == ({"rejected"}, 0)
    assert run_night(city, DAY + timedelta(days=1)).lines.count() == 2, "no account was found wrong"


def test_an_accepted_file_changes_nothing(city: City, sold: Batch) -> None:
    assert take(city, report(sold, {}, "ACCP")).rejected == 0
    assert set(states().values()) == {"sent"}


def test_what_was_left_out_of_a_batch_explains_its_debit_when_the_report_comes(
    city: City, bank: Bank, sold: Batch
) -> None:
    named = f"<Btch><PmtInfId>{message_id('nl.testburg', DAY, 1)}</PmtInfId></Btch>"
    assert dict(take(city, bank.entry(-200, named).statement()).meanings) == {"unknown debit": 1}
    assert minting_stop.standing() == ("bank:2026-1/1",)
    take(city, report(sold, {"bakker-1": "AC04"}))
    assert minting_stop.standing() == ()
    assert (states()["slager-1"], city.holds(accounts.RESERVE)) == ("booked", 1_000_000 - 200)


def test_an_unknown_debit_stops_minting_until_a_person_explains_it(city: City, bank: Bank) -> None:
    take(city, bank.transfer(-1250, "Bank", STRANGER, "kosten").statement())
    with pytest.raises(NotMoved, match="minting is stopped"):
        reward("citizen-9", Cents(100), city.till.clock)
    assert [alarm.kind for alarm in alarms(DAY)] == ["unknown debit", "minting is stopped"]
    entry = the_open_entry()
    with pytest.raises(NotExplained):
        explaining.explain(entry, Meaning.FUNDING, "treasurer-1", city.till.clock)
    explaining.explain(entry, Meaning.CHARGE, "treasurer-1", city.till.clock)
    assert Act.objects.filter(actor="treasurer-1", act="bank entry explained").count() == 1
    assert city.holds(accounts.RESERVE) == 1_000_000 - 1250
    reward("citizen-9", Cents(100), city.till.clock)
    assert all(finding.holds for finding in check())
    with pytest.raises(NotExplained):
        explaining.explain(entry, Meaning.CHARGE, "treasurer-1", city.till.clock)


def test_an_unknown_credit_waits_and_is_explained_or_sent_back(city: City, bank: Bank) -> None:
    bank.transfer(5000, "Iemand", STRANGER, "?").transfer(700, "Iemand anders", STRANGER, "fout")
    assert dict(take(city, bank.statement()).meanings) == {"unknown credit": 2}
    assert city.holds(accounts.UNIDENTIFIED) == 5700
    first, second = BankEntry.objects.order_by("id").values_list("pk", flat=True)
    free = city.holds(accounts.FREE_COVER)
    explaining.explain(first, Meaning.FUNDING, "treasurer-1", city.till.clock)
    assert (city.holds(accounts.FREE_COVER) - free, city.holds(accounts.UNIDENTIFIED)) == (5000, 700)
    take(city, bank.transfer(-700, "Iemand anders", STRANGER, "terug").statement())
    debit = BankEntry.objects.get(meaning=Meaning.UNKNOWN_DEBIT).pk
    explaining.explain(debit, Meaning.SENT_BACK, "treasurer-1", city.till.clock, of=second)
    assert (city.holds(accounts.UNIDENTIFIED), city.holds(accounts.RESERVE)) == (0, 1_005_000)
    assert (minting_stop.standing(), alarms(DAY)) == ((), [])
    assert all(finding.holds for finding in check())


def test_funding_from_the_towns_own_account_and_excess_back_to_it(city: City, bank: Bank) -> None:
    explaining.name_source(TOWN, "Gemeente Testburg, treasury", "treasurer-1", city.till.clock)
    assert cover.fund("statement:REF-7", Cents(900), "REF-7", city.till.clock), "entered before its statement"
    free = city.holds(accounts.FREE_COVER)
    bank.transfer(20_000, "Gemeente", TOWN, "storting").transfer(900, "Provincie", STRANGER, "x", reference="REF-7")
    assert dict(take(city, bank.statement()).meanings) == {"funding": 2}
    assert city.holds(accounts.FREE_COVER) == free + 20_000
    take(city, bank.transfer(-8000, "Gemeente", TOWN, "terug").statement())
    explaining.explain(the_open_entry(), Meaning.EXCESS, "treasurer-1", city.till.clock)
    assert city.holds(accounts.FREE_COVER) == free + 12_000
    assert all(finding.holds for finding in check())


def test_a_return_without_its_id_is_explained_by_a_person(city: City, bank: Bank, sold: Batch) -> None:
    named = f"<Btch><PmtInfId>{message_id('nl.testburg', DAY, 1)}</PmtInfId></Btch>"
    take(city, bank.entry(-550, named).transfer(200, "Slager", STRANGER, "retour").statement())
    entry = the_open_entry()
    with pytest.raises(NotExplained):
        explaining.explain(entry, Meaning.RETURNS, "treasurer-1", city.till.clock, batch=sold, shop="bakker-1")
    explaining.explain(entry, Meaning.RETURNS, "treasurer-1", city.till.clock, batch=sold, shop="slager-1")
    assert (states()["slager-1"], city.holds(accounts.returned("slager-1"))) == ("returned", 200)
    assert all(finding.holds for finding in check())


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("of", ["amount", "twice", "stranger", "reversal"])
def test_a_debit_that_only_looks_like_ours_is_unknown(city: City, bank: Bank, sold: Batch, of: str) -> None:
    baker = name_of(sold, "bakker-1")
    match of:
        case "amount":
            bank.transfer(-351, "Bakkerij", TOWN, "RF", EndToEndId=baker)
        case "twice":
            bank.entry(-700, 2 * bank.part(350, False, "Bakkerij", TOWN, "RF", EndToEndId=baker))
        case "stranger":
            bank.transfer(-350, "Bakkerij", TOWN, "RF", EndToEndId=baker[:-2] + ("00" if baker[-2:] != "00" else "11"))
        case "reversal":
            bank.entry(-350, bank.part(350, False, "Bakkerij", TOWN, "RF", EndToEndId=baker), reversal=True)
    assert dict(take(city, bank.statement()).meanings) == {"unknown debit": 1}
    assert states()["bakker-1"] == "sent"


def test_statements_follow_each_other_once(city: City, bank: Bank) -> None:
    first = bank.transfer(100, "Iemand", STRANGER, "?").statement()
    assert "another account" not in refused(city, bank.statement(iban=TOWN))
    bank.number = 1
    assert take(city, first).new
    assert not take(city, first).new
    assert not take(city, first.replace(b"20:00:00", b"21:00:00")).statements, "the same statement in another file"
    assert "other figures" in refused(city, first.replace(b">1.00<", b">2.00<").replace(b"10001.00", b"10002.00"))
    bank.transfer(5, "Iemand", STRANGER, "?").statement()
    later = bank.transfer(7, "Iemand", STRANGER, "?").statement()
    assert "one between them is missing" in refused(city, later)


def test_the_first_statement_opens_with_the_book(city: City, bank: Bank) -> None:
    bank.balance = 999_000
    assert "the book holds 1000000" in refused(city, bank.statement())


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b"<Cd>CLBD</Cd>", b"<Cd>ITBD</Cd>"),
        (b'<Amt Ccy="EUR">1.00', b'<Amt Ccy="EUR">1.01'),
        (b'<Amt Ccy="EUR">1.00', b'<Amt Ccy="USD">1.00'),
        (b'<Amt Ccy="EUR">1.00', b'<Amt Ccy="EUR">1.001'),
        (b"camt.053.001.08", b"camt.052.001.08"),
        (b"<CdtDbtInd>CRDT</CdtDbtInd><Sts>", b"<CdtDbtInd>BOTH</CdtDbtInd><Sts>"),
        (b"<Id>2026-1</Id>", b""),
        (b"</Document>", b""),
        (b'<?xml version="1.0" encoding="UTF-8"?>', b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'),
    ],
)
def test_a_statement_that_is_none_is_refused_whole(city: City, bank: Bank, good: bytes, bad: bytes) -> None:
    document = bank.transfer(100, "Iemand", STRANGER, "?").statement()
    assert good in document
    refused(city, document.replace(good, bad, 1))


@pytest.mark.parametrize("of", ["HTJ-20261124-1-FFFFFFFF", "HTJ-20269924-1-FFFFFFFF", "something else"])
def test_a_report_on_a_file_of_others_is_refused(city: City, sold: Batch, of: str) -> None:
    ours = message_id("nl.testburg", DAY, 1).encode()
    assert "no file of ours" in refused(city, report(sold, {}, "RJCT").replace(ours, of.encode()))
    stranger = report(sold, {"bakker-1": "AC01"}).replace(name_of(sold, "bakker-1").encode(), b"HTJ-20261124-1-0")
    assert "no payment of" in refused(city, stranger)


def test_a_batch_that_is_not_booked_after_two_bank_days_is_an_alarm(city: City, sold: Batch) -> None:
    assert alarms(date(2026, 11, 26)) == []
    [alarm] = alarms(date(2026, 11, 27))
    assert (alarm.kind, alarm.about, alarm.cents) == ("batch not booked", "2026-11-24-1", 550)
    city.till.pay_card(city.cards[0], 100)
    city.till.upload()
    run_night(city, date(2026, 11, 25), officials=("treasurer-1",))
    assert [alarm.kind for alarm in alarms(date(2026, 11, 26))] == ["batch not approved"]
