# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the backend does with a card, as errands: generators that yield APDUs and acts, and return how it ended.

An APDU is answered by the card's bytes, or `CardLeft` is thrown in; an act by its result. The same answers and results
give the same APDUs, so that an errand can be played again from its beginning.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

from backend.cards.acts import (
    FAULT,
    Act,
    Begin,
    CardLeft,
    CardMade,
    DropLoad,
    Ended,
    KeyRenewed,
    PlanLoad,
    ProveLoad,
    SendLoad,
    SettleInFlight,
)
from backend.minting.keystore import KeyStore
from backend.minting.models import LoadState
from heitje.acceptance import ListedKey, is_signed_by
from heitje.bundle import KeyUse
from heitje.card import certificate as certificates
from heitje.card import load, sale
from heitje.card import session as sessions
from heitje.card.examination import Blueprint, Step, Unfit
from heitje.card.key_change import RANDOM_LENGTH, Chance, renew_terminal_key
from heitje.card.layout import BALANCE_MAX, KEY_ISSUER, KEY_LOADER, KEY_TERMINAL, NO_READER
from heitje.card.load import Credited, TooMuch
from heitje.card.personalisation import personalise
from heitje.card.sale import Contact
from heitje.card.session import CardFault, Session
from heitje.cose import AAD_CARD, MalformedToken
from heitje.refusals import Refusal
from heitje.relay import End

Errand: TypeAlias = Generator[bytes | Act, Any, Ended]

UNANSWERED = "the card did not answer the commit: hold it again"
BAD_PROOF = "the card's own proof of the load is not good"
LEFT = "the card left too early: hold it again"


@dataclass
class Job:
    """One session's errand: the card, the programme with its keys, chance, and when it was begun (Unix seconds)."""

    uid: bytes
    programme: str
    key_store: KeyStore
    chance: Chance
    began_at: int
    tell: Callable[[str], None]

    def random(self) -> bytes:
        """16 random bytes for an authentication."""
        return self.chance(RANDOM_LENGTH)


def load_card(job: Job) -> Errand:
    """Settle what is in flight, and put on the card what waits for it (CARD.md section 7)."""
    known = yield Begin()
    if FAULT in known:
        return Ended(End.NOT_DONE, known[FAULT])
    settled = 0
    try:
        contact = yield from _greet(job, known["versions"])
        refusal = _judge_certificate(job, contact.certificate)
        if refusal is not None:
            return Ended(End.NOT_DONE, str(refusal))
        if known["in_flight"]:
            result = yield from _settle(job, contact)
            if FAULT in result:
                return Ended(End.NOT_DONE, result[FAULT])
            if result["state"] == LoadState.IN_FLIGHT:
                return Ended(End.IN_FLIGHT, "what became of an earlier load is not known yet")
            settled = result["amount"] if result["state"] == LoadState.LOADED else 0
        if known["denied"]:
            return Ended(End.NOT_DONE, str(Refusal.BLOCKED), settled or None)
        plan = yield PlanLoad()
        if plan["number"] is None:
            balance = yield from sale.get_balance(contact.session)
            yield from sale.abort(contact.session)
            return Ended(End.LOADED if settled else End.NOTHING_WAITS, plan.get("reason"), settled or None, balance)
    except (CardFault, CardLeft) as error:
        return Ended(End.NOT_DONE, _words(error), settled or None)
    return (yield from _credit(job, contact, plan, settled))


def renew_key(job: Job) -> Errand:
    """Move the card's key 1 to the newest version that tills hold (CARD.md section 4)."""
    known = yield Begin()
    if FAULT in known:
        return Ended(End.NOT_DONE, known[FAULT])
    keys = job.key_store.terminal_keys(job.uid)
    newest = int(known["renew_to"])
    issuer_key = job.key_store.card_key(job.uid, KEY_ISSUER)
    try:
        yield from renew_terminal_key(
            job.key_store.df_name, issuer_key, keys[newest], newest, {v: keys[v] for v in known["versions"]}, job.chance
        )
    except (CardFault, CardLeft) as error:
        return Ended(End.NOT_DONE, _words(error))
    yield KeyRenewed(newest)
    return Ended(End.RENEWED)


