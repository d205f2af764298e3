# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shops that are admitted, and terminals that are suspended and believed again, as a program would ask for it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import pytest

from backend import cli, command_line
from backend.commands.answer import Refused
from backend.configuration import Engine
from backend.shops.models import Shop, Terminal
from heitje.keys import SigningKey

if TYPE_CHECKING:
    from tests.backend.conftest import City

KEY = SigningKey.from_seed(b"s" * 32).public.raw.hex()
CAFE = {
    "--name": "Café 't Hoekje",
    "--owner": "owner-7",
    "--category": "cafe",
    "--area": "centrum",
    "--iban": "NL39 RABO 0300 0652 64",
}


@pytest.fixture(params=list(Engine))
def engine(request: pytest.FixtureRequest) -> str:
    """Both engines."""
    return str(request.param)


def told(city: City, *words: str) -> dict[str, Any]:
    """A command, and its answer."""
    arguments: argparse.Namespace = command_line.make_parser().parse_args(
        [*words, "--dir", str(city.configuration.directory)]
    )
    answer = cli.run(arguments)
    assert answer.ok
    return answer.document


def refused(city: City, *words: str) -> str:
    """A command that must be refused; what it says."""
    with pytest.raises(Refused) as caught:
        told(city, *words)
    return str(caught.value)


def admit(by: str, shop: str = "hoekje", **other: str) -> tuple[str, ...]:
    """The words that ask for a shop."""
    wanted = CAFE | {f"--{name}": value for name, value in other.items()}
    return ("shop", "admit", shop, *(word for pair in wanted.items() for word in pair), "--by", by)


def test_a_shop_is_admitted_by_two_treasurers_who_say_the_same(city: City) -> None:
    for by in ("enroller-1", "registrar-1", "nobody"):
        assert "no treasurer" in refused(city, *admit(by))
    asked = told(city, *admit("treasurer-1"))
    assert (asked["approvals"], asked["carried_out"]) == (["treasurer-1"], False)
    assert told(city, *admit("treasurer-1"))["approvals"] == ["treasurer-1"], "one person is one yes"
    assert "asks for something else" in refused(city, *admit("treasurer-2", iban="NL02ABNA0123456789"))
    assert not Shop.objects.filter(id="hoekje").exists()
    assert told(city, *admit("treasurer-2"))["carried_out"]
    shop = told(city, "shop", "list")["shops"][-1]
    assert {
        "shop": "hoekje",
        "owner": "owner-7",
        "category": "cafe",
        "iban": "NL39RABO0300065264",
    }.items() <= shop.items()
    assert "is admitted" in refused(city, *admit("treasurer-1"))
    acts = told(city, "acts")
    assert [act["act"] for act in acts["acts"][-4:]] == [
        "shop admission requested",
        "shop admission approved",
        "shop admission approved",
        "shop admission carried out",
    ]
    words = ("--terminal", "00112233445566aa", "--key", KEY, "--shop", "hoekje", "--by", "enroller-1")
    assert told(city, "enrol", *words)["matter"] == "terminal enrolment"


def test_what_is_no_shop_is_not_asked_for(city: City) -> None:
    for shop, other, why in (
        ("hoekje", {"iban": "NL39RABO0300065265"}, "checksum"),
        ("hoekje", {"iban": ""}, "IBAN"),
        ("Hoekje", {}, "small letters"),
        ("../hoekje", {}, "small letters"),
        ("h" * 41, {}, "small letters"),
        ("hoekje", {"category": "cafe:bar"}, "small letters"),
        ("hoekje", {"area": ""}, "small letters"),
        ("hoekje", {"name": "Café\n't Hoekje"}, "one line"),
        ("hoekje", {"name": "x" * 71}, "one line"),
        ("bakker-1", {}, "is admitted"),
    ):
        assert why.lower() in refused(city, *admit("treasurer-1", shop, **other)).lower(), (shop, other)
    assert told(city, "approval", "list")["requests"] == []


def test_one_enroller_suspends_a_terminal_and_two_believe_it_again(city: City) -> None:
    name = city.till.name
    suspend = ("terminal", "suspend", name, "--reason", "stolen", "--by")
    resume = ("terminal", "resume", name, "--by")
    assert "no enroller" in refused(city, *suspend, "treasurer-1")
    assert "not suspended" in refused(city, *resume, "enroller-1")
    assert "no terminal" in refused(city, "terminal", "suspend", "00", "--reason", "x", "--by", "enroller-1")
    assert told(city, *suspend, "enroller-1")["new"]
    assert not told(city, *suspend, "enroller-2")["new"]
    assert Terminal.objects.get(id=name).state == "suspended"
    assert "no enroller" in refused(city, *resume, "treasurer-1")
    assert not told(city, *resume, "enroller-1")["carried_out"]
    assert Terminal.objects.get(id=name).state == "suspended"
    assert told(city, *resume, "enroller-2")["carried_out"]
    assert Terminal.objects.get(id=name).state == "active"
    shown = told(city, "acts")
    assert shown["holds"]
    assert shown["acts"][-5]["details"] == {"reason": "stolen"}
