# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What public sources do not settle about the silicon, as checks that run on a card (docs/silicon.md).

A check begins with a selection of its own, so they stand in any order and one that fails spoils no other. A quiet check
leaves the card as it was, whatever it finds. A check that spends commits transactions: the card counts as loaded
afterwards and is not to be handed out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum

from heitje.card import session as sessions
from heitje.card.examination import ZERO_KEY, Blueprint, Progress, Step
from heitje.card.key_change import RANDOM_LENGTH, Chance
from heitje.card.layout import KEY_ISSUER, LIGHT_DF_NAME, Status
from heitje.card.making import Kind
from heitje.card.session import CardFault, Exchange, NotAuthentic, Session, StatusFault


class Verdict(StrEnum):
    """What became of an assumption on this card."""

    HOLDS = "holds"
    DIFFERS = "differs"
    NOT_HERE = "not on this card"


class Needs(Enum):
    """The card that a check needs; the words say which to hold to the reader."""

    APPLICATION = "a card with its application: any DESFire Light, or an EV2 or EV3 that one was made on"
    BLANK_LIGHT = "a DESFire Light with its factory keys"
    BLANK_EV2 = "an EV2 or EV3 with its factory key"
    WHOLE = "a card that heitje card personalise has made, not loaded yet"
    SPENT = "the same, with --spend: it is not to be handed out afterwards"


@dataclass(frozen=True, slots=True)
class Finding:
    """One assumption on one card; `seen` is what the card did, for the table."""

    name: str
    verdict: Verdict
    seen: str


@dataclass(frozen=True)
class Subject:
    """The card under examination: how far it is, and how to speak with it."""

    blueprint: Blueprint
    chance: Chance
    progress: Progress

    @property
    def df_name(self) -> bytes:
        """The name that its application has now."""
        renamed = Step.APPLICATION not in self.progress.missing
        return self.blueprint.df_name if renamed or self.progress.kind is not Kind.LIGHT else LIGHT_DF_NAME

    def key(self, number: int) -> bytes:
        """An application key as the card has it now; only a card that is neither blank nor whole may have another."""
        step = Step.ISSUER_KEY if number == KEY_ISSUER else Step.KEYS
        return ZERO_KEY if step in self.progress.missing else self.blueprint.keys(number)

    def open(self, number: int) -> Exchange[Session]:
        """The application selected anew, and a session of one key. Raises `StatusFault`, `NotAuthentic`."""
        if not (yield from sessions.selected(self.df_name)):
            raise NotAuthentic("the application cannot be selected")
        return (yield from sessions.authenticate_first(number, self.key(number), self.chance(RANDOM_LENGTH)))

    def has(self, needs: Needs, spend: bool) -> bool:
        """Whether a check may run on this card."""
        light, missing = self.progress.kind is Kind.LIGHT, self.progress.missing
        match needs:
            case Needs.APPLICATION:
                return light or Step.APPLICATION not in missing
            case Needs.BLANK_LIGHT:
                return light and self.progress.blank
            case Needs.BLANK_EV2:
                return not light and Step.CARD_KEY in missing
            case Needs.WHOLE:
                return not missing
            case Needs.SPENT:
                return not missing and spend


@dataclass(frozen=True, slots=True)
class Check:
    """An assumption of the table. `run` returns what it saw, or raises `Differs` with what it saw instead."""

    name: str
    assumption: str
    needs: Needs
    run: Callable[[Subject], Exchange[str]]


class Differs(Exception):
    """The card did something else than is assumed."""


def expect(condition: bool, seen: str) -> None:
    """Raise `Differs` with `seen` unless the condition holds."""
    if not condition:
        raise Differs(seen)


def examine(subject: Subject, checks: Sequence[Check], spend: bool) -> Iterator[tuple[Check, Exchange[Finding]]]:
    """Each check with an exchange that ends in its finding. What a reader raises comes through."""
    for check in checks:
        yield check, _judged(subject, check, spend)


def status_of(exchange: Exchange[object]) -> Exchange[int]:
    """The status word that an exchange ended with; 9100 where it went well."""
    try:
        yield from exchange
    except StatusFault as fault:
        return fault.status
    return Status.OK


def _judged(subject: Subject, check: Check, spend: bool) -> Exchange[Finding]:
    if not subject.has(check.needs, spend):
        return Finding(check.name, Verdict.NOT_HERE, f"needs {check.needs.value}")
    try:
        seen = yield from check.run(subject)
    except (Differs, CardFault) as error:
        return Finding(check.name, Verdict.DIFFERS, str(error))
    return Finding(check.name, Verdict.HOLDS, seen)
