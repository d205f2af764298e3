# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Admitting shops and enrolling terminals (RULES.md section 3, DESIGN.md section 4)."""

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from backend.shops.models import Shop, Terminal, TerminalState
from heitje.key_soundness import flaw_of
from heitje.keys import PublicKey


class NotAdmitted(ValueError):
    """A shop or terminal cannot be taken on; the text says why."""


def admit_shop(*, shop_id: str, owner: str, name: str, category: str, area: str, iban: str) -> Shop:
    """Take a shop on. Raises `NotAdmitted` where its IBAN is none."""
    try:
        checked = IBAN(iban)
    except SchwiftyException as error:
        raise NotAdmitted(f"{shop_id}: {error}") from error
    return Shop.objects.create(id=shop_id, owner=owner, name=name, category=category, area=area, iban=checked.compact)


def enrol_terminal(
    *,
    terminal_id: bytes,
    shop: Shop,
    public_key: PublicKey,
    paper_till: bool,
    secure_element: bool,
    at: int,
    card_desk: bool = False,
) -> Terminal:
    """Take a terminal on at Unix time `at`; `card_desk`: cards are made at it.

    Raises `NotAdmitted` for a wrong id, key, or a second paper till.
    """
    if len(terminal_id) != 8 or len(public_key.raw) != 32:
        raise NotAdmitted("a terminal has an id of 8 bytes and an Ed25519 key")
    if flaw := flaw_of(public_key):
        raise NotAdmitted(flaw)
    if paper_till and shop.terminals.filter(paper_till=True).exists():
        raise NotAdmitted(f"{shop.id} has its paper till already")
    return Terminal.objects.create(
        id=terminal_id.hex(),
        shop=shop,
        public_key=public_key.raw,
        paper_till=paper_till,
        secure_element=secure_element,
        card_desk=card_desk,
        enrolled_at=at,
    )


def suspend(terminal: Terminal) -> None:
    """Stop believing a terminal, until a person looks."""
    terminal.state = TerminalState.SUSPENDED
    terminal.save(update_fields=["state"])
