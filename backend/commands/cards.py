# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The desk of citizens' cards."""

import argparse
import json
import secrets
import time
from typing import Any

from backend.cards import desk, making
from backend.cards.models import CardOrder
from backend.cards.window_end import settle_window_end
from backend.commands.answer import Answer, Refused
from backend.commands.trust import publish_now
from backend.ledger import accounts
from backend.ledger.posting import balance
from backend.minting import cards
from backend.minting.cards import CardRefused
from backend.minting.models import Card, LoadOrder
from heitje.money import format_euros


def order(arguments: argparse.Namespace) -> Answer:
    """`card order`."""
    scope = tuple(arguments.scope)
    made = making.order_card(arguments.citizen, int(time.time()), scope, arguments.years)
    whose = f"citizen {made.citizen}" if made.citizen else "the stock"
    return Answer(f"order {made.pk}: a card for {whose}", _order_document(made))


def link(arguments: argparse.Namespace) -> Answer:
    """`card link`."""
    try:
        card = desk.link(arguments.uid, arguments.citizen)
    except CardRefused as error:
        raise Refused(str(error)) from error
    return Answer(f"card {_shown(card)} is citizen {card.citizen}'s", _document(card))


def load(arguments: argparse.Namespace) -> Answer:
    """`card load`."""
    event = f"desk:{arguments.event or secrets.token_hex(8)}"
    try:
        waiting = desk.order_load(arguments.uid, arguments.amount, event, int(time.time()))
    except CardRefused as error:
        raise Refused(str(error)) from error
    return Answer(f"{format_euros(waiting.amount)} euro wait for the card: hold it to a reader", _waiting(waiting))


def cancel_load(arguments: argparse.Namespace) -> Answer:
    """`card cancel-load`."""
    try:
        waiting = desk.cancel_load(arguments.order, int(time.time()))
    except CardRefused as error:
        raise Refused(str(error)) from error
    return Answer(f"{format_euros(waiting.amount)} euro stay on the account", _waiting(waiting))


def block(arguments: argparse.Namespace) -> Answer:
    """`card block`."""
    try:
        card = desk.block(arguments.uid, int(time.time()))
    except CardRefused as error:
        raise Refused(str(error)) from error
    return _published(card, "is blocked")


def unblock(arguments: argparse.Namespace) -> Answer:
    """`card unblock`."""
    try:
        card = desk.unblock(arguments.uid)
    except CardRefused as error:
        raise Refused(str(error)) from error
    return _published(card, "pays again")


def replace(arguments: argparse.Namespace) -> Answer:
    """`card replace`."""
    try:
        card = desk.replace(arguments.uid, arguments.by, int(time.time()))
    except CardRefused as error:
        raise Refused(str(error)) from error
    waiting = sum(card.orders.filter(load=None, cancelled_at=None).values_list("amount", flat=True))
    return _published(card, f"is the new one; {format_euros(waiting)} euro wait for it")


def spoil(arguments: argparse.Namespace) -> Answer:
    """`card spoil`."""
    try:
        order = desk.spoil(arguments.uid, int(time.time()))
    except CardRefused as error:
        raise Refused(str(error)) from error
    return Answer(f"throw the card away; order {order.pk} waits for another one", _order_document(order))


def release(arguments: argparse.Namespace) -> Answer:
    """`card release`."""
    ended = settle_window_end(int(time.time()))
    orders, loads = ended.orders, ended.loads
    text = f"{len(orders)} cards get the rest, {format_euros(sum(row.amount for row in orders))} euro"
    if loads:
        text += f"\n{len(loads)} loads to lost cards went back, {format_euros(sum(row.amount for row in loads))} euro"
    if ended.waiting:
        text += f"\n{ended.waiting} payments closed that no card will speak for"
    given_up = [{"number": row.number, "uid": row.card_id, "amount": row.amount} for row in loads]
    document = {"orders": [_waiting(row) for row in orders], "loads": given_up, "payments": ended.waiting}
    return Answer(text, document)


def show(arguments: argparse.Namespace) -> Answer:
    """`card show`."""
    card = Card.objects.filter(uid=arguments.uid.hex()).first()
    if card is None:
        raise Refused("this card is not known here")
    document = _document(card)
    waiting = card.orders.filter(load=None, cancelled_at=None).order_by("id")
    document["waiting"] = [_waiting(row) for row in waiting]
    document["loads"] = [
        {"number": row.number, "amount": row.amount, "state": str(row.state), "sent_at": row.sent_at}
        for row in card.loads.exclude(sent_at=None).order_by("-number")[:10]
    ]
    lines = [
        f"card {_shown(card)} of citizen {card.citizen or '(nobody)'}: {document['state']}",
        f"  purse {format_euros(document['purse'])}, in flight {format_euros(document['in_flight'])}",
    ]
    lines += [f"  waits: {format_euros(row.amount)} ({row.cause})" for row in waiting]
    lines += [f"  load {row['number']}: {format_euros(row['amount'])} {row['state']}" for row in document["loads"]]
    return Answer("\n".join(lines), document)


def list_cards(arguments: argparse.Namespace) -> Answer:
    """`card list`."""
    orders = list(CardOrder.objects.filter(card=None).order_by("id"))
    found = list(Card.objects.order_by("issued_at", "uid"))
    lines = [f"order {row.pk:>4}  {row.citizen or '(stock)'}" for row in orders]
    lines += [f"{_shown(card)}  {desk.state_of(card):<10}  {card.citizen or '(nobody)'}" for card in found]
    document = {"orders": [_order_document(row) for row in orders], "cards": [_document(card) for card in found]}
    return Answer("\n".join(lines), document)


def register(arguments: argparse.Namespace) -> Answer:
    """`card register`."""
    try:
        cards.load_card_at_issue(arguments.uid, arguments.citizen, arguments.amount, int(time.time()))
    except CardRefused as error:
        raise Refused(str(error)) from error
    return Answer(f"{format_euros(arguments.amount)} euro on the card", {"uid": arguments.uid.hex()})


def _published(card: Card, what: str) -> Answer:
    publication = publish_now(timestamp_only=False).number
    text = f"card {_shown(card)} {what}; tills know it by publication {publication}"
    return Answer(text, {**_document(card), "publication": publication})


def _document(card: Card) -> dict[str, Any]:
    return {
        "uid": card.uid,
        "citizen": card.citizen,
        "state": desk.state_of(card),
        "purse": balance(accounts.purse(card.uid)),
        "in_flight": desk.in_flight_cents(card),
        "issued_at": card.issued_at,
        "made_at": card.made_at,
        "proven_at": card.proven_at,
        "blocked_at": card.blocked_at,
        "suspended_at": card.suspended_at,
        "expires_at": card.expires_at,
        "key_version": card.key_version,
        "replaced_by": card.replaced_by_id,
    }


def _order_document(made: CardOrder) -> dict[str, Any]:
    scope = json.loads(made.scope) if made.scope else []
    return {"order": made.pk, "citizen": made.citizen, "scope": scope, "years": made.years, "uid": made.card_id}


def _waiting(waiting: LoadOrder) -> dict[str, Any]:
    return {
        "order": waiting.pk,
        "uid": waiting.card_id,
        "amount": waiting.amount,
        "cause": str(waiting.cause),
        "cancelled_at": waiting.cancelled_at,
    }


def _shown(card: Card) -> str:
    return card.uid.upper()
