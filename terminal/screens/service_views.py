# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the screens of signing on and of the service menu say."""

from typing import Final

from drivers.printer import Condition
from heitje.headroom import Margin
from terminal.flows.events import Back, Confirmed, DetailsAsked, FlowEvent, OperatorChosen, SelfTestAsked, SlipAsked
from terminal.flows.scene import PIN_DIGITS_MIN, Check, Details, Scene
from terminal.screens.icons import Icon
from terminal.screens.menu_views import back
from terminal.screens.palette import Tone, Weight
from terminal.screens.screen import Button, Fact, Key, Pad, Telling, Tiles, View
from terminal.screens.selling_views import language_buttons
from terminal.status import OPERATORS_MAX, Device, Status, is_nearly_used_up
from terminal.words import Words, words_in

_DOT: Final = "•"
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_DETAIL_ICONS: Final = {
    Details.DEVICES: Icon.PRINTER,
    Details.NETWORK: Icon.ONLINE,
    Details.QUEUE: Icon.QUEUE,
    Details.VERSIONS: Icon.LIST,
    Details.SELF_TEST: Icon.CHECK,
}
_DEVICE_ICONS: Final = {
    Device.WORKS: Icon.CHECK,
    Device.FAILED: Icon.CROSS,
    Device.STARTING: Icon.WAIT,
    Device.NONE: Icon.STOP,
}
_WELL: Final = {True: Icon.CHECK, False: Icon.CROSS}


def signed_off(scene: Scene, status: Status) -> View:
    """Who is there?"""
    say = words_in(scene.language)
    people = tuple(
        Button(f"operator-{place}", name, OperatorChosen(name), Icon.PERSON, key=str(place))
        for place, name in enumerate(status.operators[:OPERATORS_MAX], start=1)
    )
    return "signed-off", Tone.CALM, Tiles((*people, *language_buttons(scene.language, whole=True)), say("sign_on.who"))


def pin(scene: Scene, _: Status) -> View:
    """The operator's PIN."""
    say = words_in(scene.language)
    lines = () if scene.attempts_left is None else (say.count("sign_on.wrong", scene.attempts_left),)
    sure: FlowEvent | None = Confirmed() if len(scene.digits) >= PIN_DIGITS_MIN else None
    buttons = (
        Button("back", say("button.back"), Back(), Icon.BACK, key=Key.ESCAPE),
        Button("sign-on", say("button.sign_on"), sure, Icon.LOCK, Weight.PRIMARY, Key.ENTER),
    )
    headline = say("sign_on.pin", name=scene.operator)
    pad = Pad(headline, _DOT * len(scene.digits), lines, Icon.LOCK, buttons, double_zero=False)
    return "pin-wrong" if lines else "pin", Tone.CALM, pad


def locked(scene: Scene, _: Status) -> View:
    """Too many wrong PINs."""
    say = words_in(scene.language)
    lines = (say.count("sign_on.wait", scene.wait_s),)
    return "locked", Tone.STOPPED, Telling(say("sign_on.locked"), lines, Icon.LOCK)


def service(scene: Scene, _: Status) -> View:
    """The service menu."""
    say = words_in(scene.language)
    tiles = [
        Button(
            details.value,
            say(f"service.{details.name.lower()}"),
            SelfTestAsked() if details is Details.SELF_TEST else DetailsAsked(details),
            _DETAIL_ICONS[details],
        )
        for details in Details
    ]
    return "service", Tone.CALM, Tiles((*tiles, back(say)))


def details(scene: Scene, status: Status) -> View:
    """One page of the service menu."""
    say = words_in(scene.language)
    facts_of = {
        Details.DEVICES: _devices,
        Details.NETWORK: _network,
        Details.QUEUE: _queue,
        Details.VERSIONS: _versions,
    }
    if scene.details is Details.SELF_TEST:
        return _self_test(scene, say)
    facts = facts_of[scene.details](status, say)
    title = say(f"service.{scene.details.name.lower()}")
    return f"service-{scene.details}", Tone.CALM, Telling(title, facts=facts, buttons=(back(say),))


