# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""Figures: what our code reaches, against a limit that the same process measures in the same run.

pytest-benchmark times our side, round by round; before each of its rounds the same amount of work is done by the
bare library or system call that bounds us. Whatever else the machine does falls on both, and a ratio is the median
over those pairs. A figure that misses its goal is printed as such and fails nothing: these are no timed tests.
"""

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture


@dataclass(frozen=True)
class Figure:
    """One figure. `limit`: what bounds it, in the same unit; `ratio`: how near it came; `goal`: for the ratio.

    A figure without a goal is told for its own sake; its `ok` is None.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    goal: float | None = None

    @property
    def ok(self) -> bool | None:
        """Whether the goal is reached."""
        return None if self.goal is None or self.ratio is None else self.ratio >= self.goal

    def as_json(self) -> str:
        """One line of JSON."""
        fields = {name: shorten(value) if isinstance(value, float) else value for name, value in asdict(self).items()}
        return json.dumps({**fields, "ok": self.ok})

    def as_row(self) -> str:
        """One line for a person."""
        row = f"{self.name:<44} {shorten(self.value):>10,} {self.unit}"
        if self.limit is not None and self.ratio is not None:
            row += f"  ({self.ratio:.2f} of the limit, {shorten(self.limit):,})"
        if self.ok is not None:
            row += f"  goal {self.goal:.2f}: {'ok' if self.ok else 'MISSED'}"
        return row


def shorten(value: float) -> float | int:
    """A number to four significant digits."""
    short = float(f"{value:.4g}")
    return int(short) if short.is_integer() else short


FIGURES = pytest.StashKey[list[Figure]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, help="file to write the figures to")
    parser.addoption("--figures-form", choices=("json", "table"), default="table")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    path: Path | None = session.config.getoption("--figures")
    if path is not None:
        as_json = session.config.getoption("--figures-form") == "json"
        lines = (figure.as_json() if as_json else figure.as_row() for figure in session.config.stash[FIGURES])
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Keep a figure, given as `Figure` is, for the end of the run."""
    figures = request.config.stash[FIGURES]
    return lambda *args, **kwargs: figures.append(Figure(*args, **kwargs))


@pytest.fixture
def compare(benchmark: BenchmarkFixture, figure: Callable[..., None]) -> Callable[..., None]:
    """Time `ours` against `limit`, both of which do `amount` pieces of work per call, in turns; keep the figure."""

    def run(
        name: str,
        ours: Callable[[], object],
        limit: Callable[[], object],
        *,
        amount: int,
        unit: str,
        goal: float | None,
        rounds: int = 40,
    ) -> None:
        limit_times: list[float] = []

        def time_limit() -> None:
            start = time.perf_counter()
            limit()
            limit_times.append(time.perf_counter() - start)

        limit()
        pedantic: Callable[..., object] = benchmark.pedantic
        pedantic(ours, setup=time_limit, rounds=rounds, warmup_rounds=1)
        our_times: list[float] = list(benchmark.stats.stats.data)  # type: ignore[union-attr]
        pairs = zip(limit_times[-rounds:], our_times, strict=True)
        figure(
            name,
            value=amount / statistics.median(our_times),
            unit=unit,
            limit=amount / statistics.median(limit_times),
            ratio=statistics.median(limit_s / our_s for limit_s, our_s in pairs),
            goal=goal,
        )

    return run
