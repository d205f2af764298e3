# SPDX-FileCopyrightText: 2026 The Heitje contributors
# SPDX-License-Identifier: EUPL-1.2
"""The thread that owns the printer: it prints one thing after the other, and asks now and then how the printer does."""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from drivers.printer import Condition, Printer, PrintReport, Status
from drivers.printer.paper import Paper
from terminal.driver_faults import as_device_error
from terminal.receipt_printing import printed

LOOK_S: Final = 15.0
"""How often a printer that has nothing to print is asked."""


@dataclass(frozen=True, slots=True)
class PaperDone:
    """Job `number` has been printed, or not."""

    number: int
    report: PrintReport


@dataclass(frozen=True, slots=True)
class PrinterSaid:
    """How the printer does, by its own word."""

    status: Status


PrintEvent: TypeAlias = PaperDone | PrinterSaid


class PrintStation:
    """Owns `printer` from `start` to `stop`; reports by `report`, which only puts into a queue."""

    def __init__(self, printer: Printer, report: Callable[[PrintEvent], None], look_s: float = LOOK_S) -> None:
        self._printer = printer
        self._report = report
        self._look_s = look_s
        self._jobs: queue.SimpleQueue[tuple[int, Paper] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Print what is waiting, and give the printer back."""
        self._jobs.put(None)
        self._thread.join()

    def print(self, number: int, paper: Paper) -> None:
        """Print; `PaperDone` with this number follows."""
        self._jobs.put((number, paper))

    def _run(self) -> None:
        try:
            self._look()
            while True:
                try:
                    job = self._jobs.get(timeout=self._look_s)
                except queue.Empty:
                    self._look()
                    continue
                if job is None:
                    return
                number, paper = job
                report = printed(self._printer, paper)
                self._report(PaperDone(number, report))
                self._report(PrinterSaid(report.after))
        finally:
            self._printer.close()

    def _look(self) -> None:
        try:
            status = self._printer.status()
        except Exception as error:  # noqa: BLE001  # this thread goes on whatever a library raises
            as_device_error(error, "printer")  # logs what is no fault of the device itself
            status = frozenset({Condition.SILENT})
        self._report(PrinterSaid(status))
