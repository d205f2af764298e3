# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Attacks by who holds a terminal's keys and disk, played through; each ends in cents as the specifications say.

The attacker is the hairdresser's: its signing key, its journal, and key 1's master, with which a card can be debited,
and emulated for whoever cannot check a transaction MAC (DESIGN.md section 4, LEDGER.md section 2).
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from backend.assembly import configuration_in_use, programme_of, repository_of
from backend.audit.invariants import check
from backend.cards import desk
from backend.ledger import accounts
from backend.ledger.posting import balance
from backend.minting import publication, vouchers
from backend.minting.models import Card as CardRow
from backend.minting.models import Load, LoadState, Measure
from backend.redemption import decisions
from backend.redemption.holes import UPLOAD_WINDOW_S, missing_entries
from backend.redemption.models import Case, CaseKind, Claim
from backend.redemption.unclaimed import return_unclaimed
from backend.shops.models import Terminal, TerminalState
from firmware_sim.card.firmware import Card
from firmware_sim.card.image import MemoryStore
from firmware_sim.card.personalisation import personalise
from heitje import codes
from heitje.bundle import BUNDLE_MAX, TrustBundle
from heitje.card import load, sale
from heitje.card import session as sessions
from heitje.card.layout import KEY_TERMINAL, Command, Status
from heitje.card.record import Record, RecordKind, reference_of
from heitje.card.session import StatusFault, run
from heitje.codes import PaymentCode
from heitje.cose import parse, payload_map
from heitje.journal import CardEvidence, Entry, Instrument, Kind, MalformedEntry, PhoneEvidence, entry_hash, head_of
from heitje.messages import Batch
from heitje.money import Cents
from heitje.refusals import Refusal
from heitje.relay import End
from terminal.journal_store import Draft, JournalStore, redemption_of, unresolved_of
from terminal.sale import Verdict
from terminal.trust.trusted import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from heitje.programme import TestProgramme
    from tests.simulation.conftest import Counter, World

NOW = 1_795_500_000
OPENING, LOSS_FUND = 2500, 100_000
BAKER, BUTCHER, ATTACKER = 0, 1, 2


@pytest.fixture
def town(new_books: Callable[[], Any], new_world: type[World], programme: TestProgramme) -> Iterator[World]:
    """Three shops, three cards with 25 euro each."""
    with new_books() as directory:
        world = new_world(programme, directory)
        yield world
        world.close()
        assert [finding.name for finding in check() if not finding.holds] == []


def paid(shop: str) -> int:
    """What a shop is owed, cents."""
    return balance(accounts.payable(shop))


def purse(card: Card) -> int:
    """What the ledger says is on a card, cents."""
    return balance(accounts.purse(card.uid.hex()))


def told(town: World, counter: Counter) -> list[tuple[str, str | None]]:
    """Upload, and what became of each entry."""
    return [(str(outcome.outcome), outcome.reason) for outcome in town.upload(counter).outcomes]


def intent(counter: Counter, evidence: CardEvidence | PhoneEvidence, cents: int) -> Entry:
    """An intent that the attacker writes as it likes."""
    instrument = Instrument.CARD if isinstance(evidence, CardEvidence) else Instrument.PHONE
    draft = Draft(
        Kind.INTENT,
        NOW,
        secrets.token_bytes(16),
        cents,
        instrument,
        evidence,
        offline=True,
        bundle=1,
        operator="jan",
    )
    return counter.journal.append([draft])[0]


def invented(counter: Counter, card: Card, cents: int, tmc: int) -> CardEvidence:
    """Evidence as a card would give it; only its MAC cannot be made."""
    tmri = counter.journal.terminal + (counter.journal.head()[0] + 1).to_bytes(8, "big")
    record = Record(RecordKind.SALE, NOW, reference_of(tmri), cents).pack()
    return CardEvidence(card.uid, tmri, secrets.token_bytes(16), OPENING, record, tmc_before=tmc)


def emulated(programme: TestProgramme, uid: bytes, cents: int) -> Card:
    """A card by key 1's master and a copied certificate: its other keys are anything."""
    forger = replace(
        programme, master_issuer=bytes(16), master_loader=bytes(16), master_transaction_mac=secrets.token_bytes(16)
    )
    return Card(MemoryStore(personalise(forger, uid, Cents(cents))))


