# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who works for the programme, and in which role; roles are given and taken by two registrars (`Matter.ROLE`)."""

from typing import Any, Final

from django.db import transaction

from backend.officials import acts
from backend.officials.models import Official, RoleGrant
from backend.officials.roles import Role, clash

DAY_CENTS: Final = 50_000
"""What a validator may mint in a day where nothing else was said: 500 euro."""


class NotAppointed(Exception):
    """The role is not given, or not taken; the text says why."""


def has_role(number: str, role: Role) -> bool:
    """Whether an official has a role now."""
    return RoleGrant.objects.filter(official_id=number, role=role, ended_at__isnull=True).exists()


def roles_of(number: str) -> frozenset[Role]:
    """All roles that an official has now."""
    rows = RoleGrant.objects.filter(official_id=number, ended_at__isnull=True).values_list("role", flat=True)
    return frozenset(map(Role, rows))


def day_cents(validator: str) -> int:
    """What a validator may mint in a day, cents; locked until the transaction ends. Who is none may mint nothing."""
    grants = RoleGrant.objects.select_for_update().filter(
        official_id=validator, role=Role.VALIDATOR, ended_at__isnull=True
    )
    found = grants.first()
    return 0 if found is None else found.day_cents or DAY_CENTS


def appoint_first(numbers: tuple[str, str], at: int) -> None:
    """The first two registrars, once. Raises `NotAppointed` where there has been any official."""
    with transaction.atomic():
        if Official.objects.exists() or len(set(numbers)) != len(numbers):
            raise NotAppointed("the first registrars are two, and appointed once")
        for number in numbers:
            grant(number, Role.REGISTRAR, at)
            acts.record(acts.CONSOLE, "registrar appointed", number, at)


def check_change(content: dict[str, Any], by: str) -> None:
    """Whether a change of roles may be asked for. Raises `NotAppointed`."""
    official, role = content["official"], Role(content["role"])
    if not has_role(by, Role.REGISTRAR):
        raise NotAppointed(f"{by} is no {Role.REGISTRAR}")
    if official == by:
        raise NotAppointed("nobody changes their own roles")
    if content["take"]:
        if not has_role(official, role):
            raise NotAppointed(f"{official} is no {role}")
    elif why := clash(roles_of(official) | {role}):
        raise NotAppointed(why)


def change(content: dict[str, Any], at: int) -> None:
    """What two registrars approved: `{official, role, take, day_cents}`. Raises `NotAppointed`."""
    official, role = content["official"], Role(content["role"])
    if content["take"]:
        take(official, role, at)
    else:
        grant(official, role, at, content["day_cents"])


def grant(number: str, role: Role, at: int, day_cents: int | None = None) -> None:
    """Give a role; one that is there gets the new daily cap. Raises `NotAppointed`."""
    with transaction.atomic():
        Official.objects.get_or_create(number=number, defaults={"since": at})
        official = Official.objects.select_for_update().get(number=number)
        if why := clash(roles_of(number) | {role}):
            raise NotAppointed(why)
        RoleGrant.objects.filter(official=official, role=role, ended_at__isnull=True).update(ended_at=at)
        RoleGrant.objects.create(official=official, role=role, since=at, day_cents=day_cents)


def take(number: str, role: Role, at: int) -> None:
    """Take a role. Raises `NotAppointed` for one of the last two registrars: one alone could appoint nobody."""
    with transaction.atomic():
        standing = RoleGrant.objects.filter(role=role, ended_at__isnull=True)
        if role is Role.REGISTRAR and standing.count() <= 2:
            raise NotAppointed("two registrars stay")
        standing.filter(official_id=number).update(ended_at=at)
