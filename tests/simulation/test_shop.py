# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""A counter from end to end, as programs: the till that is run in a shop, the municipality's server, real libraries.

Only what stands outside of them is simulated. The till is touched through its remote hand, as the page beside it does.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.demo.programs import ProgramFailed, run
from firmware_sim.shop.counter import Shop, open_shop
from firmware_sim.shop.page import PageServer
from firmware_sim.shop.till_program import TillIsOff, TillProgram

WITHIN_S = 60.0


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, vectors: Path) -> Iterator[Shop]:
    """One shop for all of these tests, as a day goes on."""
    with open_shop(vectors / "test-programme.json", tmp_path_factory.mktemp("shop")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _everything_is_well(shop: Shop) -> None:
    """Each test begins with power, network and paper, at the pad, with nothing on the reader."""
    for word in ("lift", "paper in", "cover closed", "printer answers", "network on", "power on"):
        shop.do(word)
    seen = shop.till.look()
    while seen["screen"] != "idle":
        pressable = [button["id"] for button in seen["buttons"] if button["enabled"]]
        way = next((name for name in ("done", "back", "cancel", "other-means") if name in pressable), None)
        seen = shop.till.ask(key="escape") if way is None else shop.till.press(way)
        assert "error" not in seen, (seen["screen"], pressable)


def ask(shop: Shop, cents: int) -> None:
    shop.till.ask(type=str(cents))
    shop.till.press("pay")
    shop.till.sees("present")


def entries(shop: Shop) -> list[dict[str, Any]]:
    """The till's journal, as its own command shows it."""
    done: Any = run("terminal", "journal", "--dir", str(shop.till.directory))
    return [entry for entry in done if entry["kind"] != "time_anchor"]


def test_a_card_is_confirmed_by_the_city(shop: Shop) -> None:
    connected(shop)
    ask(shop, 320)
    shop.do("tap card")
    seen = shop.till.sees("accepted", timeout_s=WITHIN_S)
    assert "Bevestigd door de gemeente" in seen["texts"]
    assert seen["customer"]["screen"] == "paid"
    assert shop.printer.wait_receipts(1, WITHIN_S)


def connected(shop: Shop) -> None:
    """Wait until the till has met the server; it looks for it by itself."""
    for _ in range(600):
        seen = shop.till.ask(wait=["no such screen"], timeout_s=0.1)
        if "Verbonden" in seen["texts"]:
            return
    pytest.fail("the till did not find its server")


def test_a_phone_pays_what_the_customers_screen_asks(shop: Shop) -> None:
    ask(shop, 375)
    shop.do("phone")
    assert "€ 3,75" in shop.till.sees("accepted", timeout_s=WITHIN_S)["texts"]


def test_without_a_network_the_counter_goes_on_and_says_so(shop: Shop) -> None:
    shop.do("network off")
    ask(shop, 500)
    shop.do("note")
    seen = shop.till.sees("accepted", timeout_s=WITHIN_S)
    assert "Zonder verbinding gecontroleerd" in seen["texts"]
    shop.till.press("done")
    ask(shop, 500)
    shop.do("photograph")
    assert "Dit is al een keer gebruikt." in shop.till.sees("refused")["texts"]
    shop.do("forgery")
    shop.till.press("other-means")
    shop.do("forgery")
    assert "De echtheid is niet te controleren." in shop.till.sees("refused")["texts"]


def test_power_cut_in_the_middle_of_paying(shop: Shop) -> None:
    before = shop.purse.cards["card"].image.application.balance  # type: ignore[attr-defined]  # it is one of ours
    ask(shop, 240)
    shop.do("tear after")
    shop.till.sees("unresolved", timeout_s=WITHIN_S)
    shop.do("power off")
    with pytest.raises(TillIsOff):
        shop.till.look()
    shop.do("power on")
    seen = shop.till.sees("unresolved-at-start", timeout_s=WITHIN_S)
    assert "De kassa ging uit tijdens deze verkoop." in seen["texts"]
    shop.do("tap card")
    shop.till.sees("accepted", timeout_s=WITHIN_S)
    assert shop.purse.cards["card"].image.application.balance == before - 240  # type: ignore[attr-defined]


def test_paper_out_is_told_and_the_receipt_printed_later(shop: Shop) -> None:
    shop.do("paper out")
    ask(shop, 150)
    shop.do("tap card")
    seen = shop.till.sees("accepted-no-paper", timeout_s=WITHIN_S)
    assert "Papier op" in seen["texts"]
    count = len(shop.printer.receipts)
    shop.do("paper in")
    shop.till.press("print-again")
    shop.till.sees("accepted", timeout_s=WITHIN_S)
    assert len(shop.printer.receipts) == count + 1


@pytest.mark.parametrize("stranger", ["bank", "transit", "passport", "ntag"])
def test_strangers_cards_are_refused(shop: Shop, stranger: str) -> None:
    ask(shop, 150)
    shop.do(f"tap {stranger}")
    assert "Dit is geen heitjeskaart." in shop.till.sees("refused", timeout_s=WITHIN_S)["texts"]


def test_everything_is_taken_in_and_the_book_balances(shop: Shop) -> None:
    """The end of the day: nothing twice, nothing lost, every entry accepted."""
    shop.till.press("menu")
    shop.till.press("day-end")
    shop.till.sees("day-end")
    shop.till.press("close-day")
    shop.till.sees("day-closed", timeout_s=WITHIN_S)
    shop.do("power off")
    synced = run("terminal", "sync", "--dir", str(shop.till.directory))
    assert synced["end"] == "done"
    told = {entry["seq"]: entry.get("outcome") for entry in entries(shop)}
    assert set(told.values()) <= {"accepted", "duplicate"}
    paid = [entry for entry in entries(shop) if entry["kind"] == "redemption"]
    assert len({entry["of"] for entry in paid}) == len(paid)
    assert run("backend", "check", "--dir", str(shop.folder / "backend"))["holds"] is True


def test_the_page_beside_it(shop: Shop) -> None:
    with PageServer(shop) as page:
        assert b"A counter to play with" in fetch(page.url)
        assert fetch(page.url + "till.png").startswith(b"\x89PNG")
        assert fetch(page.url + "customer.png").startswith(b"\x89PNG")
        before = json.loads(fetch(page.url + "state"))
        post(page.url + "key", {"key": "5"})
        after = json.loads(fetch(page.url + "state"))
        assert (before["screen"], after["screen"]) == ("idle", "amount")
        assert before["marks"]["till"] != after["marks"]["till"]
        post(page.url + "touch", {"x": 0.6, "y": 0.2})
        post(page.url + "do", {"word": "cover open"})
        assert json.loads(fetch(page.url + "state"))["cover"] == "open"
        for path, body, origin in (
            ("do", {"word": "rob the till"}, ""),
            ("key", {"key": "5"}, "http://another.example"),
            ("touch", {"x": "left"}, ""),
        ):
            with pytest.raises(urllib.error.HTTPError):
                post(page.url + path, body, origin)
        post(page.url + "key", {"key": "escape"})


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=WITHIN_S) as answer:
        data: bytes = answer.read()
        return data


def post(url: str, body: object, origin: str = "") -> None:
    headers = {"Content-Type": "application/json", **({"Origin": origin} if origin else {})}
    asked = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(asked, timeout=WITHIN_S) as answer:
        assert answer.status == 200


def test_production_takes_no_remote_hand(shop: Shop, tmp_path: Path) -> None:
    shop.do("power off")
    configuration = shop.till.directory / "terminal.toml"
    usual = configuration.read_text("utf-8")
    try:
        configuration.write_text(usual.replace("production = false", "production = true"), "utf-8")
        with pytest.raises(ProgramFailed):
            TillProgram(shop.till.directory, tmp_path / "hand").switch_on()
    finally:
        configuration.write_text(usual, "utf-8")
