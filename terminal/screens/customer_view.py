# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the customer sees, in the sale's language: the shop, the amount, how to pay, the result. Nothing to press."""

from dataclasses import replace
from typing import Final

from heitje.journal import Instrument
from terminal.flows.scene import Place, Scene
from terminal.sale import Phase, State, Verdict
from terminal.screens.icons import Icon
from terminal.screens.palette import Tone
from terminal.screens.screen import CustomerScreen, calm
from terminal.screens.selling_views import request_text
from terminal.served_lines import served_lines
from terminal.status import Status
from terminal.words import Words, words_in

_IN_A_SALE: Final = frozenset({Place.SALE, Place.CASH, Place.CLOSING})


def customer_view(scene: Scene, status: Status) -> CustomerScreen:
    """The customer's screen."""
    say = words_in(scene.sale_language)
    practice = say("bar.practice") if scene.training else ""
    screen = CustomerScreen("welcome", calm(scene), status.shop_name, say("customer.welcome"), practice=practice)
    if scene.place in _IN_A_SALE:
        return _sale(screen, scene, status, say)
    if scene.place is Place.BALANCE:
        titled = replace(screen, headline=say("balance.title"))
        if scene.balance is not None:
            shown = replace(titled, name="balance", amount=say.euros(scene.balance), icon=Icon.PURSE)
            return replace(shown, lines=served_lines(scene.served, say))
        if scene.worth is not None:
            of_phone = scene.worth.instrument is Instrument.PHONE
            icon, headline = (Icon.PHONE, "balance.phone") if of_phone else (Icon.NOTE, "balance.note")
            amount = say.euros(scene.worth.most)
            return replace(titled, name="balance", headline=say(headline), amount=amount, icon=icon)
        return replace(titled, name="balance-ask", lines=(say("balance.ask"),), icon=Icon.CARD)
    if scene.place is Place.REFUND_DONE and (lines := served_lines(scene.served, say)):
        return replace(screen, name="refunded", headline=say("refund.done"), lines=lines, icon=Icon.CARD)
    if scene.suspended and not scene.training:
        return replace(screen, name="closed", tone=Tone.STOPPED, headline=say("customer.closed"), icon=Icon.STOP)
    return replace(screen, lines=(say("receipt.coin"),))


def _sale(screen: CustomerScreen, scene: Scene, status: Status, say: Words) -> CustomerScreen:
    state = scene.sale
    whole = replace(screen, amount=say.euros(state.amount))
    if state.phase is Phase.PRESENT:
        return _pay(screen, scene, status, say)
    if state.phase is Phase.UNRESOLVED:
        again = replace(whole, name="hold-again", tone=Tone.CAREFUL, icon=Icon.CARD)
        return replace(again, headline=say("customer.hold_again"), lines=(say("unresolved.never_twice"),))
    if state.phase not in (Phase.RECEIPT, Phase.DECIDED):
        lines = () if state.phase is Phase.ASKING else (say("working.card"),)
        return replace(whole, name="wait", headline=say("working.title"), lines=lines, icon=Icon.WAIT)
    return _ended(whole, state, say)


def _pay(screen: CustomerScreen, scene: Scene, status: Status, say: Words) -> CustomerScreen:
    state = scene.sale
    request = "" if scene.training else request_text(state, status)
    lines = [say("customer.how_with_code" if request else "customer.how")]
    if state.problem is not None:
        lines = [say.why(state.problem), *(served_lines(state.served, say) or (say.remedy(state.problem),))]
    return replace(
        screen,
        name="pay" if state.problem is None else "pay-refused",
        headline=say("present.rest" if state.tenders or state.cash else "present.title"),
        lines=tuple(lines),
        amount=say.euros(state.remaining),
        qr=request,
    )


def _ended(whole: CustomerScreen, state: State, say: Words) -> CustomerScreen:
    if state.verdict is Verdict.ACCEPTED:
        paid = replace(whole, name="paid", tone=Tone.GOOD, icon=Icon.CHECK)
        return replace(
            paid, headline=say("accepted.title"), lines=served_lines(state.served, say) or (say("customer.thanks"),)
        )
    if state.verdict is Verdict.UNRESOLVED:
        word = {True: "given", False: "not_given", None: "open"}[state.given]
        closed = replace(whole, name="closed-sale", tone=Tone.CAREFUL, icon=Icon.QUESTION)
        return replace(closed, headline=say(f"closed.{word}"), lines=(say(f"closed.{word}_why"),))
    lines = (*served_lines(state.served, say), say("cancelled.nothing"))
    return replace(whole, name="not-paid", headline=say("refused.title"), lines=lines, icon=Icon.STOP)