def make_card(job: Job) -> Errand:
    """Make a blank card the programme's, or finish one that was begun (CARD.md section 5)."""
    known = yield Begin()
    if FAULT in known:
        return Ended(End.UNFIT, known[FAULT])
    certificate = bytes.fromhex(known["certificate"])
    keys = job.key_store.keys_to_write(job.uid)
    blueprint = Blueprint(job.key_store.df_name, job.uid, certificate, keys)

    def tell(step: Step) -> None:
        job.tell(str(step))

    try:
        looked = yield from personalise(blueprint, job.chance, tell)
    except (CardFault, CardLeft) as error:
        return Ended(End.NOT_DONE, _words(error))
    if isinstance(looked, Unfit):
        return Ended(End.UNFIT, str(looked))
    yield CardMade()
    return Ended(End.MADE, balance=0)


def _greet(job: Job, versions: list[int]) -> Generator[bytes, bytes, Contact]:
    keys = [job.key_store.card_key(job.uid, KEY_TERMINAL, version) for version in versions]
    programme = sale.Programme(job.key_store.df_name, keys)
    return (yield from sale.greet([programme], [job.random() for _ in keys]))


def _settle(job: Job, contact: Contact) -> Generator[bytes | Act, Any, dict[str, Any]]:
    """Ask the card, under key 2, what became of its load in flight. Nothing of it is committed."""
    session = contact.session
    yield from sale.abort(session)
    loader_key = job.key_store.card_key(job.uid, KEY_LOADER)
    yield from sessions.authenticate_non_first(session, KEY_LOADER, loader_key, job.random())
    records = () if contact.last.tmc == 0 else (yield from sale.read_records(session))
    yield from sale.abort(session)
    enc_tmri = yield from sale.commit_reader_id(session, NO_READER)
    yield from sale.abort(session)
    result: dict[str, Any] = yield SettleInFlight(contact.last, enc_tmri, tuple(record.pack() for record in records))
    return result


def _credit(job: Job, contact: Contact, plan: dict[str, Any], settled: int) -> Errand:
    """Steps 3 to 8 of a load, with a smaller one instead where the card has no room for it."""
    session, number = contact.session, int(plan["number"])
    try:
        while isinstance(credited := (yield from _prepare(job, session, plan)), TooMuch):
            plan = yield PlanLoad(BALANCE_MAX - credited.balance, number)
            if plan["number"] is None:
                end = End.LOADED if settled else End.NOT_DONE
                return Ended(end, plan["reason"], settled or None, credited.balance)
            number = int(plan["number"])
    except (CardFault, CardLeft) as error:
        yield DropLoad(number)
        return Ended(End.NOT_DONE, _words(error), settled or None)
    sent = yield SendLoad(number, tuple(plan["orders"]), contact.last.tmc, credited)
    if FAULT in sent:
        return Ended(End.NOT_DONE, sent[FAULT], settled or None)
    try:
        committed = yield from sale.commit(session)
    except (CardFault, CardLeft):
        return Ended(End.IN_FLIGHT, UNANSWERED, settled or None)
    proved = yield ProveLoad(number, committed)
    if not proved["loaded"]:
        return Ended(End.IN_FLIGHT, BAD_PROOF, settled or None)
    return Ended(End.LOADED, None, settled + plan["amount"], credited.balance_before + plan["amount"])


def _prepare(job: Job, session: Session, plan: dict[str, Any]) -> Generator[bytes, bytes, Credited | TooMuch]:
    loader_key = job.key_store.card_key(job.uid, KEY_LOADER)
    prepared = load.prepare(session, loader_key, job.random(), plan["number"], plan["amount"], job.began_at)
    return (yield from prepared)


def _judge_certificate(job: Job, token: bytes) -> Refusal | None:
    """The card's own word that it is one of the programme's."""
    try:
        signed = certificates.decode(token)
    except MalformedToken:
        return Refusal.MALFORMED
    keys = tuple(
        ListedKey(key.public, key.valid_from, key.valid_until) for key in job.key_store.keys if KeyUse.CARD in key.uses
    )
    certificate = signed.certificate
    if certificate.iss != job.programme:
        return Refusal.UNKNOWN_PROGRAMME
    if certificate.uid != job.uid or not is_signed_by(signed.sign1, AAD_CARD, keys, job.began_at):
        return Refusal.BAD_SIGNATURE
    return Refusal.EXPIRED if job.began_at > certificate.exp else None


def _words(error: Exception) -> str:
    return LEFT if isinstance(error, CardLeft) else str(error)
