# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card that the backend itself has a session with (CARD.md sections 7 and 9): its loads are sent, proved, settled.

What counts is said under key 2, which only the card and the municipality have: whoever holds key 1's master, a stolen
terminal's, can sit in between and change what is said under key 1. Each function is called inside a transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backend.ledger import accounts
from backend.ledger.locking import lock
from backend.ledger.posting import Overdrawn, post
from backend.minting.keystore import KeyStore
from backend.minting.models import Card, Load, LoadOrder, LoadState
from backend.redemption.chain import NO_READER, Link
from backend.redemption.judgement import AddLink, Effect, OpenCase, SettleLoad, SuspendCard
from backend.redemption.loading import load_card
from backend.redemption.loads import link_of_load, not_done_event, proven_event, sent_event, tmri_of_load
from backend.redemption.models import CaseKind
from backend.redemption.proving import proved_by
from backend.redemption.reasons import Reason
from backend.redemption.situation import Situation
from backend.redemption.writing import write
from backend.shops.models import Terminal
from heitje.card.layout import RECORDS_READABLE, Command
from heitje.card.load import NO_TERMINAL, Credited
from heitje.card.record import reference_of, unpack
from heitje.card.sale import Committed
from heitje.card.transaction import tmi_of_payment
from heitje.messages import SEQ_MAX

_TERMINAL_DIGITS: Final = 2 * len(NO_TERMINAL)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a card says of its past: its counter under key 1, the rest under key 2. `records` oldest first.

    `enc_tmri` was made for the transaction after `last`.
    """

    last: Committed
    enc_tmri: bytes
    records: tuple[bytes, ...]


class NotThisCard(Exception):
    """What the card says of its past cannot be the card's own words."""


def settle_in_flight(uid: bytes, seen: Seen, terminal: Terminal, key_store: KeyStore, now: int) -> LoadState | None:
    """Settle the card's load in flight by what the card says; its state then, None: there is none.

    Raises `NotThisCard`.
    """
    situation = _meet(uid, terminal, now)
    load = situation.loads.get(uid.hex())
    link = None if load is None else link_of_load(load, has_mac=False)
    if load is None or link is None:
        return None
    tmc = seen.last.tmc
    previous = key_store.previous_reader(uid, tmc + 1, seen.enc_tmri)
    newest = unpack(seen.records[-1]).reference if seen.records else b""
    agree = previous.hex() == NO_READER if tmc == 0 else newest == reference_of(previous)
    if not agree:
        raise NotThisCard("its counter, its records and its last reader do not belong together")
    if bytes.fromhex(load.record) in seen.records:
        mac = key_store.transaction_mac(uid, link.tmc, _tmi(load))
        _loaded(load, situation, key_store, has_mac=seen.last == Committed(link.tmc, mac))
    elif tmc <= link.tmc - 1 + RECORDS_READABLE:
        situation.carry_out_at_contact(load, [SettleLoad(load, LoadState.NOT_DONE, not_done_event(load))])
    write(situation)
    return LoadState(load.state)


def send_load(
    load: Load,
    tmc_before: int,
    credited: Credited,
    orders: Sequence[int],
    terminal: Terminal,
    key_store: KeyStore,
    now: int,
) -> Reason | None:
    """Post *load in flight*, so that the card may be told to commit; or why it may not be. Raises `NotThisCard`."""
    uid = bytes.fromhex(load.card_id)
    situation = _meet(uid, terminal, now)
    previous = key_store.previous_reader(uid, tmc_before + 1, credited.enc_tmri)
    if not _can_be(previous.hex(), tmc_before):
        raise NotThisCard("its last reader is nobody's")
    load.tmc_before, load.balance_before = tmc_before, credited.balance_before
    load.enc_tmri, load.previous_tmri = credited.enc_tmri.hex(), previous.hex()
    load.record = credited.record.hex()
    load.save()
    link = link_of_load(load, has_mac=True)
    if load.card_id in situation.loads:
        return Reason.LOAD_IN_FLIGHT
    if situation.cards[load.card_id].denied_at is not None:
        return Reason.CARD_DENIED
    if link is None or not situation.chains[load.card_id].takes(link) or _is_strange_load(link, load):
        _alarm(load, situation)
        return Reason.CARD_CHAIN
    wanted = LoadOrder.objects.filter(pk__in=orders, card=load.card_id, load=None, cancelled_at=None)
    if sum(wanted.values_list("amount", flat=True)) != load.amount:
        return Reason.ORDERS_CHANGED
    try:
        post(sent_event(load), now)
    except Overdrawn:
        return Reason.TOO_LITTLE
    wanted.update(load=load)
    load.state, load.sent_at = LoadState.IN_FLIGHT, now
    load.save(update_fields=["state", "sent_at"])
    return None