# --- claims without a card -----------------------------------------------------------------------------------------


def test_claims_without_a_card_are_not_paid(town: World) -> None:
    attacker, victim = town.counters[ATTACKER], town.cards[0]
    for number in range(3):
        of = intent(attacker, evidence := invented(attacker, victim, 2000, number), 2000)
        proof = replace(evidence, tmc=number + 1, tmv=secrets.token_bytes(8), tmc_before=None)
        attacker.journal.append([redemption_of(of, NOW, proof)])
    assert told(town, attacker) == [("accepted", None), ("refused", "bad transaction mac")] * 3
    assert (paid("kapper-1"), purse(victim), balance(accounts.LOSS_FUND)) == (0, OPENING, LOSS_FUND)
    assert [(case.kind, case.held) for case in Case.objects.all()] == [(CaseKind.BAD_CARD_MAC, 2000)] * 3
    assert Measure.objects.get().kind == "cards online only"
    assert CardRow.objects.get(uid=victim.uid.hex()).suspended_at is None, "its citizen can go on paying"


def test_what_is_closed_as_given_without_a_card_waits_for_ever_or_fails(town: World) -> None:
    attacker, victim = town.counters[ATTACKER], town.cards[0]
    of = intent(attacker, invented(attacker, victim, 2000, 0), 2000)
    attacker.journal.append([unresolved_of(of, NOW, "jan", given=True)])
    assert told(town, attacker)[-1][0] == "pending"
    assert (paid("kapper-1"), purse(victim)) == (0, OPENING)
    assert town.sell(town.counters[BAKER], victim, 100, None) is Verdict.ACCEPTED
    town.upload(town.counters[BAKER])
    assert Claim.objects.get(terminal=attacker.name).state == "voided", "the card's first transaction was the baker's"
    assert (paid("kapper-1"), paid("bakker-1"), purse(victim)) == (0, 100, OPENING - 100)


# --- evidence copied from another shop -----------------------------------------------------------------------------


def test_another_shops_evidence_is_bound_to_that_shop(town: World) -> None:
    """The baker's whole journal is on the attacker's disk before the baker has uploaded it."""
    baker, attacker, victim = town.counters[BAKER], town.counters[ATTACKER], town.cards[0]
    assert town.sell(baker, victim, 300, None) is Verdict.ACCEPTED
    stolen = [entry.evidence for entry in baker.entries() if isinstance(entry.evidence, CardEvidence)]
    of = intent(attacker, stolen[0], 300)
    attacker.journal.append([redemption_of(of, NOW, stolen[1])])
    assert told(town, attacker) == [
        ("refused", "evidence is not bound to its entry"),
        ("refused", "its intent was refused"),
    ]
    assert [outcome for outcome, _ in told(town, baker)] == ["accepted", "accepted"]
    assert (paid("kapper-1"), paid("bakker-1"), purse(victim)) == (0, 300, OPENING - 300)


def test_another_shops_entries_are_not_taken_as_ones_own(town: World) -> None:
    baker, attacker, victim = town.counters[BAKER], town.counters[ATTACKER], town.cards[0]
    town.sell(baker, victim, 300, None)
    batch = Batch(0, tuple(baker.journal.bytes_after(0, 10)))
    terminal = Terminal.objects.select_related("shop").get(id=attacker.name)
    from backend.redemption.intake import receive
    from backend.redemption.journal_branches import OutOfSequence

    with pytest.raises((OutOfSequence, MalformedEntry)):
        receive(terminal, batch, programme_of(configuration_in_use()), NOW)
    forged = [replace(entry, terminal=attacker.journal.terminal) for entry in baker.entries()]
    forged[0] = replace(forged[0], prev=head_of(attacker.journal.terminal))
    forged[1] = replace(forged[1], prev=entry_hash(forged[0].encode()))
    answer = receive(
        terminal, Batch(0, tuple(entry.encode() for entry in forged)), programme_of(configuration_in_use()), NOW
    )
    assert {str(outcome.outcome) for outcome in answer.outcomes} == {"refused"}
    assert (paid("kapper-1"), purse(victim)) == (0, OPENING)


# --- an emulated card at an honest offline till --------------------------------------------------------------------


