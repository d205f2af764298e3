# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Diagrams of the till's states, made from its tables by walking them: an arrow is drawn because a row leads there.

A table is walked from its beginning with a sample of each event, and with what the till's hands may answer to each
effect, until nothing new is found. States that differ only in amounts and numbers are one.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from heitje.journal import Instrument
from terminal.flows import samples
from terminal.flows.scene import PIN_DIGITS_MIN, Duty, Place, Scene
from terminal.flows.table import step as flow_step
from terminal.machine import step as sale_step
from terminal.sale import State

_HEAD: Final = """<!--
SPDX-FileCopyrightText: 2026 The Heitje contributors
SPDX-License-Identifier: EUPL-1.2
-->
# The till's states

Made by `heitje terminal states --out docs/till-states.md` from the tables of `terminal/machine.py` and
`terminal/flows/`; a test holds that it is current. An event that has no arrow in a state changes nothing there.
"""

Pending = tuple[Any, ...]
FLOW_STARTS: Final = (
    Scene(),
    Scene(with_operators=True, managers_only=frozenset(Duty), sign_off_after_s=600),
)


@dataclass
class Walk:
    """What was found: arrows from name to name with the events along them, each row that was taken, states."""

    arrows: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    rows: set[tuple[str, type]] = field(default_factory=set)
    states: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """A table to be walked: events from outside, answers to effects, its step, a state's name and which are one."""

    events: tuple[Any, ...]
    answers: Mapping[type, tuple[Any, ...]]
    step: Callable[[Any, Any], tuple[Any, tuple[Any, ...]]]
    name: Callable[[Any], str]
    key: Callable[[Any], Hashable]
    sale: Callable[[Any], State]


def diagrams() -> str:
    """Both diagrams as a Markdown page."""
    sale, flows = walk_sale(), walk_flows()
    around = "`sale` is all of the above; `Suspended` and `Readmitted` may come anywhere."
    parts = (_HEAD, "## A sale", "", *_mermaid(sale), "", "## Around it", "", around, "", *_mermaid(flows), "")
    return "\n".join(parts)


def walk_sale() -> Walk:
    """The sale's machine."""
    table = Table(samples.SALE_EVENTS, samples.SALE_ANSWERS, sale_step, _phase, _of_sale, lambda state: state)
    return walk(table, [State()])


def walk_flows() -> Walk:
    """The flows around it, of a till with operators and of one without."""
    return walk(flows_table(), FLOW_STARTS)


def flows_table() -> Table:
    """The flows' table, to be walked."""
    return Table(samples.FLOW_EVENTS, samples.FLOW_ANSWERS, flow_step, _place, _of_scene, lambda scene: scene.sale)


def reached(table: Table) -> list[Any]:
    """One of each of the scenes that the flows can come to."""
    return list(walk(table, FLOW_STARTS).states)


def walk(table: Table, starts: Iterable[Any]) -> Walk:
    """Walk a table until nothing new is found."""
    found = Walk()
    waiting: deque[tuple[Any, Pending]] = deque((start, ()) for start in starts)
    seen: set[tuple[Hashable, tuple[type, ...]]] = {(table.key(state), ()) for state, _ in waiting}
    while waiting:
        state, pending = waiting.popleft()
        found.states.append(state)
        for event, left in _possible(pending, table):
            if not samples.can_happen(table.sale(state), pending, event):
                continue
            after, effects = table.step(state, event)
            if after != state or effects:
                found.arrows.setdefault((table.name(state), table.name(after)), set()).add(type(event).__name__)
                found.rows.add((table.name(state), type(event)))
            unanswered = [effect for effect in (*left, *effects) if table.answers.get(type(effect), ())]
            following = tuple({type(effect): effect for effect in unanswered}.values())
            mark = (table.key(after), tuple(type(effect) for effect in following))
            if mark not in seen:
                seen.add(mark)
                waiting.append((after, following))
    return found


def _possible(pending: Pending, table: Table) -> Iterable[tuple[Any, Pending]]:
    """What may happen next, and what is still to be answered then."""
    for place, effect in enumerate(pending):
        left = pending[:place] + pending[place + 1 :]
        yield from ((answer, left) for answer in table.answers[type(effect)])
    if not any(type(effect) in samples.AT_ONCE for effect in pending):
        yield from ((event, pending) for event in table.events)


def _phase(state: State) -> str:
    return str(state.phase)


def _place(scene: Scene) -> str:
    return str(scene.place)


def _of_sale(state: State) -> Hashable:
    tenders = tuple((tender.instrument, tender.amount, tender.intent is None) for tender in state.tenders)
    flags = (state.cancelled, state.given, state.cash, state.served is not None and state.served.again)
    return state.phase, tenders, flags, state.verdict, state.problem is None, state.asked is None, bool(state.entries)


def _of_scene(scene: Scene) -> Hashable:
    sale = scene.sale
    with_card = any(tender.instrument is Instrument.CARD for tender in sale.tenders)
    of_sale = (sale.phase, sale.verdict, len(sale.tenders), with_card, bool(sale.remaining), sale.cancelled)
    person = (scene.operator != "" or not scene.with_operators, scene.training, scene.suspended)
    told = (scene.news.happened if scene.news else None, bool(scene.waiting), scene.recovering)
    shown = (
        min(len(scene.digits), PIN_DIGITS_MIN),
        len(scene.records) > 1,
        scene.record is None,
        scene.totals is None,
        scene.checks,
    )
    return scene.place, of_sale, person, told, shown, scene.back if scene.place is Place.PAPER else None


def _mermaid(walked: Walk) -> list[str]:
    names = list(dict.fromkeys(name for pair in walked.arrows for name in pair))
    short = {name: f"s{place}" for place, name in enumerate(names)}
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR"]
    lines += [f'    state "{name}" as {short[name]}' for name in names]
    for (before, after), events in sorted(walked.arrows.items(), key=lambda arrow: tuple(map(names.index, arrow[0]))):
        if before != after:
            lines.append(f"    {short[before]} --> {short[after]}: {', '.join(sorted(events))}")
    return [*lines, "```"]
