# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a test programme's backend knows from the start: a funded reserve, its shop, its terminal, its cards."""

from typing import Final

from django.db import transaction

from backend.assembly import offline_key_store, repository_of
from backend.configuration import Configuration
from backend.minting import cover
from backend.minting.cards import load_card_at_issue
from backend.minting.publication import appoint, publish
from backend.officials import staff
from backend.officials.roles import Role
from backend.shops.admission import admit_shop, enrol_terminal
from backend.tasks import inspections
from backend.tasks.transitions import Move
from backend.tasks.workflow import Draft, draft, move
from heitje.money import Cents
from heitje.programme import TEST_ROOT_EXPIRES, TestProgramme

RESERVE: Final = Cents(1_000_000)
LOSS_FUND: Final = Cents(100_000)
SHOP_NAME: Final = "Bakkerij De Eerste"
SHOP_IBAN: Final = "NL91ABNA0417164300"
"""Published as an example: it checks, and nobody holds it."""
EDITOR: Final = "editor-1"
INSPECTOR: Final = "inspector-1"
DAY_CENTS: Final = 1_000_000_000
"""A test programme's inspectors are measured and hammered; their daily cap is there, and far away."""
OFFICIALS: Final = {
    Role.REGISTRAR: ("registrar-1", "registrar-2"),
    Role.PUBLISHER: (EDITOR, "editor-2"),
    Role.VALIDATOR: (INSPECTOR, "inspector-2", "inspector-3"),
    Role.TREASURER: ("treasurer-1", "treasurer-2"),
    Role.ENROLLER: ("enroller-1", "enroller-2"),
    Role.DESK: ("desk-1", "desk-2"),
    Role.KEY_KEEPER: ("keeper-1", "keeper-2"),
    Role.AUDITOR: ("auditor-1",),
}


def populate(configuration: Configuration, programme: TestProgramme, now: int) -> None:
    """Enter it all at Unix time `now`, in one transaction.

    The value on a card was minted as any other: a task for it was published, done and validated.
    """
    with transaction.atomic():
        for role, numbers in OFFICIALS.items():
            for official in numbers:
                staff.grant(official, role, now, DAY_CENTS if role is Role.VALIDATOR else None)
        inspections.seed(now)
        cover.fund("init:reserve", RESERVE, "opening balance", now)
        cover.fill_loss_fund("init:loss fund", LOSS_FUND, now)
        shop = admit_shop(
            shop_id=programme.shop.id,
            owner=programme.shop.id,
            name=SHOP_NAME,
            category=programme.shop.category,
            area=programme.shop.area,
            iban=SHOP_IBAN,
        )
        enrol_terminal(
            terminal_id=programme.terminal,
            shop=shop,
            public_key=programme.terminal_key.public,
            paper_till=programme.paper_till,
            secure_element=False,
            at=now,
            card_desk=True,
        )
        for number, card in enumerate(programme.cards, start=1):
            citizen = f"citizen-{number}"
            reward(citizen, Cents(card.balance), now)
            load_card_at_issue(card.uid, citizen, Cents(card.balance), now)
    publish_first(configuration, now)


def publish_first(configuration: Configuration, now: int) -> None:
    """The trust repository: who may sign what, and the first publication."""
    repository = repository_of(configuration)
    key_store = offline_key_store(configuration, configuration.offline_keys_path)
    appoint(configuration.programme, key_store, repository, now, root_expires=TEST_ROOT_EXPIRES)
    publish(configuration.programme, key_store, repository, now)


def reward(citizen: str, amount: Cents, now: int) -> None:
    """One task from draft to reward."""
    task = draft(Draft("Opening balance of a test card", "other", "Testburg", 60, amount))
    move(task.pk, Move.PUBLISH, EDITOR, now)
    for step in (Move.CLAIM, Move.START, Move.SUBMIT):
        move(task.pk, step, citizen, now)
    move(task.pk, Move.VALIDATE, INSPECTOR, now)