def test_an_emulated_card_costs_what_the_limits_allow_and_nobody_but_the_loss_fund(town: World) -> None:
    baker, victim = town.counters[BAKER], town.cards[0]
    forged = emulated(town.programme, victim.uid, 15_000)
    assert town.sell(baker, forged, 2500, None) is Verdict.ACCEPTED, "no till can check a transaction MAC"
    assert town.sell(baker, forged, 2500, None) is Verdict.ACCEPTED
    assert town.sell(baker, forged, 1, None) is Verdict.REFUSED, "50 euro per card, till and day"
    assert [outcome for outcome, _ in told(town, baker)] == ["accepted", "refused"] * 2
    assert (paid("bakker-1"), purse(victim), balance(accounts.LOSS_FUND)) == (0, OPENING, LOSS_FUND)
    for case in Case.objects.order_by("pk"):
        assert (case.kind, case.held) == (CaseKind.BAD_CARD_MAC, 2500)
        decisions.pay(case.pk, "anna", NOW)  # a person looked: the rules were kept
    assert (paid("bakker-1"), purse(victim), balance(accounts.LOSS_FUND)) == (5000, OPENING, LOSS_FUND - 5000)
    with pytest.raises(decisions.NotDecided, match="anna"):
        decisions.pay(Case.objects.order_by("pk")[0].pk, "bert", NOW)

    # the next bundle ends it
    publish(town)
    token = bytes(Terminal.objects.get(id=baker.name).bundles.order_by("-version")[0].token)
    bundle = TrustBundle.from_claims(payload_map(parse(token, BUNDLE_MAX)))
    assert bundle.cards_online_only
    baker.till.use(Trust.of(replace(baker.till.bundle, cards_online_only=True)))
    assert town.sell(baker, emulated(town.programme, town.cards[1].uid, 15_000), 100, None) is Verdict.REFUSED
    assert baker.till.state.problem is Refusal.NEEDS_A_CONNECTION


def test_the_guarantee_ends_at_100_euro_and_then_a_person_has_the_word(town: World) -> None:
    for counter in (town.counters[BAKER], town.counters[BUTCHER]):
        for victim in town.cards:
            for _ in range(2):
                town.sell(counter, emulated(town.programme, victim.uid, 15_000), 2400, None)
        town.upload(counter)
    baker = list(Case.objects.filter(entry__terminal=town.counters[BAKER].name).order_by("pk"))
    assert len(baker) == 6
    for case in baker[:4]:
        assert decisions.pay(case.pk, "anna", NOW).decided_by == "anna"
    part = decisions.pay(baker[4].pk, "anna", NOW)
    assert (part.held, part.decided_at, paid("bakker-1")) == (2000, None, 10_000)
    for case in baker[4:]:
        with pytest.raises(decisions.NotDecided, match="0 cents"):
            decisions.pay(case.pk, "anna", NOW)
    assert decisions.close(baker[5].pk, "anna", NOW).held == 2400
    assert (paid("bakker-1"), paid("slager-1"), balance(accounts.LOSS_FUND)) == (10_000, 0, LOSS_FUND - 10_000)

    # the rest of the fifth: on a person's word alone, or when the guarantee is free again
    whole = decisions.pay(baker[4].pk, "bert", NOW + 1, beyond_guarantee=True)
    assert (whole.held, whole.decided_by) == (0, "bert")
    assert (paid("bakker-1"), balance(accounts.LOSS_FUND)) == (12_000, LOSS_FUND - 12_000)
    assert [purse(card) for card in town.cards] == [OPENING] * 3


# --- credit attempts -----------------------------------------------------------------------------------------------


def test_a_terminals_keys_credit_nothing(town: World) -> None:
    victim = town.cards[0]
    keys = town.programme.masters.card_keys(victim.uid, town.programme.df_name)
    programme = sale.Programme(town.programme.df_name, [keys(KEY_TERMINAL)])
    amount = (10_000).to_bytes(4, "little")

    def status(exchange: sessions.Exchange[Any]) -> int:
        with pytest.raises(StatusFault) as fault:
            run(exchange, victim.transmit)
        return fault.value.status

    for command, answer in (
        (Command.LIMITED_CREDIT, Status.PERMISSION_DENIED),
        (Command.CREDIT, Status.AUTHENTICATION_ERROR),
    ):
        victim.power_off()
        contact = run(sale.greet([programme], [bytes(16)]), victim.transmit)
        run(sale.commit_reader_id(contact.session, bytes(16)), victim.transmit)
        assert status(contact.session.command(command, b"\x03", amount)) == answer
    victim.power_off()
    contact = run(sale.greet([programme], [bytes(16)]), victim.transmit)
    guessed = load.prepare(contact.session, keys(KEY_TERMINAL), bytes(16), 1, 10_000, NOW)
    assert status(guessed) == Status.AUTHENTICATION_ERROR
    victim.power_off()
    assert (victim.image.application.balance, purse(victim)) == (OPENING, OPENING)