def _devices(status: Status, say: Words) -> tuple[Fact, ...]:
    readers = {"reader": status.reader, "scanner": status.scanner}
    facts = [Fact(say(f"device.{name}"), _how(device, say), _DEVICE_ICONS[device]) for name, device in readers.items()]
    return (*facts, Fact(say("device.printer"), *_printer(status, say)))


def _how(device: Device, say: Words) -> str:
    return say(f"device.{device.name.lower()}")


def _printer(status: Status, say: Words) -> tuple[str, Icon]:
    if not status.has_printer:
        return say("device.none"), Icon.STOP
    if status.printer is None:
        return say("device.starting"), Icon.WAIT
    said = [say(f"printer.{condition.name.lower()}") for condition in Condition if condition in status.printer]
    return ", ".join(said), Icon.CHECK if status.printer == {Condition.FINE} else Icon.ATTENTION


def _network(status: Status, say: Words) -> tuple[Fact, ...]:
    contact = status.last_contact
    when = say("network.never") if contact is None else f"{say.date(contact)} {say.time(contact)}"
    facts = [
        Fact(say("network.state"), say(f"bar.{status.link.name.lower()}"), strong=True),
        Fact(say("network.contact"), when),
        Fact(say("network.backend"), status.backend or say("device.none")),
    ]
    return (*facts, *((Fact(say("network.why"), status.why_service),) if status.why_service else ()))


def _queue(status: Status, say: Words) -> tuple[Fact, ...]:
    room = status.headroom
    age = f"{duration(room.age_s.used, say)} / {duration(room.age_s.most, say)}"
    cents = {"card": room.card_cents, "phone": room.phone_cents, "paper": room.paper_cents}
    return (
        Fact(say("queue.entries"), f"{room.entries.used} / {room.entries.most}", _full(room.entries), strong=True),
        Fact(say("queue.age"), age, _full(room.age_s)),
        *(
            Fact(say(f"instrument.{name}"), f"{say.euros(part.used)} / {say.euros(part.most)}", _full(part))
            for name, part in cents.items()
        ),
    )


def _full(margin: Margin) -> Icon:
    return Icon.ATTENTION if is_nearly_used_up(margin) else Icon.CHECK


def duration(seconds: int, say: Words) -> str:
    """Hours, or days where there are two or more of them."""
    if seconds >= 2 * _DAY_S:
        return say.count("time.days", seconds // _DAY_S)
    return say.count("time.hours", seconds // _HOUR_S)


def _versions(status: Status, say: Words) -> tuple[Fact, ...]:
    return (
        Fact(say("versions.software"), status.software),
        Fact(say("versions.bundle"), str(status.bundle)),
        Fact(say("versions.bundle_age"), duration(status.trust_age_s, say)),
        Fact(say("versions.programme"), status.programme),
        Fact(say("versions.terminal"), status.terminal.hex()),
    )


def _self_test(scene: Scene, say: Words) -> View:
    title = say("service.self_test")
    if not scene.checks:
        return "self-test-running", Tone.CALM, Telling(title, (say("working.title"),), Icon.WAIT, buttons=(back(say),))
    well = all(check.well for check in scene.checks)
    facts = tuple(Fact(say(check.message), check_found(check, say), _WELL[check.well]) for check in scene.checks)
    telling = Telling(
        title,
        (say("self_test.well" if well else "self_test.not_well"),),
        facts=facts,
        buttons=(
            Button("print", say("button.print"), SlipAsked(), Icon.PRINTER),
            Button("again", say("button.test_again"), SelfTestAsked(), Icon.REPEAT),
            back(say),
        ),
    )
    return "self-test" if well else "self-test-failed", Tone.CALM, telling


def check_found(check: Check, say: Words) -> str:
    """What was found, or just that it went well or not."""
    return check.found or say("receipt.well" if check.well else "receipt.not_well")
