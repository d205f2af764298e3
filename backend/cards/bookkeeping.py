# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Does the acts of a session in the books. Each is called inside the transaction of the answer that it belongs to."""

from dataclasses import dataclass

from backend.cards.acts import (
    FAULT,
    Act,
    Begin,
    CardMade,
    DropLoad,
    KeyRenewed,
    PlanLoad,
    ProveLoad,
    Result,
    SendLoad,
    SettleInFlight,
)
from backend.cards.masters import version_for
from backend.cards.models import CardSession
from backend.cards.waiting import planned, waiting_orders
from backend.ledger.posting import balance
from backend.minting.models import Card, Load, LoadState
from backend.redemption.card_contact import NotThisCard, Seen, prove_load, send_load, settle_in_flight
from backend.redemption.intake import Programme
from backend.redemption.loads import source_of
from heitje.relay import Work

UNKNOWN = "this card is not known here"
NO_ROOM = "the card has no room for what waits"
NOT_COVERED = "the account holds less than what waits"


@dataclass
class Books:
    """The books as one session acts on them, at Unix time `now`."""

    session: CardSession
    programme: Programme
    now: int

    def do(self, act: Act) -> Result:
        """Do an act; its result as plain JSON."""
        match act:
            case Begin():
                return self._begin()
            case SettleInFlight():
                return self._settle(act)
            case PlanLoad():
                return self._plan(act)
            case SendLoad():
                return self._send(act)
            case ProveLoad(number, committed):
                load = Load.objects.get(number=number)
                terminal, key_store = self.session.terminal, self.programme.key_store
                return {"loaded": prove_load(load, committed, terminal, key_store, self.now)}
            case DropLoad(number):
                self._drop(number)
            case CardMade():
                Card.objects.filter(uid=self.session.uid, made_at=None).update(made_at=self.now)
            case KeyRenewed(version):
                Card.objects.filter(uid=self.session.uid).update(key_version=version)
        return {}

    def _begin(self) -> Result:
        card = Card.objects.filter(uid=self.session.uid).first()
        if card is None or (card.made_at is None and self.session.what != Work.PERSONALISE):
            return {FAULT: UNKNOWN}
        versions = list(self.programme.key_store.terminal_key_versions)
        versions.sort(key=lambda version: (version != card.key_version, -version))
        return {
            "versions": versions,
            "renew_to": version_for(card, self.programme.key_store, self.now),
            "in_flight": card.loads.filter(state=LoadState.IN_FLIGHT).exists(),
            "denied": card.denied_at is not None,
            "certificate": bytes(card.certificate).hex(),
        }

    def _settle(self, act: SettleInFlight) -> Result:
        uid, terminal, key_store = bytes.fromhex(self.session.uid), self.session.terminal, self.programme.key_store
        in_flight = Load.objects.filter(card=self.session.uid, state=LoadState.IN_FLIGHT).first()
        try:
            state = settle_in_flight(uid, Seen(act.last, act.enc_tmri, act.records), terminal, key_store, self.now)
        except NotThisCard as error:
            return {FAULT: str(error)}
        return {"state": str(state or LoadState.NOT_DONE), "amount": 0 if in_flight is None else in_flight.amount}

    def _plan(self, act: PlanLoad) -> Result:
        """The oldest source that has something waiting; of it what the card has room for and its account holds."""
        if act.instead_of is not None:
            self._drop(act.instead_of)
        card = Card.objects.get(uid=self.session.uid)
        reason = None
        for orders in waiting_orders(card):
            source = orders[0].source
            load = Load(card=card, source=source, citizen=card.citizen, time=self.session.opened_at)
            held = balance(source_of(load))
            chosen = planned(orders, held, act.room)
            if not chosen:
                smallest = min(order.amount for order in orders)
                reason = NOT_COVERED if smallest > held else NO_ROOM
                continue
            load.amount = sum(order.amount for order in chosen)
            load.save()
            return {"number": load.number, "amount": load.amount, "orders": [order.pk for order in chosen]}
        return {"number": None, "reason": reason}

    def _send(self, act: SendLoad) -> Result:
        load = Load.objects.get(number=act.number)
        terminal, key_store = self.session.terminal, self.programme.key_store
        try:
            refusal = send_load(load, act.tmc_before, act.credited, act.orders, terminal, key_store, self.now)
        except NotThisCard as error:
            self._drop(act.number)
            return {FAULT: str(error)}
        if refusal is None:
            return {}
        self._drop(act.number)
        return {FAULT: str(refusal)}

    def _drop(self, number: int) -> None:
        Load.objects.filter(number=number, state=LoadState.PREPARED).update(state=LoadState.DROPPED)