def test_a_debit_of_less_than_nothing_is_no_credit(town: World) -> None:
    victim = town.cards[0]
    keys = town.programme.masters.card_keys(victim.uid, town.programme.df_name)
    programme = sale.Programme(town.programme.df_name, [keys(KEY_TERMINAL)])
    contact = run(sale.greet([programme], [bytes(16)]), victim.transmit)
    run(sale.commit_reader_id(contact.session, bytes(16)), victim.transmit)
    with pytest.raises(StatusFault):
        run(
            contact.session.command(Command.DEBIT, b"\x03", (-100).to_bytes(4, "little", signed=True)),
            victim.transmit,
        )
    victim.power_off()
    assert victim.image.application.balance == OPENING


def test_a_load_that_is_overheard_is_of_no_use(town: World) -> None:
    """The attacker's reader relays a load, keeps every APDU, and plays them again: to this card, and to another."""
    attacker, mine, other = town.counters[ATTACKER], town.cards[0], town.cards[1]
    town.earn(town.citizen(mine), 1000)
    desk.order_load(mine.uid, Cents(1000), "wish:1", NOW)
    kept: list[bytes] = []
    honest = attacker.slot.transmit

    def overhear(apdu: bytes) -> bytes:
        kept.append(apdu)
        return honest(apdu)

    attacker.slot.transmit = overhear  # type: ignore[method-assign]  # the attacker's own reader
    assert town.tap(attacker, mine).end is End.LOADED
    for card in (mine, other):
        before = card.image.application
        card.power_off()
        for apdu in kept:
            card.transmit(apdu)
        assert (card.image.application.balance, card.image.application.tmc) == (before.balance, before.tmc)
    assert (purse(mine), purse(other), balance(accounts.citizen(town.citizen(mine)))) == (3500, OPENING, 0)


def test_a_load_goes_onto_the_card_that_it_is_for(town: World) -> None:
    """A session that is opened for the rich card, and every APDU of it sent to the attacker's own."""
    attacker, rich, own = town.counters[ATTACKER], town.cards[0], town.cards[1]
    town.earn(town.citizen(rich), 1000)
    desk.order_load(rich.uid, Cents(1000), "wish:1", NOW)
    honest = attacker.slot.transmit

    def divert(apdu: bytes) -> bytes:
        attacker.slot.card = own
        return honest(apdu)

    attacker.slot.transmit = divert  # type: ignore[method-assign]  # the attacker's own reader
    own.power_off()
    assert town.tap(attacker, rich).end is End.NOT_DONE
    assert own.image.application.balance == OPENING
    assert (purse(rich), balance(accounts.citizen(town.citizen(rich)))) == (OPENING, 1000)
    assert not Load.objects.exclude(state=LoadState.DROPPED).exists()


# --- withheld entries ----------------------------------------------------------------------------------------------


def test_withheld_entries_are_named_and_their_money_goes_back_in_the_end(town: World) -> None:
    attacker, baker, victim = town.counters[ATTACKER], town.counters[BAKER], town.cards[0]
    town.sell(attacker, victim, 700, None)
    town.sell(attacker, victim, 500, None)
    town.sell(baker, victim, 100, None)
    town.upload(baker)
    assert (paid("bakker-1"), purse(victim)) == (100, OPENING - 100), "on the card are 12 euro, in the purse 24"
    [hole] = missing_entries()
    assert (hole.terminal, hole.intent_seq) == (attacker.name, 3)
    assert return_unclaimed(NOW + UPLOAD_WINDOW_S) == []
    [gap] = return_unclaimed(NOW + UPLOAD_WINDOW_S + 1)
    assert (gap.first_tmc, gap.last_tmc, gap.amount, return_unclaimed(NOW + UPLOAD_WINDOW_S + 2)) == (1, 2, 1200, [])
    citizen = accounts.citizen(town.citizen(victim))
    assert (purse(victim), victim.image.application.balance, balance(citizen)) == (1200, 1200, 1200)

    # the attacker comes after all: the citizen has the money, and pays within the guarantee; the card keeps its 12 euro
    assert [outcome for outcome, _ in told(town, attacker)] == ["accepted"] * 4
    assert (paid("kapper-1"), purse(victim), balance(citizen)) == (1200, 1200, 0)
    assert {case.kind for case in Case.objects.all()} == {CaseKind.CARD_LATE}
    assert missing_entries() == ()