def prove_load(load: Load, committed: Committed, terminal: Terminal, key_store: KeyStore, now: int) -> bool:
    """Move a load to its card's purse, if the card's MAC is good; else it stays in flight."""
    uid = bytes.fromhex(load.card_id)
    situation = _meet(uid, terminal, now)
    waiting, link = situation.loads.get(load.card_id), link_of_load(load, has_mac=True)
    if waiting is None or waiting.number != load.number or link is None:
        return LoadState(Load.objects.get(pk=load.pk).state) is LoadState.LOADED
    mac = key_store.transaction_mac(uid, link.tmc, _tmi(waiting))
    if committed != Committed(link.tmc, mac):
        return False
    _loaded(waiting, situation, key_store, has_mac=True)
    write(situation)
    return waiting.state == LoadState.LOADED


def _meet(uid: bytes, terminal: Terminal, now: int) -> Situation:
    """What the books say of the card; its accounts are locked, in the order of all who judge claims on it."""
    name = uid.hex()
    lock((accounts.LOSS_FUND,))
    card = Card.objects.select_for_update(no_key=True).get(uid=name)
    lock((accounts.purse(name), accounts.load_in_flight(name), accounts.citizen(card.citizen)))
    return load_card(terminal, name, now)


def _loaded(load: Load, situation: Situation, key_store: KeyStore, *, has_mac: bool) -> None:
    """The load is on the card: into the purse with it, and what it proves in turn. Where it cannot be: an alarm."""
    link, chain = link_of_load(load, has_mac=has_mac), situation.chains[load.card_id]
    in_flight, chain.in_flight = chain.in_flight, None
    if link is None or not chain.takes(link):
        chain.in_flight = in_flight
        situation.carry_out_at_contact(load, _chain_alarm(load))
        return
    effects: list[Effect] = [SettleLoad(load, LoadState.LOADED, proven_event(load)), AddLink(link, load=load)]
    news = proved_by(link, load.card_id, None, situation, key_store, gained=load.amount)
    situation.carry_out_at_contact(load, (*effects, *news.claims))


def _alarm(load: Load, situation: Situation) -> None:
    situation.carry_out_at_contact(load, _chain_alarm(load))
    write(situation)


def _chain_alarm(load: Load) -> list[Effect]:
    return [OpenCase(CaseKind.CARD_CHAIN, held=load.amount), SuspendCard(load.card_id)]


def _can_be(reader: str, tmc: int) -> bool:
    """Whether a reader id can be what a card's last transaction was made by: nobody, a load, a terminal of ours.

    One that is deciphered with a wrong key or counter is none of these.
    """
    if reader == NO_READER:
        return tmc == 0
    terminal, number = reader[:_TERMINAL_DIGITS], int(reader[_TERMINAL_DIGITS:], 16)
    if number > SEQ_MAX:
        return False
    return terminal == NO_TERMINAL.hex() or Terminal.objects.filter(id=terminal).exists()


def _is_strange_load(link: Link, load: Load) -> bool:
    """Whether the transaction before was a load that the books do not know: somebody else credits cards."""
    reader = link.previous_tmri
    if reader == NO_READER or reader[:_TERMINAL_DIGITS] != NO_TERMINAL.hex():
        return False
    number = int(reader[_TERMINAL_DIGITS:], 16)
    return not Load.objects.filter(card=load.card_id, number=number).exclude(sent_at=None).exists()


def _tmi(load: Load) -> bytes:
    return tmi_of_payment(
        Command.CREDIT,
        balance=load.balance_before or 0,
        amount=load.amount,
        tmri=bytes.fromhex(tmri_of_load(load)),
        enc_tmri=bytes.fromhex(load.enc_tmri),
        record=bytes.fromhex(load.record),
    )