def test_who_comes_too_late_to_a_citizen_who_has_spent_it_is_paid_by_the_loss_fund(town: World) -> None:
    attacker, baker, victim = town.counters[ATTACKER], town.counters[BAKER], town.cards[0]
    town.sell(attacker, victim, 1200, None)
    town.sell(baker, victim, 100, None)
    town.upload(baker)
    return_unclaimed(NOW + UPLOAD_WINDOW_S + 1)
    desk.order_load(victim.uid, Cents(1000), "wish:1", NOW)
    assert town.tap(baker, victim).end is End.LOADED
    town.upload(attacker)
    assert (paid("kapper-1"), balance(accounts.citizen(town.citizen(victim)))) == (1200, 0)
    assert (purse(victim), victim.image.application.balance) == (2200, 2200)
    assert balance(accounts.LOSS_FUND) == LOSS_FUND - 1000


# --- a forked journal ----------------------------------------------------------------------------------------------


def test_a_cloned_disk_sells_twice_and_is_found_out(town: World, programme: TestProgramme) -> None:
    """Cards with a good MAC are paid in both branches: they did pay. Phones in the fork wait for a person."""
    attacker, first, second = town.counters[ATTACKER], town.cards[0], town.cards[1]
    phone = programme.phone_ed25519
    town.earn("citizen-99", 1000)
    allowance = vouchers.issue_allowance(
        programme=programme.iss,
        citizen="citizen-99",
        amount=Cents(1000),
        phone=phone.public,
        key_store=programme_of(configuration_in_use()).key_store,
        at=NOW,
    )
    clone_file = town.directory / "clone.sqlite"
    attacker.journal.close()
    shutil.copy(town.directory / "till-2" / "journal.sqlite", clone_file)
    attacker.till.journal = JournalStore.open(town.directory / "till-2" / "journal.sqlite", bytes((2,)) * 8)
    town.sell(rebuilt(town, attacker, attacker.till.journal), first, 400, None)
    assert [outcome for outcome, _ in told(town, attacker)] == ["accepted"] * 2

    clone = rebuilt(town, attacker, JournalStore.open(clone_file, attacker.journal.terminal))
    town.sell(clone, second, 600, None)
    code = codes.sign(PaymentCode(NOW, 1, Cents(300), bytes(allowance.token), clone.name), phone)
    of = intent(clone, PhoneEvidence(code), 300)
    clone.journal.append([redemption_of(of, NOW)])
    answers = told(town, clone)
    assert [outcome for outcome, _ in answers[:2]] == ["accepted"] * 2
    assert answers[-1] == ("refused", "terminal not allowed")
    assert Terminal.objects.get(id=attacker.name).state == TerminalState.SUSPENDED
    assert (paid("kapper-1"), purse(first), purse(second)) == (1000, OPENING - 400, OPENING - 600)
    assert balance(accounts.allowance(allowance.cti)) == 1000
    held = {case.kind: case.held for case in Case.objects.all()}
    assert held == {CaseKind.FORK: 0, CaseKind.TERMINAL_NOT_ALLOWED: 300}
    clone.journal.close()


def rebuilt(town: World, counter: Counter, journal: JournalStore) -> Counter:
    """The same till on another disk."""
    till = replace(counter.till, journal=journal, reader=counter.slot)
    counter.slot.gone = till.cancel
    return replace(counter, till=till)


# --- replay on another terminal and another programme --------------------------------------------------------------


def test_a_card_of_another_programme_is_nobodys_here(town: World, programme: TestProgramme) -> None:
    """Its application has another name, and its keys come from other masters: at the till, and at intake."""
    baker, victim = town.counters[BAKER], town.cards[0]
    foreign = replace(
        programme,
        iss="nl.elders",
        df_name=programme.df_name[:-1] + b"\x02",
        master_terminal=bytes(range(16)),
        master_transaction_mac=bytes(range(16, 32)),
    )
    card = Card(MemoryStore(personalise(foreign, victim.uid, Cents(15_000))))
    assert town.sell(baker, card, 100, None) is Verdict.REFUSED
    assert baker.till.state.problem is Refusal.NOT_A_HEITJE_CARD
    assert baker.entries() == []

    attacker = town.counters[ATTACKER]  # who makes the sale with that programme's keys, and claims it here
    evidence, committed = sold_by(attacker, card, foreign, 100)
    of = intent(attacker, evidence, 100)
    attacker.journal.append([redemption_of(of, NOW, committed)])
    assert told(town, attacker)[-1] == ("refused", "bad transaction mac")
    assert (paid("kapper-1"), purse(victim)) == (0, OPENING)


def test_the_same_sale_is_not_claimed_again_under_another_intent(town: World) -> None:
    attacker, victim = town.counters[ATTACKER], town.cards[0]
    town.sell(attacker, victim, 300, None)
    first = next(entry for entry in attacker.entries() if entry.kind is Kind.REDEMPTION)
    assert isinstance(first.evidence, CardEvidence)
    attacker.journal.append([redemption_of(attacker.entries()[0], NOW, first.evidence)])
    again = intent(attacker, replace(first.evidence, tmc=None, tmv=None, tmc_before=0), 300)
    attacker.journal.append([redemption_of(again, NOW, first.evidence)])
    assert told(town, attacker) == [
        ("accepted", None),
        ("accepted", None),
        ("accepted", None),
        ("refused", "evidence is not bound to its entry"),
        ("refused", "its intent was refused"),
    ]
    assert (paid("kapper-1"), purse(victim)) == (300, OPENING - 300)


# --- a certificate moved to another card ---------------------------------------------------------------------------


def test_a_certificate_is_good_for_its_own_card_alone(town: World, programme: TestProgramme) -> None:
    baker, victim = town.counters[BAKER], town.cards[0]
    stranger = personalise(programme, bytes.fromhex("04BADBADBADBAD"), Cents(15_000))
    certificate = victim.image.application.certificate
    moved = Card(MemoryStore(replace(stranger, application=replace(stranger.application, certificate=certificate))))
    assert town.sell(baker, moved, 100, None) is Verdict.REFUSED
    assert baker.till.state.problem is Refusal.BAD_SIGNATURE
    assert (baker.entries(), moved.image.application.balance) == ([], 15_000)
    town.earn(town.citizen(victim), 1000)
    desk.order_load(victim.uid, Cents(1000), "wish:1", NOW)
    assert town.tap(baker, moved).end is End.NOT_DONE
    assert (paid("bakker-1"), purse(victim), moved.image.application.balance) == (0, OPENING, 15_000)


def publish(town: World) -> None:
    """What terminals may know from now on."""
    configuration = configuration_in_use()
    key_store = programme_of(configuration).key_store
    publication.publish(town.programme.iss, key_store, repository_of(configuration), NOW + 1)


def sold_by(attacker: Counter, card: Card, programme: TestProgramme, cents: int) -> tuple[CardEvidence, CardEvidence]:
    """A true sale on a card, by whoever has its key 1: the evidence of intent and redemption."""
    keys = programme.masters.card_keys(card.uid, programme.df_name)
    application = sale.Programme(programme.df_name, [keys(KEY_TERMINAL)])
    card.power_off()
    contact = run(sale.greet([application], [bytes(16)]), card.transmit)
    tmri = attacker.journal.terminal + (attacker.journal.head()[0] + 1).to_bytes(8, "big")
    debited = run(sale.prepare(contact.session, tmri, cents, NOW), card.transmit)
    assert isinstance(debited, sale.Debited)
    evidence = CardEvidence(card.uid, tmri, debited.enc_tmri, debited.balance_before, debited.record, tmc_before=0)
    committed = run(sale.commit(contact.session), card.transmit)
    return evidence, replace(evidence, tmc=committed.tmc, tmv=committed.tmv, tmc_before=None)
